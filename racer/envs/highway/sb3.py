"""Stable-Baselines3's vector environment of highways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer.envs.checks import check_keywords
from racer.envs.highway.settings import PRESETS, HighwayConfigLike
from racer.envs.highway.worlds import HighwayWorlds
from racer.envs.pictures import checked_render_mode
from racer.envs.sb3_view import WorldsVecEnv
from racer.envs.worlds import RewardFunction
from racer.errors import ConfigError


class HighwayVecEnv(WorldsVecEnv):
    """N highway worlds for Stable-Baselines3; resets in the step in which a world ends.

    All returned arrays are copies. Infos are empty except for worlds whose episode ended:
    `terminal_observation`, `TimeLimit.truncated`, `episode` (`r`, `l`, `t` as of SB3's Monitor, so
    that no VecMonitor is needed), the telemetry of the last step as in `HighwayEnv`, and over the
    episode `reward_terms` (their sums), `mean_speed` [m/s] and `least_time_to_collision` [s].

    `env_method` knows `snapshot()`, `restore(state)` and `render()`; `get_attr` knows `config` and
    every field of a world's outcome.

    Attributes:
        collision_extra: added to the reward of a step that ends in a collision, though not to the
            `reward_terms`; a lesson plan may change it on the way.

    Args:
        num_envs: number of worlds N.
        config: a mapping as of HighwayEnv, a TOML or JSON file of that shape, or settings.
        preset: "highway", "fast" or "risk".
        action_scale: what continuous actions are multiplied by, a number for each of theirs; a
            small one for steering keeps a beginner on the road. None: 1.
        render_mode: "rgb_array", "human" (a window, the first world) or None.
        reward_fn: replaces the reward, see `HighwayWorlds.reward_telemetry`.
        seed: of the random streams until `seed()` gives one; None: a random one.
        settings: keys that win over those of `config`.

    Raises:
        ConfigError: a setting cannot be used.
    """

    def __init__(
        self,
        num_envs: int = 1,
        config: HighwayConfigLike = None,
        *,
        preset: str = "highway",
        action_scale: Sequence[float] | None = None,
        render_mode: str | None = None,
        reward_fn: RewardFunction | None = None,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        check_keywords(HighwayVecEnv, settings, PRESETS["highway"])
        mode = checked_render_mode(render_mode)
        worlds = HighwayWorlds(
            num_envs,
            config,
            preset,
            settings,
            autoreset="same_step",
            seed=seed,
            reward_fn=reward_fn,
        )
        num_envs = worlds.num_envs
        self.worlds = worlds
        self._action_scale: NDArray[np.float32] | None = None
        if action_scale:
            if worlds.discrete or len(action_scale) != worlds.actions.shape[1]:
                raise ConfigError(
                    f"action_scale is {list(action_scale)!r}, which does not fit the actions "
                    f"{', '.join(worlds.action_meanings)}."
                )
            self._action_scale = np.array(action_scale, np.float32)
        self._speeds = np.zeros(num_envs)
        self._least_time = np.full(num_envs, np.inf)
        self.collision_extra = 0.0
        super().__init__(
            worlds,
            render_mode=mode,
            attributes={},
            methods={},
        )

    @property
    def action_scale(self) -> tuple[float, ...]:
        """What actions are multiplied by; empty: nothing."""
        return () if self._action_scale is None else tuple(self._action_scale.tolist())

    @property
    def config(self) -> Mapping[str, Any]:
        """The settings, which stay as they are."""
        return self.worlds.settings.values

    def step_async(self, actions: NDArray[Any]) -> None:
        """Takes the actions (N, A) or (N,); `step_wait` drives."""
        scale = self._action_scale
        super().step_async(actions if scale is None else actions * scale)

    def rewards_of_step(self) -> NDArray[np.float32]:
        """The rewards (N,) of the step just made."""
        rewards = super().rewards_of_step()
        if self.collision_extra != 0.0:
            collided = self.worlds.base_terms[:, self.worlds.base_names.index("collision_reward")]
            rewards += np.float32(self.collision_extra) * (collided != 0)
        return rewards

    def count_step(self, dones: NDArray[np.bool_]) -> None:
        """Sums speeds and finds the least time to a collision."""
        worlds = self.worlds
        outcomes = worlds.outcomes
        if dones.any():
            outcomes = np.where(dones, worlds.final_outcomes, outcomes)
        self._speeds += outcomes["speed"]
        np.minimum(self._least_time, outcomes["time_to_collision"], out=self._least_time)

    def episode_infos(self, ended: NDArray[np.intp], steps: NDArray[np.int64]) -> dict[str, Any]:
        """Mean speed and the least time to a collision."""
        return {
            "mean_speed": self._speeds[ended] / np.maximum(steps, 1),
            "least_time_to_collision": self._least_time[ended],
        }

    def clear_counts(self, chosen: Any) -> None:
        """Begins anew."""
        self._speeds[chosen] = 0.0
        self._least_time[chosen] = np.inf
