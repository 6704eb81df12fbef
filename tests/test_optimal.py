"""The minimum-time solver: equations, derivatives, and laps that hold in the engine."""

from __future__ import annotations

import numpy as np
import pytest
from reference.single_track import SingleTrack

from racer import _core
from racer.tracks import load_track

ca = pytest.importorskip("casadi", reason="needs the extra 'optimal'")

from racer.errors import RacerError  # noqa: E402
from racer.laps import verify_lap  # noqa: E402
from racer.optimal.collocation import BLOCK, NX, MinimumTime  # noqa: E402
from racer.optimal.compute import _columns  # noqa: E402
from racer.optimal.model import SMOOTHING, CarEquations  # noqa: E402
from racer.optimal.profile import Profile, mesh_for  # noqa: E402
from racer.optimal.prove import PredictionSettings, best_flying, prove  # noqa: E402
from racer.optimal.quasi_steady import quasi_steady_lap  # noqa: E402
from racer.optimal.reference import Reference  # noqa: E402
from racer.optimal.replay import replay_windows  # noqa: E402
from racer.optimal.solve import solve_lap  # noqa: E402


def oval() -> _core.Track:
    """Two straights of 60 m and two bends of 25 m, slightly different ones."""
    angle = np.linspace(0.0, np.pi, 16, endpoint=False)
    bend = np.exp(1j * (angle - np.pi / 2))
    straight = np.linspace(0.0, 60.0, 12, endpoint=False)
    line = np.concatenate([straight - 25j, 60.0 + 25.0 * bend, 60.0 - straight + 25j, -25.0 * bend])
    width = np.full(len(line), 5.0)
    return _core.Track(line.real.copy(), line.imag.copy(), width, width, name="oval")


@pytest.fixture(scope="module")
def lap():
    return solve_lap(oval())


@pytest.mark.parametrize("vehicle", _core.vehicles())
def test_equations_are_those_of_the_reference_model(vehicle):
    car = CarEquations(vehicle)
    p = car.p
    model = SingleTrack(p)
    rng = np.random.default_rng(3)
    symbols = ca.SX.sym("x", 7), ca.SX.sym("u", 3), ca.SX.sym("r", 5)
    terms = car.terms(*symbols)
    function = ca.Function("terms", symbols, [terms.pace, terms.rates, terms.limits])
    road = np.array([0.01, 6.0, 5.0, 0.0, 0.0])
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
        _, slope = derivatives["grad_f"](at, [])
        _, jacobian = derivatives["jac_g"](at, [])
        return np.array(slope).ravel() + np.array(ca.mtimes(jacobian.T, multipliers)).ravel()

    def value(at):
        f, _ = derivatives["grad_f"](at, [])
        g, _ = derivatives["jac_g"](at, [])
        return float(f) + float(ca.dot(g, multipliers))

    h = 1e-5
    slope = (value(x + h * way) - value(x - h * way)) / (2.0 * h)
    assert gradient(x) @ way == pytest.approx(slope, rel=1e-5)
    upper = derivatives["hess_lag"](x, [], 1.0, multipliers)
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


def test_a_driver_proves_the_small_lap(lap):
    track = oval()
    reference = Reference(
        track=track.name,
        track_fingerprint=track.fingerprint,
        vehicle="gt",
        physics=_core.physics_fingerprint("gt"),
        flying_lap_s=lap.time_s,
        standing_lap_s=None,
        quasi_steady_s=quasi_steady_lap(track).time_s,
        demonstrated_lap_s=None,
        violation=lap.violation,
        meshes=lap.meshes,
        lap=_columns(lap, "gt"),
    )
    laps = prove(track, reference, laps=3, settings=PredictionSettings(rollouts=128))
    best = best_flying(laps)
    assert laps[0].standing
    assert best is not None
    assert lap.time_s < best.time_s < 1.04 * lap.time_s
    assert verify_lap(best.record("predictive", "agent")).ok
    again = prove(track, reference, laps=3, settings=PredictionSettings(rollouts=128))
    assert [one.time_s for one in again] == [one.time_s for one in laps]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_harbour_meets_the_bars():
    track = load_track("harbour")
    lap = solve_lap(track)
    assert lap.violation < 1e-4
    assert lap.time_s < quasi_steady_lap(track).time_s
    assert replay_windows(track, lap).error.max() < 0.05
    finer = solve_lap(track, guess=lap, first_step=0.04)
    assert finer.time_s == pytest.approx(lap.time_s, rel=5e-4)
