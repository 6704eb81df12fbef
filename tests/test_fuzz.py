"""Whatever a caller does within the rules, the state stays finite, in bounds, without a fault."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from racer import _core
from racer.tracks import list_tracks, load_track

TRACKS = [load_track(name) for name in list_tracks()[:3]]
WORLDS = 6
WALL_SLACK = 0.5  # m, a step of a fast car into a wall that comes nearer
NASTY = (np.nan, np.inf, -np.inf, 1e-45, -1e-40, 3e38, -3e38, -0.0, 0.0, 1.0, -1.0)

FLOATS = st.one_of(st.sampled_from(NASTY), st.floats(width=32), st.floats(-1.0, 1.0, width=32))
MASKS = st.lists(st.booleans(), min_size=WORLDS, max_size=WORLDS)
INDICES = st.lists(st.integers(0, WORLDS - 1), unique=True, min_size=1)
# What a caller does next. Actions are held for some steps, so that cars get somewhere.
DEEDS = st.one_of(
    st.tuples(
        st.just("step"),
        st.lists(FLOATS, min_size=3 * WORLDS, max_size=3 * WORLDS),
        st.integers(1, 40),
    ),
    st.tuples(st.just("reset"), MASKS, st.one_of(st.none(), st.integers(0, 2**64 - 1))),
    st.tuples(st.just("snapshot"), INDICES),
    st.tuples(st.just("restore"), st.integers(0, 7)),
    st.tuples(
        st.just("place"),
        st.integers(0, WORLDS - 1),
        st.floats(-1e4, 1e4),
        st.floats(-0.9, 0.9),
        st.floats(-3.2, 3.2),
        st.floats(0.0, 90.0),
    ),
)


def make_batch(vehicle: str, action: str, observation: str, autoreset: str) -> _core.circuit.Batch:
    config = _core.circuit.Config()
    config.start = "mixed"
    config.heading_error = 1.5
    config.lateral_fraction = 1.0
    config.max_steps = 150
    return _core.circuit.Batch(
        TRACKS,
        WORLDS,
        world_tracks=np.arange(WORLDS, dtype=np.int32) % len(TRACKS),
        vehicle=vehicle,
        action=action,
        observation=observation,
        autoreset=autoreset,
        config=config,
    )


def check_sound(batch: _core.circuit.Batch, observation: str) -> None:
    layout = _core.circuit.observation_layout(observation)
    low = np.concatenate([np.full(f["size"], f["low"]) for f in layout]).astype(np.float32)
    high = np.concatenate([np.full(f["size"], f["high"]) for f in layout]).astype(np.float32)
    seen = batch.observations
    assert ((seen >= low) & (seen <= high)).all()  # false for NaN, too
    assert np.isfinite(batch.rewards).all()
    assert np.isfinite(batch.reward_terms).all()
    telemetry = batch.facts
    for name, values in telemetry.items():
        assert np.isfinite(values.astype(np.float64)).all(), name
    assert not telemetry["fault"].any()
    assert not batch.final_records["fault"][batch.terminated].any()
    assert (np.hypot(telemetry["v_x"], telemetry["v_y"]) < 150.0).all()
    for world, track in enumerate(TRACKS * (WORLDS // len(TRACKS))):
        here = track.stations[int(telemetry["station"][world, 0])]
        side = telemetry["n"][world, 0]
        assert -here["wall_right"] - WALL_SLACK < side < here["wall_left"] + WALL_SLACK


def do(batch: _core.circuit.Batch, deed: tuple[Any, ...], kept: list[tuple[Any, Any]]) -> None:
    """Does one thing to the batch; snapshots are kept for a later restore."""
    kind, *what = deed
    if kind == "step":
        flat = np.array(what[0], np.float32).reshape(WORLDS, 1, 3)
        actions = np.ascontiguousarray(flat[..., : batch.action_size])
        for _ in range(what[1]):
            batch.step(actions)
    elif kind == "reset":
        seeds = None if what[1] is None else np.full(WORLDS, what[1], np.uint64)
        batch.reset(np.array(what[0]), seeds)
    elif kind == "snapshot":
        kept.append((batch.snapshot(what[0]), what[0]))
    elif kind == "restore" and kept:
        records, indices = kept[what[0] % len(kept)]
        batch.restore(records, indices)
    elif kind == "place":
        world, s, side, heading_error, speed = what
        track = TRACKS[world % len(TRACKS)]
        width = track.stations["width_left"].min()
        batch.place(world, 0, s % track.length, side * width, heading_error, speed)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    vehicle=st.sampled_from(_core.vehicles()),
    action=st.sampled_from(["pedals", "axis"]),
    observation=st.sampled_from(["lidar", "track"]),
    autoreset=st.sampled_from(["same_step", "next_step", "disabled"]),
    deeds=st.lists(DEEDS, min_size=1, max_size=25),
)
def test_nothing_that_a_caller_does_breaks_a_car(vehicle, action, observation, autoreset, deeds):
    batch = make_batch(vehicle, action, observation, autoreset)
    kept: list[tuple[Any, Any]] = []
    for deed in deeds:
        do(batch, deed, kept)
        check_sound(batch, observation)


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
def test_a_million_resets_leave_memory_flat() -> None:
    worlds = 1000
    config = _core.circuit.Config()
    config.start = "mixed"
    batch = _core.circuit.Batch(TRACKS[:1], worlds, observation="track", config=config)
    actions = np.zeros((worlds, 1, 3), np.float32)
    seeds = np.arange(worlds, dtype=np.uint64)
    used = []
    for number in range(1100):
        batch.reset(None, seeds + np.uint64(number * worlds))
        if number % 10 == 0:
            batch.step(actions)
            batch.restore(batch.snapshot())
        if number in (99, 1099):  # the first hundred thousand warm up
            gc.collect()
            used.append(resident_bytes())
    assert used[1] - used[0] < 2**20
