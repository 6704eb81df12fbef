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
from racer.optimal.collocation import MinimumTime, Solved, Trajectory
from racer.optimal.model import CarEquations
from racer.optimal.profile import Profile, launch_by_engine, mesh_for
from racer.optimal.quasi_steady import quasi_steady_lap

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOLERANCE = 5e-4  # largest change of the time from mesh to mesh
FIRST_STEP = 0.12  # [s], of the coarsest mesh
REFINEMENT = 0.5
MESHES = 4
ATTEMPTS: tuple[dict[str, Any], ...] = (
    {"max_iter": 250, "mu_strategy": "adaptive"},
    {"max_iter": 300},
    {"max_iter": 800, "mu_init": 1e-2},
)
STARTS = 2  # of them that the coarsest mesh tries in any case


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
    profile = Profile.of_quasi_steady(quasi_steady_lap(track, vehicle), track.length)
    if guess is not None:
        profile = Profile.of_lap(guess.s, guess.states, guess.controls)
    launch = launch_by_engine(track, vehicle) if standing else None
    if launch is not None:
        profile = profile.limited(launch, car)
    meshes: list[tuple[int, float]] = []
    step = first_step
    for round_ in range(MESHES):
        begin = 0.0 if launch is None else launch.s
        mesh = mesh_for(track, profile, step, begin, denser=round_ > 0)
        if launch is None:
            program = MinimumTime(car, mesh)
        else:
            program = MinimumTime(car, mesh, launch.state, launch.controls)
        starts = STARTS if round_ == 0 and guess is None else 1
        try:
            solved = _solve_best(program, profile.on(mesh), starts, round_ > 0, options or {})
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
        profile = Profile.of_solved(solved, periodic=launch is None, length=track.length)
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


def _solve_best(
    program: MinimumTime, guess: Trajectory, starts: int, warm: bool, options: dict[str, Any]
) -> Solved:
    """Solves by `starts` ways with IPOPT's barrier, as each ends in a minimum of its own.

    The other ways are for the case that these do not arrive.
    """
    best: Solved | None = None
    for i, attempt in enumerate(ATTEMPTS):
        if best is not None and i >= starts:
            break
        try:
            solved = program.solve(guess, warm=warm, options={**attempt, **options})
        except RacerError:
            if best is None and i == len(ATTEMPTS) - 1:
                raise
        else:
            best = solved if best is None or solved.time_s < best.time_s else best
    if best is None:
        raise RacerError("the solver was not asked")
    return best
