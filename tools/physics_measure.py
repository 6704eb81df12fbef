"""Measures what the engine's vehicles do, for docs/physics.md (see physics_report.py).

Everything runs on the engine itself (`_core.simulate`); the independent reference of the tests
gives what the engine does not show, such as the forces of the axles, and the exact integral.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from racer import _core

Floats = NDArray[np.float64]

ROOT: Final = Path(__file__).resolve().parent.parent
GRAVITY: Final = 9.81
TICK: Final = _core.TICK_SECONDS
KMH: Final = 3.6
V_X, V_Y, YAW_RATE, STEER, A_X = range(4, 9)


@dataclass(frozen=True)
class Car:
    """A vehicle by name, with its parameters and largest speed [m/s]."""

    name: str
    p: dict[str, float]
    top_speed: float

    @property
    def wheelbase(self) -> float:
        """Distance of the axles [m]."""
        return self.p["cg_to_front"] + self.p["cg_to_rear"]


def car(name: str) -> Car:
    """A vehicle of the engine."""
    p = {row["name"]: float(row["value"]) for row in _core.vehicle_parameters(name)}
    top = drive(name, rolling(50.0), np.tile([0.0, 1.0, 0.0], (7200, 1)))[-1, V_X]
    return Car(name, p, float(top))


def rolling(speed: float, steer: float = 0.0) -> Floats:
    """A state: straight ahead at a speed [m/s]."""
    return np.array([0.0, 0.0, 1.0, 0.0, speed, 0.0, 0.0, steer, 0.0])


def drive(name: str, start: Floats, inputs: Floats, substeps: int = 1) -> Floats:
    """States (ticks + 1, 9) under inputs (ticks, 3)."""
    return _core.simulate(name, start, inputs, substeps)


def reference_model(p: dict[str, float]) -> Any:
    """The independent reference of the tests with these parameters."""
    path = ROOT / "tests" / "reference" / "single_track.py"
    spec = importlib.util.spec_from_file_location("racer_physics_reference", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path.name} is missing: run this in a checkout of Racer")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.SingleTrack(p)


# Straight line -----------------------------------------------------------------------------------


def coast_down(c: Car) -> tuple[Floats, Floats, Floats]:
    """Time [s], speed of the engine and of the closed form [m/s], from 0.9 of the top speed."""
    start = 0.9 * c.top_speed
    k = 0.5 * c.p["air_density"] * c.p["drag_area"]
    f = c.p["rolling_resistance"]
    phase = math.atan(start * math.sqrt(k / f))
    rate = math.sqrt(f * k) / c.p["mass"]
    ticks = int(0.999 * phase / rate / TICK)
    time: Floats = np.arange(ticks + 1, dtype=np.float64) * TICK
    speed = drive(c.name, rolling(start), np.zeros((ticks, 3)))[:, V_X]
    exact: Floats = math.sqrt(f / k) * np.tan(phase - rate * time)
    return time, speed, exact


def acceleration(c: Car, seconds: float) -> Floats:
    """Speed [m/s] per tick from a standing start at full throttle."""
    inputs = np.tile([0.0, 1.0, 0.0], (round(seconds / TICK), 1))
    return drive(c.name, rolling(0.0), inputs)[:, V_X]


def braking(c: Car, speed: float) -> tuple[Floats, Floats]:
    """Distance [m] and speed [m/s] per tick of a full stop."""
    states = drive(c.name, rolling(speed), np.tile([0.0, 0.0, 1.0], (900, 1)))
    end = int(np.argmax(states[:, V_X] == 0.0)) + 1
    return states[:end, 0], states[:end, V_X]


def time_to(speeds: Floats, kmh: float) -> float:
    """Seconds to a speed, interpolated; NaN if never reached."""
    if speeds[-1] * KMH < kmh:
        return math.nan
    return float(np.interp(kmh / KMH, speeds, np.arange(len(speeds)) * TICK))


# Corners -----------------------------------------------------------------------------------------


def axles(c: Car, speed: float) -> tuple[Floats, Floats]:
    """Largest forces [N] and cornering stiffnesses [N/rad] of the axles at a steady speed."""
    p = c.p
    weight = p["mass"] * GRAVITY
    lift = 0.5 * p["air_density"] * p["downforce_area"] * speed**2
    load = weight * np.array([p["cg_to_rear"], p["cg_to_front"]]) / c.wheelbase
    load = load + lift * np.array([p["downforce_front"], 1.0 - p["downforce_front"]])
    friction = np.array([p["friction_front"], p["friction_rear"]])
    friction = friction * (1.0 - p["load_sensitivity"] * (load / (0.5 * weight) - 1.0))
    slope = np.array([p[f"stiffness_{a}"] * p[f"shape_{a}"] for a in ("front", "rear")])
    return friction * load, slope * friction * load


def understeer_gradient(c: Car, speed: float) -> float:
    """Closed form [rad s2/m] of the linear single track, the drive's share of the ellipse taken."""
    limit, (front, rear) = axles(c, speed)
    drag = 0.5 * c.p["air_density"] * c.p["drag_area"] * speed**2
    rear *= math.sqrt(1.0 - ((drag + c.p["rolling_resistance"]) / limit[1]) ** 2)
    balance = c.p["cg_to_rear"] / front - c.p["cg_to_front"] / rear
    return float(c.p["mass"] / c.wheelbase * balance)


def closing_circle(c: Car, speed: float) -> tuple[Floats, Floats]:
    """Steady states while the steering closes slowly and the speed is held.

    Returns:
        Steering [rad] beyond the geometry and lateral acceleration [m/s2], up to the limit.
    """
    state = rolling(speed)
    lateral, extra = [], []
    for steer in np.arange(0.0, c.p["max_steer"], 0.0006):
        throttle = float(np.clip((speed - state[V_X]) + 0.1, 0.0, 1.0))
        state = drive(c.name, state, np.tile([steer, throttle, 0.0], (10, 1)))[-1]
        if state[V_X] < speed - 1.0:
            break
        lateral.append(state[V_X] * state[YAW_RATE])
        extra.append(steer - c.wheelbase * state[YAW_RATE] / state[V_X])
    return np.array(extra), np.array(lateral)


def lateral_limit(c: Car, speed: float) -> float:
    """The highest steady lateral acceleration [m/s2] at a speed."""
    return float(closing_circle(c, speed)[1].max(initial=0.0))


def wild_drive(c: Car, seconds: float = 200.0) -> Floats:
    """States of wild driving, new inputs twice a second."""
    rng = np.random.default_rng(11)
    draws = round(seconds * 2)
    axis = rng.uniform(-1.0, 1.0, draws)
    steer = rng.uniform(-1.0, 1.0, draws) ** 3 * 0.3
    inputs = np.stack([steer, axis.clip(0.0), (-axis).clip(0.0)], axis=1)
    chunks = []
    for i in range(0, draws, 8):  # back on the road every four seconds
        start = rolling(float(rng.uniform(0.2, 0.95)) * c.top_speed)
        held = np.repeat(inputs[i : i + 8], 30, axis=0)
        states = drive(c.name, start, held)[:-1]
        chunks.append(np.concatenate([states, held], axis=1))
    return np.concatenate(chunks)


def axle_shares(c: Car, rows: Floats) -> tuple[Floats, Floats]:
    """Forces over capacity, (2, rows) longitudinal and lateral, for rows of `wild_drive`."""
    model = reference_model(c.p)
    v_x, v_y, yaw_rate, angle, a_x, _, throttle, brake = rows[:, 4:].T
    low = c.p["slip_speed"]
    slow = np.maximum(np.abs(v_x), low)
    front, rear = c.p["cg_to_front"] * yaw_rate, c.p["cg_to_rear"] * yaw_rate
    slips = (
        angle * np.clip(v_x / low, -1.0, 1.0) - np.arctan2(v_y + front, slow),
        -np.arctan2(v_y - rear, slow),
    )
    loads = model.axle_loads(v_x, a_x)
    asked = model.pedal_forces(v_x, throttle, brake)[:2]
    shares = []
    for axle, load, slip, demand in zip(
        (model.front, model.rear), loads, slips, asked, strict=True
    ):
        relative = load / (0.5 * c.p["mass"] * GRAVITY)
        limit = axle.friction * (1.0 - c.p["load_sensitivity"] * (relative - 1.0)) * load
        x, y = model.axle_force(axle, load, slip, demand)
        shares.append((x / limit, y / limit))
    both = np.array(shares)
    return both[:, 0], both[:, 1]


# Integrator --------------------------------------------------------------------------------------


def substep_errors(c: Car, counts: tuple[int, ...]) -> Floats:
    """Position error [m] after one smooth second, per number of steps a tick."""
    speed = 0.5 * c.top_speed
    inputs = np.tile([0.03, 0.3, 0.0], (60, 1))
    start = rolling(speed, 0.03)
    exact = drive(c.name, start, inputs, 128)[-1]
    ends = [drive(c.name, start, inputs, n)[-1] for n in counts]
    return np.array([math.hypot(*(end - exact)[:2]) for end in ends])


def limit_errors(c: Car, drives: int = 64) -> Floats:
    """Position errors [m] against RK45 of the reference after one second at the limit."""
    rng = np.random.default_rng(1)
    speeds = rng.uniform(10.0, 0.95 * c.top_speed, drives)
    limit = 1.2 * (c.wheelbase * 20.0 / speeds**2 + 0.09)
    axis = rng.uniform(-1.0, 1.0, (4, drives))
    steer = rng.uniform(-1.0, 1.0, (4, drives)) * np.minimum(limit, c.p["max_steer"])
    values = np.stack([steer, axis.clip(0.0), (-axis).clip(0.0)], axis=1)
    inputs = np.repeat(values, 15, axis=0)
    zero = np.zeros(drives)
    start = np.stack([zero, zero, zero, speeds, zero, zero, zero])
    exact = reference_model(c.p).drive(start, zero, inputs)[0][-1]
    ends = np.array([drive(c.name, rolling(s), inputs[:, :, i])[-1] for i, s in enumerate(speeds)])
    errors: Floats = np.hypot(ends[:, 0] - exact[0], ends[:, 1] - exact[1])
    return errors


# Stability ---------------------------------------------------------------------------------------


def yaw_eigenvalues(c: Car, speeds: Floats, shares: Floats, brake: float) -> Floats:
    """Largest real part [1/s] of the yaw-sideslip motion about quasi-steady corners.

    Args:
        c: the vehicle.
        speeds: (S,) [m/s].
        shares: (G,) lateral force of the front axle over its largest.
        brake: the pedal, 0 to 1.

    Returns:
        (G, S); infinite where the rear axle cannot balance the front.
    """
    model = reference_model(c.p)
    share, v = (a.ravel() for a in np.meshgrid(shares, speeds, indexing="ij"))
    pedal, zero = np.full_like(v, brake), np.zeros_like(v)
    slips, curves = [], []
    for axle in (model.front, model.rear):
        alpha = np.linspace(0.0, 0.4, 4001)
        f = axle.lateral_share(alpha)
        peak = int(f.argmax())
        slips.append(alpha[: peak + 1])
        curves.append(f[: peak + 1])
    alpha_front = np.interp(share, curves[0], slips[0])
    a_x, steer = zero.copy(), alpha_front.copy()
    for _ in range(12):
        loads = model.axle_loads(v, a_x)
        asked_front, asked_rear, _ = model.pedal_forces(v, zero, pedal)
        x_front, y_front = model.axle_force(model.front, loads[0], alpha_front, asked_front)
        left = y_front * np.cos(steer) + x_front * np.sin(steer)
        needed = left * c.p["cg_to_front"] / c.p["cg_to_rear"]
        # The rear slip angle whose force balances the moment: on the rising branch, if at all.
        grid = np.linspace(0.0, 1.0, 400)[:, None] * slips[1][-1]
        _, y_rear = model.axle_force(model.rear, loads[1], grid, asked_rear)
        reached = y_rear >= needed
        index = reached.argmax(axis=0)
        alpha_rear = np.where(reached.any(axis=0), grid[index, 0], np.nan)
        yaw_rate = (left + needed) / c.p["mass"] / v
        v_y = c.p["cg_to_rear"] * yaw_rate - v * np.tan(alpha_rear)
        steer = alpha_front + np.arctan2(v_y + c.p["cg_to_front"] * yaw_rate, v)
        steer = np.where(np.isfinite(steer), steer, alpha_front)
        state = np.stack([zero, zero, zero, v, np.nan_to_num(v_y), yaw_rate, a_x])
        rates = model.rates(state, steer, zero, pedal)
        a_x = rates[3] - state[4] * yaw_rate
    columns = []
    for row, step in ((4, 1e-5), (5, 1e-5)):
        up, down = state.copy(), state.copy()
        up[row] += step
        down[row] -= step
        change = model.rates(up, steer, zero, pedal) - model.rates(down, steer, zero, pedal)
        columns.append(change[[4, 5]] / (2.0 * step))
    jacobian = np.stack(columns, axis=-1).transpose(1, 0, 2)
    largest = np.linalg.eigvals(jacobian).real.max(axis=1)
    largest = np.where(np.isfinite(alpha_rear), largest, np.inf)
    return np.asarray(largest.reshape(len(shares), len(speeds)), dtype=np.float64)


def braking_step(c: Car, speed: float, steer: float, brake: float) -> float:
    """Largest sideslip [rad] after a step of steering [rad] while braking from a speed [m/s]."""
    inputs = np.tile([steer, 0.0, brake], (120, 1))
    inputs[:6, 0] = 0.0
    states = drive(c.name, rolling(speed), inputs)
    moving = states[states[:, V_X] > 6.0]
    return float(np.abs(np.arctan2(moving[:, V_Y], moving[:, V_X])).max())
