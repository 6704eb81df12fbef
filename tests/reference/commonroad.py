"""Numbers of the published CommonRoad vehicle models, and how they were made.

The package (`pip install commonroad-vehicle-models`; Althoff et al., "CommonRoad: Vehicle Models")
holds a single-track model with linear tyres and a kinematic bicycle. Their rates and paths for our
scenarios are in tests/data/commonroad.json; run this file where the package is installed to write
them anew. The package is not needed for the test that compares them with Racer.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

FILE = Path(__file__).resolve().parent.parent / "data" / "commonroad.json"

TICK = 1.0 / 60.0
# speed [m/s], steering [rad], sideslip [rad], yaw rate [rad/s], acceleration [m/s2]
STATES = [
    (speed, steer, slip, share * speed / 400.0, acceleration)
    for speed in (8.0, 20.0, 45.0)
    for steer in (-0.004, 0.002)
    for slip in (0.0, 0.003)
    for share in (-1.0, 1.0)
    for acceleration in (-4.0, 0.0, 2.0)
]
STEPS = [(speed, 0.004) for speed in (10.0, 20.0, 35.0)]  # speed, step of steering
CRAWLS = [(1.5, 0.05), (1.5, -0.25), (1.0, 0.3)]  # speed, steering: no slip, kinematic
WHEELS = [(1.45, 1.25), (1.64, 1.24), (0.60, 0.45)]  # front and rear distances of our vehicles


def _kinematic_parameters(front: float, rear: float) -> SimpleNamespace:
    """The two distances, and limits that bind nothing."""
    wide = SimpleNamespace(min=-1.0, max=1.0, v_min=-10.0, v_max=10.0)
    fast = SimpleNamespace(v_switch=100.0, a_max=100.0, v_min=-100.0, v_max=100.0)
    return SimpleNamespace(a=front, b=rear, steering=wide, longitudinal=fast)


def _runge_kutta(rates: Any, state: list[float], ticks: int) -> list[float]:
    """The state after some ticks, four steps per tick."""

    def moved(a: list[float], b: list[float], h: float) -> list[float]:
        return [x + h * y for x, y in zip(a, b, strict=True)]

    h = TICK / 4
    for _ in range(4 * ticks):
        k1 = rates(state)
        k2 = rates(moved(state, k1, h / 2))
        k3 = rates(moved(state, k2, h / 2))
        k4 = rates(moved(state, k3, h))
        total = [a + 2 * b + 2 * c + d for a, b, c, d in zip(k1, k2, k3, k4, strict=True)]
        state = moved(state, total, h / 6)
    return state


def record() -> dict[str, Any]:
    """Runs the package's models. Raises ImportError where it is not installed."""
    from vehiclemodels.parameters_vehicle2 import parameters_vehicle2
    from vehiclemodels.utils.vehicle_dynamics_ks_cog import (
        vehicle_dynamics_ks_cog,
    )
    from vehiclemodels.vehicle_dynamics_st import vehicle_dynamics_st

    car = parameters_vehicle2()
    parameters = {
        "mass": car.m,
        "yaw_inertia": car.I_z,
        "cg_to_front": car.a,
        "cg_to_rear": car.b,
        "height": car.h_s,
        "friction": car.tire.p_dy1,
        "stiffness": -car.tire.p_ky1 / car.tire.p_dy1,
    }
    rates = []
    for speed, steer, slip, yaw_rate, acceleration in STATES:
        state = [0.0, 0.0, steer, speed, 0.0, yaw_rate, slip]
        f = vehicle_dynamics_st(state, [0.0, acceleration], car)
        rates.append([f[5], f[6]])
    steps = []
    for speed, steer in STEPS:

        def single_track(x: list[float]) -> list[float]:
            return list(vehicle_dynamics_st(x, [0.0, 0.0], car))

        after = _runge_kutta(single_track, [0.0, 0.0, steer, speed, 0.0, 0.0, 0.0], 15)
        steady = _runge_kutta(single_track, [0.0, 0.0, steer, speed, 0.0, 0.0, 0.0], 300)
        steps.append([after[5], after[6], steady[5], steady[6]])
    crawls = []
    for front, rear in WHEELS:
        p = _kinematic_parameters(front, rear)
        for speed, steer in CRAWLS:

            def kinematic(x: list[float], p: SimpleNamespace = p) -> list[float]:
                return list(vehicle_dynamics_ks_cog(x, [0.0, 0.0], p))

            x, y, _, _, yaw = _runge_kutta(kinematic, [0.0, 0.0, steer, speed, 0.0], 180)
            crawls.append([x, y, yaw])
    return {
        "made_by": "tests/reference/commonroad.py with commonroad-vehicle-models 3.0.2",
        "car": "parameters_vehicle2 (BMW 320i)",
        "parameters": parameters,
        "yaw_and_slip_rates": rates,
        "steps": steps,
        "crawls": crawls,
    }


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(record(), indent=1) + "\n")
    sys.stdout.write(f"wrote {FILE.name}\n")
