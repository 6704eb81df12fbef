"""Gymnasium's vector environment, directly over a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from racer._core import TICK_SECONDS
from racer.envs.pictures import RENDER_MODES, Pictures, checked_render_mode
from racer.envs.worlds import (
    DEFAULT_TRACK,
    ConfigLike,
    RewardFunction,
    TrackLike,
    Worlds,
    lap_info,
    listed_seeds,
    step_infos,
    world_seeds,
)
from racer.errors import ConfigError

if TYPE_CHECKING:
    from racer.config import EnvConfig

Array = NDArray[np.float32]
_MODES = {
    "next_step": AutoresetMode.NEXT_STEP,
    "same_step": AutoresetMode.SAME_STEP,
    "disabled": AutoresetMode.DISABLED,
}


class RacerVectorEnv(VectorEnv[Array, Array, NDArray[Any]]):
    """N worlds; behaves as Gymnasium's SyncVectorEnv over N `RacerEnv`, but for integer seeds.

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
        reward_fn: replaces the weighted sum of terms, see `Worlds.rewards_of_step`.
        seed: of the random streams until `reset` gets one; None: a random one.
        settings: fields of `EnvConfig` that win over those of `config`.

    Raises:
        RacerError: a track or a setting cannot be used.
    """

    metadata = {  # noqa: RUF012  Gymnasium's own declaration
        "render_modes": list(RENDER_MODES),
        "render_fps": round(1.0 / TICK_SECONDS),
        "autoreset_mode": AutoresetMode.NEXT_STEP,
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
            settings["autoreset"] = _mode_name(autoreset_mode)
        self.render_mode = checked_render_mode(render_mode)
        worlds = Worlds(num_envs, track, config, settings, seed=seed, reward_fn=reward_fn)
        self.worlds = worlds
        self.config: EnvConfig = worlds.config
        self.num_envs = num_envs
        self.copy = copy
        self.single_observation_space = worlds.observation_space
        self.single_action_space = worlds.action_space
        self.observation_space = batch_space(worlds.observation_space, num_envs)
        self.action_space = batch_space(worlds.action_space, num_envs)
        self.autoreset_mode = _MODES[self.config.autoreset]
        self.metadata = {
            **RacerVectorEnv.metadata,
            "render_fps": 1.0 / (TICK_SECONDS * self.config.ticks_per_action),
            "autoreset_mode": self.autoreset_mode,
        }
        self._pictures: Pictures | None = None

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Array, dict[str, Any]]:
        """Starts new episodes.

        Args:
            seed: one for all (each world gets its own, split from it), or one per world.
            options: see `Worlds.reset`; `reset_mask` bool (N,) chooses worlds.

        Returns:
            observations (N, D) float32 of all worlds, infos of those that were reset.

        Raises:
            ConfigError: a seed or an option cannot be used.
        """
        n = self.num_envs
        rest = dict(options or {})
        mask = rest.pop("reset_mask", None)
        if mask is not None:
            right = isinstance(mask, np.ndarray) and mask.shape == (n,) and mask.dtype == np.bool_
            if not right or not mask.any():
                raise ConfigError(
                    f"the reset option reset_mask must be a bool array of shape ({n},) that is "
                    f"true somewhere, got {mask!r}."
                )
        chosen = np.ones(n, np.bool_) if mask is None else mask
        if seed is None:
            self.worlds.reset(chosen, None, rest)
        elif isinstance(seed, Sequence | np.ndarray):
            if len(seed) != n:
                raise ConfigError(f"there must be one seed per world, {n}, got {len(seed)}.")
            seeded, seeds = listed_seeds(seed)
            for some, values in ((chosen & seeded, seeds), (chosen & ~seeded, None)):
                if some.any():
                    self.worlds.reset(some, values, rest)
        else:
            self.worlds.reset(chosen, world_seeds(seed, n), rest)
            super().reset(seed=int(seed))
        if self.render_mode == "human":
            self.render()
        infos = {}
        for key, values in step_infos(self.worlds.facts, self.worlds.lengths).items():
            infos[key] = values if mask is None else np.where(mask, values, values.dtype.type(0))
            infos[f"_{key}"] = chosen.copy()
        return self._observations(), infos

    def step(
        self, actions: Array
    ) -> tuple[Array, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Drives every world for one action.

        Args:
            actions: (N, A); values outside the space are clamped, NaN counts as zero.

        Returns:
            observations (N, D) float32, rewards (N,) float64, terminated and truncated bool (N,),
            infos.

        Raises:
            ResetNeeded: autoreset is disabled, and a world that ended was not reset.
        """
        worlds = self.worlds
        over = worlds.facts["world_done"] != 0
        if self.autoreset_mode is AutoresetMode.DISABLED and over.any():
            raise gymnasium.error.ResetNeeded(
                f"world {int(over.argmax())} is over: reset it, with the option reset_mask."
            )
        worlds.step(actions)
        rewards = worlds.rewards_of_step().astype(np.float64)
        terminated, truncated = worlds.terminated.copy(), worlds.truncated.copy()
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            over = terminated | truncated
        rewards[over & ~(terminated | truncated)] = 0.0  # those that were reset instead of driven
        if self.render_mode == "human":
            self.render()
        return self._observations(), rewards, terminated, truncated, self._infos(over)

    def _infos(self, reset: NDArray[np.bool_]) -> dict[str, Any]:
        """Infos after a step; `reset` (N,) marks the worlds that were reset in it."""
        worlds = self.worlds
        infos: dict[str, Any] = {}
        all_worlds = np.ones(self.num_envs, np.bool_)
        for key, values in step_infos(worlds.facts, worlds.lengths).items():
            infos[key], infos[f"_{key}"] = values, all_worlds
        driven = ~reset
        same_step = self.autoreset_mode is AutoresetMode.SAME_STEP
        if driven.any():
            infos["reward_terms"] = self._terms(driven)
            infos["_reward_terms"] = driven
        if same_step and reset.any():
            infos.update(self._final(reset))
        completed = worlds.lap_events["completed"] != 0
        if same_step:
            completed &= driven
        if completed.any():
            infos.update(self._laps(completed))
        return infos

    def _final(self, ended: NDArray[np.bool_]) -> dict[str, Any]:
        """`final_obs` and `final_info` of the worlds that ended."""
        worlds = self.worlds
        observations = np.full(self.num_envs, None, object)
        for world in np.flatnonzero(ended):
            observations[world] = worlds.final_observations[world].copy()
        info: dict[str, Any] = {}
        for key, values in step_infos(worlds.final_records, worlds.lengths).items():
            info[key] = np.where(ended, values, values.dtype.type(0))
            info[f"_{key}"] = ended.copy()
        info["reward_terms"], info["_reward_terms"] = self._terms(ended), ended.copy()
        completed = (worlds.lap_events["completed"] != 0) & ended
        if completed.any():
            info.update(self._laps(completed))
        return {
            "final_obs": observations,
            "_final_obs": ended.copy(),
            "final_info": info,
            "_final_info": ended.copy(),
        }

    def _terms(self, mask: NDArray[np.bool_]) -> dict[str, Any]:
        worlds = self.worlds
        columns = np.where(mask, worlds.reward_terms.T.astype(np.float64), 0.0)
        terms: dict[str, Any] = {}
        for name, values in zip(worlds.term_names, columns, strict=True):
            terms[name], terms[f"_{name}"] = values, mask
        return terms

    def _laps(self, completed: NDArray[np.bool_]) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for world in np.flatnonzero(completed):
            infos = self._add_info(infos, lap_info(self.worlds.lap_events[world]), int(world))
        return infos

    def _observations(self) -> Array:
        return self.worlds.observations.copy() if self.copy else self.worlds.observations

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """Pictures (height, width, 3) uint8 of all worlds in mode "rgb_array"; otherwise a window.

        Raises:
            DependencyNotInstalled: the extra `view` is not installed.
        """
        if self.render_mode is None:
            gymnasium.logger.warn("render() needs a render_mode, given when the env is made.")
            return None
        if self._pictures is None:
            self._pictures = Pictures(self.worlds)
        if self.render_mode == "human":
            self._pictures.show(self.metadata["render_fps"])
            return None
        return tuple(self._pictures.frame(world) for world in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:  # noqa: ARG002  Gymnasium's signature
        """Closes the window, if there is one."""
        if self._pictures is not None:
            self._pictures.close()
            self._pictures = None


def _mode_name(mode: AutoresetMode | str) -> str:
    """The config's name of a mode; takes Gymnasium's enum, its values, and the config's names."""
    for name, known in _MODES.items():
        if mode in (known, known.value, name):
            return name
    raise ConfigError(f"autoreset_mode is {mode!r}, but it must be one of Gymnasium's modes.")
