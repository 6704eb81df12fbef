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
LEAST_LOAD = 1.0  # of an axle that would lift off [N]
SLOPE_SAMPLES = 400
BRAKE_ROUNDS = 5  # of how brakes and slip share the work


@dataclass(frozen=True)
class SteadyCorner:
    """What a steady corner needs.

    Attributes:
        steer: road-wheel angle (M,) [rad], left positive.
        body_slip: angle of the velocity against the body (M,) [rad], left positive.
    """

    steer: NDArray[np.float64]
    body_slip: NDArray[np.float64]


@dataclass(frozen=True)
class BrakedCorner:
    """What axles need that brake while they corner, (..., 2) each.

    Attributes:
        brake: braking force [N].
        sideways: lateral share of the capacity, as `CarModel.left_along` counts it; more than 1 if
            the tyres cannot hold it.
        slip: angles [rad], at most those of the largest force.
        left: the braking force that would leave the lateral share [N].
    """

    brake: NDArray[np.float64]
    sideways: NDArray[np.float64]
    slip: NDArray[np.float64]
    left: NDArray[np.float64]


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
        self.brake_share = np.array([p["brake_front"], 1.0 - p["brake_front"]])
        # Front, rear: share of the mass, static load, load per speed squared, friction.
        self.share = np.array([p["cg_to_rear"], p["cg_to_front"]]) / self.wheelbase
        self.transfer = p["mass"] * p["height"] / self.wheelbase  # [N per m/s2]
        self._static = weight * self.share
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
        # As `left_along` needs them, which is called a hundred times a second for each car.
        self._most = p["grip_use"] ** 2
        self._rest = 1.0 - self._most
        priority = np.square([p["priority_front"], p["priority_rear"]])
        self._priority = priority
        self._priority_twice, self._priority_four_times = 2.0 * priority, 4.0 * priority
        self.peak_slip = np.array([slips[-1] for slips in self._slips])  # [rad], front and rear

    def capacity(
        self, speed: NDArray[np.float64], shift: float | NDArray[np.float64] = 0.0
    ) -> NDArray[np.float64]:
        """Largest tyre force (..., 2) [N] of each axle, `shift` [N] of load moved to the front."""
        moved = np.asarray(shift)[..., None] * np.array([1.0, -1.0])
        load = self._static + self._lift * np.square(speed)[..., None] + moved
        load = np.maximum(load, LEAST_LOAD)  # tyres do not pull at the road
        capacity: NDArray[np.float64] = load * (self._c0 - self._c1 * load)
        return capacity

    def lateral_limit(self, speed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Largest lateral acceleration (...) [m/s2] in a steady corner."""
        limits: NDArray[np.float64] = self.capacity(speed) / (self.mass * self.share)
        return np.minimum(limits[..., 0], limits[..., 1])

    def braking_limit(self, speed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Largest tyre deceleration (...) [m/s2] on a straight."""
        p = self.parameters
        shift = BRAKING_G * GRAVITY * self.mass * p["height"] / self.wheelbase
        pedal = p["brake_force"] * self.brake_share
        force = np.minimum(pedal, p["grip_use"] * self.capacity(speed, shift))
        total: NDArray[np.float64] = force.sum(axis=-1) / self.mass
        return total

    def drive_limit(self, speed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Largest drive force (...) [N]: engine and rear grip."""
        p = self.parameters
        grip = p["grip_use"] * self.capacity(speed)[..., 1]
        engine = np.minimum(p["drive_force"], p["power"] / np.maximum(speed, 1.0))
        return np.minimum(engine, grip)

    def resistance(self, speed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Drag and rolling resistance (...) [N]."""
        return self._drag * np.square(speed) + self.parameters["rolling_resistance"]

    def left_along(self, sideways: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share (..., 2) of each axle's capacity left for pedals beside a lateral share (..., 2).

        The engine's lateral force is the tyre's share f times sqrt(1 - u^2), and its slip control
        holds u^2 + (priority f)^2 to grip_use^2: the largest u that leaves the lateral share.
        """
        rest = self._rest
        wanted = np.square(np.minimum(sideways, 1.0))
        tyre = (
            np.sqrt(rest * rest + self._priority_four_times * wanted) - rest
        ) / self._priority_twice
        tyre = np.minimum(np.maximum(tyre, np.maximum(wanted, 1e-12)), 1.0)
        used = np.minimum(1.0 - wanted / tyre, self._most - self._priority * tyre)
        left: NDArray[np.float64] = np.sqrt(np.maximum(used, 0.0))
        return left

    def slip_angles(self, sideways: NDArray[np.float64]) -> NDArray[np.float64]:
        """Slip angles (..., 2) [rad] at which the axles use a lateral share (..., 2) >= 0."""
        slips = np.empty(sideways.shape)
        for axle, (force, slip) in enumerate(zip(self._forces, self._slips, strict=True)):
            slips[..., axle] = np.interp(sideways[..., axle], force, slip)
        return slips

    def braked(
        self,
        inwards: NDArray[np.float64],
        slowing: NDArray[np.float64],
        capacity: NDArray[np.float64],
    ) -> BrakedCorner:
        """What axles need that brake while they corner.

        A wheel points into the corner by its slip angle. So its braking force pulls outwards by the
        sine of that angle, which the tyre's lateral force must hold, too; and that force slows the
        car, which the brakes need not. The more of the grip they take, the larger the slip angle.

        Args:
            inwards: force (..., 2) [N] of the axles towards the inside of the corner, >= 0.
            slowing: force (...) [N] of all tyres against the motion, >= 0.
            capacity: (..., 2) [N].
        """
        most, rear_share = self.parameters["grip_use"], self.brake_share[1]
        brake = slowing[..., None] * self.brake_share
        sideways = inwards / capacity
        slip = self.slip_angles(sideways)
        sine = np.sin(slip)
        left = capacity
        for _ in range(BRAKE_ROUNDS):
            used = np.sqrt(1.0 - np.square(np.minimum(brake / capacity, most)))
            sideways = (inwards + brake * sine) / (capacity * np.cos(slip))
            slip = self.slip_angles(sideways / used)
            sine = np.sin(slip)
            drags = np.minimum(sideways, 1.0) * capacity * sine
            pedal = np.maximum(slowing - (drags[..., 0] + drags[..., 1]), 0.0)
            # Slip control holds back the rear brakes alone, and the front ones must do the rest.
            left = self.left_along(sideways) * capacity
            brake = np.empty_like(capacity)
            brake[..., 1] = np.minimum(pedal * rear_share, left[..., 1])
            brake[..., 0] = pedal - brake[..., 1]
        return BrakedCorner(brake, sideways, slip, left)

    def slip_drag(
        self, sideways: NDArray[np.float64], capacity: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Force (...) [N] against the motion of tyres that slip sideways."""
        drag: NDArray[np.float64] = np.sum(
            sideways * capacity * np.sin(self.slip_angles(sideways)), axis=-1
        )
        return drag

    def corner(
        self,
        curvature: NDArray[np.float64],
        speed: NDArray[np.float64],
        acceleration: NDArray[np.float64] | None = None,
        turning: NDArray[np.float64] | None = None,
    ) -> SteadyCorner:
        """Steering and body slip for curvature (M,) [1/m] at speed (M,) [m/s].

        Args:
            curvature: of the path (M,) [1/m].
            speed: (M,) [m/s].
            acceleration: along the path (M,) [m/s2], for the axle loads and the share of the grip
                that pedals take; none without it.
            turning: yaw acceleration (M,) [rad/s2].
        """
        lateral = curvature * np.square(speed)
        force = lateral[:, None] * self.mass * self.share
        if turning is not None:
            moment = self.parameters["yaw_inertia"] * turning / self.wheelbase
            force = force + moment[:, None] * np.array([1.0, -1.0])
        if acceleration is None:
            slips = self.slip_angles(np.abs(force) / self.capacity(speed))
        else:
            capacity = self.capacity(speed, -self.transfer * acceleration)
            along = self.pedal_forces(speed, acceleration)
            braked = self.braked(np.abs(force), np.maximum(-along.sum(axis=-1), 0.0), capacity)
            driven = np.sqrt(1.0 - np.square(np.clip(along / capacity, 0.0, 0.85)))
            slips = np.where(
                along < 0.0, braked.slip, self.slip_angles(np.abs(force) / (capacity * driven))
            )
        slip = np.sign(force) * slips
        return SteadyCorner(
            steer=self.wheelbase * curvature + slip[:, 0] - slip[:, 1],
            body_slip=self.parameters["cg_to_rear"] * curvature - slip[:, 1],
        )

    def pedal_forces(
        self, speed: NDArray[np.float64], acceleration: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Longitudinal forces (M, 2) [N] of the axles for an acceleration (M,) [m/s2]."""
        force = self.mass * acceleration + self.resistance(speed)
        front = self.parameters["brake_front"] * np.minimum(force, 0.0)
        return np.stack([front, force - front], axis=-1)


def _rising_branch(
    stiffness: float, shape: float, curvature: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slip angles [rad] and Magic Formula values, from zero to the peak."""
    slip = np.linspace(0.0, 0.5, SLOPE_SAMPLES)
    bx = stiffness * slip
    force = np.sin(shape * np.arctan(bx - curvature * (bx - np.arctan(bx))))
    peak = int(np.argmax(force)) + 1
    return slip[:peak], force[:peak]
