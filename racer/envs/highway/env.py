"""The Gymnasium environment of the highway: one world."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import gymnasium
import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.envs.checks import check_keywords, check_overrides, reset_options
from racer.envs.copies import Copied
from racer.envs.frozen import thawed
from racer.envs.highway.frames import HighwayFrames
from racer.envs.highway.keys import highway_keys
from racer.envs.highway.settings import (
    PRESETS,
    HighwayConfigLike,
    HighwaySettings,
    highway_settings,
    read_settings,
)
from racer.envs.highway.worlds import HighwayWorlds
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
from racer.envs.worlds import RewardFunction, State, checked_seed, listed_seeds
from racer.errors import ConfigError

if TYPE_CHECKING:
    from racer.envs.highway.vector import HighwayVectorEnv

Array = NDArray[np.float32]

_TELEMETRY = "worlds.telemetry and worlds.outcomes hold the vehicles' state as arrays"
_HIGHWAY_ENVS = {
    **dict.fromkeys(("vehicle", "controlled_vehicles", "road"), _TELEMETRY),
    **dict.fromkeys(("time", "steps", "done"), "worlds.outcomes holds time and steps"),
    **dict.fromkeys(
        ("observation_type", "action_type", "get_available_actions"),
        "see observation_space, action_space and worlds.action_meanings",
    ),
    **dict.fromkeys(
        ("simplify", "change_vehicles", "to_finite_mdp", "call_vehicle_method",
         "set_vehicle_field", "randomize_behavior", "set_preferred_lane",
         "set_route_at_intersection"),
        "fork() gives copies of the world to plan with",
    ),
    **dict.fromkeys(
        ("viewer", "update_metadata"), "render() gives pictures"
    ),
}  # fmt: skip


class HighwayEnv(WithWindow, Copied, StepLimit, gymnasium.Env[Array, Any]):
    """Drive through the traffic of a straight highway, by HighwayEnv's rules.

    Observations are float32, by default (V, F) rows of vehicles, the ego vehicle's first. Actions
    are those of the config: `ContinuousAction`, float32 (acceleration, steering) in [-1, 1], or
    `DiscreteMetaAction`. Infos hold `speed` and `forward_speed` [m/s], `crashed`, `on_road`,
    `lane`, `time_to_collision` [s] and `nearest` [m] (1e9 if there is nobody), `stepCount`,
    `rewards` (HighwayEnv's terms before their weights) and `reward_terms` (which add up to the
    reward). With `pose_info=True` they hold `x`, `y` [m], `heading` [rad], `s` (along the road) and
    `n` [m] (from the middle of the lane), too.

    As in HighwayEnv, `configure` or the reset option `config` change keys from the next episode on,
    and a subclass may have a `default_config` of its own.

    Copying and pickling give an exact, independent copy, see `racer.envs.copies`.

    Args:
        config: a mapping as of HighwayEnv, a TOML or JSON file of that shape, or settings.
        preset: "highway", "fast" or "risk".
        render_mode: "rgb_array" (pictures), "human" (a window) or None; needs the extra `view`.
        reward_fn: replaces the reward, see `HighwayWorlds.reward_telemetry`; N is 1.
        steady_infos: for tools that keep infos as arrays, see `racer.envs.steady_infos`.
        seed: of the random stream until `reset` gets one; None: a random one.
        settings: keys that win over those of `config`.

    Attributes:
        worlds: the batch of one world; `worlds.telemetry` and `worlds.outcomes` hold its state.

    Raises:
        ConfigError: a setting cannot be used.
    """

    metadata = {  # noqa: RUF012  Gymnasium's own declaration
        "render_modes": list(RENDER_MODES),
        "render_fps": 15,
    }

    _rebuilt = ("_pictures", "_frames", "_recorder", "_shown")

    def __init__(
        self,
        config: HighwayConfigLike = None,
        *,
        preset: str = "highway",
        render_mode: str | None = None,
        reward_fn: RewardFunction | None = None,
        steady_infos: bool = False,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        check_overrides(type(self), HighwayEnv)
        check_keywords(HighwayEnv, settings, PRESETS["highway"])
        self.render_mode = checked_render_mode(render_mode)
        self._stream = secrets.randbits(64) if seed is None else checked_seed(seed)
        self._configured = 0  # how often since the stream began
        self._next: HighwaySettings | None = None
        owner = next(base for base in type(self).__mro__ if "default_config" in vars(base))
        if owner is not HighwayEnv:
            given = config.values if isinstance(config, HighwaySettings) else config
            config = {**type(self).default_config(), **read_settings(given)}
        self._kept: dict[str, Any] = {"reward_fn": reward_fn, "steady_infos": steady_infos}
        self._build(highway_settings(config, preset, settings), self._stream)

    @classmethod
    def default_config(cls) -> dict[str, Any]:
        """The keys of the preset "highway", as HighwayEnv's method of that name."""
        defaults: dict[str, Any] = thawed(PRESETS["highway"])
        return defaults

    def _build(self, settings: HighwaySettings, seed: int) -> None:
        worlds = HighwayWorlds(1, settings, autoreset="disabled", seed=seed, **self._kept)
        self.worlds = worlds
        self.step_limit = worlds.step_limit
        self.metadata = {**type(self).metadata, "render_fps": frames_per_second(worlds)}
        self.observation_space = worlds.observation_space
        self.action_space = worlds.action_space
        recorder: Any = vars(self).get("_recorder")
        self._attach()
        self._recorder = recorder

    def _attach(self) -> None:
        self._pictures = Pictures(self.worlds)
        if self.render_mode == "human":  # every frame is shown, see `_show_frames`
            self._pictures.rate = float(self.worlds.settings["simulation_frequency"])
        self._frames: HighwayFrames | None = None
        self._recorder = None
        self._shown: HighwayFrames | None = None  # while a frame between two steps is shown

    @property
    def config(self) -> Mapping[str, Any]:
        """All settings; a change of them raises, see `configure`."""
        return (self._next or self.worlds.settings).values

    def configure(self, config: Mapping[str, Any] | None) -> None:
        """Changes keys of the config from the next reset on.

        Raises:
            ConfigError: a key or a value cannot be used; nothing is changed then.
        """
        changes = read_settings(config)
        if changes:
            self._next = highway_settings(self._next or self.worlds.settings, settings=changes)

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Drives for one policy step.

        Args:
            action: (A,) float, clipped unless the config says otherwise, NaN counts as zero; or
                the number of a meta-action.

        Returns:
            observation float32, reward, terminated, truncated, info.
        """
        worlds = self.worlds
        shows = self._shows_frames()
        before = worlds.states() if shows else ()
        worlds.step(np.asarray(action)[None])
        if shows:
            self._show_frames(before)
        info = self._info()
        base, terms = worlds.base_terms[0].tolist(), worlds.reward_terms[0].tolist()
        tables = {
            "rewards": dict(zip(worlds.base_names, base, strict=True)),
            "reward_terms": dict(zip(worlds.term_names, terms, strict=True)),
        }
        info |= flat(tables) if worlds.steady_infos else tables
        if self.render_mode == "human":
            self.render()
        return (
            worlds.observations[0].copy(),
            float(worlds.rewards_of_step()[0]),
            bool(worlds.terminated[0]),
            bool(worlds.truncated[0]),
            info,
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Starts a new episode.

        Args:
            seed: restarts the random stream of this world.
            options: `config`, keys to change from this episode on, see `configure`.

        Returns:
            observation float32, info.

        Raises:
            ConfigError: the seed or an option cannot be used.
        """
        rest = reset_options(options)
        changes = rest.pop("config", None)
        for key in rest:
            raise ConfigError(f"there is no reset option {key!r}; known is config.")
        seeds = None
        if seed is not None:
            _, seeds = listed_seeds([seed])
        self.configure(changes)
        if seeds is not None:
            super().reset(seed=int(seeds[0]))
            self._stream, self._configured = int(seeds[0]), 0
        if self._next is not None:  # other settings need another batch, with a stream of its own
            self._configured += 1
            self.close()
            stream = _core.split_seed(self._stream, self._configured)
            self._build(self._next, stream)
            self._next = None
        self.worlds.reset(None, seeds)
        if self.render_mode == "human":
            self.render()
        return self.worlds.observations[0].copy(), self._first_info()

    def snapshot(self) -> State:
        """The whole state of the world, its random stream included: vehicles (1, K), world (1,)."""
        return self.worlds.states()

    def restore(self, state: State) -> tuple[Array, dict[str, Any]]:
        """Puts the world into a state that `snapshot` gave; it continues bit-identically.

        Args:
            state: of this environment, or of another one with the same settings.

        Returns:
            observation float32 and info of that state.

        Raises:
            ConfigError: it is no state of one highway with so many vehicles.
            ValueError: it makes no sense.
        """
        self.worlds.set_states(state)
        return self.worlds.observations[0].copy(), self._first_info()

    def fork(self, num_envs: int = 1, **arguments: Any) -> HighwayVectorEnv:
        """So many copies of the world as it is now, which go their own ways.

        Args:
            num_envs: number of copies.
            arguments: further ones of `HighwayVectorEnv`.

        Raises:
            ConfigError: an argument cannot be used.
        """
        from racer.envs.highway.vector import HighwayVectorEnv

        env = HighwayVectorEnv(num_envs, self.worlds.settings, **{**self._kept, **arguments})
        env.restore(tuple(np.repeat(part, num_envs, 0) for part in self.snapshot()))
        return env

    def get_keys_to_action(self) -> Keys:
        """Keys of `gymnasium.utils.play`: W, A, S and D, or the arrows."""
        return highway_keys(self.worlds.action_meanings, discrete=self.worlds.discrete)

    def __getattr__(self, name: str) -> NoReturn:
        hint = f"; {_HIGHWAY_ENVS[name]}" if name in _HIGHWAY_ENVS else ""
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}.")

    def render(self) -> NDArray[np.uint8] | None:
        """A picture (height, width, 3) uint8 in mode "rgb_array"; a window in mode "human".

        Raises:
            DependencyNotInstalled: the extra `view` is not installed.
        """
        if self._shown is not None:
            return self._shown.paint()
        frames = self._pictures.rendered(self.render_mode)
        return None if frames is None else frames[0]

    def set_record_video_wrapper(self, wrapper: Any) -> None:
        """Lets Gymnasium's RecordVideo record every frame, as in HighwayEnv.

        Without it, a recording has one picture per policy step. Use:
        `env = RecordVideo(env, ...); env.unwrapped.set_record_video_wrapper(env)`.

        Args:
            wrapper: the RecordVideo around this environment; its rate becomes that of the frames.
        """
        self._recorder = wrapper
        rate = self.worlds.settings["simulation_frequency"]
        wrapper.frames_per_sec = int(rate) if rate == int(rate) else rate
        self.metadata["render_fps"] = wrapper.frames_per_sec

    def _shows_frames(self) -> bool:
        """Whether somebody sees the frames between two policy steps."""
        if self.render_mode == "human":
            return not self.window_closed
        return self._recorder is not None and bool(self._recorder.recording)

    def _show_frames(self, before: tuple[NDArray[np.void], ...]) -> None:
        """Shows the frames of the step just made but for the last, which `render` shows."""
        frames = self._frames = self._frames or HighwayFrames(self.worlds)
        self._shown = frames
        try:
            for _ in frames.between(before, self.worlds.actions.copy()):
                if self.render_mode == "human":
                    self._pictures.show(frames.paint())
                else:
                    self._recorder._capture_frame()  # noqa: SLF001  HighwayEnv does so, too
        finally:
            self._shown = None

    def close(self) -> None:
        """Closes the window, if there is one."""
        self._pictures.close()

    def _first_info(self) -> dict[str, Any]:
        """The info of a state that no step led to; the same keys as after a step."""
        info = self._info()
        tables = {
            "rewards": dict.fromkeys(self.worlds.base_names, 0.0),
            "reward_terms": dict.fromkeys(self.worlds.term_names, 0.0),
        }
        return info | (flat(tables) if self.worlds.steady_infos else tables)

    def _info(self) -> dict[str, Any]:
        return {name: values[0].item() for name, values in self.worlds.infos().items()}
