"""What docs/physics.md claims about the default car's manners holds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from racer import _core
from racer.tools import drivability, physics_measure, physics_report

SPEEDS = np.array([20.0, 30.0, 40.0, 50.0, 60.0, 70.0])


@pytest.fixture(scope="module")
def gt() -> physics_measure.Car:
    return physics_measure.car("gt")


@pytest.mark.parametrize("brake", [0.0, 0.25, 0.5, 1.0])
def test_stable_up_to_80_per_cent_of_the_lateral_grip(gt, brake):
    shares = np.linspace(0.0, 0.8, 41)
    assert physics_measure.yaw_eigenvalues(gt, SPEEDS, shares, brake).max() < 0.0


def test_stable_up_to_all_of_it_under_half_braking(gt):
    shares = np.linspace(0.0, 1.0, 51)
    assert physics_measure.yaw_eigenvalues(gt, SPEEDS, shares, 0.5).max() < 0.0


def test_the_kart_is_stable_below_26_metres_per_second_or_three_quarters_of_the_grip():
    kart = physics_measure.car("kart")
    every, most = np.linspace(0.0, 1.0, 41), np.linspace(0.0, 0.725, 30)
    for brake in (0.0, 0.25, 0.5, 0.75, 1.0):
        assert physics_measure.yaw_eigenvalues(kart, np.arange(10.0, 26.0), every, brake).max() < 0
        assert physics_measure.yaw_eigenvalues(kart, np.arange(10.0, 37.0), most, brake).max() < 0
    assert physics_measure.yaw_eigenvalues(kart, np.array([30.0]), every, 0.7).max() > 0


@pytest.mark.parametrize("vehicle", ["gt", "formula", "kart"])
def test_above_the_blend_the_whole_car_keeps_to_its_grip(vehicle):
    """The change of velocity per tick; at walking speed the kinematic bicycle takes up to 6 g."""
    c = physics_measure.car(vehicle)
    rows = physics_measure.wild_drive(c).reshape(-1, 240, 12)  # new starts every four seconds
    cos, sin, v_x, v_y = rows[..., 2], rows[..., 3], rows[..., 4], rows[..., 5]
    velocity = np.stack([v_x * cos - v_y * sin, v_x * sin + v_y * cos])
    speed = np.hypot(v_x, v_y)
    change = np.hypot(*np.diff(velocity, axis=2)) / _core.TICK_SECONDS
    fast = np.minimum(speed[:, 1:], speed[:, :-1]) > c.p["blend_high"]
    friction = max(c.p["friction_front"], c.p["friction_rear"]) * (1.0 + c.p["load_sensitivity"])
    pressure = 0.5 * c.p["air_density"] * speed[:, 1:] ** 2
    grip = friction * (9.81 + pressure * c.p["downforce_area"] / c.p["mass"])
    resistance = (pressure * c.p["drag_area"] + c.p["rolling_resistance"]) / c.p["mass"]
    assert fast.sum() > 5000
    assert (change < grip + resistance)[fast].all()
    assert change[fast].max() > 10.0  # the drive is wild


def test_a_step_of_steering_under_half_braking_slides_but_holds(gt):
    slip = [math.degrees(physics_measure.braking_step(gt, v, 0.05, 0.5)) for v in (30, 50, 70)]
    assert slip[0] < 2.0
    assert 3.0 < slip[1] < 5.0
    assert slip[2] < 10.0


def test_understeer_and_peaks(gt):
    assert 0.78 < physics_report.understeer(gt, 0.5) < 0.88  # degrees per g
    assert physics_report.tyre_peaks(gt) == "8.8, 6.8 deg"


def test_keyboard_like_drivers_manage_what_the_page_shows():
    for run in drivability.runs():
        assert run.clean == drivability.DRIVERS, run
        assert run.off_line < 3.0, run
