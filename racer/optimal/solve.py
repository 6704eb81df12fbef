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

from racer.errors import RacerError
from racer.optimal.check import kinks, limits_between
from racer.optimal.collocation import MinimumTime
from racer.optimal.model import EDGES, CarEquations
from racer.optimal.profile import Profile, launch_by_engine, mesh_for, walls_matter
from racer.optimal.quasi_steady import quasi_steady_lap
from racer.optimal.starts import again_from, best_of_starts

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from racer import _core
    from racer.optimal.profile import Launch
    from racer.optimal.trajectory import Mesh, Solved

    Floats = NDArray[np.float64]

TOLERANCE = 5e-4  # largest change of the time from mesh to mesh
FIRST_STEP = 0.3  # [s], of the coarsest mesh
REFINEMENT, LATER_REFINEMENT = 0.45, 0.7
MESHES = 5
SURE = 0.07  # [s]; coarser meshes are not believed
HELD = 5e-5  # largest violation of a limit that is left alone
TIGHTENINGS = 4
TIGHT_BARRIERS = (1e-6, 1e-4, 1e-3)


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
        violation: largest violation of an equation (at the collocation points) or limit (there and
            between them; edges and walls in metres).
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
    car = CarEquations(vehicle, walls=walls_matter(track, car))
    launch = launch_by_engine(track, vehicle) if standing else None
    profiles = {}
    for name, grip in (("steady", 1.0), ("cautious", 0.85)):
        estimate = quasi_steady_lap(track, vehicle, grip=grip)
        profiles[name] = Profile.of_quasi_steady(estimate, track.length)
    if guess is not None:
        profiles["lap"] = Profile.of_lap(guess.s, guess.states, guess.controls)
    if launch is not None:
        profiles = {name: profile.limited(launch, car) for name, profile in profiles.items()}
    head = 0.0 if launch is None else launch.t
    meshes: list[tuple[int, float]] = []
    solved: Solved | None = None

    def tell(text: str) -> None:
        if report is not None:
            report(f"{text}, {time.process_time() - began:.1f} s of CPU")

    step = first_step
    for _ in range(MESHES):
        known = None if solved is None else Profile.of_solved(solved, launch is None, track.length)
        begin = 0.0 if launch is None else launch.s
        likely = known or profiles["steady" if guess is None else "lap"]
        mesh = mesh_for(track, likely, step, begin, denser=known is not None)
        program = _program(car, mesh, launch)
        program.tighter[:, EDGES] = kinks(track, car, mesh)
        try:
            if solved is None or known is None:
                guesses = {name: profile.on(mesh) for name, profile in profiles.items()}
                solved = best_of_starts(program, guesses, options or {}, tell)
            else:
                again = solved.multipliers.on(solved.trajectory.mesh, mesh)
                solved = again_from(program, known.on(mesh), again, options or {})
        except RacerError as problem:
            raise RacerError(
                f"{track.name}, {vehicle}, {len(mesh.s) - 1} intervals: {problem}"
            ) from None
        meshes.append((program.count, solved.time_s + head))
        tell(
            f"{program.count} intervals: {meshes[-1][1]:.3f} s after {solved.iterations} iterations"
        )
        if (
            len(meshes) > 1
            and step <= SURE
            and abs(meshes[-1][1] - meshes[-2][1]) < tolerance * meshes[-1][1]
        ):
            break
        step *= REFINEMENT if step > SURE else LATER_REFINEMENT
    else:
        raise RacerError(
            f"{track.name}, {vehicle}: after {MESHES} meshes the time still moves from "
            f"{meshes[-2][1]:.3f} s to {meshes[-1][1]:.3f} s."
        )
    solved, violation = _held(track, program, solved, options or {})
    tell(f"limits held to {violation:.1e} everywhere: {solved.time_s + head:.3f} s")
    path = solved.trajectory
    total = solved.time_s + head
    return OptimalLap(
        time_s=total,
        s=mesh.s,
        t=np.concatenate([[0.0], np.cumsum(solved.interval_s)]) + head,
        states=np.vstack([path.start, path.states[:, 1]]),
        controls=path.controls,
        violation=violation,
        meshes=tuple(meshes),
        cpu_s=time.process_time() - began,
        standing=standing,
    )


def _program(car: CarEquations, mesh: Mesh, launch: Launch | None) -> MinimumTime:
    if launch is None:
        return MinimumTime(car, mesh)
    return MinimumTime(car, mesh, launch.state, launch.controls)


def _held(
    track: _core.Track, program: MinimumTime, solved: Solved, options: dict[str, Any]
) -> tuple[Solved, float]:
    """Tightens the limits of the intervals that break one between their collocation points."""
    best: tuple[Solved, float] | None = None
    for round_ in range(TIGHTENINGS + 1):
        beyond, early = limits_between(track, program.car, solved.trajectory)
        violation = max(solved.violation, float(beyond.max()))
        if best is None or violation < best[1]:
            best = solved, violation
        if violation < HELD or round_ == TIGHTENINGS:
            break
        # What is broken at an interval's beginning is for the one before to mend, too.
        beyond = np.maximum(beyond, np.roll(early, -1, axis=0))
        program.tighter += np.where(beyond > 0.2 * HELD, 1.1 * beyond + HELD, 0.0)
        try:
            solved = again_from(
                program, solved.trajectory, solved.multipliers, options, barriers=TIGHT_BARRIERS
            )
        except RacerError:
            break
    return best
