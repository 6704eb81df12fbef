"""The minimum-time lap of a circuit, refined until the mesh does not matter.

The flying lap is periodic. The standing lap starts as the engine starts it, at rest on the line:
the first metres, up to a speed at which tyre forces alone move the car, are driven by the engine
itself with full throttle, and the solver takes over from there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from racer import _core
from racer.errors import RacerError
from racer.optimal.collocation import POINTS, Mesh, MinimumTime, Solved, Trajectory
from racer.optimal.model import CarEquations
from racer.optimal.quasi_steady import QuasiSteadyLap, quasi_steady_lap

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOLERANCE = 5e-4  # largest change of the time from mesh to mesh
FIRST_STEP = 0.12  # [s], of the coarsest mesh
REFINEMENT = 0.5
MESHES = 4
LONGEST = 6.0  # [m]
LIVELY_SIDEWAYS = 15.0  # [m/s2], rates of v_y and
LIVELY_YAW = 5.0  # [rad/s2] of the yaw rate at which intervals are half as long
ATTEMPTS: tuple[dict[str, Any], ...] = (
    {"max_iter": 250, "mu_strategy": "adaptive"},
    {"max_iter": 300},
    {"max_iter": 800, "mu_init": 1e-2},
)
LAUNCH_TICKS = 300  # at most


@dataclass(frozen=True)
class OptimalLap:
    """A minimum-time lap.

    Attributes:
        time_s: the bound [s].
        s: mesh points (N + 1,) [m].
        t: when the car is there (N + 1,) [s]; of a standing start, s[0] is where the solver took
            over from the engine.
        states: at the mesh points (N + 1, 7), see `racer.optimal.model.STATES`.
        controls: of the intervals (N, 3), see `racer.optimal.model.CONTROLS`.
        violation: largest violation of an equation or limit (edges in metres).
        meshes: (intervals, time [s]) of every mesh, coarsest first.
        cpu_s: processor time that it took [s].
    """

    time_s: float
    s: Floats
    t: Floats
    states: Floats
    controls: Floats
    violation: float
    meshes: tuple[tuple[int, float], ...]
    cpu_s: float
    standing: bool


def solve_lap(
    track: _core.Track,
    vehicle: str = "gt",
    *,
    standing: bool = False,
    tolerance: float = TOLERANCE,
    first_step: float = FIRST_STEP,
    guess: OptimalLap | None = None,
    report: Callable[[str], None] | None = None,
    options: dict[str, Any] | None = None,
) -> OptimalLap:
    """Solves for the flying or the standing lap.

    Args:
        track: the circuit.
        vehicle: name of the vehicle.
        standing: from rest on the line.
        tolerance: relative change of the time between two meshes at which to stop.
        first_step: duration of the coarsest mesh's intervals [s].
        guess: a solved flying lap, from which a standing one starts more quickly.
        report: is told about every mesh.
        options: more options of IPOPT.

    Raises:
        RacerError: the solver found no lap, or the time did not settle.
    """
    began = time.process_time()
    car = CarEquations(vehicle)
    profile = _Profile.of_quasi_steady(quasi_steady_lap(track, vehicle), track.length)
    if guess is not None:
        profile = _Profile.of_lap(guess)
    launch = _launch(track, vehicle) if standing else None
    if launch is not None:
        profile = profile.limited(launch, car)
    meshes: list[tuple[int, float]] = []
    step = first_step
    for round_ in range(MESHES):
        begin = 0.0 if launch is None else launch.s
        mesh = _mesh(track, profile, step, begin, denser=round_ > 0)
        if launch is None:
            program = MinimumTime(car, mesh)
        else:
            program = MinimumTime(car, mesh, launch.state, launch.controls)
        try:
            solved = _solve_somehow(program, profile.on(mesh), round_ > 0, options or {})
        except RacerError as problem:
            raise RacerError(
                f"{track.name}, {vehicle}, {len(mesh.s) - 1} intervals: {problem}"
            ) from None
        total = solved.time_s + (0.0 if launch is None else launch.t)
        meshes.append((len(mesh.s) - 1, total))
        if report is not None:
            report(
                f"{meshes[-1][0]} intervals: {total:.3f} s after {solved.iterations} iterations, "
                f"violation {solved.violation:.1e}, {time.process_time() - began:.1f} s of CPU"
            )
        if len(meshes) > 1 and abs(total - meshes[-2][1]) < tolerance * total:
            break
        profile = _Profile.of_solved(solved, periodic=launch is None, length=track.length)
        step *= REFINEMENT
    else:
        raise RacerError(
            f"{track.name}, {vehicle}: after {MESHES} meshes the time still moves from "
            f"{meshes[-2][1]:.3f} s to {total:.3f} s."
        )
    path = solved.trajectory
    return OptimalLap(
        time_s=total,
        s=mesh.s,
        t=np.concatenate([[0.0], np.cumsum(solved.interval_s)]) + total - solved.time_s,
        states=np.vstack([path.start, path.states[:, 1]]),
        controls=path.controls,
        violation=solved.violation,
        meshes=tuple(meshes),
        cpu_s=time.process_time() - began,
        standing=standing,
    )


def _solve_somehow(
    program: MinimumTime, guess: Trajectory, warm: bool, options: dict[str, Any]
) -> Solved:
    """Solves; where IPOPT's one way with its barrier does not arrive, tries the others."""
    for attempt in ATTEMPTS[:-1]:
        try:
            return program.solve(guess, warm=warm, options={**attempt, **options})
        except RacerError:  # noqa: PERF203 (there are three)
            continue
    return program.solve(guess, warm=warm, options={**ATTEMPTS[-1], **options})


@dataclass(frozen=True)
class _Launch:
    """Where and how the engine hands over a standing start."""

    s: float
    t: float
    state: Floats
    controls: Floats


def _launch(track: _core.Track, vehicle: str) -> _Launch:
    """Full throttle from rest on the line, by the engine, until tyre forces alone move the car."""
    p = {row["name"]: float(row["value"]) for row in _core.vehicle_parameters(vehicle)}
    config = _core.BatchConfig()
    config.max_steps = 0
    config.stillness_timeout_ticks = 0
    batch = _core.Batch([track], 1, vehicle=vehicle, autoreset="disabled", config=config)
    batch.place(0, 0, 0.0)
    facts = batch.facts
    go = np.array([[[0.0, 1.0, 0.0]]], np.float32)
    ticks = 0
    while ticks < LAUNCH_TICKS and facts["v_x"][0, 0] <= 1.15 * p["blend_high"]:
        batch.step(go)
        ticks += 1
    if ticks == LAUNCH_TICKS:
        raise RacerError(f"{track.name}: {vehicle} does not get away from the line.")
    names = ("v_x", "v_y", "yaw_rate", "steer", "a_x")
    xi = np.arctan2(facts["sin_heading"][0, 0], facts["cos_heading"][0, 0])
    state = np.array([facts["n"][0, 0], xi, *(facts[name][0, 0] for name in names)])
    controls = np.array([0.0, p["drive_force"], 0.0])
    return _Launch(float(facts["s"][0, 0]), ticks * _core.TICK_SECONDS, state, controls)


@dataclass(frozen=True)
class _Profile:
    """States and controls over the distance, to be read anywhere.

    Attributes:
        s: (M,) ascending [m]; the first and last mean the same place of a periodic lap.
        states: (M, 7).
        controls: (M, 3), constant up to the next s.
    """

    s: Floats
    states: Floats
    controls: Floats

    @classmethod
    def of_quasi_steady(cls, lap: QuasiSteadyLap, length: float) -> _Profile:
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
    def of_lap(cls, lap: OptimalLap) -> _Profile:
        return cls(lap.s, lap.states, np.vstack([lap.controls, lap.controls[:1]]))

    @classmethod
    def of_solved(cls, solved: Solved, *, periodic: bool, length: float) -> _Profile:
        path = solved.trajectory
        s = np.concatenate([path.mesh.s[:1], path.mesh.points.ravel()])
        states = np.vstack([path.start, path.states.reshape(-1, path.states.shape[-1])])
        after = path.controls[:1] if periodic else path.controls[-1:]
        # The value at a point is that of the interval after it.
        controls = np.vstack([np.repeat(path.controls, 2, axis=0), after])
        s[-1] = length
        return cls(s, states, controls)

    def limited(self, launch: _Launch, car: CarEquations) -> _Profile:
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
        return _Profile(self.s, states, controls)

    def on(self, mesh: Mesh) -> Trajectory:
        points = mesh.points
        states = np.stack([np.interp(points, self.s, column) for column in self.states.T], axis=-1)
        middle = 0.5 * (mesh.s[1:] + mesh.s[:-1])
        at = np.clip(np.searchsorted(self.s, middle, "right") - 1, 0, len(self.s) - 1)
        return Trajectory(mesh, states, self.controls[at], states[-1, 1])


def _mesh(
    track: _core.Track, profile: _Profile, step: float, first: float, *, denser: bool = False
) -> Mesh:
    """Intervals of about `step` seconds each; if wanted, shorter ones where the car turns in."""
    fine = np.linspace(first, track.length, int((track.length - first) * 2.0))
    speed = np.maximum(np.interp(fine, profile.s, profile.states[:, 2]), 3.0)
    density = 1.0 / np.minimum(speed * step, LONGEST)
    if denser:
        sideways, yaw_rate = (np.interp(fine, profile.s, profile.states[:, i]) for i in (3, 4))
        activity = speed * (
            np.abs(np.gradient(sideways, fine)) / LIVELY_SIDEWAYS
            + np.abs(np.gradient(yaw_rate, fine)) / LIVELY_YAW
        )
        kernel = np.hanning(23)[1:-1]
        activity = np.convolve(activity, kernel / kernel.sum(), "same")
        density *= 1.0 + np.minimum(activity, 1.5)
    passed = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(fine))])
    count = int(np.ceil(passed[-1]))
    s = np.interp(np.linspace(0.0, passed[-1], count + 1), passed, fine)
    points = s[:-1, None] + np.diff(s)[:, None] * POINTS
    return Mesh(s, _road(track, points))


def _road(track: _core.Track, s: Floats) -> Floats:
    """The road (..., 5) at places s [m], between stations as the engine has it."""
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
    return np.stack(columns, axis=-1)
