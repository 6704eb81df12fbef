"""Gymnasium's vector environment of highways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gymnasium.vector import AutoresetMode, VectorEnv

from racer.envs.checks import check_keywords, check_overrides
from racer.envs.highway.settings import PRESETS, HighwayConfigLike, highway_settings
from racer.envs.highway.worlds import HighwayWorlds
from racer.envs.pictures import checked_render_mode
from racer.envs.vector_view import WorldsVectorEnv, checked_limit, mode_name
from racer.envs.worlds import RewardFunction


class HighwayVectorEnv(WorldsVectorEnv, VectorEnv):
    """N highway worlds; world i is, bit for bit, the `HighwayEnv` that it would be alone.

    Infos are dicts of arrays (N,) with masks, as Gymnasium has them; keys as in `HighwayEnv`. Under
    SAME_STEP the last observation and info of worlds that ended are `final_obs` and `final_info`.

    Args:
        num_envs: number of worlds N.
        config: a mapping as of HighwayEnv, a TOML or JSON file of that shape, or settings.
        preset: "highway", "fast" or "risk".
        autoreset_mode: Gymnasium's mode; None: the config's `autoreset`, NEXT_STEP unless set.
        copy: False returns the live array of observations, overwritten by the next call.
        render_mode: "rgb_array" (a picture per world), "human" (a window, the first world) or None.
        reward_fn: replaces the reward, see `HighwayWorlds.reward_telemetry`.
        max_episode_steps: truncates episodes after so many steps if the config does not do it
            sooner; `gymnasium.make_vec` hands it on.
        steady_infos: for tools that keep infos as arrays, see `racer.envs.steady_infos`.
        seed: of the random streams until `reset` gets one; None: a random one.
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
        autoreset_mode: AutoresetMode | str | None = None,
        copy: bool = True,
        render_mode: str | None = None,
        reward_fn: RewardFunction | None = None,
        max_episode_steps: int | None = None,
        steady_infos: bool = False,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        check_overrides(type(self), HighwayVectorEnv)
        check_keywords(HighwayVectorEnv, settings, PRESETS["highway"])
        mode = checked_render_mode(render_mode)
        if autoreset_mode is not None:
            settings["autoreset"] = mode_name(autoreset_mode)
        most = checked_limit(max_episode_steps)
        checked = highway_settings(config, preset, settings)
        if most is not None:  # half a step off, whatever the sum of the steps' times rounds to
            duration = (most - 0.5) / checked["policy_frequency"]
            if duration < checked["duration"]:
                checked = highway_settings(checked, settings={"duration": duration})
        self.worlds = worlds = HighwayWorlds(
            num_envs, checked, seed=seed, reward_fn=reward_fn, steady_infos=steady_infos
        )
        super().__init__(
            worlds,
            copy=copy,
            render_mode=mode,
            attributes={"config": [worlds.settings.values] * worlds.num_envs},
            methods={},
        )

    @property
    def config(self) -> Mapping[str, Any]:
        """The settings, which stay as they are."""
        return self.worlds.settings.values
