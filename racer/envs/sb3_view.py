"""Stable-Baselines3's vector environment of any worlds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv

from racer.envs.attributes import WorldAttributes, refuse_own
from racer.envs.copies import Copied
from racer.envs.pictures import Pictures, WithWindow, frames_per_second
from racer.envs.worlds import Worlds, reset_worlds, world_seeds
from racer.errors import ConfigError
from racer.formats.settings import whole_number

Array = NDArray[np.float32]
_SHARED = ("unwrapped", "config")  # what `get_attr` gives of the object beside its own fields


class WorldsVecEnv(WithWindow, Copied, VecEnv):
    """N worlds for Stable-Baselines3; resets in the step in which a world ends.

    All returned arrays are copies. Infos are empty except for worlds in which something happened:
    what `event_infos` says, and at the end of an episode `terminal_observation`,
    `TimeLimit.truncated`, `episode` (`r`, `l`, `t` as of SB3's Monitor, so that no VecMonitor is
    needed), the telemetry of the last step, `reward_terms` (their sums over the episode) and what
    `episode_infos` adds.

    Args:
        worlds: what it shows; its autoreset must be "same_step".
        render_mode: "rgb_array", "human" (a window, the first world) or None.
        attributes: what `get_attr` knows of each world.
        methods: what `env_method` calls, with the number of the world first.
    """

    _rebuilt = ("_pictures",)

    def __init__(
        self,
        worlds: Worlds,
        *,
        render_mode: str | None,
        attributes: Mapping[str, Sequence[Any]],
        methods: Mapping[str, Callable[..., Any]],
    ) -> None:
        n = worlds.num_envs
        self.shown = worlds
        self._attributes = WorldAttributes(
            n,
            attributes,
            {
                **methods,
                "snapshot": self._snapshot,
                "restore": self._restore,
                "render": self._render,
            },
        )
        self.render_mode = render_mode
        self._attach()
        self._waiting: Any = None
        self._returns = np.zeros(n)
        self._steps = np.zeros(n, np.int64)
        self._term_sums = np.zeros(worlds.reward_terms.shape)
        self._began = time.monotonic()
        super().__init__(n, worlds.observation_space, worlds.action_space)
        # SB3's VecVideoRecorder asks for it.
        self.metadata: dict[str, Any] = {
            **self.metadata,
            "render_fps": frames_per_second(worlds),
        }

    def _attach(self) -> None:
        self._pictures = Pictures(self.shown)
        self._attributes.attach(self.shown.columns(), self.render_mode)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_began": time.monotonic() - self._began}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({**state, "_began": time.monotonic() - state["_began"]})

    # What the critic of a training may see beside the observations ---------------------------

    outlook_size = 0  # E, numbers of each world; 0: nothing

    def outlook(self) -> Array:
        """What lies ahead of each world, (N, E) float32."""
        return np.zeros((self.num_envs, 0), np.float32)

    def final_outlook(self, ended: NDArray[np.intp]) -> Array:
        """The same at the last observations of worlds that ended in the last step, (M, E)."""
        return np.zeros((len(ended), 0), np.float32)

    # What a kind of world adds to the infos of episodes -------------------------------------

    def rewards_of_step(self) -> NDArray[np.float32]:
        """The rewards (N,) of the step just made, a copy."""
        return np.array(self.shown.rewards_of_step(), np.float32)

    def count_step(self, dones: NDArray[np.bool_]) -> None:
        """Called after each step, so that a kind of world can keep sums over its episodes."""

    def episode_infos(self, ended: NDArray[np.intp], steps: NDArray[np.int64]) -> dict[str, Any]:
        """Columns (E,) of what to add for the episodes that ended, of so many steps each."""
        del ended, steps
        return {}

    def clear_counts(self, chosen: Any) -> None:
        """Called when the chosen worlds begin an episode."""

    def begin_episodes(self, ended: NDArray[np.intp]) -> None:
        """Called when worlds have begun new episodes in the step that ended their last ones.

        A kind of world may change where they begin, and what their next episodes are.
        """

    def plan(self) -> dict[str, Any]:
        """How episodes to come are chosen: plain values for a checkpoint, beside the worlds."""
        return {}

    def restore_plan(self, plan: Mapping[str, Any]) -> None:
        """Puts back what `plan` gave."""

    def event_infos(self) -> dict[int, dict[str, Any]]:
        """What the infos of single worlds add after a step, by world."""
        return self.shown.events()

    # ----------------------------------------------------------------------------------------

    def step_async(self, actions: NDArray[Any]) -> None:
        """Takes the actions (N, A) or (N,); `step_wait` drives."""
        self._waiting = actions

    def step_wait(
        self,
    ) -> tuple[Array, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Drives every world for one action.

        Returns:
            observations (N, ...) float32, rewards (N,) float32, dones bool (N,), infos.
        """
        worlds = self.shown
        worlds.step(self._waiting)
        rewards = self.rewards_of_step()
        dones = worlds.terminated | worlds.truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        self._returns += rewards
        self._steps += 1
        self._term_sums += worlds.reward_terms
        self.count_step(dones)
        if dones.any():
            ended = np.flatnonzero(dones)
            self._end_episodes(ended, infos)
            self._clear(ended)
            self.begin_episodes(ended)
        for world, event in self.event_infos().items():
            infos[world].update(event)
        if self.render_mode == "human":
            self.env_method("render", indices=0)
        return worlds.observations.copy(), rewards, dones, infos

    def _end_episodes(self, ended: NDArray[np.intp], infos: list[dict[str, Any]]) -> None:
        """Fills the infos of the worlds whose episode ended."""
        worlds = self.shown
        steps = self._steps[ended]
        columns = {
            **{name: values[ended] for name, values in worlds.final_infos().items()},
            **self.episode_infos(ended, steps),
        }
        lists = {name: values.tolist() for name, values in columns.items()}
        elapsed = round(time.monotonic() - self._began, 6)
        for i, world in enumerate(ended):
            infos[world].update({name: values[i] for name, values in lists.items()})
            infos[world].update(
                {
                    "terminal_observation": worlds.final_observations[world].copy(),
                    "TimeLimit.truncated": bool(
                        worlds.truncated[world] and not worlds.terminated[world]
                    ),
                    "episode": {
                        "r": round(float(self._returns[world]), 6),
                        "l": int(steps[i]),
                        "t": elapsed,
                    },
                    "reward_terms": dict(
                        zip(worlds.term_names, self._term_sums[world].tolist(), strict=True)
                    ),
                }
            )

    def _clear(self, chosen: Any) -> None:
        self._returns[chosen] = 0.0
        self._steps[chosen] = 0
        self._term_sums[chosen] = 0.0
        self.clear_counts(chosen)

    def reset(self) -> Array:
        """Starts new episodes, with the seeds and options that were set for this reset.

        Returns:
            observations (N, ...) float32.
        """
        groups: dict[str, tuple[dict[str, Any], list[int]]] = {}
        for world, options in enumerate(self._options):
            groups.setdefault(repr(options), (options, []))[1].append(world)
        for options, members in groups.values():
            chosen = np.zeros(self.num_envs, np.bool_)
            chosen[members] = True
            reset_worlds(self.shown, chosen, self._seeds, options)
        self._reset_seeds()
        self._reset_options()
        self.reset_infos = [{} for _ in range(self.num_envs)]
        self._clear(slice(None))
        return self.shown.observations.copy()

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Gives every world a seed of its own for the next reset, split from one.

        Returns:
            The seeds of the worlds.
        """
        if seed is None:
            seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
        self._seeds = list(world_seeds(seed, self.num_envs).tolist())
        return self._seeds

    def close(self) -> None:
        """Closes the window, if there is one."""
        self._pictures.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of each world: its own, a fact, set by `set_attr`, or one of this object.

        Raises:
            AttributeError: there is none of that name.
        """
        chosen = self._chosen(indices)
        if attr_name in self._attributes:
            return self._attributes.get(attr_name, chosen)
        if attr_name.startswith("_") or not (attr_name in vars(self) or attr_name in _SHARED):
            return self._attributes.get(attr_name, chosen)  # says what there is
        return [getattr(self, attr_name)] * len(chosen)

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Keeps a value of your own with each world; what the engine knows cannot be set.

        Raises:
            AttributeError: it is one of the worlds' own attributes.
        """
        refuse_own(self, attr_name)
        chosen = self._chosen(indices)
        self._attributes.set(attr_name, [value] * len(chosen), chosen)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Calls a method for each of some worlds, and gives their answers.

        `snapshot()` gives the state of a world; `restore(state)` puts it into one, from which it
        goes on bit for bit (what the infos sum up over its episode begins anew), and gives the
        observation; `render()` gives a picture. Kinds of world add theirs.

        Raises:
            AttributeError: there is no such method.
        """
        chosen = self._chosen(indices)
        return self._attributes.call(method_name, chosen, *method_args, **method_kwargs)

    def _snapshot(self, world: int) -> Any:
        parts = tuple(part[0] for part in self.shown.states([world]))
        return parts if len(parts) > 1 else parts[0]

    def _restore(self, world: int, state: Any) -> Array:
        parts = state if isinstance(state, tuple) else (state,)
        self.shown.set_states(tuple(np.asarray(part)[None] for part in parts), [world])
        self._clear([world])
        observation: Array = self.shown.observations[world].copy()
        return observation

    def _render(self, world: int) -> NDArray[np.uint8] | None:
        if self.render_mode != "human":
            return self._pictures.frame(world)
        if world == 0:
            self._pictures.show()
        return None

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """A picture (height, width, 3) uint8 of each world."""
        return self.env_method("render")

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> list[bool]:
        """True for SB3's Monitor, whose `episode` the infos hold; there are no other wrappers."""
        return [wrapper_class is Monitor for _ in self._chosen(indices)]

    def _chosen(self, indices: Any) -> list[int]:
        chosen = [whole_number(index, "a world") for index in self._get_indices(indices)]
        for index in chosen:
            if not -self.num_envs <= index < self.num_envs:
                raise ConfigError(f"there is no world {index}; there are {self.num_envs}.")
        return [index % self.num_envs for index in chosen]
