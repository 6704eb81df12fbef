"""What the solver spends its time on: no more starts, intervals and rounds than help."""

from __future__ import annotations

import ctypes
import os
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("casadi", reason="needs the extra 'optimal'")

from test_optimal import oval, solved_with

from racer.optimal import solve as solving
from racer.optimal import threads
from racer.optimal.profile import (
    CALM_DENSITY,
    LIVELY_DENSITY,
    Profile,
    mesh_for,
    road_at,
    split,
)
from racer.optimal.quasi_steady import quasi_steady_lap
from racer.optimal.replay import replay_windows
from racer.optimal.starts import SECOND_PATIENCE, best_of_starts

LIBC = ctypes.CDLL(None) if os.name == "posix" else None


@pytest.mark.parametrize(("iterations", "starts"), [(SECOND_PATIENCE, 2), (SECOND_PATIENCE + 1, 1)])
def test_a_lap_that_was_hard_to_solve_is_not_started_again(iterations, starts):
    known = replace(solved_with([1.0, 1.0], [0.0, 0.0]), iterations=iterations)
    asked, told = [], []

    class Program:
        def solve(self, _guess, **settings):
            asked.append(settings.get("sideways") is not None)
            return known

    guesses = dict.fromkeys(("steady", "cautious"), known.trajectory)
    assert best_of_starts(Program(), guesses, {}, told.append) is known
    assert asked == [True, False, False][: starts + 1]  # the first start is two solves
    assert told == [f"start {i + 1}: 2.000 s" for i in range(starts)]


def test_intervals_are_short_where_the_car_is_lively():
    track = oval()
    profile = Profile.of_quasi_steady(quasi_steady_lap(track), track.length)
    plain, denser = (mesh_for(track, profile, 0.1, 0.0, denser=more) for more in (False, True))
    speed = np.interp(denser.s[:-1], profile.s, profile.states[:, 2])
    seconds = np.diff(denser.s) / speed
    assert 0.9 * 0.1 / LIVELY_DENSITY < np.min(seconds) < 0.06
    assert 0.13 < np.max(seconds) < 1.1 * 0.1 / CALM_DENSITY
    assert len(denser.s) != len(plain.s)
    # Where it turns in and out: the shortest are nowhere near the middle of a straight or bend.
    curvature = np.abs(road_at(track, denser.s[:-1])[:, 0])
    assert np.max(seconds[curvature < 1e-3]) > 1.3 * np.median(seconds[curvature > 0.03])
    change = np.abs(np.gradient(profile.states[:, 4], profile.s))
    shortest = denser.s[np.argsort(seconds)[:5]]
    assert np.all(np.interp(shortest, profile.s, change) > np.median(change))


def test_intervals_that_stay_are_known_again():
    track = oval()
    profile = Profile.of_quasi_steady(quasi_steady_lap(track), track.length)
    path = profile.on(mesh_for(track, profile, 0.3, 0.0))
    count = len(path.mesh.s) - 1
    pieces = np.ones(count, np.int64)
    pieces[2] = 3
    finer = split(track, path.mesh, pieces)
    there, here = path.kept(finer)
    np.testing.assert_array_equal(there, [0, 1, *range(5, count + 2)])
    np.testing.assert_array_equal(here, [0, 1, *range(3, count)])
    there, here = path.kept(split(track, path.mesh, np.full(count, 2)))
    assert len(there) == len(here) == 0


@pytest.mark.parametrize(
    ("shrinks", "rounds"),
    [(1.0, 1), pytest.param(0.9, solving.FOCUSES, marks=pytest.mark.slow)],
)
def test_intervals_get_shorter_only_while_the_engine_comes_nearer(monkeypatch, shrinks, rounds):
    track, told, looks = oval(), [], []

    def far(*args):
        check = replay_windows(*args)
        looks.append(0.3 * shrinks ** len(looks))
        return replace(check, error=np.where(np.arange(len(check.error)) < 2, looks[-1], 0.0))

    monkeypatch.setattr(solving, "replay_windows", far)
    lap = solving.solve_lap(track, report=told.append)
    plain = next(i for i, text in enumerate(told) if "no nearer" in text or "held" in text)
    solves = [text for text in told[:plain] if "intervals: " in text]
    monkeypatch.setattr(solving, "replay_windows", replay_windows)
    untouched = solving.solve_lap(track)
    assert len(solves) >= rounds + 2
    assert ("no nearer" in told[plain]) == (shrinks == 1.0)
    assert lap.violation < 1e-4
    assert lap.time_s == pytest.approx(untouched.time_s, rel=5e-4)


@pytest.mark.skipif(not hasattr(LIBC, "mallopt"), reason="the C library is not glibc")
def test_freed_memory_stays_while_the_solver_works():
    import resource

    def faults() -> int:
        LIBC.malloc.restype = ctypes.c_void_p
        size = 64 << 20
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(3):
            block = ctypes.c_void_p(LIBC.malloc(ctypes.c_size_t(size)))
            ctypes.memset(block, 1, size)
            LIBC.free(block)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    pages = (64 << 20) // os.sysconf("SC_PAGE_SIZE")
    with threads.memory_kept():
        faults()
        assert faults() < 0.1 * pages
    assert faults() > pages  # and afterwards it goes back
