"""Stable-Baselines3's vector environment of the highway, directly over a batch."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv

from racer.envs.highway_config import HighwayConfigLike
from racer.envs.highway_worlds import HighwayWorlds, step_infos
from racer.envs.worlds import listed_seeds, world_seeds
from racer.errors import ConfigError

Array = NDArray[np.float32]


class HighwayVecEnv(VecEnv):
    """N highway worlds for Stable-Baselines3; resets in the step in which a world ends.

    All arrays handed out are copies. Infos are empty but for worlds whose episode ended:
    `terminal_observation`, `TimeLimit.truncated`, `episode` (`r`, `l`, `t` as of SB3's Monitor, so
    that no VecMonitor is needed), the facts of the last step as in `HighwayEnv`, and over the
    episode `reward_terms` (their sums), `mean_speed` [m/s] and `least_time_to_collision` [s].

    Args:
        num_envs: number of worlds N.
        config: a mapping as of HighwayEnv, a TOML or JSON file of that shape, or settings.
        preset: "highway", "fast" or "risk".
        render_mode: None; pictures come with the viewer.
        seed: of the random streams until `seed()` gives one; None: a random one.
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
        render_mode: None = None,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        if render_mode is not None:
            raise ConfigError(f"render_mode is {render_mode!r}, but there are no pictures yet.")
        worlds = HighwayWorlds(num_envs, config, preset, settings, autoreset="same_step", seed=seed)
        self.worlds = worlds
        self.config = worlds.settings.values
        self._attributes: dict[str, list[Any]] = {"render_mode": [None] * num_envs}
        self._waiting: Any = None
        self._returns = np.zeros(num_envs)
        self._speeds = np.zeros(num_envs)
        self._least_time = np.full(num_envs, np.inf)
        self._term_sums = np.zeros(worlds.reward_terms.shape)
        self._began = time.monotonic()
        super().__init__(num_envs, worlds.observation_space, worlds.action_space)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Takes the actions (N, A) or (N,); `step_wait` drives."""
        self._waiting = actions

    def step_wait(
        self,
    ) -> tuple[Array, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Drives every world for one policy step.

        Returns:
            observations (N, ...) float32, rewards (N,) float32, dones bool (N,), infos.
        """
        worlds = self.worlds
        worlds.step(self._waiting)
        rewards = worlds.rewards.astype(np.float32)
        dones = worlds.terminated | worlds.truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        self._returns += rewards
        self._term_sums += worlds.reward_terms
        outcomes = worlds.outcomes
        if dones.any():
            outcomes = np.where(dones, worlds.final_outcomes, outcomes)
        self._speeds += outcomes["speed"]
        np.minimum(self._least_time, outcomes["time_to_collision"], out=self._least_time)
        if dones.any():
            self._end_episodes(np.flatnonzero(dones), infos)
        return worlds.observations.copy(), rewards, dones, infos

    def _end_episodes(self, ended: NDArray[np.intp], infos: list[dict[str, Any]]) -> None:
        """Fills the infos of the worlds whose episode ended, and starts their sums afresh."""
        worlds = self.worlds
        facts = step_infos(worlds.final_outcomes[ended])
        elapsed = round(time.monotonic() - self._began, 6)
        for i, world in enumerate(ended):
            steps = int(facts["stepCount"][i])
            infos[world].update({name: values[i].item() for name, values in facts.items()})
            infos[world].update(
                {
                    "terminal_observation": worlds.final_observations[world].copy(),
                    "TimeLimit.truncated": bool(
                        worlds.truncated[world] and not worlds.terminated[world]
                    ),
                    "episode": {
                        "r": round(float(self._returns[world]), 6),
                        "l": steps,
                        "t": elapsed,
                    },
                    "mean_speed": float(self._speeds[world]) / max(steps, 1),
                    "least_time_to_collision": float(self._least_time[world]),
                    "reward_terms": dict(
                        zip(worlds.term_names, self._term_sums[world].tolist(), strict=True)
                    ),
                }
            )
        self._clear(ended)

    def _clear(self, chosen: Any) -> None:
        self._returns[chosen] = 0.0
        self._speeds[chosen] = 0.0
        self._least_time[chosen] = np.inf
        self._term_sums[chosen] = 0.0

    def reset(self) -> Array:
        """Starts new episodes, with the seeds and options that were set for this reset.

        Returns:
            observations (N, ...) float32.
        """
        seeded, seeds = listed_seeds(self._seeds)
        options = {key: value for each in self._options for key, value in each.items()}
        for some, values in ((seeded, seeds), (~seeded, None)):
            if some.any():
                self.worlds.reset(some, values, options)
        self._reset_seeds()
        self._reset_options()
        self.reset_infos = [{} for _ in range(self.num_envs)]
        self._clear(slice(None))
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
        """Nothing is open."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of each world: set by `set_attr`, or one of this object.

        Raises:
            AttributeError: there is none of that name.
        """
        chosen = self._chosen(indices)
        if attr_name in self._attributes:
            return [self._attributes[attr_name][i] for i in chosen]
        if attr_name.startswith("_") or attr_name not in (*vars(self), "unwrapped"):
            raise AttributeError(f"the worlds have no attribute {attr_name!r}.")
        return [getattr(self, attr_name)] * len(chosen)

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Keeps a value of your own with each world.

        Raises:
            AttributeError: it is one of the worlds' own attributes.
        """
        if attr_name == "render_mode" or hasattr(self, attr_name):
            raise AttributeError(f"{attr_name!r} cannot be set; make another environment.")
        values = self._attributes.setdefault(attr_name, [None] * self.num_envs)
        for i in self._chosen(indices):
            values[i] = value

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Calls a method for each of some worlds: `snapshot()` gives (vehicles (K,), world).

        Raises:
            AttributeError: there is no such method.
        """
        if method_name != "snapshot":
            raise AttributeError(f"worlds have no method {method_name!r}; known is snapshot.")
        return [self._snapshot(i, *method_args, **method_kwargs) for i in self._chosen(indices)]

    def _snapshot(self, world: int) -> tuple[NDArray[np.void], np.void]:
        vehicles, records = self.worlds.batch.snapshot([world])
        return vehicles[0], records[0]

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> list[bool]:
        """True for SB3's Monitor, whose `episode` the infos hold; there are no other wrappers."""
        return [wrapper_class is Monitor for _ in self._chosen(indices)]

    def _chosen(self, indices: Any) -> list[int]:
        chosen = list(self._get_indices(indices))
        for index in chosen:
            if not -self.num_envs <= index < self.num_envs:
                raise ConfigError(f"there is no world {index}; there are {self.num_envs}.")
        return [int(index) % self.num_envs for index in chosen]
