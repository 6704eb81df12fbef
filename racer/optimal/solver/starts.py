"""Ways to a first solution, and how the best parts of several become one.

A minimum-time program has many local minima, which differ in single corners. So the coarsest mesh
is solved from several starts; then every stretch between two places at which two solutions agree
is taken from the faster one, and the solver goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from racer.errors import RacerError
from racer.optimal.solver.collocation import UnsolvedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from racer.optimal.solver.collocation import MinimumTime
    from racer.optimal.solver.trajectory import Multipliers, Solved, Trajectory

    Floats = NDArray[np.float64]

CALM = 0.1  # |v_y| / v_x up to which a car does not slide
SMALL_GAIN = 2e-4  # [s]
NEARLY = 1e-3  # violation from which the next round goes on
AGREEMENT = np.array([0.1, 0.01, 0.2, 0.1, 0.05, 0.01, 2.0])  # of two solutions' states
# How far from the limits to begin from a solution of nearly the same program, and how many
# iterations to wait, in turn: where the solution is of a much coarser mesh, of a coarser one, and
# of one that has most intervals in common.
FROM_COARSE = ((1e-4, 150), (1e-3, 120), (1e-2, 350), (1e-1, 600))
FROM_CALM = ((1e-3, 120), (1e-2, 350), (1e-1, 600))
FROM_FINE = ((1e-4, 100), (1e-3, 120), (1e-2, 350), (1e-1, 600))
FROM_SPLIT = ((1e-6, 60), *FROM_FINE)


@dataclass(frozen=True)
class Way:
    """One way to a solution.

    Attributes:
        guess: name of the guess.
        calm: first without slides.
        smoothness: first with so much more weight on smooth controls.
    """

    guess: str
    calm: bool = False
    smoothness: float = 1.0
    options: dict[str, Any] = field(default_factory=dict)


SECOND_PATIENCE = 80  # iterations of the second start: an easy lap needs no more
# The likely ways, all of which are gone; and those for the case that none of them arrives.
LIKELY = (
    Way("steady", calm=True, options={"max_iter": 250}),
    Way("steady", options={"max_iter": SECOND_PATIENCE}),
)
LIKELY_FROM_LAP = (Way("lap", options={"max_iter": 250, "mu_init": 1e-2}),)
OTHERS = (
    Way("steady", options={"max_iter": 250}),
    Way("steady", smoothness=30.0, calm=True, options={"max_iter": 400}),
    Way("cautious", smoothness=10.0, options={"max_iter": 400}),
    Way("steady", options={"max_iter": 400, "mu_strategy": "adaptive"}),
    Way("cautious", smoothness=100.0, calm=True, options={"max_iter": 1000, "mu_init": 1.0}),
)


def best_of_starts(
    program: MinimumTime,
    guesses: dict[str, Trajectory],
    options: dict[str, Any],
    tell: Callable[[str], None],
) -> Solved:
    """Solves from several starts and joins what they found.

    Args:
        program: of the coarsest mesh.
        guesses: "steady", "cautious" and, if a similar lap is known, "lap".
        options: more options of IPOPT.
        tell: is told about every start.

    Raises:
        RacerError: no way led to a solution.
    """
    found: list[Solved] = []
    problems: list[RacerError] = []
    hard = False  # to solve without slides; freely it is harder
    likely = LIKELY_FROM_LAP if "lap" in guesses else LIKELY
    for i, way in enumerate((*likely, *OTHERS)):
        if found and (i >= len(likely) or hard):
            break
        try:
            solved, iterations = _by(program, guesses[way.guess], way, options)
        except RacerError as problem:
            problems.append(problem)
            tell(f"start {i + 1}: no solution")
        else:
            found.append(solved)
            hard = iterations > SECOND_PATIENCE
            tell(f"start {i + 1}: {solved.time_s:.3f} s")
    if not found:
        raise problems[0]
    found.sort(key=lambda solved: solved.time_s)
    joined, gain = joined_best(found)
    if gain < SMALL_GAIN:
        return found[0]
    try:
        found.append(again_from(program, joined, found[0].multipliers, options))
    except RacerError:
        return found[0]
    return min(found, key=lambda solved: solved.time_s)


def _by(
    program: MinimumTime, guess: Trajectory, way: Way, options: dict[str, Any]
) -> tuple[Solved, int]:
    """Solves one way, easier program first; the solution, and how long the first solve took."""
    calm = CALM * guess.states[:, :, 2] + 0.5 if way.calm else None
    solved = program.solve(
        guess, sideways=calm, smoothness=way.smoothness, options={**way.options, **options}
    )
    first = solved.iterations
    if way.smoothness != 1.0 or way.calm:
        solved = again_from(program, solved.trajectory, solved.multipliers, options, FROM_CALM)
    return solved, first


def again_from(
    program: MinimumTime,
    guess: Trajectory,
    multipliers: Multipliers,
    options: dict[str, Any],
    rounds: tuple[tuple[float, int], ...] = FROM_COARSE,
) -> Solved:
    """Solves from a solution of nearly the same program, with more freedom if that fails.

    Args:
        program: to be solved.
        guess: the solution that is known.
        multipliers: its multipliers.
        options: more options of IPOPT.
        rounds: see `FROM_COARSE`.

    Raises:
        RacerError: none of it helped.
    """
    problem: RacerError | None = None
    for barrier, most in rounds:
        try:
            return program.solve(
                guess,
                multipliers=multipliers,
                options={"mu_init": barrier, "max_iter": most, **options},
            )
        except UnsolvedError as found:  # noqa: PERF203  # each round is seconds of work
            problem = found
            if found.left.violation < NEARLY:  # it only ran out of iterations: none is lost
                guess, multipliers = found.left.trajectory, found.left.multipliers
    raise problem or RacerError("no round was asked for.")


def joined_best(found: list[Solved]) -> tuple[Trajectory, float]:
    """The best stretches of solutions on one mesh, and what they gain on the first one [s]."""
    first = found[0]
    count = len(first.interval_s)
    states, controls = first.trajectory.states.copy(), first.trajectory.controls.copy()
    times = first.interval_s.copy()
    for other in found[1:]:
        theirs = other.trajectory
        apart = np.abs(states[:, 1] - theirs.states[:, 1]) / AGREEMENT
        close = np.flatnonzero(apart.max(axis=1) < 1.0)
        if not len(close):
            continue
        for i, j in zip(close, np.append(close[1:], close[0] + count), strict=True):
            stretch = np.arange(i + 1, j + 1) % count
            if np.sum(times[stretch] - other.interval_s[stretch]) > SMALL_GAIN:
                states[stretch], controls[stretch] = (
                    theirs.states[stretch],
                    theirs.controls[stretch],
                )
                times[stretch] = other.interval_s[stretch]
    path = replace(first.trajectory, states=states, controls=controls)
    return path, float(first.time_s - times.sum())
