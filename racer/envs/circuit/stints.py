"""What laps in a row tell: how long each car went without a fault."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from racer.envs.circuit.session import FinishedLap

SHORTEST = 3  # flying laps of a stint that people want to see


@dataclass(frozen=True)
class Stints:
    """The flying laps of each car, and those from rest on the line.

    Attributes:
        stints_finished: cars that ended all their flying laps.
        stints_valid: cars that broke no rule in them either.
        first_failure_lap: the first flying lap, from 1, that some car did not end, or not validly;
            None if there is none.
        standing_starts: cars that began at rest on the line.
        standing_completed, standing_valid: standing laps that ended, and that broke no rule.
        standing_median_lap_s: of the valid ones, or None.
    """

    stints_finished: int
    stints_valid: int
    first_failure_lap: int | None
    standing_starts: int
    standing_completed: int
    standing_valid: int
    standing_median_lap_s: float | None


def stints_of(
    finished: Iterable[FinishedLap], *, starts: int, laps: int, standing_starts: int
) -> Stints:
    """Sums up the laps of `starts` cars, of which each should end `laps` flying ones.

    Args:
        finished: all their laps, those of each car in order.
        starts: number of cars.
        laps: flying laps that each should drive.
        standing_starts: how many cars began at rest on the line.
    """
    flying: dict[int, list[bool]] = {}
    standing = []
    for lap in finished:
        if lap.standing:
            standing.append(lap)
        else:
            flying.setdefault(lap.world, []).append(lap.valid)
    ended = [valid for valid in flying.values() if len(valid) >= laps]
    # A lap that is missing at the end failed, whatever those before it were.
    outcomes = [[*valid, False][:laps] for valid in flying.values()]
    outcomes += [[False]] * (starts - len(flying))
    failures = [outcome.index(False) + 1 for outcome in outcomes if not all(outcome)]
    times = [lap.time_s for lap in standing if lap.valid]
    return Stints(
        stints_finished=len(ended),
        stints_valid=sum(map(all, ended)),
        first_failure_lap=min(failures, default=None),
        standing_starts=standing_starts,
        standing_completed=len(standing),
        standing_valid=len(times),
        standing_median_lap_s=statistics.median(times) if times else None,
    )


def stint_notes(result: Mapping[str, Any]) -> list[str]:
    """What people read of a result as JSON: its stints, if they are long; its standing laps."""
    notes: list[str] = []
    if "stints_finished" not in result:
        return notes  # the report of a run that an earlier version ended
    starts = result["starts"]
    if result["laps"] >= SHORTEST * starts:
        failure = result["first_failure_lap"]
        first = "no failure" if failure is None else f"first failure in lap {failure}"
        notes.append(
            f"stints of {result['laps'] // starts} laps: {result['stints_finished']} of {starts} "
            f"cars finished, {result['stints_valid']} with every lap valid, {first}"
        )
    if (cars := result["standing_starts"]) > 1:
        median = result["standing_median_lap_s"]
        time = "" if median is None else f", median {median:.3f} s"
        notes.append(
            f"standing laps: {result['standing_completed']} of {cars} completed, "
            f"{result['standing_valid']} valid{time}"
        )
    return notes
