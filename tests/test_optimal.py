"""The minimum-time solver: equations, derivatives, and laps that hold in the engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from reference.single_track import SingleTrack

from racer import _core
from racer.tracks import load_track

ca = pytest.importorskip("casadi", reason="needs the extra 'optimal'")

from racer.errors import RacerError  # noqa: E402
from racer.laps import verify_lap  # noqa: E402
from racer.optimal.solver.check import kinks, limits_between  # noqa: E402
from racer.optimal.solver.collocation import BLOCK, NX, MinimumTime, UnsolvedError  # noqa: E402
from racer.optimal.solver.compute import result_of  # noqa: E402
from racer.optimal.solver.model import (  # noqa: E402
    EDGES,
    REAR_GRIP,
    ROAD,
    SMOOTHING,
    WALL_MARGIN,
    CarEquations,
)
from racer.optimal.solver.profile import Profile, mesh_for, road_at, split, walls_matter  # noqa: E402
from racer.optimal.solver.prove import PredictionSettings, best_flying, demonstrate, prove  # noqa: E402
from racer.optimal.solver.quasi_steady import quasi_steady_lap  # noqa: E402
from racer.optimal.solver.replay import replay_windows  # noqa: E402
from racer.optimal.solver.solve import solve_lap  # noqa: E402
from racer.optimal.solver.starts import again_from, joined_best  # noqa: E402
from racer.optimal.solver.trajectory import Mesh, Multipliers, Solved, Trajectory  # noqa: E402

SMOOTH = 3.0  # weight of the costs beside the time
REAL = Path(os.environ.get("RACER_REAL_TRACKS", Path(__file__).parents[2] / "shared" / "tracks"))
REAL_FILES = sorted(REAL.glob("*.csv"))


def oval(runoff=2.5, pinched=0.0) -> _core.circuit.Track:
    """Two straights of 60 m and two bends of 25 m; narrower on the right of one by so many [m]."""
    angle = np.linspace(0.0, np.pi, 16, endpoint=False)
    bend = np.exp(1j * (angle - np.pi / 2))
    straight = np.linspace(0.0, 60.0, 12, endpoint=False)
    line = np.concatenate([straight - 25j, 60.0 + 25.0 * bend, 60.0 - straight + 25j, -25.0 * bend])
    width = np.full(len(line), 5.0)
    right = width.copy()
    right[10:12] -= pinched
    return _core.circuit.Track(
        line.real.copy(), line.imag.copy(), right, width, name="oval", runoff=runoff
    )


@pytest.fixture(scope="module")
def lap():
    return solve_lap(oval())


@pytest.mark.parametrize("vehicle", _core.vehicles())
def test_equations_are_those_of_the_reference_model(vehicle):
    car = CarEquations(vehicle)
    p = car.p
    model = SingleTrack(p)
    rng = np.random.default_rng(3)
    symbols = ca.SX.sym("x", 7), ca.SX.sym("u", 3), ca.SX.sym("r", len(ROAD))
    terms = car.terms(*symbols)
    function = ca.Function("terms", symbols, [terms.pace, terms.rates, terms.limits])
    road = np.array([0.01, 6.0, 5.0, 0.0, 0.0, 8.0, 7.0])
    compared = 0
    for _ in range(400):
        v_x = rng.uniform(1.1 * p["blend_high"], 35.0)
        state = rng.uniform(-1.0, 1.0, 7) * [2.0, 0.3, 0.0, 1.0, 0.4, 0.15, 8.0]
        state[2] = v_x
        drive, brake = rng.uniform(0.0, 1.0, 2) * (rng.random() < 0.5, rng.random() < 0.8)
        force = drive * min(p["drive_force"], p["power"] / v_x)
        pace, rates, limits = (
            np.array(part).ravel()
            for part in function(state, [0.1, force, brake * p["brake_force"]], road)
        )
        if limits[4] > 0.0:
            continue  # the engine's slip control would clip here
        compared += 1
        n, xi, v_x, v_y, yaw_rate, steer, a_x = state
        flat = np.array([0.0, 0.0, xi, v_x, v_y, yaw_rate, a_x])[:, None]
        wanted = model.rates(flat, np.array([steer]), np.array([drive]), np.array([brake]))[:, 0]
        # What the smooth minimum takes off, in m/s2 and rad/s2.
        slack = 0.5 * SMOOTHING * 3.0 * 9.81 * 4.0
        assert rates[2] == pytest.approx(wanted[3], abs=slack)
        assert rates[3] == pytest.approx(wanted[4], abs=slack)
        assert rates[4] == pytest.approx(wanted[5], abs=4.0 * slack)
        assert rates[6] * p["transfer_lag"] == pytest.approx(
            wanted[6] * p["transfer_lag"], abs=slack
        )
        assert rates[0] == pytest.approx(wanted[1])
        assert pace == pytest.approx(wanted[0] / (1.0 - n * road[0]))
        if brake == 0.0:
            assert rates[2:5] == pytest.approx(wanted[3:6], abs=0.02)
    assert compared > 100


@pytest.mark.parametrize("standing", [False, True])
def test_derivatives_agree_with_differences(standing):
    track = oval()
    car = CarEquations("gt")
    profile = Profile.of_quasi_steady(quasi_steady_lap(track), track.length)
    mesh = mesh_for(track, profile, 0.4, 0.0)
    guess = profile.on(mesh)
    start = guess.start if standing else None
    program = MinimumTime(car, mesh, start)
    rng = np.random.default_rng(5)
    x = program._packed(guess) + 1e-3 * rng.standard_normal(len(guess.controls) * BLOCK)
    way = rng.standard_normal(len(x))
    derivatives = program._derivatives
    multipliers = rng.standard_normal(program.rows * program.count)

    def gradient(at):
        """Of cost plus constraints."""
        _, slope = derivatives["grad_f"](at, SMOOTH)
        _, jacobian = derivatives["jac_g"](at, SMOOTH)
        return np.array(slope).ravel() + np.array(ca.mtimes(jacobian.T, multipliers)).ravel()

    def value(at):
        f, _ = derivatives["grad_f"](at, SMOOTH)
        g, _ = derivatives["jac_g"](at, SMOOTH)
        return float(f) + float(ca.dot(g, multipliers))

    h = 1e-5
    slope = (value(x + h * way) - value(x - h * way)) / (2.0 * h)
    assert gradient(x) @ way == pytest.approx(slope, rel=1e-5)
    upper = derivatives["hess_lag"](x, SMOOTH, 1.0, multipliers)
    hessian = np.array(upper) + np.array(upper).T - np.diag(np.diag(np.array(upper)))
    bend = (gradient(x + h * way) - gradient(x - h * way)) / (2.0 * h)
    np.testing.assert_allclose(hessian @ way, bend, rtol=1e-4, atol=1e-4 * np.abs(bend).max())
    assert len(guess.start) == NX


def test_small_lap_is_a_lap(lap):
    track = oval()
    assert lap.violation < 1e-4
    assert lap.time_s < quasi_steady_lap(track).time_s
    (_, before), (_, last) = lap.meshes[-2:]
    assert abs(last - before) < 5e-4 * last
    assert lap.t[-1] == pytest.approx(lap.time_s)
    np.testing.assert_allclose(lap.states[0], lap.states[-1], atol=1e-6)


def test_small_lap_holds_in_the_engine(lap):
    check = replay_windows(oval(), lap)
    assert len(check.error) > 20
    assert check.error.max() < 0.05
    assert check.wheels_off.max() <= 1


def test_standing_lap_is_slower_than_a_flying_one(lap):
    standing = solve_lap(oval(), standing=True, guess=lap)
    assert standing.violation < 1e-4
    assert lap.time_s < standing.time_s < lap.time_s + 5.0
    assert 0.0 < standing.t[0] < 2.0
    assert replay_windows(oval(), standing).error.max() < 0.05


def test_a_lap_that_cannot_be_says_so():
    with pytest.raises(RacerError, match=r"^oval, gt, \d+ intervals: the solver stopped"):
        solve_lap(oval(), options={"max_iter": 3})


@pytest.mark.parametrize(("violation", "goes_on"), [(1e-5, True), (0.3, False), (np.nan, False)])
def test_a_round_goes_on_from_where_the_one_before_ran_out_of_iterations(lap, violation, goes_on):
    solved = replace(lap.solved, violation=violation)
    first = lap.solved.trajectory, lap.solved.multipliers
    left = replace(solved, trajectory=replace(first[0]), multipliers=replace(first[1]))
    asked = []

    class Program:
        def solve(self, guess, *, multipliers, options):
            asked.append((guess, multipliers, options["mu_init"]))
            if len(asked) == 1:
                raise UnsolvedError("too many", left)
            return solved

    assert again_from(Program(), *first, {}, ((1e-3, 5), (1e-2, 9))) is solved
    assert [barrier for *_, barrier in asked] == [1e-3, 1e-2]
    expected = (left.trajectory, left.multipliers) if goes_on else first
    assert asked[1][0] is expected[0]
    assert asked[1][1] is expected[1]


def test_a_standing_lap_starts_from_the_flying_one(lap):
    """On the finer meshes alone, and with the same result as from a guess without multipliers."""
    told = []
    quick = solve_lap(oval(), standing=True, guess=lap, report=told.append)
    plain = solve_lap(oval(), standing=True, guess=replace(lap, solved=None))
    assert quick.time_s == pytest.approx(plain.time_s, rel=5e-4)
    assert quick.violation < 1e-4
    assert len(quick.meshes) <= len(plain.meshes)
    assert not any("start" in text for text in told)
    assert replay_windows(oval(), quick).error.max() < 0.05


def test_a_driver_proves_the_small_lap(lap):
    track = oval()
    reference = result_of(track, "gt", quasi_steady_lap(track).time_s, lap, None)
    laps = prove(track, reference, laps=3, settings=PredictionSettings(rollouts=128))
    best = best_flying(laps)
    assert laps[0].standing
    assert best is not None
    assert lap.time_s < best.time_s < 1.04 * lap.time_s
    assert verify_lap(best.record("predictive", "agent")).ok
    again = prove(track, reference, laps=3, settings=PredictionSettings(rollouts=128))
    assert [one.time_s for one in again] == [one.time_s for one in laps]


def test_more_effort_follows_when_no_lap_is_close(lap, monkeypatch):
    track = oval()
    reference = result_of(track, "gt", 20.0, lap, None)
    asked = []

    def poor(_track, _reference, *, settings, **_rest):
        asked.append(settings)
        return []

    monkeypatch.setattr("racer.optimal.solver.prove.prove", poor)
    assert demonstrate(track, reference) == []
    assert len(asked) > 2
    assert asked[0] == PredictionSettings()
    assert asked[-1].rollouts > asked[0].rollouts


def test_the_edge_is_held_where_the_road_has_kinks():
    track, car = oval(pinched=1.0), CarEquations("gt")
    profile = Profile.of_quasi_steady(quasi_steady_lap(track), track.length)
    mesh = mesh_for(track, profile, 0.3, 0.0)
    tighter = kinks(track, car, mesh)
    assert 0.0 < tighter.max() < 1.0
    share = np.linspace(0.0, 1.0, 101)
    for i, (begin, end) in enumerate(pairwise(mesh.s)):
        fine = road_at(track, begin + (end - begin) * share)
        for j, (forward, side) in enumerate(product(("front", "rear"), ("left", "right"))):
            ahead = car.p["cg_to_front"] if forward == "front" else -car.p["cg_to_rear"]
            width, slope = ROAD.index(f"width_{side}"), ROAD.index(f"slope_{side}")
            known = mesh.road[i, :, width] + ahead * mesh.road[i, :, slope]
            held = known[0] + (share - 1 / 3) / (2 / 3) * (known[1] - known[0]) - tighter[i, j]
            edge = fine[:, width] + ahead * fine[:, slope]
            assert np.all(held <= edge + 0.04)  # looked at in 25 places


def test_tyres_hold_between_the_points_of_a_coarse_mesh():
    track, car = oval(), CarEquations("gt")
    profile = Profile.of_quasi_steady(quasi_steady_lap(track), track.length)
    mesh = mesh_for(track, profile, 0.15, 0.0)
    solved = MinimumTime(car, mesh).solve(profile.on(mesh))
    broken = limits_between(track, car, solved.trajectory).broken
    # Controls that stand still within an interval break it by 0.02 and more.
    assert broken[:, REAR_GRIP].max() < 4e-3


def test_a_broken_limit_is_seen_between_the_points(lap):
    track = oval()
    profile = Profile.of_lap(lap.s, lap.states, lap.controls)
    path = profile.on(mesh_for(track, profile, 0.06, 0.0))
    car = CarEquations("gt")
    kept = limits_between(track, car, path)
    assert kept.broken[:, EDGES].max() < 0.05  # not 0: the same lap, but on another mesh
    states = path.states + np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    moved = replace(path, states=states)
    limits = limits_between(track, car, moved)
    assert limits.broken[:, EDGES].max() == pytest.approx(1.0, abs=0.15)
    assert limits.early.max() <= limits.broken.max()


@pytest.mark.parametrize("heading", [-0.5, 0.0, 0.4])
def test_body_meets_the_wall_where_the_engine_says(heading):
    track = oval(runoff=0.0)
    car = CarEquations("gt", walls=True)
    assert walls_matter(track, car)
    assert not walls_matter(oval(), car)
    symbols = ca.SX.sym("x", 7), ca.SX.sym("u", 3), ca.SX.sym("r", len(ROAD))
    function = ca.Function("limits", symbols, [car.terms(*symbols).limits])
    wall = float(track.stations["wall_left"][20])
    road = np.array([0.0, 9.0, 9.0, 0.0, 0.0, wall, 9.0])
    state = np.array([0.0, heading, 10.0, 0.0, 0.0, 0.0, 0.0])
    most = -float(function(state, np.zeros(3), road)[6]) + WALL_MARGIN  # n at which it touches
    batch = _core.circuit.Batch([track], 1, autoreset="disabled", config=_core.circuit.Config())
    touched = []
    for n in (most - 0.06, most + 0.06):
        batch.place(0, 0, 20.0 * track.spacing, n, heading, 0.0)
        batch.step(np.zeros((1, 1, 3), np.float32))
        touched.append(bool(batch.facts["wall_contact"][0, 0] > 0.0))
    assert touched == [False, True]


def solved_with(times, offsets):
    """A solution whose intervals take so long and end at so much offset."""
    count = len(times)
    mesh = Mesh(np.arange(count + 1.0), np.zeros((count, 2, len(ROAD))))
    states = np.zeros((count, 2, NX))
    states[:, :, 0] = np.asarray(offsets)[:, None]
    path = Trajectory(mesh, states, np.zeros((count, 3)), states[-1, 1], np.zeros(3))
    nothing = Multipliers(np.zeros((count, BLOCK)), np.zeros((count, 2)))
    seconds = np.asarray(times, float)
    return Solved(path, seconds.sum(), seconds, 0.0, 1, nothing, np.zeros((count, 6)))


def test_the_best_stretches_are_joined():
    # They agree at the ends of intervals 0, 3, 6 and 7; each is faster in one stretch.
    one = solved_with([1, 1, 1, 1, 2, 2, 2, 1], [0, 1, 1, 0, 1, 1, 0, 0])
    other = solved_with([1, 2, 2, 2, 1, 1, 1, 1], [0, -1, -1, 0, -1, -1, 0, 0])
    path, gain = joined_best([one, other])
    assert gain == pytest.approx(3.0)
    assert path.states[:, 1, 0].tolist() == [0, 1, 1, 0, -1, -1, 0, 0]
    assert one.trajectory.states[4, 1, 0] == 1.0  # untouched


def test_multipliers_on_a_finer_mesh_keep_their_sum():
    old = Mesh(np.linspace(0.0, 10.0, 6), np.zeros((5, 2, len(ROAD))))
    new = Mesh(np.linspace(0.0, 10.0, 11), np.zeros((10, 2, len(ROAD))))
    rows = np.random.default_rng(2).random((5, 2 * NX + 12))
    given = Multipliers(np.ones((5, BLOCK)), rows).on(old, new)
    assert given.bounds.sum() == pytest.approx(5 * BLOCK)
    assert given.rows[:, 2 * NX :].sum() == pytest.approx(rows[:, 2 * NX :].sum())
    np.testing.assert_array_equal(given.rows[::2, NX : 2 * NX], rows[:, NX : 2 * NX])


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_an_interrupt_stops_the_solver(tmp_path):
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from racer.cli.main import main; sys.exit(main(['optimal', 'harbour', '--again']))"
    )
    folders = {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code],
        env={**os.environ, **folders},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert "quasi-steady" in process.stderr.readline()  # the solver comes next
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode == 130
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_solution_on_a_finer_mesh_is_the_same():
    track = oval()
    profile = Profile.of_quasi_steady(quasi_steady_lap(track), track.length)
    mesh = mesh_for(track, profile, 0.3, 0.0)
    path = profile.on(mesh)
    again = path.on(mesh)
    np.testing.assert_allclose(again.states, path.states, atol=1e-9)
    np.testing.assert_allclose(again.controls, path.controls, atol=1e-9)
    pieces = np.ones(len(mesh.s) - 1, np.int64)
    pieces[3], pieces[-1] = 3, 2
    finer = split(track, mesh, pieces)
    assert len(finer.s) == len(mesh.s) + 3
    assert set(mesh.s) <= set(finer.s)
    assert np.all(np.diff(finer.s) > 0.0)
    # Parabolas stay parabolas: read back at the old points nothing has changed.
    np.testing.assert_allclose(path.on(finer).on(mesh).states, path.states, atol=1e-9)
    late = split(track, mesh, pieces, 10.0)
    assert late.s[0] == 10.0
    assert np.all(np.diff(late.s) > 0.0)
    np.testing.assert_array_equal(late.road, road_at(track, late.points))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_harbour_meets_the_bars():
    track = load_track("harbour")
    lap = solve_lap(track)
    finer = solve_lap(track, guess=lap, first_step=0.04)
    assert finer.time_s == pytest.approx(lap.time_s, rel=5e-4)
    meet_the_bars(track, "gt", lap, 1.01)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not REAL_FILES, reason="needs the folder of real circuits (RACER_REAL_TRACKS)")
@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.stem)
def test_real_circuits_meet_the_bars(path):
    track = load_track(path)
    meet_the_bars(track, "gt", solve_lap(track), 1.015)


def meet_the_bars(track, vehicle, lap, most):
    """The lap, a standing one and the demonstrated one, at most so many times as long."""
    standing = solve_lap(track, vehicle, standing=True, guess=lap)
    for one in (lap, standing):
        assert one.violation < 1e-4
        assert replay_windows(track, one, vehicle).error.max() < 0.05
    estimate = quasi_steady_lap(track, vehicle).time_s
    assert lap.time_s < estimate
    best = best_flying(demonstrate(track, result_of(track, vehicle, estimate, lap, standing)))
    assert best is not None
    assert lap.time_s < best.time_s < most * lap.time_s
    assert verify_lap(best.record("predictive", "agent")).ok
