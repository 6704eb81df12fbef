"""Gymnasium's Env of one world of any kind."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from racer import kinds
from racer.envs.checks import reset_options
from racer.envs.copies import Copied
from racer.envs.pictures import (
    RENDER_MODES,
    Pictures,
    WithWindow,
    checked_render_mode,
    frames_per_second,
)
from racer.envs.steady_infos import flat
from racer.envs.step_limit import StepLimit
from racer.envs.worlds import RewardFunction, State, listed_seeds

Array = NDArray[np.float32]


class PlainEnv(WithWindow, Copied, StepLimit, gymnasium.Env[Array, Any]):
    """One world; infos hold what the worlds say, and `reward_terms`.

    Args:
        config: settings: a mapping or a TOML or JSON file.
        env_id: which environment.
        render_mode: "rgb_array", "human" or None.
        reward_fn: replaces the sum of the reward's terms; N is 1.
        steady_infos: for tools that keep infos as arrays, see `racer.envs.steady_infos`.
        seed: of the random stream until `reset` gets one; None: a random one.
        settings: keys that win over those of `config`.

    Attributes:
        worlds: the batch of one world.

    Raises:
        ConfigError: a setting cannot be used.
    """

    metadata = {"render_modes": list(RENDER_MODES), "render_fps": 10}  # noqa: RUF012
    _rebuilt = ("_pictures",)

    def __init__(
        self,
        config: Any = None,
        *,
        env_id: str,
        render_mode: str | None = None,
        reward_fn: RewardFunction | None = None,
        steady_infos: bool = False,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        self.env_id = env_id
        self.render_mode = checked_render_mode(render_mode)
        self.worlds = worlds = kinds.kind_of(env_id).load("worlds")(
            1,
            config,
            kinds.preset_of(env_id),
            settings,
            autoreset="disabled",
            seed=seed,
            reward_fn=reward_fn,
            steady_infos=steady_infos,
        )
        self.step_limit = worlds.step_limit
        self.observation_space = worlds.observation_space
        self.action_space = worlds.action_space
        self.metadata = {**type(self).metadata, "render_fps": frames_per_second(worlds)}
        self._attach()

    def _attach(self) -> None:
        self._pictures = Pictures(self.worlds)

    @property
    def config(self) -> Any:
        """The settings, which stay as they are."""
        return self.worlds.settings

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Drives for one action; returns observation, reward, terminated, truncated, info."""
        worlds = self.worlds
        worlds.step(np.asarray(action)[None])
        if self.render_mode == "human":
            self.render()
        reward = float(worlds.rewards_of_step()[0])
        ends = bool(worlds.terminated[0]), bool(worlds.truncated[0])
        return worlds.observations[0].copy(), reward, *ends, self._info()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Starts a new episode; a seed restarts the random stream.

        Raises:
            ConfigError: the seed or an option cannot be used.
        """
        seeds = None
        if seed is not None:
            _, seeds = listed_seeds([seed])
            super().reset(seed=int(seeds[0]))
        self.worlds.reset(None, seeds, reset_options(options))
        self.worlds.reward_terms[:] = 0.0
        if self.render_mode == "human":
            self.render()
        return self.worlds.observations[0].copy(), self._info()

    def snapshot(self) -> State:
        """The whole state of the world, its random stream included."""
        state: State = self.worlds.states()
        return state

    def restore(self, state: State) -> tuple[Array, dict[str, Any]]:
        """Puts the world into a state that `snapshot` gave; returns its observation and info."""
        self.worlds.set_states(state)
        self.worlds.reward_terms[:] = 0.0
        return self.worlds.observations[0].copy(), self._info()

    def render(self) -> NDArray[np.uint8] | None:
        """A picture (height, width, 3) uint8 in mode "rgb_array"; a window in mode "human".

        Raises:
            DependencyNotInstalled: the extra `view` is not installed.
        """
        frames = self._pictures.rendered(self.render_mode)
        return None if frames is None else frames[0]

    def close(self) -> None:
        """Closes the window, if there is one."""
        self._pictures.close()

    def _info(self) -> dict[str, Any]:
        worlds = self.worlds
        info = {name: values[0].item() for name, values in worlds.infos().items()}
        tables = {
            table: {name: float(values[0]) for name, values in columns.items()}
            for table, columns in worlds.parts_of_rewards().items()
        }
        return info | (flat(tables) if worlds.steady_infos else tables)
