"""What a car can do to get a lap that it should not get, driven in the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from racer import _core
from racer.envs.circuit.session import Session
from racer.tracks import load_track

if TYPE_CHECKING:
    from collections.abc import Callable

REASONS = _core.circuit.LAP_REASONS


@pytest.fixture(scope="module", params=["harbour", "ridgeway"])
def track(request: pytest.FixtureRequest) -> _core.circuit.Track:
    return load_track(request.param)


def pedals(steer: float, throttle: float = 0.0, brake: float = 0.0) -> np.ndarray:
    return np.array([[[steer, throttle, brake]]], np.float32)


def follow(session: Session, offset: float = 0.0, speed: float = 14.0) -> np.ndarray:
    """Pedals that pursue a line beside the centre line at a lateral offset [m], slowly."""
    road = next(f for f in _core.circuit.observation_layout("track") if f["name"] == "road_y")
    point = 1
    ahead = _core.circuit.ROAD_AHEAD_METRES[point]
    left = session.observation()[0, road["offset"] + point] * ahead + offset
    steer = float(np.clip(2.0 * 2.7 * left / ahead**2 / 0.45, -1.0, 1.0))
    slow = session.telemetry["v_x"][0, 0] < speed
    return pedals(steer, 1.0 if slow else 0.0, 0.0 if slow else 0.1)


def drive_lap(session: Session, offset_at: Callable[[float], float] = lambda _: 0.0) -> list:
    laps = []
    for _ in range(60 * 400):
        s = float(session.telemetry["s"][0, 0])
        laps += session.tick(follow(session, offset_at(s)))
        if laps:
            break
    return laps


def test_a_slow_careful_lap_is_valid(track: _core.circuit.Track) -> None:
    session = Session(track)
    laps = drive_lap(session)
    assert len(laps) == 1
    assert laps[0].valid
    assert laps[0].standing
    assert laps[0].event["reasons"] == 0


def test_four_wheels_off_makes_the_lap_invalid(track: _core.circuit.Track) -> None:
    """The car drives over the grass for a while: on the road again, the lap stays invalid."""
    session = Session(track)
    here = track.stations[60]
    beyond = float(here["width_left"]) + 1.3

    laps = drive_lap(session, lambda s: beyond if 40.0 < s < 90.0 else 0.0)
    assert session.telemetry["wheels_off"].max() <= 4
    assert len(laps) == 1
    assert not laps[0].valid
    assert laps[0].event["reasons"] & REASONS["off_track"]


def test_two_wheels_off_is_allowed(track: _core.circuit.Track) -> None:
    session = Session(track)
    edge = float(track.stations["width_left"][40:100].min())
    most = 0.0
    laps = []
    for _ in range(60 * 400):
        s = float(session.telemetry["s"][0, 0])
        laps += session.tick(follow(session, edge - 0.1 if 40.0 < s < 90.0 else 0.0))
        most = max(most, float(session.telemetry["wheels_off"][0, 0]))
        if laps:
            break
    assert most >= 1.0
    assert laps
    assert laps[0].valid == (most < 4.0)


def test_a_wall_hit_is_felt_and_makes_the_lap_invalid(track: _core.circuit.Track) -> None:
    session = Session(track)
    touched = False
    impact = 0.0
    for _ in range(60 * 20):
        session.tick(pedals(0.25, 0.6))
        touched |= bool(session.telemetry["wall_contact"][0, 0])
        impact = max(impact, float(session.telemetry["wall_impact_speed"][0, 0]))
        if touched:
            break
    assert touched
    assert 0.5 < impact < 60.0
    assert session.telemetry["lap_reasons"][0, 0] & REASONS["wall"]
    for _ in range(60 * 5):
        session.tick(pedals(0.25, 1.0))
        station = track.stations[session.telemetry["station"][0, 0]]
        n = session.telemetry["n"][0, 0]
        assert -station["wall_right"] - 0.2 < n < station["wall_left"] + 0.2
    assert session.telemetry["fault"][0, 0] == 0


def test_cutting_to_the_line_by_turning_round_is_no_lap(track: _core.circuit.Track) -> None:
    """A U-turn and back over the line the wrong way, then forwards again: no lap."""
    session = Session(track)
    session.place(0, 0, track.length - 30.0, 0.0, 0.0, 12.0)
    laps = []
    for _ in range(60 * 6):  # over the line forwards: the clock starts
        laps += session.tick(follow(session))
        if session.telemetry["lap_running"][0, 0] and session.telemetry["s"][0, 0] > 5.0:
            break
    s_now = float(session.telemetry["s"][0, 0])
    # Turned round on the spot (a spin), the clock goes on: restore keeps lap state.
    state = session.batch.snapshot()
    for name in ("cos_yaw", "sin_yaw", "cos_heading", "sin_heading"):
        state[name] *= -1.0
    session.batch.restore(state)
    assert s_now > 0.0
    for _ in range(60 * 4):  # backwards over the line
        laps += session.tick(pedals(0.0, 0.3))
        assert session.telemetry["wrong_way"][0, 0] == 1 or session.telemetry["v_x"][0, 0] < 1.0
        if session.telemetry["s"][0, 0] > track.length / 2:
            break
    assert session.telemetry["s"][0, 0] > track.length / 2
    assert session.telemetry["lap_reasons"][0, 0] & REASONS["reversed"]
    state = session.batch.snapshot()
    for name in ("cos_yaw", "sin_yaw", "cos_heading", "sin_heading"):
        state[name] *= -1.0
    session.batch.restore(state)
    for _ in range(60 * 6):  # forwards over the line once more
        laps += session.tick(follow(session))
        if session.telemetry["s"][0, 0] < 50.0 and session.telemetry["s"][0, 0] > 5.0:
            break
    assert not laps
    assert session.telemetry["lap_reasons"][0, 0] & REASONS["reversed"]


def test_standing_still_ends_the_episode_and_is_not_rewarded(track: _core.circuit.Track) -> None:
    config = _core.circuit.Config()
    batch = _core.circuit.Batch([track], 1, autoreset="disabled", config=config)
    total = 0.0
    for _ in range(400):
        batch.step(pedals(0.0))
        total += float(batch.rewards[0, 0])
        if batch.terminated[0]:
            break
    assert batch.facts["episode_ticks"][0, 0] == 180
    assert total == pytest.approx(180 * config.stillness_penalty, rel=1e-5)


def test_truncation_and_termination_are_told_apart(track: _core.circuit.Track) -> None:
    config = _core.circuit.Config()
    config.max_steps = 10
    batch = _core.circuit.Batch([track], 1, autoreset="disabled", config=config)
    for _ in range(10):
        batch.step(pedals(0.0, 1.0))
    assert batch.truncated.tolist() == [True]
    assert batch.terminated.tolist() == [False]


def test_rewards_are_the_sum_of_their_terms(track: _core.circuit.Track) -> None:
    config = _core.circuit.Config()
    config.speed_bonus = 0.01
    config.wheels_off_penalty = -0.01
    batch = _core.circuit.Batch([track], 16, ticks_per_action=6, config=config)
    rng = np.random.default_rng(3)
    for _ in range(200):
        batch.step(rng.uniform(-1, 1, (16, 1, 3)).astype(np.float32))
        assert np.allclose(batch.reward_terms.sum(axis=-1), batch.rewards, atol=1e-6)
