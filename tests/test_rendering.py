"""What environments show: every frame where that is asked for, and a window that can be closed."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

from racer.envs import HighwayEnv, RacerEnv, RacerVectorEnv
from racer.envs.sb3 import RacerVecEnv

pygame = pytest.importorskip("pygame", reason="the extra view is not installed")


class Recorder(gymnasium.Wrapper):
    """As Gymnasium's RecordVideo, but that no film is written."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.frames_per_sec = env.metadata["render_fps"]
        self.recording = False
        self.pictures: list[np.ndarray] = []

    def _capture_frame(self) -> None:
        self.pictures.append(self.env.render())

    def reset(self, **settings: Any) -> Any:
        said = super().reset(**settings)
        self.recording = True
        self._capture_frame()
        return said

    def step(self, action: Any) -> Any:
        said = super().step(action)
        self._capture_frame()
        return said


@pytest.mark.parametrize("preset", ["highway", "risk"])
def test_a_recording_of_the_highway_has_every_frame(preset: str) -> None:
    plain = HighwayEnv(preset=preset, render_mode="rgb_array")
    env = Recorder(HighwayEnv(preset=preset, render_mode="rgb_array"))
    env.unwrapped.set_record_video_wrapper(env)
    assert env.frames_per_sec == 15
    assert type(env.frames_per_sec) is int
    per_step = {"highway": 15, "risk": 3}[preset]
    action = 3 if preset == "highway" else np.array([0.5, 0.02], np.float32)
    plain.reset(seed=3)
    env.reset(seed=3)
    for step in range(1, 4):
        wanted, said = plain.step(action), env.step(action)
        np.testing.assert_array_equal(said[0], wanted[0])  # watching changes nothing
        assert said[1] == wanted[1]
        assert len(env.pictures) == 1 + per_step * step
        np.testing.assert_array_equal(env.pictures[-1], plain.render())
    differing = sum((a != b).any() for a, b in zip(env.pictures, env.pictures[1:], strict=False))
    assert differing == len(env.pictures) - 1
    assert (plain.worlds.batch.state_hash() == env.unwrapped.worlds.batch.state_hash()).all()


def test_the_frame_before_the_last_is_on_the_way() -> None:
    """The frames of a step end where the step does."""
    from racer.envs.highway.frames import HighwayFrames

    env = HighwayEnv()
    env.reset(seed=1)
    frames = HighwayFrames(env.worlds)
    states = env.worlds.states()
    env.step(3)
    seen = [frames._worlds.outcomes["x"][0] for _ in frames.between(states, np.array([3]))]
    assert len(seen) == 14
    assert (np.diff(seen) > 0.0).all()
    frames._worlds.step(np.array([1]))
    assert frames._worlds.outcomes["x"][0] == env.worlds.outcomes["x"][0]


ENVIRONMENTS = {
    "circuit": lambda: RacerEnv(render_mode="human"),
    "highway": lambda: HighwayEnv({"policy_frequency": 15}, render_mode="human"),
    "vector": lambda: RacerVectorEnv(2, render_mode="human"),
    "sb3": lambda: RacerVecEnv(2, render_mode="human"),
}


@pytest.mark.parametrize("kind", ENVIRONMENTS)
def test_closing_the_window_ends_the_show_and_nothing_else(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    env = ENVIRONMENTS[kind]()
    env.reset()

    def step() -> None:
        if kind == "sb3":
            env.step(np.array([env.action_space.sample() for _ in range(2)]))
        else:
            env.step(env.action_space.sample())

    step()
    assert pygame.display.get_surface() is not None
    assert env.window_closed is False
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    step()
    assert env.window_closed is True
    assert not pygame.display.get_init()
    step()
    env.reset()
    assert not pygame.display.get_init()
    env.close()


def test_a_window_of_the_highway_shows_every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    shown: list[Any] = []
    env = HighwayEnv({"simulation_frequency": 5}, render_mode="human")
    monkeypatch.setattr(env._pictures, "show", lambda *_: shown.append(env._pictures.rate))
    env.reset(seed=1)
    env.step(1)
    assert shown == [5.0] * 6  # the start, four between, the end
