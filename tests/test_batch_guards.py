"""What a batch refuses, and what of its surroundings cannot reach it."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from racer import _core
from racer.tracks import load_track

DOWN = 0x400  # FE_DOWNWARD of x86-64


@contextmanager
def rounding(mode: int) -> Iterator[None]:
    """The C library's rounding mode, as a host program may have set it."""
    library = ctypes.CDLL(None)
    before = library.fegetround()
    assert library.fesetround(mode) == 0
    assert library.fegetround() == mode
    try:
        yield
    finally:
        library.fesetround(before)


def oval() -> dict[str, np.ndarray]:
    angle = np.linspace(0.0, 2.0 * np.pi, 100, endpoint=False)
    width = np.full(100, 6.0)
    return {
        "x": 150.3 * np.cos(angle),
        "y": 80.7 * np.sin(angle),
        "width_left": width,
        "width_right": width,
    }


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the mode's number is x86-64's")
def test_the_hosts_rounding_mode_changes_nothing() -> None:
    columns = oval()
    points = np.random.default_rng(0).uniform(-150.0, 150.0, (2, 200))
    axis = np.random.default_rng(1).uniform(-1.0, 1.0, (200, 2))
    actions = np.random.default_rng(2).uniform(-1.0, 1.0, (30, 5, 1, 3)).astype(np.float32)

    def everything() -> list[bytes]:
        track = _core.circuit.Track(**columns)
        batch = _core.circuit.Batch([track], 5, seed=3)
        batch.reset()
        for action in actions:
            batch.step(action)
        return [
            track.fingerprint.encode(),
            track.stations.tobytes(),
            *(part.tobytes() for part in track.locate(*points)),
            _core.axis_to_pedals(axis, [20.0]).tobytes(),
            batch.state_hash().tobytes(),
            batch.observations.tobytes(),
        ]

    wanted = everything()
    with rounding(DOWN):
        found = everything()
    assert found == wanted


def test_a_forked_process_can_step_and_end() -> None:
    """Worker threads do not live through a fork; multiprocessing forks."""
    batch = _core.circuit.Batch([load_track("harbour")], 64, threads=2, seed=1)
    alone = _core.circuit.Batch([load_track("harbour")], 64, threads=1, seed=1)
    actions = np.full((64, 1, 3), 0.2, np.float32)
    batch.step(actions)
    alone.step(actions)
    child = os.fork()
    if child == 0:  # no pytest here: straight to the end
        batch.step(actions)
        alone.step(actions)
        same = (batch.state_hash() == alone.state_hash()).all()
        del batch
        os._exit(0 if same else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="limits of address space are Linux's")
def test_threads_that_the_system_does_not_give_are_an_error() -> None:
    program = (
        "import resource\n"
        "from racer import _core\n"
        "from racer.tracks import load_track\n"
        "track = load_track('harbour')\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 2**28,) * 2)\n"
        "try:\n"
        "    _core.circuit.Batch([track], 64, threads=256)\n"
        "except RuntimeError as problem:\n"
        "    print(problem)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert "of 256 threads; ask for fewer" in ran.stdout


def test_a_mask_is_not_a_list_of_indices() -> None:
    track = load_track("harbour")
    batch = _core.circuit.Batch([track], 3)
    for wrong in ([True, False, True], np.array([True, False, True]), [0.0, 1.0], ["0"], [[0]]):
        with pytest.raises(TypeError, match="indices must be a list of whole numbers"):
            batch.snapshot(wrong)
        with pytest.raises(TypeError, match="world_tracks must be a list of whole numbers"):
            _core.circuit.Batch([track], 3, world_tracks=wrong)
    with pytest.raises(IndexError, match="index must be 0 to 2, got 3"):
        batch.snapshot([3])
    assert batch.snapshot([]).shape == (0, 1)
    assert batch.snapshot(np.array([2, 0], np.uint8)).shape == (2, 1)
    with pytest.raises(TypeError, match=r"tracks must be a list of Track, got .*str"):
        _core.circuit.Batch(["harbour"], 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("x", 1e200), ("n", 1e30), ("checkpoint", 10**6), ("fault", 0.5), ("grip_front", 1e9),
        ("lap", 2**31 - 1), ("episode_steps", 2**31 - 1),
        ("episode_ticks", 2**31 - 1), ("stillness_ticks", -1), ("yaw_rate", 1e5), ("steer", 2.0),
        ("sector", 3), ("wheels_off", 5.0), ("y", np.nan), ("station", -1),
    ],
)  # fmt: skip
def test_a_record_that_makes_no_sense_is_refused(field: str, value: float) -> None:
    batch = _core.circuit.Batch([load_track("harbour")], 1)
    records = batch.snapshot()
    before = batch.state_hash()
    records[field] = value
    with pytest.raises(ValueError, match=f"snapshot field {field}"):
        batch.restore(records)
    assert batch.state_hash() == before


def test_places_beyond_the_lap_are_places_on_it() -> None:
    track = load_track("harbour")
    batch = _core.circuit.Batch([track], 1)
    stations = track.stations
    narrowest = int(np.argmin(stations["wall_left"]))
    s, wall = narrowest * track.spacing, float(stations["wall_left"][narrowest])
    for lap in (-1, 0, 2):
        batch.place(0, 0, s + lap * track.length, wall - 0.01)
        assert batch.facts["s"][0, 0] == pytest.approx(s, abs=0.1)
        with pytest.raises(ValueError, match="lies beyond the wall"):
            batch.place(0, 0, s + lap * track.length, wall + 0.5)
    with pytest.raises(ValueError, match="s must be -1e7 to 1e7 m"):
        batch.place(0, 0, 1e300)


def test_a_reset_forgets_what_the_last_step_said() -> None:
    config = _core.circuit.Config()
    config.max_steps = 1
    batch = _core.circuit.Batch([load_track("harbour")], 2, autoreset="disabled", config=config)
    batch.step(np.ones((2, 1, 3), np.float32))
    assert batch.truncated.all()
    assert (batch.reward_terms != 0.0).any(axis=(1, 2)).all()
    batch.reset(np.array([True, False]))
    assert batch.truncated.tolist() == [False, True]
    assert (batch.rewards[:, 0] != 0.0).tolist() == [False, True]
    assert (batch.reward_terms != 0.0).any(axis=(1, 2)).tolist() == [False, True]


def test_a_frozen_car_ends_the_episode_of_its_world() -> None:
    batch = _core.circuit.Batch([load_track("harbour")], 2, cars_per_world=2, autoreset="disabled")
    records = batch.snapshot()
    records["fault"][1, 1] = 1.0
    batch.restore(records)
    batch.step(np.zeros((2, 2, 3), np.float32))
    assert batch.terminated.tolist() == [False, True]


def test_nan_on_the_axis_is_zero_as_in_a_batch() -> None:
    pedals = _core.axis_to_pedals([[np.nan, np.nan], [0.5, np.nan]], [10.0])
    np.testing.assert_array_equal(pedals[0], 0.0)
    np.testing.assert_array_equal(pedals[1, 1:], 0.0)
    assert pedals[1, 0] > 0.0
