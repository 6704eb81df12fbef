"""Stable-Baselines3's vector environment, directly over a batch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv

from racer.envs.pictures import Pictures, checked_render_mode
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


class RacerVecEnv(VecEnv):
    """N worlds for Stable-Baselines3; resets in the step in which a world ends.

    All arrays handed out are copies. Infos are empty but for worlds in which something happened:

    * the episode ended: `terminal_observation`, `TimeLimit.truncated`, `episode` (`r`, `l`, `t` as
      of SB3's Monitor, so that no VecMonitor is needed), the facts of the last step as in
      `RacerEnv`, and over the episode `distance` [m], `off_track_share` (of steps with all four
      wheels off) and `reward_terms` (their sums);
    * a lap ended: `lap_time` [s], `lap_sectors` (3,) [s], `lap_valid`, `lap_reasons`, and
      `lap_standing`.

    Args:
        num_envs: number of worlds N.
        track: a name of the catalogue, a path or a `Track`; or several, dealt out in turn.
        config: a TOML or JSON file, a mapping of that shape or an `EnvConfig`.
        render_mode: "rgb_array", "human" (a window, the first world) or None.
        reward_fn: replaces the weighted sum of terms, see `Worlds.rewards_of_step`.
        seed: of the random streams until `seed()` gives one; None: a random one.
        settings: fields of `EnvConfig` that win over those of `config`.

    Raises:
        RacerError: a track or a setting cannot be used.
    """

    def __init__(
        self,
        num_envs: int = 1,
        track: TrackLike | Sequence[TrackLike] = DEFAULT_TRACK,
        config: ConfigLike = None,
        *,
        render_mode: str | None = None,
        reward_fn: RewardFunction | None = None,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        worlds = Worlds(
            num_envs,
            track,
            config,
            settings,
            autoreset="same_step",
            seed=seed,
            reward_fn=reward_fn,
        )
        self.worlds = worlds
        self.config: EnvConfig = worlds.config
        self._attributes: dict[str, list[Any]] = {
            "render_mode": [checked_render_mode(render_mode)] * num_envs,
            "track": list(worlds.tracks),
        }
        self._pictures: Pictures | None = None
        self._waiting: Any = None
        self._returns = np.zeros(num_envs)
        self._term_sums = np.zeros(worlds.reward_terms.shape)
        self._off_track_steps = np.zeros(num_envs, np.int64)
        self._began = time.monotonic()
        super().__init__(num_envs, worlds.observation_space, worlds.action_space)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Takes the actions (N, A); `step_wait` drives."""
        self._waiting = actions

    def step_wait(
        self,
    ) -> tuple[Array, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Drives every world for one action.

        Returns:
            observations (N, D) float32, rewards (N,) float32, dones bool (N,), infos.
        """
        worlds = self.worlds
        worlds.step(self._waiting)
        rewards = np.array(worlds.rewards_of_step(), np.float32)
        dones = worlds.terminated | worlds.truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        off_track = worlds.facts["off_track_ticks"] > 0
        self._returns += rewards
        self._term_sums += worlds.reward_terms
        if dones.any():
            off_track[dones] = worlds.final_records["off_track_ticks"][dones] > 0
            self._off_track_steps += off_track
            self._end_episodes(np.flatnonzero(dones), infos)
        else:
            self._off_track_steps += off_track
        completed = worlds.lap_events["completed"]
        if completed.any():
            for world in np.flatnonzero(completed):
                event = worlds.lap_events[world]
                infos[world].update(lap_info(event), lap_standing=bool(event["standing"]))
        if self.render_mode == "human":
            self.env_method("render", indices=0)
        return worlds.observations.copy(), rewards, dones, infos

    def _end_episodes(self, ended: NDArray[np.intp], infos: list[dict[str, Any]]) -> None:
        """Fills the infos of the worlds whose episode ended, and starts their sums afresh."""
        worlds = self.worlds
        records = worlds.final_records[ended]
        facts = step_infos(records, worlds.lengths[ended])
        columns = [values.tolist() for values in facts.values()]
        elapsed = round(time.monotonic() - self._began, 6)
        for i, world in enumerate(ended):
            steps = int(records["episode_steps"][i])
            infos[world].update(zip(facts, (column[i] for column in columns), strict=True))
            infos[world].update(
                {
                    "terminal_observation": worlds.final_observations[world].copy(),
                    "TimeLimit.truncated": bool(worlds.truncated[world]),
                    "episode": {
                        "r": round(float(self._returns[world]), 6),
                        "l": steps,
                        "t": elapsed,
                    },
                    "distance": float(records["distance"][i]),
                    "off_track_share": float(self._off_track_steps[world]) / max(steps, 1),
                    "reward_terms": dict(
                        zip(worlds.term_names, self._term_sums[world].tolist(), strict=True)
                    ),
                }
            )
        self._returns[ended] = 0.0
        self._term_sums[ended] = 0.0
        self._off_track_steps[ended] = 0

    def reset(self) -> Array:
        """Starts new episodes, with the seeds and options that were set for this reset.

        Returns:
            observations (N, D) float32.
        """
        seeded, seeds = listed_seeds(self._seeds)
        groups: dict[str, tuple[dict[str, Any], list[int]]] = {}
        for world, options in enumerate(self._options):
            groups.setdefault(repr(options), (options, []))[1].append(world)
        for options, members in groups.values():
            chosen = np.zeros(self.num_envs, np.bool_)
            chosen[members] = True
            for some, values in ((chosen & seeded, seeds), (chosen & ~seeded, None)):
                if some.any():
                    self.worlds.reset(some, values, options)
        self._reset_seeds()
        self._reset_options()
        self.reset_infos = [{} for _ in range(self.num_envs)]
        self._returns[:] = 0.0
        self._term_sums[:] = 0.0
        self._off_track_steps[:] = 0
        return self.worlds.observations.copy()

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
        if self._pictures is not None:
            self._pictures.close()
            self._pictures = None

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of each world: set by `set_attr`, `track`, a fact, or one of this object.

        Raises:
            AttributeError: there is none of that name.
        """
        chosen = self._chosen(indices)
        if attr_name in self._attributes:
            return [self._attributes[attr_name][i] for i in chosen]
        if attr_name in self.worlds.facts:
            return [self.worlds.facts[attr_name][i].item() for i in chosen]
        if attr_name.startswith("_") or attr_name not in (*vars(self), "unwrapped"):
            raise AttributeError(f"the worlds have no attribute {attr_name!r}.")
        return [getattr(self, attr_name)] * len(chosen)

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Keeps a value of your own with each world; what the engine knows cannot be set.

        Raises:
            AttributeError: it is one of the worlds' own attributes.
        """
        if attr_name in ("track", "render_mode") or self.has_own(attr_name):
            raise AttributeError(f"{attr_name!r} cannot be set; make another environment.")
        values = self._attributes.setdefault(attr_name, [None] * self.num_envs)
        for i in self._chosen(indices):
            values[i] = value

    def has_own(self, name: str) -> bool:
        """Whether a name is taken by this object or by a fact."""
        return name in self.worlds.facts or hasattr(self, name)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Calls a method for each of some worlds.

        `place(s, n=0, heading_error=0, speed=0)` puts the car somewhere (the observation follows
        with the next step), `snapshot()` gives its state, `render()` a picture.

        Raises:
            AttributeError: there is no such method.
        """
        methods = {"place": self._place, "snapshot": self._snapshot, "render": self._render}
        if method_name not in methods:
            known = ", ".join(methods)
            raise AttributeError(f"worlds have no method {method_name!r}; known are {known}.")
        method: Any = methods[method_name]
        return [method(i, *method_args, **method_kwargs) for i in self._chosen(indices)]

    def _place(
        self, world: int, s: float, n: float = 0.0, heading_error: float = 0.0, speed: float = 0.0
    ) -> None:
        self.worlds.batch.place(world, 0, s, n, heading_error, speed)

    def _snapshot(self, world: int) -> NDArray[np.void]:
        record: NDArray[np.void] = self.worlds.batch.snapshot([world])[0, 0]
        return record

    def _render(self, world: int) -> NDArray[np.uint8] | None:
        if self._pictures is None:
            self._pictures = Pictures(self.worlds)
        if self.render_mode != "human":
            return self._pictures.frame(world)
        if world == 0:
            self._pictures.show(60.0 / self.config.ticks_per_action)
        return None

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """A picture (height, width, 3) uint8 of each world."""
        return self.env_method("render")

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> list[bool]:
        """True for SB3's Monitor, whose `episode` the infos hold; there are no other wrappers."""
        return [wrapper_class is Monitor for _ in self._chosen(indices)]

    def _chosen(self, indices: Any) -> list[int]:
        chosen = list(self._get_indices(indices))
        for index in chosen:
            if not -self.num_envs <= index < self.num_envs:
                raise ConfigError(f"there is no world {index}; there are {self.num_envs}.")
        return [int(index) % self.num_envs for index in chosen]
