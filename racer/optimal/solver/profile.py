"""What a solution starts from: states over the distance, a mesh, the first metres from rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from racer import _core
from racer.drivers.circuit.car_model import GRAVITY
from racer.errors import RacerError
from racer.optimal.solver.trajectory import POINTS, Mesh, Solved, Trajectory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from racer.optimal.solver.model import CarEquations
    from racer.optimal.solver.quasi_steady import QuasiSteadyLap

    Floats = NDArray[np.float64]

LONGEST, LONGEST_SPEED = 6.0, 40.0  # [m], or so many [m/s] times the step if that is more
LONGEST_CALM, LONGEST_CALM_SPEED = 8.0, 100.0  # the same where the car only drives on
# Intervals get shorter with the rates of v_y [m/s2], of the yaw rate [rad/s2] and of a_x [m/s3] and
# with the yaw rate itself [rad/s]: the sum of their shares of these is how lively the car is.
LIVELY_SIDEWAYS, LIVELY_YAW, LIVELY_ALONG, TURNING = 15.0, 5.0, 60.0, 4.0
CALM_DENSITY, PER_LIVELINESS, LIVELY_DENSITY = 0.4, 1.8, 2.5  # calm, slope, at most
FOCUS, FOCUS_MORE, FOCUS_MOST = 3.5, 1.15, 2.0  # and for every further window that asks for it
LAUNCH_TICKS = 300  # at most


@dataclass(frozen=True)
class Launch:
    """Where and how the engine hands over a standing start."""

    s: float
    t: float
    state: Floats
    controls: Floats


def launch_by_engine(track: _core.circuit.Track, vehicle: str) -> Launch:
    """Full throttle from rest on the line, by the engine, until tyre forces alone move the car."""
    p = {row["name"]: float(row["value"]) for row in _core.vehicle_parameters(vehicle)}
    config = _core.circuit.Config()
    config.max_steps = 0
    config.stillness_timeout_ticks = 0
    batch = _core.circuit.Batch([track], 1, vehicle=vehicle, autoreset="disabled", config=config)
    batch.place(0, 0, 0.0)
    telemetry = batch.facts
    go = np.array([[[0.0, 1.0, 0.0]]], np.float32)
    ticks = 0
    while ticks < LAUNCH_TICKS and telemetry["v_x"][0, 0] <= 1.15 * p["blend_high"]:
        batch.step(go)
        ticks += 1
    if ticks == LAUNCH_TICKS:
        raise RacerError(f"{track.name}: {vehicle} does not get away from the line.")
    names = ("v_x", "v_y", "yaw_rate", "steer", "a_x")
    xi = np.arctan2(telemetry["sin_heading"][0, 0], telemetry["cos_heading"][0, 0])
    state = np.array([telemetry["n"][0, 0], xi, *(telemetry[name][0, 0] for name in names)])
    # The solver's car has no clipping: it begins with what the rear tyres take for sure.
    weight = p["mass"] * GRAVITY * p["cg_to_front"] / (p["cg_to_front"] + p["cg_to_rear"])
    grip = 0.8 * p["grip_use"] * p["friction_rear"] * weight
    controls = np.array([0.0, min(p["drive_force"], grip), 0.0])
    return Launch(float(telemetry["s"][0, 0]), ticks * _core.TICK_SECONDS, state, controls)


@dataclass(frozen=True)
class Profile:
    """States and controls over the distance, to be read anywhere.

    Attributes:
        s: (M,) ascending [m]; the first and last mean the same place of a periodic lap.
        states: (M, 7).
        controls: (M, 3).
    """

    s: Floats
    states: Floats
    controls: Floats

    @classmethod
    def of_quasi_steady(cls, lap: QuasiSteadyLap, length: float) -> Profile:
        """From the quasi-steady estimate, lightly smoothed."""
        rate = np.zeros_like(lap.drive)
        controls = np.column_stack([rate, lap.drive, lap.brake])
        states = lap.states.copy()
        kernel = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0  # the solver likes it smooth
        for column in states.T:
            padded = np.concatenate([column[-2:], column, column[:2]])
            column[:] = np.convolve(padded, kernel, "valid")
        closed = [np.vstack([rows, rows[:1]]) for rows in (states, controls)]
        return cls(np.append(lap.s, length), *closed)

    @classmethod
    def of_lap(cls, s: Floats, states: Floats, controls: Floats) -> Profile:
        """From a periodic lap (N + 1 states and controls)."""
        return cls(s, states, controls)

    @classmethod
    def of_solved(cls, solved: Solved, length: float) -> Profile:
        """From a solution on a coarser mesh."""
        path = solved.trajectory
        s = np.concatenate([path.mesh.s[:1], path.mesh.points.ravel()])
        states = np.vstack([path.start, path.states.reshape(-1, path.states.shape[-1])])
        ends = path.all_controls
        at_points = ends[:-1, None] + POINTS[:, None] * np.diff(ends, axis=0)[:, None]
        controls = np.vstack([path.start_controls, at_points.reshape(-1, ends.shape[-1])])
        s[-1] = length
        return cls(s, states, controls)

    def limited(self, launch: Launch, car: CarEquations) -> Profile:
        """The same, no faster than full drive from the launch."""
        p = car.p
        s = np.arange(launch.s, self.s[-1] + 1.0, 1.0)
        v = np.empty(len(s))
        v[0] = launch.state[2]
        for i in range(len(s) - 1):
            push = 0.8 * min(p["drive_force"], p["power"] / v[i]) / p["mass"]
            v[i + 1] = np.sqrt(v[i] ** 2 + 2.0 * push)
        states = self.states.copy()
        fastest = np.interp(self.s, s, v)
        slow = states[:, 2] > fastest
        share = np.where(slow, fastest / states[:, 2], 1.0)
        states[:, 2:5] *= share[:, None]
        controls = self.controls.copy()
        controls[slow, 1] = 0.8 * p["drive_force"]
        controls[slow, 2] = 0.0
        return Profile(self.s, states, controls)

    def on(self, mesh: Mesh) -> Trajectory:
        """The same at the points of a mesh."""
        points = mesh.points
        states = np.stack([np.interp(points, self.s, column) for column in self.states.T], axis=-1)
        ends = np.stack([np.interp(mesh.s, self.s, column) for column in self.controls.T], axis=-1)
        return Trajectory(mesh, states, ends[1:], states[-1, 1], ends[0])


def mesh_for(
    track: _core.circuit.Track,
    profile: Profile,
    step: float,
    first: float,
    *,
    denser: bool = False,
    focus: Sequence[tuple[float, float]] = (),
) -> Mesh:
    """Intervals of about `step` seconds each.

    Args:
        track: the circuit.
        profile: a lap on it.
        step: duration [s].
        first: where the first begins [m].
        denser: shorter ones where the car turns in, longer ones where it does not.
        focus: stretches (from, to) [m] with much shorter ones.
    """
    fine = np.linspace(first, track.length, int((track.length - first) * 2.0))
    n, speed = (np.interp(fine, profile.s, profile.states[:, i]) for i in (0, 2))
    # Outside of a bend a metre of centre line is a long way.
    speed = np.maximum(speed / np.maximum(1.0 - n * road_at(track, fine)[:, 0], 1.0), 3.0)
    plain = 1.0 / np.minimum(speed * step, max(LONGEST, LONGEST_SPEED * step))
    density = plain.copy()
    if denser:
        rates = ((3, LIVELY_SIDEWAYS), (4, LIVELY_YAW), (6, LIVELY_ALONG))
        columns = ((np.interp(fine, profile.s, profile.states[:, i]), most) for i, most in rates)
        lively = speed * sum(np.abs(np.gradient(column, fine)) / most for column, most in columns)
        lively += np.abs(np.interp(fine, profile.s, profile.states[:, 4])) / TURNING
        kernel = np.hanning(23)[1:-1]
        lively = np.convolve(lively, kernel / kernel.sum(), "same")
        density *= np.minimum(CALM_DENSITY + PER_LIVELINESS * lively, LIVELY_DENSITY)
        density = np.maximum(density, 1.0 / max(LONGEST_CALM, LONGEST_CALM_SPEED * step))
    asked = np.zeros(len(fine))
    for begin, end in focus:
        inside = (fine >= begin) & (fine <= end) if begin < end else (fine >= begin) | (fine <= end)
        asked += inside
    much = np.where(asked > 0, FOCUS * np.minimum(FOCUS_MORE ** (asked - 1.0), FOCUS_MOST), 0.0)
    density = np.maximum(density, much * plain)
    passed = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(fine))])
    count = int(np.ceil(passed[-1]))
    s = np.interp(np.linspace(0.0, passed[-1], count + 1), passed, fine)
    points = s[:-1, None] + np.diff(s)[:, None] * POINTS
    return Mesh(s, road_at(track, points))


def split(
    track: _core.circuit.Track, mesh: Mesh, pieces: NDArray[np.int64], first: float = 0.0
) -> Mesh:
    """A mesh with some intervals in several pieces (N,), and all others as they are.

    Args:
        track: the circuit.
        mesh: the intervals.
        pieces: of each interval, at least 1.
        first: where the mesh begins [m]; what was before is left out.
    """
    wide = np.diff(mesh.s)
    parts = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    s = np.repeat(mesh.s[:-1], pieces) + parts * np.repeat(wide / pieces, pieces)
    s = np.append(s, mesh.s[-1])
    if first > 0.0:
        s = np.concatenate([[first], s[s > first + 0.5 * np.interp(first, mesh.s[:-1], wide)]])
    return Mesh(s, road_at(track, s[:-1, None] + np.diff(s)[:, None] * POINTS))


def road_at(track: _core.circuit.Track, s: Floats) -> Floats:
    """The road (..., 7) at places s [m], between stations as the engine has it."""
    at = track.stations
    index, share = np.divmod(s / track.spacing, 1.0)
    here = index.astype(np.int64) % track.station_count
    after = (here + 1) % track.station_count

    def between(name: str) -> Floats:
        return np.asarray(at[name][here] + share * (at[name][after] - at[name][here]))

    def slope(name: str) -> Floats:
        return np.asarray((at[name][after] - at[name][here]) / track.spacing)

    widths = ("width_left", "width_right")
    columns = [between("curvature"), *map(between, widths), *map(slope, widths)]
    columns += [between("wall_left"), between("wall_right")]
    return np.stack(columns, axis=-1)


def walls_matter(track: _core.circuit.Track, car: CarEquations) -> bool:
    """Whether the body could hit a wall while all wheels are on the road."""
    p, at = car.p, track.stations
    overhang = p["half_length"] - min(p["cg_to_front"], p["cg_to_rear"])
    room = min(np.min(at[f"wall_{side}"] - at[f"width_{side}"]) for side in ("left", "right"))
    return bool(room < overhang)
