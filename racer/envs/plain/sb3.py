"""Stable-Baselines3's vector environment of any kind of world."""

from __future__ import annotations

from typing import Any

from racer import kinds
from racer.envs.pictures import checked_render_mode
from racer.envs.sb3_view import WorldsVecEnv
from racer.envs.worlds import RewardFunction


class PlainVecEnv(WorldsVecEnv):
    """N worlds for Stable-Baselines3, see `racer.envs.sb3_view.WorldsVecEnv`.

    Args:
        num_envs: number of worlds N.
        config: settings: a mapping or a TOML or JSON file.
        env_id: which environment.
        render_mode: "rgb_array", "human" (a window, the first world) or None.
        reward_fn: replaces the sum of the reward's terms.
        seed: of the random streams until `seed()` gives one; None: a random one.
        settings: keys that win over those of `config`.

    Raises:
        ConfigError: a setting cannot be used.
    """

    def __init__(
        self,
        num_envs: int = 1,
        config: Any = None,
        *,
        env_id: str,
        render_mode: str | None = None,
        reward_fn: RewardFunction | None = None,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        self.env_id = env_id
        self.worlds = kinds.kind_of(env_id).load("worlds")(
            num_envs,
            config,
            kinds.preset_of(env_id),
            settings,
            autoreset="same_step",
            seed=seed,
            reward_fn=reward_fn,
        )
        super().__init__(
            self.worlds, render_mode=checked_render_mode(render_mode), attributes={}, methods={}
        )

    @property
    def config(self) -> Any:
        """The settings, which stay as they are."""
        return self.worlds.settings
