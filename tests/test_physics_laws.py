"""The engine's car against laws that can be written down: closed forms, orders, other models."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from reference import commonroad
from reference.single_track import SingleTrack

from racer import _core

G = 9.81
TICK = _core.TICK_SECONDS
VEHICLES = _core.vehicles()
SPEEDS = {"gt": (20.0, 40.0, 60.0), "formula": (20.0, 40.0, 60.0), "kart": (12.0, 20.0, 28.0)}
V_X, V_Y, YAW_RATE = 4, 5, 6


def parameters(vehicle: str) -> dict[str, float]:
    return {row["name"]: row["value"] for row in _core.vehicle_parameters(vehicle)}


def rolling(speed: float) -> np.ndarray:
    return np.array([0.0, 0.0, 1.0, 0.0, speed, 0.0, 0.0, 0.0, 0.0])


def drive(vehicle: str, speed: float, ticks: int, steer=0.0, throttle=0.0, brake=0.0) -> np.ndarray:
    """States of a car that rolls straight, then holds these inputs."""
    return _core.simulate(vehicle, rolling(speed), np.tile([steer, throttle, brake], (ticks, 1)))


def holding_throttle(p: dict[str, float], speed: float) -> float:
    """The throttle that meets drag and rolling resistance."""
    drag = 0.5 * p["air_density"] * p["drag_area"] * speed**2
    drive_force = min(p["drive_force"], p["power"] / speed)
    return (drag + p["rolling_resistance"]) / drive_force


def axle_figures(p: dict[str, float], speed: float) -> tuple[np.ndarray, np.ndarray]:
    """Largest forces [N] and cornering stiffnesses [N/rad] of the axles at a steady speed."""
    wheelbase = p["cg_to_front"] + p["cg_to_rear"]
    weight = p["mass"] * G
    lift = 0.5 * p["air_density"] * p["downforce_area"] * speed**2
    balance = p["downforce_front"]
    load = weight * np.array([p["cg_to_rear"], p["cg_to_front"]]) / wheelbase
    load = load + lift * np.array([balance, 1.0 - balance])
    friction = np.array([p["friction_front"], p["friction_rear"]])
    friction = friction * (1.0 - p["load_sensitivity"] * (load / (0.5 * weight) - 1.0))
    slope = np.array([p[f"stiffness_{a}"] * p[f"shape_{a}"] for a in ("front", "rear")])
    return friction * load, slope * friction * load


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_coasting_follows_the_closed_form(vehicle):
    p = parameters(vehicle)
    start = SPEEDS[vehicle][-1]
    k = 0.5 * p["air_density"] * p["drag_area"]
    c = p["rolling_resistance"]
    # m dv/dt = -c - k v^2
    phase = math.atan(start * math.sqrt(k / c))
    ticks = int(0.8 * phase * p["mass"] / math.sqrt(c * k) / TICK)
    speed = drive(vehicle, start, ticks)[:, V_X]
    time = np.arange(ticks + 1) * TICK
    expected = math.sqrt(c / k) * np.tan(phase - time * math.sqrt(c * k) / p["mass"])
    assert speed[-1] < 0.5 * start
    assert np.abs(speed - expected).max() < 1e-8


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_a_steady_circle_has_the_yaw_gain_of_the_closed_form(vehicle):
    p = parameters(vehicle)
    wheelbase = p["cg_to_front"] + p["cg_to_rear"]
    for speed in SPEEDS[vehicle]:
        (_, rear_limit), (front, rear) = axle_figures(p, speed)
        throttle = holding_throttle(p, speed)
        drive_force = throttle * min(p["drive_force"], p["power"] / speed)
        rear *= math.sqrt(1.0 - (drive_force / rear_limit) ** 2)  # friction ellipse
        gradient = p["mass"] / wheelbase * (p["cg_to_rear"] / front - p["cg_to_front"] / rear)
        steer = 0.05 * G / speed**2 * wheelbase + gradient * 0.05 * G  # about 0.05 g
        end = drive(vehicle, speed, 600, steer, throttle)[-1]
        measured = (steer - wheelbase * end[YAW_RATE] / end[V_X]) / (end[V_X] * end[YAW_RATE])
        assert measured == pytest.approx(gradient, rel=0.01)
        gain = speed / (wheelbase + gradient * speed**2)
        assert end[YAW_RATE] / steer == pytest.approx(gain, rel=0.01)


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_the_front_axle_sets_the_lateral_limit_of_the_closed_form(vehicle):
    p = parameters(vehicle)
    wheelbase = p["cg_to_front"] + p["cg_to_rear"]
    for speed in SPEEDS[vehicle][1:]:
        (front, _), _ = axle_figures(p, speed)
        limit = front * wheelbase / p["cg_to_rear"] / p["mass"]
        state = rolling(speed)
        best = 0.0
        for steer in np.linspace(0.0, 0.2, 100):  # closing slowly, the speed held
            throttle = np.clip(speed - state[V_X] + 0.1, 0.0, 1.0)
            state = _core.simulate(vehicle, state, np.tile([steer, throttle, 0.0], (10, 1)))[-1]
            if state[V_X] < speed - 1.0:
                break
            best = max(best, state[V_X] * state[YAW_RATE])
        assert best == pytest.approx(limit, rel=0.04)


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_top_speed_is_where_power_meets_resistance(vehicle):
    p = parameters(vehicle)
    top = drive(vehicle, SPEEDS[vehicle][-1], 7200, throttle=1.0)[-1, V_X]
    assert holding_throttle(p, top) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_halving_the_step_divides_the_error_by_sixteen(vehicle):
    # Smooth driving: steering at its angle, no limit reached; then the method's order shows.
    for speed in SPEEDS[vehicle][1:]:
        p = parameters(vehicle)
        steer = 0.03
        start = rolling(speed)
        start[7] = steer
        inputs = np.tile([steer, 0.5 * holding_throttle(p, speed), 0.0], (60, 1))
        ends = {n: _core.simulate(vehicle, start, inputs, n)[-1] for n in (1, 2, 4, 64)}
        error = {n: np.hypot(*(ends[n] - ends[64])[:2]) for n in (1, 2, 4)}
        assert error[1] < 2e-4
        assert 12.0 < error[1] / error[2] < 24.0
        assert 12.0 < error[2] / error[4] < 24.0


def test_one_substep_is_the_engines_own():
    inputs = np.tile([0.1, 0.5, 0.0], (30, 1))
    own = _core.simulate("gt", rolling(30.0), inputs)
    assert np.array_equal(own, _core.simulate("gt", rolling(30.0), inputs, substeps=1))
    with pytest.raises(ValueError, match="substeps"):
        _core.simulate("gt", rolling(30.0), inputs, substeps=0)


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_place_and_heading_change_nothing_but_the_frame(vehicle):
    rng = np.random.default_rng(5)
    inputs = np.repeat(rng.uniform([-0.1, 0.0, 0.0], [0.1, 1.0, 0.3], (8, 3)), 30, axis=0)
    here = rolling(SPEEDS[vehicle][1])
    there = here.copy()
    angle = 2.2
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    there[:2] = 250.0, -130.0
    there[2:4] = turn[:, 0]
    a = _core.simulate(vehicle, here, inputs)
    b = _core.simulate(vehicle, there, inputs)
    assert np.array_equal(a[:, 4:], b[:, 4:])  # speeds, yaw rate, steering: to the last bit
    assert np.abs(b[:, :2] - (a[:, :2] @ turn.T + there[:2])).max() < 1e-9
    assert np.abs(b[:, 2:4] - a[:, 2:4] @ turn.T).max() < 1e-12


# The published CommonRoad models, where they and ours describe the same car.


@pytest.fixture(scope="module")
def published() -> dict:
    return json.loads(commonroad.FILE.read_text())


def car_of(published: dict) -> SingleTrack:
    """Our equations with the published car: linear tyres without load sensitivity or air."""
    p = parameters("gt") | {k: v for k, v in published["parameters"].items() if k != "stiffness"}
    for axle in ("front", "rear"):
        p[f"friction_{axle}"] = p["friction"]
        p[f"shape_{axle}"] = 1.4
        p[f"stiffness_{axle}"] = published["parameters"]["stiffness"] / 1.4
        p[f"curvature_{axle}"] = -1.0
    p |= {"load_sensitivity": 0.0, "downforce_area": 0.0, "drag_area": 0.0}
    return SingleTrack(p | {"rolling_resistance": 0.0})


def test_single_track_rates_agree_with_the_published_model(published):
    # The reference stands for the engine here: test_physics.py holds the two together.
    model = car_of(published)
    speed, steer, slip, yaw_rate, acceleration = np.array(commonroad.STATES).T
    zero = np.zeros_like(speed)
    state = np.stack([zero, zero, zero, speed, speed * np.tan(slip), yaw_rate, acceleration])
    rates = model.rates(state, steer, zero, zero)
    expected_yaw, expected_slip = np.array(published["yaw_and_slip_rates"]).T
    assert np.abs(rates[5] - expected_yaw).max() < 0.01 * np.abs(expected_yaw).max()
    assert np.abs(rates[4] / speed - expected_slip).max() < 0.01 * np.abs(expected_slip).max()


def test_steps_of_steering_agree_with_the_published_model(published):
    model = car_of(published)
    speed, steer = np.array(commonroad.STEPS).T
    zero = np.zeros_like(speed)
    start = np.stack([zero, zero, zero, speed, zero, zero, zero])
    # The published model holds its speed by itself; here the engine does.
    model.p |= {"power": 1e9, "drive_force": 1e9}
    inputs = np.stack([steer, zero, zero])
    states, _ = model.drive(start, steer, np.tile(inputs, (60, 1, 1)))
    early = states[15]
    yaw_rate, slip, steady_yaw_rate, _ = np.array(published["steps"]).T
    assert early[5] == pytest.approx(yaw_rate, rel=0.01)
    assert early[4] / early[3] == pytest.approx(slip, rel=0.02, abs=2e-5)
    assert states[60][5] == pytest.approx(steady_yaw_rate, rel=0.03)


@pytest.mark.parametrize("index", range(len(commonroad.WHEELS)))
def test_crawling_follows_the_published_kinematic_model(published, index):
    vehicle = VEHICLES[index]
    p = parameters(vehicle)
    assert (p["cg_to_front"], p["cg_to_rear"]) == commonroad.WHEELS[index]
    for i, (speed, steer) in enumerate(commonroad.CRAWLS):
        # The published model's speed is that of the centre of gravity, slip included; ours is
        # forward. It also holds it by itself.
        slip = math.atan(math.tan(steer) * p["cg_to_rear"] / (p["cg_to_front"] + p["cg_to_rear"]))
        forward = speed * math.cos(slip)
        yaw_rate = forward * math.tan(steer) / (p["cg_to_front"] + p["cg_to_rear"])
        state = rolling(forward)
        state[V_Y], state[YAW_RATE], state[7] = forward * math.tan(slip), yaw_rate, steer
        throttle = p["rolling_resistance"] / p["drive_force"]
        states = _core.simulate(vehicle, state, np.tile([steer, throttle, 0.0], (180, 1)))
        x, y, yaw = published["crawls"][index * len(commonroad.CRAWLS) + i]
        end = states[-1]
        assert math.hypot(end[0] - x, end[1] - y) < 0.02 * 3.0 * speed
        turned = math.remainder(math.atan2(end[3], end[2]) - yaw, math.tau)
        assert abs(turned) < 0.02 * abs(yaw)


@pytest.mark.slow
def test_the_published_numbers_are_what_the_package_says(published):
    pytest.importorskip(
        "vehiclemodels", reason="needs `pip install commonroad-vehicle-models` (not a dependency)"
    )
    fresh = commonroad.record()
    for key in ("yaw_and_slip_rates", "steps", "crawls"):
        assert np.array(fresh[key]) == pytest.approx(np.array(published[key]), rel=1e-9, abs=1e-12)
