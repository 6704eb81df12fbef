"""A driver with an unsteady hand: Gaussian noise on every action of another driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from racer.drivers.named import faults_of
from racer.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from racer.drivers.protocol import Driver


class NoisyDriver:
    """Another driver, its actions disturbed and kept within their range.

    Args:
        driver: the other driver.
        noise: standard deviation, in the units of the driver's action.
        seed: of the noise.

    Raises:
        ConfigError: the noise is no number from 0 to 1.
    """

    def __init__(self, driver: Driver, noise: float, seed: int = 0) -> None:
        if not 0.0 <= noise <= 1.0:
            raise ConfigError(f"noise must be 0 to 1, got {noise:g}.")
        self._driver = driver
        self._noise = noise
        self._random = np.random.default_rng(seed)
        self.name = driver.name
        self.observation = driver.observation
        self.action = driver.action
        self.ticks_per_action = driver.ticks_per_action

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Resets the other driver; the noise goes on."""
        self._driver.reset(mask)

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Actions (M, A) for observations (M, D)."""
        action = self._driver.act(obs)
        noisy = action + self._noise * self._random.standard_normal(action.shape)
        low = np.full(action.shape[1], -1.0)
        if self.action == "pedals":
            low[1:] = 0.0
        return np.clip(noisy, low, 1.0).astype(np.float32)

    @property
    def faults(self) -> int:
        """Actions so far that a policy did not give."""
        return faults_of(self._driver)
