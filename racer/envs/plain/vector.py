"""Gymnasium's vector environment of any kind of world."""

from __future__ import annotations

from typing import Any

from gymnasium.vector import AutoresetMode, VectorEnv

from racer import kinds
from racer.envs.pictures import checked_render_mode
from racer.envs.vector_view import WorldsVectorEnv, checked_limit, mode_name
from racer.envs.worlds import RewardFunction


class PlainVectorEnv(WorldsVectorEnv, VectorEnv):
    """N worlds; world i is, bit for bit, the `PlainEnv` that it would be alone.

    Args:
        num_envs: number of worlds N.
        config: settings: a mapping or a TOML or JSON file.
        env_id: which environment.
        autoreset_mode: Gymnasium's mode; None: NEXT_STEP.
        copy: False returns the live array of observations, overwritten by the next call.
        render_mode: "rgb_array" (a picture per world), "human" (a window, the first world) or None.
        reward_fn: replaces the sum of the reward's terms.
        max_episode_steps: truncates episodes after so many steps if the worlds do not sooner.
        steady_infos: for tools that keep infos as arrays, see `racer.envs.steady_infos`.
        seed: of the random streams until `reset` gets one; None: a random one.
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
        autoreset_mode: AutoresetMode | str | None = None,
        copy: bool = True,
        render_mode: str | None = None,
        reward_fn: RewardFunction | None = None,
        max_episode_steps: int | None = None,
        steady_infos: bool = False,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        self.env_id = env_id
        mode = checked_render_mode(render_mode)
        most = checked_limit(max_episode_steps)
        self.worlds = worlds = kinds.kind_of(env_id).load("worlds")(
            num_envs,
            config,
            kinds.preset_of(env_id),
            settings,
            autoreset=None if autoreset_mode is None else mode_name(autoreset_mode),
            seed=seed,
            reward_fn=reward_fn,
            steady_infos=steady_infos,
        )
        if most is not None:
            worlds.step_limit = min(most, worlds.step_limit or most)
        super().__init__(
            worlds,
            copy=copy,
            render_mode=mode,
            attributes={"config": [worlds.settings] * worlds.num_envs},
            methods={},
        )

    @property
    def config(self) -> Any:
        """The settings, which stay as they are."""
        return self.worlds.settings
