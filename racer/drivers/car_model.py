"""What a car can do in steady state, from its parameters: the scripted drivers plan with it.

A quasi-steady picture of the engine's car, not a second engine: axle loads with downforce, the
largest lateral force of each axle, drive and brake limits, and the steering angle and body slip
that a steady corner needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from racer import _core

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRAVITY = 9.81  # [m/s2]
BRAKING_G = 1.2  # deceleration at which the load transfer under braking is taken [g]
SLOPE_SAMPLES = 400


@dataclass(frozen=True)
class SteadyCorner:
    """What a steady corner needs.

    Attributes:
        steer: road-wheel angle (M,) [rad], left positive.
        body_slip: angle of the velocity against the body (M,) [rad], left positive.
    """

    steer: NDArray[np.float64]
    body_slip: NDArray[np.float64]


class CarModel:
    """Steady-state limits of a vehicle.

    Args:
        vehicle: its name.
    """

    def __init__(self, vehicle: str = "gt") -> None:
        p = {row["name"]: float(row["value"]) for row in _core.vehicle_parameters(vehicle)}
        self.parameters = p
        self.mass = p["mass"]
        self.wheelbase = p["cg_to_front"] + p["cg_to_rear"]
        self.half_width = p["half_width"]
        self.half_length = p["half_length"]
        self.max_steer = p["max_steer"]
        self.brake_force = p["brake_force"]
        weight = self.mass * GRAVITY
        lift = 0.5 * p["air_density"] * p["downforce_area"]
        # Front, rear: share of the mass, static load, load per speed squared, friction.
        self._share = np.array([p["cg_to_rear"], p["cg_to_front"]]) / self.wheelbase
        self._static = weight * self._share
        self._lift = lift * np.array([p["downforce_front"], 1.0 - p["downforce_front"]])
        friction = np.array([p["friction_front"], p["friction_rear"]])
        self._c0 = friction * (1.0 + p["load_sensitivity"])
        self._c1 = friction * p["load_sensitivity"] / (0.5 * weight)
        self._drag = 0.5 * p["air_density"] * p["drag_area"]
        self._slips, self._forces = zip(
            *(_rising_branch(p[f"stiffness_{a}"], p[f"shape_{a}"], p[f"curvature_{a}"])
              for a in ("front", "rear")),
            strict=True,
        )  # fmt: skip

    def _capacity(self, speed: NDArray[np.float64], shift: float = 0.0) -> NDArray[np.float64]:
        """Largest tyre force (..., 2) [N] of each axle, `shift` [N] of load moved to the front."""
        load = self._static + self._lift * np.square(speed)[..., None] + np.array([shift, -shift])
        capacity: NDArray[np.float64] = load * (self._c0 - self._c1 * load)
        return capacity

    def lateral_limit(self, speed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Largest lateral acceleration (...) [m/s2] in a steady corner."""
        limits: NDArray[np.float64] = self._capacity(speed) / (self.mass * self._share)
        return np.minimum(limits[..., 0], limits[..., 1])

    def braking_limit(self, speed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Largest tyre deceleration (...) [m/s2] on a straight."""
        p = self.parameters
        shift = BRAKING_G * GRAVITY * self.mass * p["height"] / self.wheelbase
        pedal = p["brake_force"] * np.array([p["brake_front"], 1.0 - p["brake_front"]])
        force = np.minimum(pedal, p["grip_use"] * self._capacity(speed, shift))
        total: NDArray[np.float64] = force.sum(axis=-1) / self.mass
        return total

    def drive_limit(self, speed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Largest drive force (...) [N]: engine and rear grip."""
        p = self.parameters
        grip = p["grip_use"] * self._capacity(speed)[..., 1]
        engine = np.minimum(p["drive_force"], p["power"] / np.maximum(speed, 1.0))
        return np.minimum(engine, grip)

    def resistance(self, speed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Drag and rolling resistance (...) [N]."""
        return self._drag * np.square(speed) + self.parameters["rolling_resistance"]

    def corner(self, curvature: NDArray[np.float64], speed: NDArray[np.float64]) -> SteadyCorner:
        """Steering and body slip for curvature (M,) [1/m] at speed (M,) [m/s]."""
        lateral = curvature * np.square(speed)
        share = np.abs(lateral)[:, None] * self.mass * self._share / self._capacity(speed)
        front = np.interp(share[:, 0], self._forces[0], self._slips[0])
        rear = np.interp(share[:, 1], self._forces[1], self._slips[1])
        sign = np.sign(lateral)
        return SteadyCorner(
            steer=self.wheelbase * curvature + sign * (front - rear),
            body_slip=self.parameters["cg_to_rear"] * curvature - sign * rear,
        )


def _rising_branch(
    stiffness: float, shape: float, curvature: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slip angles [rad] and Magic Formula values, from zero to the peak."""
    slip = np.linspace(0.0, 0.5, SLOPE_SAMPLES)
    bx = stiffness * slip
    force = np.sin(shape * np.arctan(bx - curvature * (bx - np.arctan(bx))))
    peak = int(np.argmax(force)) + 1
    return slip[:peak], force[:peak]
