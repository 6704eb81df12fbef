"""The engine's car against an independent reference, integrated to tight tolerance."""

from __future__ import annotations

import numpy as np
import pytest
from reference.single_track import SingleTrack

from racer import _core

VEHICLES = _core.vehicles()
TOP_SPEED = {"gt": 79.0, "formula": 78.0, "kart": 36.0}  # [m/s]
X, Y, COS_YAW, SIN_YAW, V_X, V_Y, YAW_RATE, STEER, A_X = range(9)


def parameters(vehicle: str) -> dict[str, float]:
    return {row["name"]: row["value"] for row in _core.vehicle_parameters(vehicle)}


def engine_drive(vehicle: str, start: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Runs each car (row of start) by the engine; returns (ticks + 1, 9, cars)."""
    runs = [_core.simulate(vehicle, start[i], inputs[:, :, i]) for i in range(len(start))]
    return np.stack(runs, axis=-1)


def reference_drive(vehicle: str, start: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The same by the reference."""
    model = SingleTrack(parameters(vehicle))
    yaw = np.arctan2(start[:, SIN_YAW], start[:, COS_YAW])
    rows = [start[:, X], start[:, Y], yaw, *(start[:, i] for i in (V_X, V_Y, YAW_RATE, A_X))]
    states, steer = model.drive(np.stack(rows), start[:, STEER], inputs)
    x, y, yaw, v_x, v_y, yaw_rate, a_x = states.transpose(1, 0, 2)
    columns = [x, y, np.cos(yaw), np.sin(yaw), v_x, v_y, yaw_rate, steer, a_x]
    return np.stack(columns, axis=1)


def rolling(speeds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cars at these speeds, anywhere, pointing anywhere."""
    yaw = rng.uniform(-np.pi, np.pi, len(speeds))
    start = np.zeros((len(speeds), 9))
    start[:, [X, Y]] = rng.uniform(-500.0, 500.0, (len(speeds), 2))
    start[:, COS_YAW], start[:, SIN_YAW] = np.cos(yaw), np.sin(yaw)
    start[:, V_X] = speeds
    return start


def held_inputs(
    rng: np.random.Generator, cars: int, ticks: int, hold: int, steer: np.ndarray
) -> np.ndarray:
    """Random inputs (ticks, 3, cars), each held for some ticks; steering up to +-steer."""
    draws = -(-ticks // hold)
    axis = rng.uniform(-1.0, 1.0, (draws, cars))
    values = np.stack(
        [rng.uniform(-1.0, 1.0, (draws, cars)) * steer, axis.clip(0.0), (-axis).clip(0.0)], axis=1
    )
    return np.repeat(values, hold, axis=0)[:ticks]


def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distance [m] between positions of two runs (9, cars)."""
    return np.hypot(a[X] - b[X], a[Y] - b[Y])


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_one_second_at_the_limit_stays_within_millimetres_of_rk45(vehicle):
    rng = np.random.default_rng(1)
    speeds = rng.uniform(10.0, 0.95 * TOP_SPEED[vehicle], 96 if vehicle == "gt" else 48)
    p = parameters(vehicle)
    # Into the corner until the front axle is at its peak, then changing inputs, over one second.
    limit = 1.2 * ((p["cg_to_front"] + p["cg_to_rear"]) * 20.0 / speeds**2 + 0.09)
    inputs = held_inputs(rng, len(speeds), 60, 15, np.minimum(limit, p["max_steer"]))
    start = rolling(speeds, rng)
    engine = engine_drive(vehicle, start, inputs)
    reference = reference_drive(vehicle, start, inputs)
    error = distance(engine[-1], reference[-1])
    lateral_g = np.abs(reference[:, V_X] * reference[:, YAW_RATE]).max(axis=0) / 9.81
    assert np.median(lateral_g) > 1.3  # it was the limit
    assert np.median(error) < 0.002
    assert error.max() < 0.02


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_one_tick_agrees_closely_from_any_state(vehicle):
    rng = np.random.default_rng(2)
    cars = 200
    # A kart thrown out of its line at walking speed returns to it within a tick or two: too fast
    # for a comparison of single ticks.
    slowest = 10.0 if vehicle == "kart" else 3.0
    start = rolling(rng.uniform(slowest, 1.05 * TOP_SPEED[vehicle], cars), rng)
    start[:, V_Y] = rng.uniform(-0.1, 0.1, cars) * start[:, V_X]
    start[:, YAW_RATE] = rng.uniform(-0.5, 0.5, cars)
    start[:, STEER] = rng.uniform(-0.1, 0.1, cars)
    start[:, A_X] = rng.uniform(-10.0, 5.0, cars)
    inputs = held_inputs(rng, cars, 1, 1, np.full(cars, 0.1))
    error = np.abs(
        engine_drive(vehicle, start, inputs)[1] - reference_drive(vehicle, start, inputs)[1]
    )
    tolerances = {X: 5e-5, Y: 5e-5, V_X: 1e-3, V_Y: 3e-3, YAW_RATE: 5e-3, A_X: 2e-2}
    for column, at_most in tolerances.items():
        tolerance = at_most * (4.0 if vehicle == "kart" else 1.0)
        assert error[column].max() < tolerance
        assert np.median(error[column]) < 0.03 * tolerance
    assert error[STEER].max() < 1e-14


@pytest.mark.parametrize("vehicle", VEHICLES)
@pytest.mark.parametrize("steer", [0.0, 0.1, -0.45])
def test_starting_and_stopping_follow_the_reference(vehicle, steer):
    start = np.zeros((1, 9))
    start[0, COS_YAW] = 1.0
    inputs = np.zeros((240, 3, 1))
    inputs[:, 0] = steer
    inputs[:90, 1] = 0.5
    inputs[90:, 2] = 0.6
    engine = engine_drive(vehicle, start, inputs)
    reference = reference_drive(vehicle, start, inputs)
    assert engine[-1, V_X] == 0.0
    error = np.hypot(engine[:, X] - reference[:, X], engine[:, Y] - reference[:, Y])
    assert error.max() < 0.05
    assert abs(reference[-1, V_X, 0]) < 1e-3


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_spins_follow_the_reference_until_chaos(vehicle):
    rng = np.random.default_rng(3)
    start = rolling(TOP_SPEED[vehicle] * np.array([0.25, 0.45, 0.65, 0.8]), rng)
    start[:, YAW_RATE] = [1.5, -2.0, 2.5, -3.0]
    inputs = np.zeros((60, 3, 4))
    inputs[:, 2] = 0.3
    error = distance(
        engine_drive(vehicle, start, inputs)[-1], reference_drive(vehicle, start, inputs)[-1]
    )
    assert error.max() < 0.2


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_the_heading_stays_a_unit_vector(vehicle):
    rng = np.random.default_rng(4)
    start = rolling(rng.uniform(0.0, 90.0, 8), rng)
    inputs = held_inputs(rng, 8, 3600, 20, np.full(8, 0.45))
    states = engine_drive(vehicle, start, inputs)
    assert np.abs(np.hypot(states[:, COS_YAW], states[:, SIN_YAW]) - 1.0).max() < 1e-9
    assert np.isfinite(states).all()
