"""The spec of an environment says how long its episodes are, which Gymnasium's wrappers ask for."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gymnasium.envs.registration import EnvSpec


class StepLimit:
    """Adds the limit of the settings to the spec that Gymnasium gives an environment.

    Attributes:
        step_limit: steps after which an episode is truncated; None: there is no limit.
    """

    step_limit: int | None = None
    _spec: EnvSpec | None = None

    @property
    def spec(self) -> EnvSpec | None:
        """What it was made from, with the limit as `max_episode_steps` unless that has its own."""
        spec = self._spec
        if spec is None or spec.max_episode_steps is not None or self.step_limit is None:
            return spec
        spec = copy.copy(spec)
        spec.max_episode_steps = self.step_limit
        return spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        self._spec = spec
