"""The Gymnasium environment of the highway: one world."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from racer.envs.copies import Copied
from racer.envs.highway_config import HighwayConfigLike
from racer.envs.highway_frames import HighwayFrames
from racer.envs.highway_worlds import HighwayWorlds
from racer.envs.pictures import RENDER_MODES, Pictures, WithWindow, checked_render_mode
from racer.envs.worlds import listed_seeds

Array = NDArray[np.float32]


class HighwayEnv(WithWindow, Copied, gymnasium.Env[Array, Any]):
    """Drive through the traffic of a straight highway, by HighwayEnv's rules.

    Observations are float32, by default (V, F) rows of vehicles, the ego vehicle's first. Actions
    are those of the config: `ContinuousAction`, float32 (acceleration, steering) in [-1, 1], or
    `DiscreteMetaAction`. Infos hold `speed` and `forward_speed` [m/s], `crashed`, `on_road`,
    `lane`, `time_to_collision` [s] and `nearest` [m] (1e9 if there is nobody), `stepCount`, and
    after a step `rewards` (HighwayEnv's terms before their weights) and `reward_terms` (which add
    up to the reward). With `pose_info=True` they hold `x`, `y` [m], `heading` [rad], `s` (along the
    road) and `n` [m] (from the middle of the lane), too.

    Copying and pickling give an exact, independent copy, see `racer.envs.copies`.

    Args:
        config: a mapping as of HighwayEnv, a TOML or JSON file of that shape, or settings.
        preset: "highway", "fast" or "risk".
        render_mode: "rgb_array" (pictures), "human" (a window) or None; needs the extra `view`.
        seed: of the random stream until `reset` gets one; None: a random one.
        settings: keys that win over those of `config`.

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
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        self.render_mode = checked_render_mode(render_mode)
        worlds = HighwayWorlds(1, config, preset, settings, autoreset="disabled", seed=seed)
        self.worlds = worlds
        self.config = worlds.settings.values
        self.metadata = {**type(self).metadata, "render_fps": 1.0 / worlds.seconds_per_action}
        self.observation_space = worlds.observation_space
        self.action_space = worlds.action_space
        self._attach()

    def _attach(self) -> None:
        self._pictures = Pictures(self.worlds)
        self._frames: HighwayFrames | None = None
        self._recorder: Any = None
        self._shown: HighwayFrames | None = None  # while a frame between two steps is shown

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
        info["rewards"] = dict(zip(worlds.base_names, base, strict=True))
        info["reward_terms"] = dict(zip(worlds.term_names, terms, strict=True))
        if self.render_mode == "human":
            self.render()
        return (
            worlds.observations[0].copy(),
            float(worlds.rewards[0]),
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
            options: none are known.

        Returns:
            observation float32, info.

        Raises:
            ConfigError: the seed or an option cannot be used.
        """
        seeds = None
        if seed is not None:
            _, seeds = listed_seeds([seed])
            super().reset(seed=int(seeds[0]))
        self.worlds.reset(None, seeds, options)
        if self.render_mode == "human":
            self.render()
        return self.worlds.observations[0].copy(), self._info()

    def render(self) -> NDArray[np.uint8] | None:
        """A picture (height, width, 3) uint8 in mode "rgb_array"; a window in mode "human".

        Raises:
            DependencyNotInstalled: the extra `view` is not installed.
        """
        if self._shown is not None:
            return self._shown.paint()
        rate = self.metadata["render_fps"]
        if self.render_mode == "human":  # all frames are shown, see `_show_frames`
            rate = self.worlds.settings["simulation_frequency"]
        frames = self._pictures.rendered(self.render_mode, rate)
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
                    self._pictures.show(frames.frames_per_second, frames.paint())
                else:
                    self._recorder._capture_frame()  # noqa: SLF001  HighwayEnv does so, too
        finally:
            self._shown = None

    def close(self) -> None:
        """Closes the window, if there is one."""
        self._pictures.close()

    def _info(self) -> dict[str, Any]:
        return {name: values[0].item() for name, values in self.worlds.infos().items()}
