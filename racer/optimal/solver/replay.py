"""Open-loop check of a solved lap: short stretches through the engine, from its own states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from racer import _core
from racer.optimal.solver.model import STATES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from racer.optimal.solver.solve import OptimalLap

    Floats = NDArray[np.float64]

WINDOW = 0.5  # [s]


@dataclass(frozen=True)
class ReplayCheck:
    """How far the engine is from the solution at the end of each window.

    Attributes:
        s, end: where the windows begin and end (W,) [m].
        error: distance at their end (W,) [m].
        speed_error: difference of v_x at their end (W,) [m/s].
        wheels_off: most wheels off the tarmac at once during a window (W,).
    """

    s: Floats
    end: Floats
    error: Floats
    speed_error: Floats
    wheels_off: Floats


def replay_windows(
    track: _core.circuit.Track, lap: OptimalLap, vehicle: str = "gt", *, spacing: float = 0.25
) -> ReplayCheck:
    """Drives windows of half a second from states of the lap with the lap's own inputs.

    Args:
        track: the circuit.
        lap: a lap solved on it.
        vehicle: its vehicle.
        spacing: about, between the windows' beginnings [s].
    """
    ticks = round(WINDOW / _core.TICK_SECONDS)
    end = lap.t[-1] - WINDOW
    wanted = np.arange(lap.t[0], end, spacing)
    begins = lap.t[np.unique(np.searchsorted(lap.t, wanted))]  # at mesh points: nothing between
    batch = _placed(track, lap, vehicle, begins)
    telemetry = batch.facts
    off = np.zeros(len(begins))
    p = _parameters(vehicle)
    steering = _Steering(lap, p, begins)
    for tick in range(ticks):
        now = begins + tick * _core.TICK_SECONDS
        pedals = pedals_at(lap, vehicle, now)
        pedals[:, 0] = np.clip(steering.target(now) / p["max_steer"], -1.0, 1.0)
        batch.step(pedals[:, None])
        off = np.maximum(off, telemetry["wheels_off"][:, 0])
    x, y, _ = _poses(track, lap, begins + WINDOW)
    states = states_at(lap, begins + WINDOW)
    error = np.hypot(telemetry["x"][:, 0] - x, telemetry["y"][:, 0] - y)
    return ReplayCheck(
        s=np.interp(begins, lap.t, lap.s),
        end=np.interp(begins + WINDOW, lap.t, lap.s),
        error=error,
        speed_error=telemetry["v_x"][:, 0] - states[:, 2],
        wheels_off=off,
    )


def states_at(lap: OptimalLap, t: Floats) -> Floats:
    """States (..., 7) at times t [s], cubic between the mesh points."""
    return _cubic(lap.t, lap.states, t)


def pedals_at(lap: OptimalLap, vehicle: str, t: Floats) -> NDArray[np.float32]:
    """Inputs (..., 3) of the tick that begins at t [s]: steer, throttle, brake.

    The steering aims at the angle at the tick's end; the pedals are the means over the tick.
    """
    p = _parameters(vehicle)
    after = t + _core.TICK_SECONDS
    steer = np.interp(after, lap.t, lap.states[:, STATES.index("steer")]) / p["max_steer"]
    speed = np.interp(0.5 * (t + after), lap.t, lap.states[:, STATES.index("v_x")])
    shares = (np.arange(8) + 0.5) / 8.0
    within = np.asarray(t)[..., None] + _core.TICK_SECONDS * shares
    means = [np.interp(within, lap.t, column).mean(axis=-1) for column in lap.controls.T[1:]]
    available = p["power"] / np.maximum(speed, p["power"] / p["drive_force"])
    throttle = np.clip(means[0] / available, 0.0, 1.0)
    brake = np.clip(means[1] / p["brake_force"], 0.0, 1.0)
    return np.stack([np.clip(steer, -1.0, 1.0), throttle, brake], axis=-1).astype(np.float32)


class _Steering:
    """Steering targets of windows that follow a lap's road-wheel angle tick by tick.

    The engine's steering moves to its target at its largest rate and waits there, so it runs ahead
    of an angle that moves more slowly. The targets keep the sum of what it is ahead small, and
    then the angle at the tick's end right.
    """

    def __init__(self, lap: OptimalLap, p: dict[str, float], t: Floats) -> None:
        self._lap, self._p = lap, p
        self.angle = states_at(lap, t)[:, STATES.index("steer")]  # [rad]
        self._ahead = np.zeros(len(t))  # mean angle ahead of the lap's, summed over the ticks

    def target(self, t: Floats) -> Floats:
        """Targets [rad] for the tick that begins at t; the steering is there at its end."""
        reach = self._p["steer_rate"] * _core.TICK_SECONDS
        column = self._lap.states[:, STATES.index("steer")]
        share = np.array([0.125, 0.375, 0.625, 0.875, 1.0])
        wanted = np.interp(t[:, None] + _core.TICK_SECONDS * share, self._lap.t, column)
        way = reach * np.linspace(-1.0, 1.0, 81)
        # (targets, moments) of the angle within the tick
        path = np.copysign(np.minimum(np.abs(way)[:, None], reach * share), way[:, None])
        error = self.angle[:, None, None] + path - wanted[:, None]
        ahead = self._ahead[:, None] + error[..., :-1].mean(axis=-1)
        best = np.argmin(ahead**2 + 0.3 * error[..., -1] ** 2, axis=1)
        self._ahead = np.take_along_axis(ahead, best[:, None], axis=1)[:, 0]
        self.angle = np.asarray(self.angle + way[best], np.float64)
        return self.angle


def _parameters(vehicle: str) -> dict[str, float]:
    return {row["name"]: float(row["value"]) for row in _core.vehicle_parameters(vehicle)}


def _cubic(at: Floats, values: Floats, t: Floats) -> Floats:
    """Hermite interpolation with slopes from the neighbours."""
    slopes = np.gradient(values, at, axis=0)
    i = np.clip(np.searchsorted(at, t, "right") - 1, 0, len(at) - 2)
    h = (at[i + 1] - at[i])[..., None]
    u = (t - at[i])[..., None] / h
    a, b = values[i], values[i + 1]
    result: Floats = (
        a * (1.0 + 2.0 * u) * (1.0 - u) ** 2
        + b * u**2 * (3.0 - 2.0 * u)
        + h * u * (1.0 - u) * (slopes[i] * (1.0 - u) - slopes[i + 1] * u)
    )
    return result


def _poses(track: _core.circuit.Track, lap: OptimalLap, t: Floats) -> tuple[Floats, Floats, Floats]:
    """Positions [m] and yaw angles [rad] at times t [s]."""
    s = _cubic(lap.t, lap.s[:, None], t)[..., 0]
    states = states_at(lap, t)
    at = track.stations
    index, share = np.divmod(s / track.spacing, 1.0)
    here = index.astype(np.int64) % track.station_count
    after = (here + 1) % track.station_count

    def between(name: str) -> Floats:
        return np.asarray(at[name][here] + share * (at[name][after] - at[name][here]))

    angle = np.arctan2(between("tangent_y"), between("tangent_x"))
    x = between("x") - states[..., 0] * np.sin(angle)
    y = between("y") + states[..., 0] * np.cos(angle)
    return x, y, angle + states[..., 1]


def _placed(
    track: _core.circuit.Track, lap: OptimalLap, vehicle: str, t: Floats
) -> _core.circuit.Batch:
    """A batch with one world per time, each car in the lap's state there."""
    config = _core.circuit.Config()
    config.max_steps = 0
    config.stillness_timeout_ticks = 0
    batch = _core.circuit.Batch(
        [track], len(t), vehicle=vehicle, autoreset="disabled", config=config
    )
    s = np.interp(t, lap.t, lap.s)
    states = states_at(lap, t)
    for world in range(len(t)):
        n, xi, v_x = states[world, :3]
        batch.place(world, 0, float(s[world]), float(n), float(xi), float(v_x))
    records = batch.snapshot()
    x, y, yaw = _poses(track, lap, t)
    records["x"][:, 0], records["y"][:, 0] = x, y
    records["cos_yaw"][:, 0], records["sin_yaw"][:, 0] = np.cos(yaw), np.sin(yaw)
    for column, name in enumerate(STATES[2:], start=2):
        records[name][:, 0] = states[:, column]
    batch.restore(records)
    return batch
