"""What docs/physics.md claims about the default car's manners holds."""

from __future__ import annotations

import math

import numpy as np
import pytest

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
