"""Gymnasium's vector environment of any worlds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from racer.envs.copies import Copied
from racer.envs.pictures import RENDER_MODES, Pictures, WithWindow
from racer.envs.worlds import Columns, Worlds, reset_worlds, world_seeds
from racer.errors import ConfigError

Array = NDArray[np.float32]
MODES = {
    "next_step": AutoresetMode.NEXT_STEP,
    "same_step": AutoresetMode.SAME_STEP,
    "disabled": AutoresetMode.DISABLED,
}


class WorldsVectorEnv(WithWindow, Copied, VectorEnv[Array, NDArray[Any], NDArray[Any]]):
    """N worlds; behaves as Gymnasium's SyncVectorEnv over N environments, but for integer seeds.

    Infos are dicts of arrays (N,) with masks, as Gymnasium has them. Under SAME_STEP the last
    observation and info of worlds that ended are `final_obs` and `final_info`.

    Args:
        worlds: what it shows.
        copy: False hands out the live array of observations, overwritten by the next call.
        render_mode: "rgb_array" (a picture per world), "human" (a window, the first world) or None.
    """

    metadata = {  # noqa: RUF012  Gymnasium's own declaration
        "render_modes": list(RENDER_MODES),
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    _rebuilt = ("_pictures",)

    def __init__(self, worlds: Worlds, *, copy: bool, render_mode: str | None) -> None:
        self._shown = worlds
        self.num_envs = worlds.num_envs
        self.copy = copy
        self.render_mode = render_mode
        self.single_observation_space = worlds.observation_space
        self.single_action_space = worlds.action_space
        self.observation_space = batch_space(worlds.observation_space, self.num_envs)
        self.action_space = batch_space(worlds.action_space, self.num_envs)
        self.autoreset_mode = MODES[worlds.autoreset]
        self.metadata = {
            **type(self).metadata,
            "render_fps": 1.0 / worlds.seconds_per_action,
            "autoreset_mode": self.autoreset_mode,
        }
        self._attach()

    def _attach(self) -> None:
        self._pictures = Pictures(self._shown)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Array, dict[str, Any]]:
        """Starts new episodes.

        Args:
            seed: one for all (each world gets its own, split from it), or one per world.
            options: those of the worlds' `reset`; `reset_mask` bool (N,) chooses worlds.

        Returns:
            observations (N, ...) float32 of all worlds, infos of those that were reset.

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
            self._shown.reset(chosen, None, rest)
        elif isinstance(seed, Sequence | np.ndarray):
            if len(seed) != n:
                raise ConfigError(f"there must be one seed per world, {n}, got {len(seed)}.")
            reset_worlds(self._shown, chosen, seed, rest)
        else:
            self._shown.reset(chosen, world_seeds(seed, n), rest)
            super().reset(seed=int(seed))
        if self.render_mode == "human":
            self.render()
        return self._observations(), _masked(self._shown.infos(), chosen)

    def step(
        self, actions: NDArray[Any]
    ) -> tuple[Array, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Drives every world for one action.

        Args:
            actions: (N, A), values outside the space are clamped, NaN counts as zero; or (N,)
                numbers of meta-actions.

        Returns:
            observations (N, ...) float32, rewards (N,) float64, terminated and truncated bool (N,),
            infos.

        Raises:
            ResetNeeded: autoreset is disabled, and a world that ended was not reset.
        """
        worlds = self._shown
        over = worlds.over()
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
        worlds = self._shown
        infos = _masked(worlds.infos(), np.ones(self.num_envs, np.bool_))
        driven = ~reset
        same_step = self.autoreset_mode is AutoresetMode.SAME_STEP
        if driven.any():
            infos |= self._parts(driven)
        if same_step and reset.any():
            observations = np.full(self.num_envs, None, object)
            for world in np.flatnonzero(reset):
                observations[world] = worlds.final_observations[world].copy()
            last = _masked(worlds.final_infos(), reset) | self._parts(reset)
            infos |= {
                "final_obs": observations,
                "_final_obs": reset.copy(),
                "final_info": last | self._events(reset),
                "_final_info": reset.copy(),
            }
        return infos | self._events(driven if same_step else driven | reset)

    def _parts(self, mask: NDArray[np.bool_]) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for key, columns in self._shown.parts_of_rewards().items():
            infos[key] = _masked(columns, mask)
            infos[f"_{key}"] = mask.copy()
        return infos

    def _events(self, mask: NDArray[np.bool_]) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for world, event in self._shown.events().items():
            if mask[world]:
                infos = self._add_info(infos, event, world)
        return infos

    def _observations(self) -> Array:
        return self._shown.observations.copy() if self.copy else self._shown.observations

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """Pictures (height, width, 3) uint8 of all worlds in mode "rgb_array"; otherwise a window.

        Raises:
            DependencyNotInstalled: the extra `view` is not installed.
        """
        frames = self._pictures.rendered(
            self.render_mode, self.metadata["render_fps"], self.num_envs
        )
        return None if frames is None else tuple(frames)

    def close_extras(self, **kwargs: Any) -> None:  # noqa: ARG002  Gymnasium's signature
        """Closes the window, if there is one."""
        self._pictures.close()


def mode_name(mode: AutoresetMode | str) -> str:
    """The config's name of a mode; takes Gymnasium's enum, its values, and the config's names.

    Raises:
        ConfigError: there is no such mode.
    """
    for name, known in MODES.items():
        if mode in (known, known.value, name):
            return name
    raise ConfigError(f"autoreset_mode is {mode!r}, but it must be one of Gymnasium's modes.")


def _masked(columns: Columns, mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Columns (N,) with their masks, zero where the mask is false; the masks are one array."""
    infos: dict[str, Any] = {}
    everywhere = mask.all()
    shared = mask.copy()
    for key, values in columns.items():
        infos[key] = values if everywhere else np.where(mask, values, values.dtype.type(0))
        infos[f"_{key}"] = shared
    return infos
