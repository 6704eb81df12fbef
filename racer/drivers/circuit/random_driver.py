"""A driver that acts at random: the floor of every comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RandomDriver:
    """Draws every action anew, uniformly from the pedals' ranges.

    Args:
        seed: of its own stream of random numbers.
    """

    name = "random"
    observation = "lidar"
    action = "pedals"
    ticks_per_action = 6

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Does nothing: a random driver has no past."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Random pedals (M, 3) for observations (M, D)."""
        draw = self._random.random((len(obs), 3), np.float32)
        draw[:, 0] = 2.0 * draw[:, 0] - 1.0
        return draw
