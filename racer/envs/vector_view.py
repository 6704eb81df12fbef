"""Gymnasium's vector environment of any worlds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from racer.envs.attributes import WorldAttributes, refuse_own
from racer.envs.checks import reset_options
from racer.envs.copies import Copied
from racer.envs.pictures import RENDER_MODES, Pictures, WithWindow, frames_per_second
from racer.envs.steady_infos import flat
from racer.envs.step_limit import StepLimit
from racer.envs.worlds import Columns, State, Worlds, reset_worlds, world_seeds
from racer.errors import ConfigError
from racer.formats.settings import shown_value, whole_number

Array = NDArray[np.float32]
MODES = {
    "next_step": AutoresetMode.NEXT_STEP,
    "same_step": AutoresetMode.SAME_STEP,
    "disabled": AutoresetMode.DISABLED,
}


class WorldsVectorEnv(WithWindow, Copied, StepLimit, VectorEnv[Array, NDArray[Any], NDArray[Any]]):
    """N worlds; behaves as Gymnasium's SyncVectorEnv over N environments, but for integer seeds.

    Infos are dicts of arrays (N,) with masks, as Gymnasium has them. Under SAME_STEP the last
    observation and info of worlds that ended are `final_obs` and `final_info`.

    Args:
        worlds: what it shows.
        copy: False returns the live array of observations, overwritten by the next call.
        render_mode: "rgb_array" (a picture per world), "human" (a window, the first world) or None.
        attributes: what `get_attr` knows of each world, sequences (N,).
        methods: what `call` calls, with the number of the world first.
    """

    metadata = {  # noqa: RUF012  Gymnasium's own declaration
        "render_modes": list(RENDER_MODES),
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    _rebuilt = ("_pictures",)

    def __init__(
        self,
        worlds: Worlds,
        *,
        copy: bool,
        render_mode: str | None,
        attributes: Mapping[str, Sequence[Any]],
        methods: Mapping[str, Callable[..., Any]],
    ) -> None:
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
            "render_fps": frames_per_second(worlds),
            "autoreset_mode": self.autoreset_mode,
        }
        self.step_limit = worlds.step_limit
        self._attributes = WorldAttributes(
            self.num_envs,
            attributes,
            {"render": self._frame_of, "snapshot": self._snapshot_of, **methods},
        )
        self._attach()

    def _attach(self) -> None:
        self._pictures = Pictures(self._shown)
        self._attributes.attach(self._shown.columns(), self.render_mode)

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
        rest = reset_options(options)
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
        return self._observations(), self._first_infos(chosen)

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
        everywhere = np.ones(self.num_envs, np.bool_)
        infos = _masked(worlds.infos(), everywhere) | self._parts(everywhere, ~reset)
        driven = ~reset
        same_step = self.autoreset_mode is AutoresetMode.SAME_STEP
        if same_step and reset.any():
            observations = np.full(self.num_envs, None, object)
            for world in np.flatnonzero(reset):
                observations[world] = worlds.final_observations[world].copy()
            last = _masked(worlds.final_infos(), reset) | self._parts(reset, reset)
            infos |= {
                "final_obs": observations,
                "_final_obs": reset.copy(),
                "final_info": last | self._events(reset),
                "_final_info": reset.copy(),
            }
        return infos | self._events(driven if same_step else driven | reset)

    def _first_infos(self, mask: NDArray[np.bool_]) -> dict[str, Any]:
        """Infos of worlds whose state no step led to; the same keys as after a step."""
        return _masked(self._shown.infos(), mask) | self._parts(mask, np.zeros_like(mask))

    def _parts(self, mask: NDArray[np.bool_], driven: NDArray[np.bool_]) -> dict[str, Any]:
        """What made the rewards, of the masked worlds; 0 of those that were not driven."""
        infos: dict[str, Any] = {}
        for key, columns in self._shown.parts_of_rewards().items():
            if not driven.all():
                columns = {name: np.where(driven, part, 0.0) for name, part in columns.items()}
            if self._shown.steady_infos:
                infos |= _masked(flat({key: columns}), mask)
                continue
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

    # Single worlds ---------------------------------------------------------------------------

    def snapshot(self, worlds: Sequence[int] | None = None) -> State:
        """The whole state of all worlds, or of some, random streams included: arrays of records."""
        return self._shown.states(None if worlds is None else self._chosen(worlds))

    def restore(
        self, state: State, worlds: Sequence[int] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Puts all worlds, or some, into states of a snapshot; they go on from there, bit for bit.

        Args:
            state: of as many worlds, of this environment or another one with the same settings.
            worlds: numbers of the worlds.

        Returns:
            observations (N, ...) float32 of all worlds, infos of those that were restored.

        Raises:
            ConfigError: it is no state of so many such worlds.
            ValueError: it makes no sense.
        """
        chosen = None if worlds is None else self._chosen(worlds)
        self._shown.set_states(state, chosen)
        mask = np.full(self.num_envs, chosen is None)
        mask[chosen or []] = True
        return self._observations(), self._first_infos(mask)

    def fork(self, world: int, into: Sequence[int] | None = None) -> tuple[Array, dict[str, Any]]:
        """Puts some worlds, or all, into the state of one of them; otherwise as `restore`."""
        targets = list(range(self.num_envs)) if into is None else self._chosen(into)
        state = self.snapshot([world])
        return self.restore(tuple(np.repeat(part, len(targets), 0) for part in state), targets)

    def _frame_of(self, world: int) -> NDArray[np.uint8]:
        return self._pictures.frame(world)

    def _snapshot_of(self, world: int) -> State:
        return self.snapshot([world])

    def _chosen(self, worlds: Sequence[int]) -> list[int]:
        if isinstance(worlds, (str, bytes)) or not isinstance(worlds, Iterable):
            raise ConfigError(f"worlds are a list of numbers, not {shown_value(worlds)}.")
        if np.shape(worlds) == (self.num_envs,) and np.asarray(worlds).dtype == np.bool_:
            return [int(world) for world in np.flatnonzero(worlds)]  # a mask
        chosen = [whole_number(world, "a world") for world in worlds]
        for world in chosen:
            if not 0 <= world < self.num_envs:
                raise ConfigError(f"there is no world {world}; there are {self.num_envs}.")
        if len(set(chosen)) < len(chosen):
            raise ConfigError(f"the worlds {chosen} name one of them twice.")
        return chosen

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """What a method of each world answers, or an attribute of each; as Gymnasium's.

        Raises:
            AttributeError: there is none of that name.
        """
        if name in self._attributes.methods:
            return tuple(self._attributes.call(name, range(self.num_envs), *args, **kwargs))
        return self.get_attr(name)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """An attribute of each world: a setting, a fact of its car, or what `set_attr` keeps there.

        Raises:
            AttributeError: there is none of that name.
        """
        worlds = range(self.num_envs)
        shared = {
            "observation_space": self.single_observation_space,
            "action_space": self.single_action_space,
            "render_mode": self.render_mode,
            "metadata": self.metadata,
            "spec": self.spec,
        }
        if name in shared and name not in self._attributes:
            return (shared[name],) * self.num_envs
        return tuple(self._attributes.get(name, worlds))

    def set_attr(self, name: str, values: list[Any] | tuple[Any, ...] | Any) -> None:
        """Keeps a value of your own with each world; what the engine knows cannot be set.

        Args:
            name: of the attribute.
            values: one for each world, as a list or a tuple, or one for all.

        Raises:
            AttributeError: it is one of the worlds' own attributes.
            ConfigError: there are more or fewer values than worlds.
        """
        if not isinstance(values, (list, tuple)):
            values = [values] * self.num_envs
        if len(values) != self.num_envs:
            raise ConfigError(
                f"set_attr takes a value for each of {self.num_envs} worlds, got {len(values)}."
            )
        refuse_own(self, name)
        self._attributes.set(name, values, range(self.num_envs))

    # -----------------------------------------------------------------------------------------

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """Pictures (height, width, 3) uint8 of all worlds in mode "rgb_array"; otherwise a window.

        Raises:
            DependencyNotInstalled: the extra `view` is not installed.
        """
        frames = self._pictures.rendered(self.render_mode, self.num_envs)
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


def checked_limit(max_episode_steps: Any) -> int | None:
    """The argument `max_episode_steps` of a view; None: there is no limit.

    Raises:
        ConfigError: it is no number of steps.
    """
    if max_episode_steps is None or max_episode_steps == -1:  # Gymnasium's word for none
        return None
    most = whole_number(max_episode_steps, "max_episode_steps")
    if most < 1:
        raise ConfigError(f"max_episode_steps is {most}, but it must be at least 1.")
    return most


def _masked(columns: Columns, mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Columns (N,) with their masks, zero where the mask is false; the masks are one array."""
    infos: dict[str, Any] = {}
    everywhere = mask.all()
    shared = mask.copy()
    for key, values in columns.items():
        if everywhere:
            infos[key] = values
        else:
            where = mask.reshape(-1, *(1,) * (values.ndim - 1))
            infos[key] = np.where(where, values, values.dtype.type(0))
        infos[f"_{key}"] = shared
    return infos
