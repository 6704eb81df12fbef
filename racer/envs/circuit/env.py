"""The Gymnasium environment: one world."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from racer._core import TICK_SECONDS
from racer.envs.checks import as_float32, check_keywords, check_overrides, reset_options
from racer.envs.circuit.infos import lap_info, pose_infos
from racer.envs.circuit.keys import circuit_keys
from racer.envs.circuit.lap_infos import NO_LAP, steady_lap_info
from racer.envs.circuit.tracks import TrackLike
from racer.envs.circuit.worlds import (
    DEFAULT_TRACK,
    SETTINGS,
    CircuitWorlds,
    ConfigLike,
)
from racer.envs.copies import Copied
from racer.envs.keys_to_action import Keys
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
from racer.formats.aliases import OFF_TRACK, STEP_COUNT

if TYPE_CHECKING:
    from racer._core.circuit import Track
    from racer.envs.circuit.settings import EnvConfig
    from racer.envs.circuit.vector import RacerVectorEnv

Array = NDArray[np.float32]


def numbers(values: NDArray[Any]) -> Any:
    """The array as an object that gives plain Python numbers, faster than the array does."""
    return values.data


class RacerEnv(WithWindow, Copied, StepLimit, gymnasium.Env[Array, Array]):
    """Drive a car around a circuit.

    Observations and actions are float32 arrays; their columns are described by
    `racer._core.circuit.observation_layout` and `racer.envs.circuit.spaces`. Infos hold `progress`
    (of this step [laps]), `speed` [m/s], `wall`, `offTrack` (all four wheels), `backward`,
    `stillness` (bool, in this step), `lap` and `checkpoint` (that run and come next), `stepCount`,
    `reward_terms`, and, when a lap ended in the step, `lap_time` [s], `lap_sectors` (3,) [s],
    `lap_valid` and `lap_reasons` (why it is not valid). With `pose_info=True` they hold `x`, `y`
    [m], `heading` [rad], `s` and `n` [m], too. With `steady_infos` they are flat and have the same
    keys after every step and reset, see `racer.envs.steady_infos`.

    Copying and pickling give an exact, independent copy, see `racer.envs.copies`.

    Args:
        track: a name of the catalogue, a path, or a `Track`.
        config: a TOML or JSON file, a mapping of that shape or an `EnvConfig`.
        render_mode: "rgb_array", "human" (needs the extra `view`) or None.
        reward_fn: replaces the weighted sum of terms, see `CircuitWorlds.reward_telemetry`; N is 1.
        steady_infos: for tools that keep infos as arrays.
        seed: of the random stream until `reset` gets one; None: a random one.
        settings: fields of `EnvConfig` that win over those of `config`.

    Attributes:
        worlds: the batch of one world; `worlds.telemetry` holds its whole state.

    Raises:
        RacerError: the track or a setting cannot be used.
    """

    metadata = {  # noqa: RUF012  Gymnasium's own declaration
        "render_modes": list(RENDER_MODES),
        "render_fps": round(1.0 / TICK_SECONDS),
    }

    _rebuilt = (
        *("_pictures", "_step_batch", "_actions", "_action", "_observation", "_reward", "_terms"),
        *("_terminated", "_truncated", "_completed", "_progress", "_v_x", "_v_y", "_wall"),
        *("_off_track", "_backward", "_still", "_lap", "_checkpoint", "_steps"),
    )

    def __init__(
        self,
        track: TrackLike = DEFAULT_TRACK,
        config: ConfigLike = None,
        *,
        render_mode: str | None = None,
        reward_fn: RewardFunction | None = None,
        steady_infos: bool = False,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        check_overrides(type(self), RacerEnv)
        check_keywords(RacerEnv, settings, SETTINGS)
        self.render_mode = checked_render_mode(render_mode)
        worlds = CircuitWorlds(
            1,
            track,
            config,
            settings,
            autoreset="disabled",
            seed=seed,
            reward_fn=reward_fn,
            steady_infos=steady_infos,
        )
        self.worlds = worlds
        self.step_limit = worlds.step_limit
        self.observation_space = worlds.observation_space
        self.action_space = worlds.action_space
        self.metadata = {
            **RacerEnv.metadata,
            "render_fps": frames_per_second(worlds),
        }
        self._length = self.track.length
        self._term_names = worlds.term_names
        self._action_shape = worlds.action_rows[0].shape
        self._attach()

    def _attach(self) -> None:
        worlds = self.worlds
        self._pictures = Pictures(worlds)

        # References for the step, of arrays that live as long as the batch.
        self._step_batch = worlds.batch.step
        self._actions = worlds.actions
        self._action = worlds.action_rows[0]
        self._observation = worlds.observations[0]
        self._reward = numbers(worlds.rewards)
        self._terms = worlds.reward_terms[0]
        self._steady = worlds.steady_infos
        self._terminated = numbers(worlds.terminated)
        self._truncated = numbers(worlds.truncated)
        self._completed = numbers(worlds.lap_events["completed"])
        telemetry = worlds.telemetry
        self._progress = numbers(telemetry["progress"])
        self._v_x = numbers(telemetry["v_x"])
        self._v_y = numbers(telemetry["v_y"])
        self._wall = numbers(telemetry["wall_contact"])
        self._off_track = numbers(telemetry["off_track_ticks"])
        self._backward = numbers(telemetry["wrong_way"])
        self._still = numbers(telemetry["stillness_ticks"])
        self._lap = numbers(telemetry["lap"])
        self._checkpoint = numbers(telemetry["checkpoint"])
        self._steps = numbers(telemetry["episode_steps"])

    def step(self, action: Array) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Drives for one action.

        Args:
            action: (A,); values outside the space are clamped, NaN counts as zero.

        Returns:
            observation (D,) float32, reward, terminated, truncated, info.
        """
        if getattr(action, "shape", None) != self._action_shape or action.dtype != np.float32:
            action = self._checked_action(action)
        self._action[:] = action
        self._step_batch(self._actions)
        info = self._info()
        terms = dict(zip(self._term_names, self._terms.tolist(), strict=True))
        if self._steady:
            info |= flat({"reward_terms": terms}) | steady_lap_info(self.worlds.lap_events[0])
        else:
            info["reward_terms"] = terms
            if self._completed[0]:
                info.update(lap_info(self.worlds.lap_events[0]))
        if self.worlds.reward_fn is None:
            reward: float = self._reward[0]
        else:
            reward = float(self.worlds.rewards_of_step()[0])
        if self.render_mode == "human":
            self.render()
        return (
            self._observation.copy(),
            reward,
            self._terminated[0],
            self._truncated[0],
            info,
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Starts a new episode.

        Args:
            seed: restarts the random stream of this world.
            options: see `CircuitWorlds.reset`.

        Returns:
            observation (D,) float32, info.

        Raises:
            ConfigError: the seed or an option cannot be used.
        """
        seeds = None
        if seed is not None:
            _, seeds = listed_seeds([seed])
            super().reset(seed=int(seeds[0]))
        self.worlds.reset(None, seeds, reset_options(options))
        if self.render_mode == "human":
            self.render()
        return self._observation.copy(), self._first_info()

    def snapshot(self) -> State:
        """The whole state of the world, its random stream included: arrays of records (1, 1)."""
        return self.worlds.states()

    def restore(self, state: State) -> tuple[Array, dict[str, Any]]:
        """Puts the world into a state that `snapshot` gave; it continues bit-identically.

        Args:
            state: of this environment, or of another one with the same circuit and settings.

        Returns:
            observation (D,) float32 and info of that state.

        Raises:
            ConfigError: it is no state of one circuit.
            ValueError: it makes no sense on this circuit.
        """
        self.worlds.set_states(state)
        return self._observation.copy(), self._first_info()

    def fork(self, num_envs: int = 1, **arguments: Any) -> RacerVectorEnv:
        """So many copies of the world as it is now, which go their own ways.

        Args:
            num_envs: number of copies.
            arguments: further ones of `RacerVectorEnv`.

        Raises:
            RacerError: an argument cannot be used.
        """
        from racer.envs.circuit.vector import RacerVectorEnv

        given = {
            "reward_fn": self.worlds.reward_fn,
            "steady_infos": self.worlds.steady_infos,
            **arguments,
        }
        env = RacerVectorEnv(num_envs, self.track, self.config, **given)
        env.restore(tuple(np.repeat(part, num_envs, 0) for part in self.snapshot()))
        return env

    def get_keys_to_action(self) -> Keys:
        """Keys of `gymnasium.utils.play`: W, A, S and D, or the arrows."""
        return circuit_keys(self.config.action)

    @property
    def config(self) -> EnvConfig:
        """The settings, which stay as they are."""
        return self.worlds.config

    @property
    def track(self) -> Track:
        """The circuit."""
        return self.worlds.tracks[0]

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
        v_x, v_y = self._v_x[0], self._v_y[0]
        info = {
            "progress": self._progress[0] / self._length,
            "speed": math.sqrt(v_x * v_x + v_y * v_y),
            "wall": self._wall[0] != 0.0,
            OFF_TRACK: self._off_track[0] > 0,
            "backward": self._backward[0] != 0,
            "stillness": self._still[0] > 0,
            "lap": self._lap[0],
            "checkpoint": self._checkpoint[0],
            STEP_COUNT: self._steps[0],
        }
        if self.config.pose_info:
            pose = pose_infos(self.worlds.telemetry)
            info.update({name: values[0].item() for name, values in pose.items()})
        return info

    def _first_info(self) -> dict[str, Any]:
        """The info of a state that no step led to; the same keys as after a step."""
        info = self._info()
        terms = {"reward_terms": dict.fromkeys(self._term_names, 0.0)}
        if self._steady:
            return info | flat(terms) | NO_LAP | {"lap_sectors": NO_LAP["lap_sectors"].copy()}
        return info | terms

    def _checked_action(self, action: Any) -> Array:
        array = as_float32(action)
        if array.shape != self._action_shape:
            raise ValueError(f"an action must have shape {self._action_shape}, got {array.shape}.")
        return array
