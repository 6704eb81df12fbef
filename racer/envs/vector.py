"""Gymnasium's vector environments of circuits and of highways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gymnasium.vector import AutoresetMode

from racer._core import TICK_SECONDS
from racer.envs.circuit_worlds import (
    DEFAULT_TRACK,
    CircuitWorlds,
    ConfigLike,
    RewardFunction,
    TrackLike,
)
from racer.envs.highway_config import HighwayConfigLike
from racer.envs.highway_worlds import HighwayWorlds
from racer.envs.pictures import checked_render_mode
from racer.envs.vector_view import WorldsVectorEnv, mode_name

if TYPE_CHECKING:
    from racer.config import EnvConfig


class RacerVectorEnv(WorldsVectorEnv):
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
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        if autoreset_mode is not None:
            settings["autoreset"] = mode_name(autoreset_mode)
        mode = checked_render_mode(render_mode)
        self.worlds = CircuitWorlds(
            num_envs, track, config, settings, seed=seed, reward_fn=reward_fn
        )
        self.config: EnvConfig = self.worlds.config
        super().__init__(self.worlds, copy=copy, render_mode=mode)


class HighwayVectorEnv(WorldsVectorEnv):
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
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        mode = checked_render_mode(render_mode)
        if autoreset_mode is not None:
            settings["autoreset"] = mode_name(autoreset_mode)
        self.worlds = HighwayWorlds(num_envs, config, preset, settings, seed=seed)
        self.config = self.worlds.settings.values
        super().__init__(self.worlds, copy=copy, render_mode=mode)
