"""Gymnasium's vector environment of circuits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gymnasium.vector import AutoresetMode, VectorEnv

from racer._core import TICK_SECONDS
from racer.envs.checks import check_keywords, check_overrides
from racer.envs.circuit.settings import EnvConfig, load_config
from racer.envs.circuit.tracks import TrackLike
from racer.envs.circuit.worlds import DEFAULT_TRACK, SETTINGS, CircuitWorlds, ConfigLike
from racer.envs.pictures import checked_render_mode
from racer.envs.vector_view import WorldsVectorEnv, checked_limit, mode_name
from racer.envs.worlds import RewardFunction


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
        copy: False returns the live array of observations, overwritten by the next call.
        render_mode: "rgb_array" (a picture per world), "human" (a window, the first world) or None.
        reward_fn: replaces the weighted sum of terms, see `CircuitWorlds.reward_telemetry`.
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
        most = checked_limit(max_episode_steps)
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
