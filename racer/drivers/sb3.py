"""Drives with a model of Stable-Baselines3 that is in memory, as training and tests need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


class ModelDriver:
    """The deterministic policy of a model, with the normalisation it is trained with.

    Args:
        model: a model of Stable-Baselines3 without memory.
        normalise: the `VecNormalize` in front of it, or None.
        name: as shown to people.
        action_scale: what its actions are multiplied by; empty: nothing.
    """

    def __init__(
        self,
        model: Any,
        normalise: Any = None,
        name: str = "agent",
        action_scale: Sequence[float] = (),
    ) -> None:
        self.name = name
        self.settings: Mapping[str, Any] = {}
        self._model = model
        self._normalise = normalise
        self._scale = np.array(action_scale, np.float32)

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Does nothing: the policy has no memory."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[Any]:
        """Actions for observations (M, D): (M, A) float32, or (M,) int64 if they are numbered."""
        if self._normalise is not None:
            obs = self._normalise.normalize_obs(obs)
        action, _ = self._model.predict(obs, deterministic=True)
        return np.asarray(action) * self._scale if self._scale.size else np.asarray(action)


class Sb3Driver(ModelDriver):
    """The same for circuits, where a driver says what it observes and does.

    Args:
        model: a model of Stable-Baselines3 without memory.
        observation, action, ticks_per_action: of the environment it is trained in.
        normalise: the `VecNormalize` in front of it, or None.
        name: as shown to people.
    """

    def __init__(
        self,
        model: Any,
        *,
        observation: str,
        action: str,
        ticks_per_action: int,
        normalise: Any = None,
        name: str = "agent",
    ) -> None:
        super().__init__(model, normalise, name)
        self.observation = observation
        self.action = action
        self.ticks_per_action = ticks_per_action
