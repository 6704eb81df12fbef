"""The engine's car as CasADi expressions, in track coordinates, above walking speed.

The equations are those of `cpp/src/circuit/dynamics.hpp` with the engine's own constants:
single track, Magic Formula, downforce, lagged load transfer, friction ellipse with slip control.
What is left out acts only below the speed at which tyre forces alone move the car (the parameter
`blend_high`), backwards, or off the tarmac; the solver keeps away from all three.

States: n (offset from the centre line [m], left positive), xi (heading against the tangent [rad]),
v_x, v_y [m/s], yaw rate [rad/s], steer (road-wheel angle [rad]), a_x (lagged longitudinal
acceleration [m/s2]). Controls: steer rate [rad/s], drive force [N], brake force at the pedal [N].

Slip control. The engine holds the longitudinal share u of an axle to u^2 + k^2 f^2 <= u_cap^2 by
clipping. At the front this is written as a smooth minimum, because the pedal may ask for more than
the front axle can give while the rear axle still takes its part (ABS); at the rear as the smooth
inequality itself, because drive and brake together reach every force that clipping would give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from racer.optimal.solver import threads  # noqa: F401  # isort: skip - before casadi
import casadi as ca

from racer import _core
from racer.drivers.circuit.car_model import GRAVITY

STATES = ("n", "xi", "v_x", "v_y", "yaw_rate", "steer", "a_x")
CONTROLS = ("steer_rate", "drive", "brake")
ROAD = (
    "curvature", "width_left", "width_right", "slope_left", "slope_right",
    "wall_left", "wall_right",
)  # fmt: skip
SMOOTHING = 0.01  # of the front axle's minimum, as a share of its capacity
EDGE_MARGIN = 0.01  # [m] between tyre and edge, so that rounding puts no wheel on the grass
WALL_MARGIN = 0.02  # [m] between body and wall
EDGES, REAR_GRIP = slice(0, 4), 4  # rows of the limits


@dataclass(frozen=True)
class CarTerms:
    """What the collocation needs at one point, as CasADi expressions.

    Attributes:
        pace: metres along the centre line per second.
        rates: time derivatives of the states, a column of 7.
        limits: inequalities <= 0, scaled to about 1: four wheels beyond the edge [m], rear slip
            control, engine power, and if there are walls to hit, the body beyond them [m].
    """

    pace: Any
    rates: Any
    limits: Any


class CarEquations:
    """The car's equations for one vehicle.

    Args:
        vehicle: its name.
        walls: keep the body off the walls, too. Where they stand well beyond the edge, the wheels
            see to that.
    """

    def __init__(self, vehicle: str = "gt", *, walls: bool = False) -> None:
        self.vehicle, self.walls = vehicle, walls
        self.p = {r["name"]: float(r["value"]) for r in _core.vehicle_parameters(vehicle)}

    def terms(self, state: Any, control: Any, road: Any) -> CarTerms:
        """The equations at one point.

        Args:
            state: column of 7, see `STATES`.
            control: column of 3, see `CONTROLS`.
            road: column of 7, see `ROAD`.
        """
        p = self.p
        n, xi, v_x, v_y, yaw_rate, steer, a_x = ca.vertsplit(state)
        steer_rate, drive, brake = ca.vertsplit(control)
        curvature = road[0]
        wheelbase = p["cg_to_front"] + p["cg_to_rear"]
        weight = p["mass"] * GRAVITY

        lift = 0.5 * p["air_density"] * p["downforce_area"] * v_x**2
        transfer = p["mass"] * p["height"] / wheelbase * a_x
        balance = p["downforce_front"]
        load_front = weight * p["cg_to_rear"] / wheelbase + balance * lift - transfer
        load_rear = weight * p["cg_to_front"] / wheelbase + (1.0 - balance) * lift + transfer
        most_front = self._capacity("front", load_front)
        most_rear = self._capacity("rear", load_rear)
        share_front = self._lateral_share(
            "front", steer - ca.atan((v_y + p["cg_to_front"] * yaw_rate) / v_x)
        )
        share_rear = self._lateral_share("rear", -ca.atan((v_y - p["cg_to_rear"] * yaw_rate) / v_x))

        asked = p["brake_front"] * brake / most_front
        held = ca.sqrt(p["grip_use"] ** 2 - (p["priority_front"] * share_front) ** 2)
        used_front = -0.5 * (asked + held - ca.sqrt((asked - held) ** 2 + SMOOTHING**2))
        used_rear = (drive - (1.0 - p["brake_front"]) * brake) / most_rear
        along_front = most_front * used_front
        across_front = most_front * share_front * ca.sqrt(1.0 - used_front**2)
        along_rear = most_rear * used_rear
        # The inequality keeps 1 - u^2 positive; the floor matters on the solver's way only.
        left_over = 1.0 - used_rear**2
        left_over = 0.5 * (left_over + ca.sqrt(left_over**2 + 1e-6))
        across_rear = most_rear * share_rear * ca.sqrt(left_over)

        cosine, sine = ca.cos(steer), ca.sin(steer)
        front_left = across_front * cosine + along_front * sine
        resistance = p["rolling_resistance"] + 0.5 * p["air_density"] * p["drag_area"] * v_x**2
        push = (along_front * cosine + along_rear - across_front * sine - resistance) / p["mass"]
        moment = p["cg_to_front"] * front_left - p["cg_to_rear"] * across_rear

        forward = v_x * ca.cos(xi) - v_y * ca.sin(xi)
        pace = forward / (1.0 - n * curvature)
        rates = ca.vertcat(
            v_x * ca.sin(xi) + v_y * ca.cos(xi),
            yaw_rate - curvature * pace,
            push + v_y * yaw_rate,
            (front_left + across_rear) / p["mass"] - v_x * yaw_rate,
            moment / p["yaw_inertia"],
            steer_rate,
            (push - a_x) / p["transfer_lag"],
        )
        limits = ca.vertcat(
            *self._wheels_beyond_edge(n, xi, road),
            used_rear**2 + (p["priority_rear"] * share_rear) ** 2 - p["grip_use"] ** 2,
            drive * v_x / p["power"] - 1.0,
            *(self._body_beyond_wall(n, xi, road) if self.walls else ()),
        )
        return CarTerms(pace, rates, limits)

    def _capacity(self, axle: str, load: Any) -> Any:
        """Largest force of an axle [N] under a load [N]."""
        p = self.p
        relative = load / (0.5 * p["mass"] * GRAVITY)
        return p[f"friction_{axle}"] * (1.0 - p["load_sensitivity"] * (relative - 1.0)) * load

    def _lateral_share(self, axle: str, slip: Any) -> Any:
        """Magic Formula: share of the capacity used sideways at a slip angle [rad]."""
        p = self.p
        y = p[f"stiffness_{axle}"] * slip
        bent = y - p[f"curvature_{axle}"] * (y - ca.atan(y))
        return ca.sin(p[f"shape_{axle}"] * ca.atan(bent))

    def _wheels_beyond_edge(self, n: Any, xi: Any, road: Any) -> list[Any]:
        """How far each contact point is beyond its edge less margin [m], as `contact.hpp` has it.

        All four are kept on the tarmac: a lap is valid until all four are off at once, but a wheel
        on grass costs grip and drag that the equations here do not have. The margin costs less
        than 0.02 % of the time.
        """
        p = self.p
        curvature, width_left, width_right, slope_left, slope_right = ca.vertsplit(road)[:5]
        bend = curvature * (1.0 + curvature * n)
        cosine, sine = ca.cos(xi), ca.sin(xi)
        beyond = []
        for forward in (p["cg_to_front"], -p["cg_to_rear"]):
            for left in (p["half_width"], -p["half_width"]):
                ds = forward * cosine - left * sine
                at = n + forward * sine + left * cosine - 0.5 * bend * ds**2
                if left > 0.0:
                    beyond.append(at + EDGE_MARGIN - (width_left + slope_left * ds))
                else:
                    beyond.append(EDGE_MARGIN - at - (width_right + slope_right * ds))
        return beyond

    def _body_beyond_wall(self, n: Any, xi: Any, road: Any) -> list[Any]:
        """How far the body reaches beyond either wall less margin [m], as `hit_wall` has it.

        On the inside of a bend the wall may stand at the edge, so that normals do not cross before
        it; then the nose hits it before a wheel is on the grass.
        """
        p = self.p
        turned = ca.sqrt(ca.sin(xi) ** 2 + 1e-4)  # smooth |sin|, a little larger
        reach = p["half_length"] * turned + p["half_width"] * ca.cos(xi) + WALL_MARGIN
        return [n + reach - road[5], reach - n - road[6]]
