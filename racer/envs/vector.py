"""Gymnasium's vector environments of circuits and of highways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gymnasium.vector import AutoresetMode, VectorEnv

from racer._core import TICK_SECONDS
from racer.config import EnvConfig, load_config
from racer.envs.checks import check_keywords, check_overrides
from racer.envs.circuit_tracks import TrackLike
from racer.envs.circuit_worlds import DEFAULT_TRACK, SETTINGS, CircuitWorlds, ConfigLike
from racer.envs.highway_config import PRESETS, HighwayConfigLike, highway_settings
from racer.envs.highway_worlds import HighwayWorlds
from racer.envs.pictures import checked_render_mode
from racer.envs.vector_view import WorldsVectorEnv, mode_name
from racer.envs.worlds import RewardFunction
from racer.errors import ConfigError
from racer.formats.settings import whole_number


class RacerVectorEnv(WorldsVectorEnv, VectorEnv):  # skrl looks at the direct bases
    """N circuits; behaves as Gymnasium's SyncVectorEnv over N `RacerEnv`, but for integer seeds.

    Infos are dicts of arrays (N,) with masks, as Gymnasium has them; keys as in `RacerEnv`. Under
    SAME_STEP the last observation and info of worlds that ended are `final_obs` and `final_info`.

    Args:
        num_envs: number of worlds N.
        track: a name of the catalogue, a path or a `Track`; or several, dealt out in turn.
        config: a TOML or JSON file, a mapping of that shape or an `EnvConfig`.
        autoreset_mode: Gymnasium's mode; None: the config's `autoreset`, which is NEXT_STEP, the
            default of Gymnasium's own vector environments, unless set otherwise.
        copy: False hands out the live array of observations, overwritten by the next call.
        render_mode: "rgb_array" (a picture per world), "human" (a window, the first world) or None.
        reward_fn: replaces the weighted sum of terms, see `CircuitWorlds.rewards_of_step`.
        max_episode_steps: truncates episodes after so many steps if the config does not do it
            sooner; `gymnasium.make_vec` hands it on.
        steady_infos: for tools that keep infos as arrays, see `racer.envs.steady_infos`.
        seed: of the random streams until `reset` gets one; None: a random one.
        settings: fields of `EnvConfig` that win over those of `config`.

    Raises:
        RacerError: a track or a setting cannot be used.
    """

    metadata = {  # noqa: RUF012  Gymnasium's own declaration
        **WorldsVectorEnv.metadata,
        "render_fps": round(1.0 / TICK_SECONDS),
    }

    def __init__(
        self,
        num_envs: int = 1,
        track: TrackLike | Sequence[TrackLike] = DEFAULT_TRACK,
        config: ConfigLike = None,
        *,
        autoreset_mode: AutoresetMode | str | None = None,
        copy: bool = True,
        render_mode: str | None = None,
        reward_fn: RewardFunction | None = None,
        max_episode_steps: int | None = None,
        steady_infos: bool = False,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        check_overrides(type(self), RacerVectorEnv)
        check_keywords(RacerVectorEnv, settings, SETTINGS)
        if autoreset_mode is not None:
            settings["autoreset"] = mode_name(autoreset_mode)
        mode = checked_render_mode(render_mode)
        most = _checked_limit(max_episode_steps)
        base = EnvConfig() if config is None else load_config(config)
        base = base.with_settings(**settings)
        if most is not None and not 0 < base.episode.max_steps <= most:
            base = base.with_settings(episode={"maxSteps": most})
        self.worlds = worlds = CircuitWorlds(
            num_envs,
            track,
            base,
            {},
            seed=seed,
            reward_fn=reward_fn,
            steady_infos=steady_infos,
        )
        super().__init__(
            worlds,
            copy=copy,
            render_mode=mode,
            attributes={"track": worlds.tracks, "config": [worlds.config] * worlds.num_envs},
            methods={"place": worlds.place},
        )

    @property
    def config(self) -> EnvConfig:
        """The settings, which stay as they are."""
        return self.worlds.config


class HighwayVectorEnv(WorldsVectorEnv, VectorEnv):
    """N highway worlds; world i is, bit for bit, the `HighwayEnv` that it would be alone.

    Infos are dicts of arrays (N,) with masks, as Gymnasium has them; keys as in `HighwayEnv`. Under
    SAME_STEP the last observation and info of worlds that ended are `final_obs` and `final_info`.

    Args:
        num_envs: number of worlds N.
        config: a mapping as of HighwayEnv, a TOML or JSON file of that shape, or settings.
        preset: "highway", "fast" or "risk".
        autoreset_mode: Gymnasium's mode; None: the config's `autoreset`, NEXT_STEP unless set.
        copy: False hands out the live array of observations, overwritten by the next call.
        render_mode: "rgb_array" (a picture per world), "human" (a window, the first world) or None.
        reward_fn: replaces the reward, see `HighwayWorlds.rewards_of_step`.
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
        most = _checked_limit(max_episode_steps)
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


def _checked_limit(max_episode_steps: Any) -> int | None:
    if max_episode_steps is None or max_episode_steps == -1:  # Gymnasium's word for none
        return None
    most = whole_number(max_episode_steps, "max_episode_steps")
    if most < 1:
        raise ConfigError(f"max_episode_steps is {most}, but it must be at least 1.")
    return most
