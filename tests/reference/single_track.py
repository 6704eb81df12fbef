"""Reference model of the car: the single-track equations in NumPy, integrated to tight tolerance.

Written from the equations (Pacejka, Tyre and Vehicle Dynamics; Newton and Euler in body axes) with
the C library's functions and an angle for the heading. It shares only parameter values with the
engine, never code: what both get wrong in the same way would have to be wrong on paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

GRAVITY = 9.81
TICK = 1.0 / 60.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Axle:
    """One axle's tyres: friction at the reference load and Magic Formula factors."""

    friction: float
    stiffness: float
    shape: float
    curvature: float
    priority: float

    def lateral_share(self, slip: Floats) -> Floats:
        """Share of the capacity used sideways at a slip angle [rad]."""
        x = self.stiffness * slip
        e = self.curvature
        return np.sin(self.shape * np.arctan((1.0 - e) * x + e * np.arctan(x)))


class SingleTrack:
    """Planar car with three degrees of freedom.

    State rows: x, y, yaw, v_x, v_y, yaw_rate, a_x (lagged). Input rows: steering target [rad],
    throttle, brake. Columns are independent cars.
    """

    def __init__(self, parameters: Mapping[str, float]) -> None:
        self.p = dict(parameters)
        p = self.p
        self.wheelbase = p["cg_to_front"] + p["cg_to_rear"]
        self.weight = p["mass"] * GRAVITY
        self.front, self.rear = (
            Axle(
                p[f"friction_{end}"],
                p[f"stiffness_{end}"],
                p[f"shape_{end}"],
                p[f"curvature_{end}"],
                p[f"priority_{end}"],
            )
            for end in ("front", "rear")
        )

    def axle_loads(self, v_x: Floats, a_x: Floats) -> tuple[Floats, Floats]:
        """Vertical loads [N]: moments about the contact points, downforce by aero balance."""
        p = self.p
        downforce = 0.5 * p["air_density"] * p["downforce_area"] * v_x**2
        pitch = p["mass"] * a_x * p["height"] / self.wheelbase
        front = self.weight * p["cg_to_rear"] / self.wheelbase
        rear = self.weight - front
        balance = p["downforce_front"]
        return (
            np.maximum(front + balance * downforce - pitch, p["load_floor"]),
            np.maximum(rear + (1.0 - balance) * downforce + pitch, p["load_floor"]),
        )

    def axle_force(
        self, axle: Axle, load: Floats, slip: Floats, demand: Floats
    ) -> tuple[Floats, Floats]:
        """Longitudinal and lateral force [N] in wheel axes: friction ellipse, lateral priority."""
        relative = load / (0.5 * self.weight)
        friction = axle.friction * (1.0 - self.p["load_sensitivity"] * (relative - 1.0))
        d = friction * load
        f = axle.lateral_share(slip)
        most = np.sqrt(self.p["grip_use"] ** 2 - (axle.priority * f) ** 2)
        u = np.clip(demand / d, -most, most)
        return d * u, d * f * np.sqrt(1.0 - u**2)

    def pedal_forces(
        self, v_x: Floats, throttle: Floats, brake: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Demands at the front and rear wheels and rolling resistance on the body [N]."""
        p = self.p
        with np.errstate(divide="ignore"):
            by_power = np.where(v_x > 0.0, p["power"] / np.maximum(v_x, 1e-9), np.inf)
        drive = throttle * np.minimum(by_power, p["drive_force"])
        pedal = np.where(v_x < 0.0, np.maximum(brake, p["backward_brake"]), brake)
        rolling = p["rolling_resistance"]
        # Dry friction: as much as it takes to stop the car within a tick, at most what there is.
        friction = pedal * p["brake_force"] + rolling
        needed = np.clip(p["mass"] * v_x / TICK + drive, -friction, friction)
        on_body = np.clip(needed, -rolling, rolling)
        braking = needed - on_body
        share = p["brake_front"]
        return -share * braking, drive - (1.0 - share) * braking, on_body

    def rates(self, state: Floats, steer: Floats, throttle: Floats, brake: Floats) -> Floats:
        """Time derivative of the state, shape (7, cars)."""
        p = self.p
        _, _, yaw, v_x, v_y, r, a_lagged = state
        a, b, m, inertia = p["cg_to_front"], p["cg_to_rear"], p["mass"], p["yaw_inertia"]

        slow = np.maximum(np.abs(v_x), p["slip_speed"])
        steer_share = np.clip(v_x / p["slip_speed"], -1.0, 1.0)
        slip_front = steer * steer_share - np.arctan2(v_y + a * r, slow)
        slip_rear = -np.arctan2(v_y - b * r, slow)
        load_front, load_rear = self.axle_loads(v_x, a_lagged)
        ask_front, ask_rear, rolling = self.pedal_forces(v_x, throttle, brake)
        fx_front, fy_front = self.axle_force(self.front, load_front, slip_front, ask_front)
        fx_rear, fy_rear = self.axle_force(self.rear, load_rear, slip_rear, ask_rear)
        drag = 0.5 * p["air_density"] * p["drag_area"] * v_x * np.abs(v_x)

        # Tyre forces alone.
        lateral_front = fx_front * np.sin(steer) + fy_front * np.cos(steer)
        v_y_tyres = (lateral_front + fy_rear) / m - v_x * r
        r_tyres = (a * lateral_front - b * fy_rear) / inertia
        push_tyres = fy_front * np.sin(steer)

        # Kinematic bicycle, taken hold of with a lag; the front wheels' side force that this needs
        # (moments about the rear axle) has a component that slows the car.
        r_path = v_x * np.tan(steer) / self.wheelbase
        r_bicycle = (r_path - r) / p["blend_lag"]
        v_y_bicycle = (b * r_path - v_y) / p["blend_lag"]
        moment = inertia * r_bicycle + b * m * (v_y_bicycle + v_x * r)
        push_bicycle = moment / self.wheelbase * np.tan(steer)

        low, high = p["blend_low"] ** 2, p["blend_high"] ** 2
        t = np.clip((v_x**2 + v_y**2 - low) / (high - low), 0.0, 1.0)
        w = 3.0 * t**2 - 2.0 * t**3

        def mixed(tyres: Floats, bicycle: Floats) -> Floats:
            return np.asarray(w * tyres + (1.0 - w) * bicycle, dtype=np.float64)

        along = fx_front * np.cos(steer) + fx_rear - rolling - drag
        a_x = (along - mixed(push_tyres, push_bicycle)) / m
        return np.stack(
            [
                v_x * np.cos(yaw) - v_y * np.sin(yaw),
                v_x * np.sin(yaw) + v_y * np.cos(yaw),
                r,
                a_x + v_y * r,
                mixed(v_y_tyres, v_y_bicycle),
                mixed(r_tyres, r_bicycle),
                (a_x - a_lagged) / p["transfer_lag"],
            ]
        )

    def drive(self, start: Floats, steer: Floats, inputs: Floats) -> tuple[Floats, Floats]:
        """Integrates by RK45, tick by tick.

        Args:
            start: states (7, cars).
            steer: road-wheel angles at the start [rad], (cars,).
            inputs: (ticks, 3, cars).

        Returns:
            States (ticks + 1, 7, cars) and road-wheel angles (ticks + 1, cars).
        """
        p = self.p
        states, angles = [start], [steer]
        for target, throttle, brake in inputs:
            goal = np.clip(target, -p["max_steer"], p["max_steer"])
            before = angles[-1]

            states.append(self._tick(states[-1], before, goal, throttle, brake))
            angles.append(self._steered(before, goal, TICK))
        return np.stack(states), np.stack(angles)

    def _steered(self, angle: Floats, goal: Floats, time: float) -> Floats:
        """Road-wheel angle after a time of moving to its goal at the limited rate."""
        reach = self.p["steer_rate"] * time
        return np.clip(goal, angle - reach, angle + reach)

    def _tick(
        self, state: Floats, angle: Floats, goal: Floats, throttle: Floats, brake: Floats
    ) -> Floats:
        """The state one tick on, by RK45."""

        def rates(time: float, flat: Floats) -> Floats:
            steer = self._steered(angle, goal, time)
            return self.rates(flat.reshape(state.shape), steer, throttle, brake).ravel()

        solution = solve_ivp(
            rates, (0.0, TICK), state.ravel(), rtol=1e-9, atol=1e-9, max_step=TICK / 4
        )
        if not solution.success:
            raise RuntimeError(solution.message)
        return np.asarray(solution.y[:, -1], dtype=np.float64).reshape(state.shape)
