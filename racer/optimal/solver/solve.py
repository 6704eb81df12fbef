"""The minimum-time lap of a circuit, refined until the mesh does not matter.

The flying lap is periodic. The standing lap starts as the engine starts it, at rest on the line:
the first metres, up to a speed at which tyre forces alone move the car, are driven by the engine
itself with full throttle, and the solver takes over from there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from racer.errors import RacerError
from racer.optimal.solver.check import kinks, limits_between
from racer.optimal.solver.collocation import MinimumTime
from racer.optimal.solver.model import EDGES, CarEquations
from racer.optimal.solver.profile import Profile, launch_by_engine, mesh_for, split, walls_matter
from racer.optimal.solver.quasi_steady import quasi_steady_lap
from racer.optimal.solver.replay import replay_windows
from racer.optimal.solver.starts import (
    FROM_COARSE,
    FROM_FINE,
    FROM_SPLIT,
    again_from,
    best_of_starts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from racer import _core
    from racer.optimal.solver.trajectory import Mesh, Solved

    Floats = NDArray[np.float64]

TOLERANCE = 5e-4  # largest change of the time from mesh to mesh
FIRST_STEP = 0.3  # [s], of the coarsest mesh
COARSE, REFINEMENT, LATER_REFINEMENT = 0.2, 0.4, 0.65
MESHES = 5
SURE = 0.08  # [s]; coarser meshes are not believed
HELD = 5e-5  # largest violation of a limit that is left alone
TIGHTENINGS = 8
NEAR, FOCUSES = 0.04, 4  # [m] from the engine's way after half a second; times to refine for it
WORTH = 0.95  # share of that distance, at most, after a refinement that deserves another one
MOST_PIECES = 3  # of an interval, at a time
SAME_SPEED = 0.99  # share of the flying lap's speed from which a lap from rest is like it
FROM_FLYING = ((1e-4, 150), (1e-2, 200), (1e-1, 400))  # barrier and patience of a lap from rest
TIGHT_ROUNDS = ((1e-6, 40), (1e-4, 80), (1e-3, 150))


@dataclass(frozen=True)
class OptimalLap:
    """A minimum-time lap.

    Attributes:
        time_s: the bound [s].
        s: mesh points (N + 1,) [m].
        t: when the car is there (N + 1,) [s]; of a standing start, s[0] is where the solver took
            over from the engine.
        states: at the mesh points (N + 1, 7), see `racer.optimal.solver.model.STATES`.
        controls: there, too (N + 1, 3), see `racer.optimal.solver.model.CONTROLS`; linear between.
        violation: largest violation of an equation (at the collocation points) or limit (there and
            between them; edges and walls in metres).
        meshes: (intervals, time [s]) of every mesh, coarsest first.
        cpu_s: processor time that it took [s].
        solved, focus: what the solver of a lap from rest goes on from; see `_Work`.
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
    solved: Solved | None = field(default=None, compare=False, repr=False)
    focus: tuple[tuple[float, float], ...] = ()


def solve_lap(
    track: _core.circuit.Track,
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
    work = _Work(track, vehicle, standing, guess, options or {}, report)
    step = first_step
    if work.solve_from_flying():
        step *= REFINEMENT * LATER_REFINEMENT
    else:
        step = _by_meshes(work, step, tolerance)
    held, rounds, before = False, 0, np.inf
    while True:
        far = work.look_closer(NEAR) if rounds < FOCUSES else False
        settled = work.moved < tolerance * work.total
        if far and settled and work.off > WORTH * before:
            work.tell("shorter intervals bring it no nearer")
            far, rounds = False, FOCUSES
        before = work.off
        if rounds < FOCUSES and (far or not settled):
            if settled:
                work.solve_closer()
            else:  # a denser stretch can move the time, too
                step *= LATER_REFINEMENT
                work.solve(step)
            held, rounds = False, rounds + 1
        elif held:
            break
        else:
            work.hold_limits()
            held, before = True, np.inf
    return work.lap()


def _by_meshes(work: _Work, step: float, tolerance: float) -> float:
    """Solves on finer and finer meshes until the time settles; the last one's step [s]."""
    for _ in range(MESHES):
        work.solve(step)
        if step <= SURE and work.moved < tolerance * work.total:
            return step
        if step <= COARSE:  # where the engine will ask for it after the next mesh
            work.look_closer(NEAR * (step / SURE) ** 3)
        step *= REFINEMENT if step > COARSE else LATER_REFINEMENT
    before, last = work.meshes[-2][1], work.meshes[-1][1]
    raise RacerError(
        f"{work.name}: after {MESHES} meshes the time still moves from {before:.3f} s to "
        f"{last:.3f} s."
    )


class _Work:
    """A lap on the way to its solution.

    Attributes:
        meshes: (intervals, time [s]) so far.
        focus: stretches (from, to) [m] that need shorter intervals.
        near: the flying lap's solution, for one from rest, or None.
        off: largest distance from the engine's way after half a second, when last looked at [m].
    """

    def __init__(
        self,
        track: _core.circuit.Track,
        vehicle: str,
        standing: bool,
        guess: OptimalLap | None,
        options: dict[str, Any],
        report: Callable[[str], None] | None,
    ) -> None:
        self._began = time.process_time()
        self._track, self._vehicle, self._options, self._report = track, vehicle, options, report
        self._car = CarEquations(vehicle)
        self._car = CarEquations(vehicle, walls=walls_matter(track, self._car))
        self._launch = launch_by_engine(track, vehicle) if standing else None
        self._head = 0.0 if self._launch is None else self._launch.t
        profiles = {}
        for name, grip in (("steady", 1.0), ("cautious", 0.85)):
            estimate = quasi_steady_lap(track, vehicle, grip=grip)
            profiles[name] = Profile.of_quasi_steady(estimate, track.length)
        if guess is not None:
            profiles["lap"] = Profile.of_lap(guess.s, guess.states, guess.controls)
        if self._launch is not None:
            profiles = {k: p.limited(self._launch, self._car) for k, p in profiles.items()}
        self._profiles = profiles
        self._program: MinimumTime | None = None
        self._solved: Solved | None = None
        self._violation = 0.0
        self._pieces = np.ones(0, np.int64)
        self.meshes: list[tuple[int, float]] = []
        self.off = np.inf
        self.near = guess.solved if guess is not None and standing else None
        self.focus: list[tuple[float, float]] = list(guess.focus) if self.near and guess else []

    @property
    def name(self) -> str:
        """Of the track and the vehicle, for messages."""
        return f"{self._track.name}, {self._vehicle}"

    @property
    def total(self) -> float:
        """The time so far, from the line [s]."""
        return self.meshes[-1][1]

    @property
    def moved(self) -> float:
        """By how much the last mesh changed it [s]."""
        return abs(self.total - self.meshes[-2][1]) if len(self.meshes) > 1 else self.total

    def solve(self, step: float) -> None:
        """Solves on a mesh with intervals of about `step` seconds, from what is known."""
        solved = self._solved
        likely = self._profiles.get("lap", self._profiles["steady"])
        if solved is not None:
            likely = Profile.of_solved(solved, self._track.length)
        begin = 0.0 if self._launch is None else self._launch.s
        mesh = mesh_for(
            self._track, likely, step, begin, denser=solved is not None, focus=self.focus
        )
        coarse = len(self.meshes) == 1 and self.near is None
        self._solve_on(mesh, FROM_COARSE if coarse else FROM_FINE)

    def solve_closer(self) -> None:
        """Solves with shorter intervals where the engine was far off, the others as they are."""
        _, solved = self._state()
        mesh = split(self._track, solved.trajectory.mesh, self._pieces)
        self._solve_on(mesh, FROM_SPLIT)

    def solve_from_flying(self) -> bool:
        """Solves a lap from rest on the mesh of the flying one, then twice as fine where they
        differ; False if no flying lap is known or it leads nowhere.
        """  # noqa: D205
        if self.near is None or self._launch is None:
            return False
        path, likely = self.near.trajectory, self._profiles["lap"]
        flying, s = path.states[:, 1, 2], path.mesh.s
        slower = flying / np.interp(s[1:], likely.s, likely.states[:, 2])
        pieces = np.clip(np.ceil(slower - 0.2), 1, MOST_PIECES).astype(np.int64)
        mesh = split(self._track, path.mesh, pieces, self._launch.s)
        program = self._program_on(mesh, self.near)
        slow, guess = likely.on(mesh), path.on(mesh)
        early = slow.states[:, -1, 2] < SAME_SPEED * guess.states[:, -1, 2]
        guess.states[early], guess.controls[early] = slow.states[early], slow.controls[early]
        again = self.near.multipliers.on(path.mesh, mesh)
        try:
            solved = again_from(program, guess, again, self._options, FROM_FLYING)
        except RacerError as problem:
            self.tell(f"not from the flying lap: {problem}")
            return False
        self._keep(program, solved)
        same = SAME_SPEED * np.interp(mesh.s[1:], s[1:], flying)
        alike = solved.trajectory.states[:, 1, 2] >= same
        self._pieces = np.where(np.arange(len(alike)) < np.argmax(alike), 2, 1)
        self.solve_closer()
        return True

    def _program_on(self, mesh: Mesh, known: Solved | None) -> MinimumTime:
        """The program on a mesh, as tight as that of a known solution where intervals are its."""
        launch = self._launch
        if launch is None:
            program = MinimumTime(self._car, mesh)
        else:
            program = MinimumTime(self._car, mesh, launch.state, launch.controls)
        program.tighter[:, EDGES] = kinks(self._track, self._car, mesh)
        if known is not None:
            here, there = known.trajectory.kept(mesh)
            program.tighter[here] = np.maximum(program.tighter[here], known.tighter[there])
        return program

    def _keep(self, program: MinimumTime, solved: Solved) -> None:
        self._program, self._solved = program, solved
        self.meshes.append((program.count, solved.time_s + self._head))
        self.tell(
            f"{program.count} intervals: {self.total:.3f} s after {solved.iterations} iterations"
        )

    def _solve_on(self, mesh: Mesh, rounds: tuple[tuple[float, int], ...]) -> None:
        solved = self._solved
        program = self._program_on(mesh, solved)
        try:
            if solved is None:
                guesses = {name: profile.on(mesh) for name, profile in self._profiles.items()}
                solved = best_of_starts(program, guesses, self._options, self.tell)
            else:
                again = solved.multipliers.on(solved.trajectory.mesh, mesh)
                guess = solved.trajectory.on(mesh)
                solved = again_from(program, guess, again, self._options, rounds)
        except RacerError as problem:
            raise RacerError(f"{self.name}, {program.count} intervals: {problem}") from None
        self._keep(program, solved)

    def look_closer(self, near: float) -> bool:
        """Asks for shorter intervals where the engine is further than `near` [m] off; whether."""
        check = replay_windows(self._track, self.lap(), self._vehicle)
        self.off = float(check.error.max())
        self.tell(f"at most {100.0 * self.off:.1f} cm from the engine after half a second")
        far = check.error > near
        self.focus += list(zip(check.s[far], check.end[far], strict=True))
        # The equations are of third order: so many pieces of an interval make the error so small.
        s = self._state()[1].trajectory.mesh.s
        self._pieces = np.ones(len(s) - 1, np.int64)
        for begin, end, error in zip(check.s[far], check.end[far], check.error[far], strict=True):
            inside = (s[1:] > begin) & (s[:-1] < end)
            wanted = min(int(np.ceil((error / near) ** (1.0 / 3.0))), MOST_PIECES)
            self._pieces[inside] = np.maximum(self._pieces[inside], wanted)
        return bool(far.any())

    def hold_limits(self) -> None:
        """Tightens the limits of the intervals that break one between their collocation points."""
        program, solved = self._state()
        best: tuple[Solved, float] | None = None
        for round_ in range(TIGHTENINGS + 1):
            limits = limits_between(self._track, program.car, solved.trajectory)
            violation = max(solved.violation, float(limits.broken.max()))
            if best is None or violation < best[1]:
                best = solved, violation
            if violation < HELD or round_ == TIGHTENINGS:
                break
            # What is broken at an interval's beginning is for the one before to mend, too.
            beyond = np.maximum(limits.broken, np.roll(limits.early, -1, axis=0))
            wanted = 1.1 * beyond + HELD - limits.known
            tighter = np.maximum(program.tighter, wanted)
            program.tighter = np.where(beyond > 0.2 * HELD, tighter, program.tighter)
            try:
                solved = again_from(
                    program,
                    solved.trajectory,
                    solved.multipliers,
                    self._options,
                    rounds=TIGHT_ROUNDS,
                )
            except RacerError as problem:
                self.tell(f"limits tightened in vain: {problem}")
                break
        if best is not None:
            self._solved, self._violation = best
            time_s = best[0].time_s + self._head
            self.tell(f"limits held to {best[1]:.1e} everywhere: {time_s:.3f} s")

    def lap(self) -> OptimalLap:
        """The lap as it is known by now."""
        _, solved = self._state()
        path = solved.trajectory
        return OptimalLap(
            time_s=solved.time_s + self._head,
            s=path.mesh.s,
            t=np.concatenate([[0.0], np.cumsum(solved.interval_s)]) + self._head,
            states=np.vstack([path.start, path.states[:, 1]]),
            controls=path.all_controls,
            violation=self._violation,
            meshes=tuple(self.meshes),
            cpu_s=time.process_time() - self._began,
            standing=self._launch is not None,
            solved=solved,
            focus=tuple(self.focus),
        )

    def _state(self) -> tuple[MinimumTime, Solved]:
        if self._program is None or self._solved is None:
            raise RacerError("nothing is solved yet.")
        return self._program, self._solved

    def tell(self, text: str) -> None:
        """Reports with the time that it took."""
        if self._report is not None:
            self._report(f"{text}, {time.process_time() - self._began:.1f} s of CPU")
