"""Drives with a model of Stable-Baselines3 that is in memory, as training and tests need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


class Sb3Driver:
    """The deterministic policy of a model, with the normalisation it is trained with.

    Args:
        model: a model of Stable-Baselines3.
        name: as shown to people.
        observation, action, ticks_per_action: of the circuits' environment it is trained in.
        normalise: the `VecNormalize` in front of it, or None.
        action_scale: what its actions are multiplied by; empty: nothing.

    Attributes:
        settings: none that an environment must have for it.
    """

    def __init__(
        self,
        model: Any,
        *,
        observation: str = "",
        action: str = "",
        ticks_per_action: int = 1,
        normalise: Any = None,
        name: str = "agent",
        action_scale: Sequence[float] = (),
    ) -> None:
        self.name = name
        self.observation = observation
        self.action = action
        self.ticks_per_action = ticks_per_action
        self._model = model
        self._normalise = normalise
        self._scale = np.array(action_scale, np.float32)
        self.settings: Mapping[str, Any] = {}

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Does nothing: the policy has no memory."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[Any]:
        """Actions (M, A), or their numbers (M,), for observations (M, D)."""
        if self._normalise is not None:
            obs = self._normalise.normalize_obs(obs)
        action, _ = self._model.predict(obs, deterministic=True)
        return np.asarray(action) * self._scale if self._scale.size else np.asarray(action)
