"""`racer record`: baseline laps, of a person who is guided through it or of any other driver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from racer._core import TICK_SECONDS
from racer._core.circuit import Track
from racer.drivers import BUILT_IN, Driver
from racer.drivers.circuit.make import circuit_policies
from racer.envs.circuit.session import FinishedLap
from racer.laps import SUFFIX
from racer.play.circuit.keeper import LapKeeper
from racer.play.circuit.race import Race

# A driver that is slower than this is not going to finish.
_SLOWEST_LAP: Final = 600.0  # [s]


@dataclass(frozen=True)
class RecordedLap:
    """One row of the lap table: a file and what is in it (times in seconds)."""

    path: Path
    time: float
    sectors: tuple[float, float, float]
    valid: bool
    standing: bool


def is_agent(name: str) -> bool:
    """Whether ``name`` means a driver that Racer can make, rather than a person's name."""
    known = (*BUILT_IN, *circuit_policies())
    return name in known or name.endswith((".onnx", SUFFIX)) or Path(name).is_dir()


def record_agent(
    track: Track,
    driver: Driver,
    keeper: LapKeeper,
    *,
    laps: int,
    vehicle: str = "gt",
    device: str = "agent",
    tell: Callable[[RecordedLap], None] | None = None,
) -> list[RecordedLap]:
    """Lets a driver run until it has driven ``laps`` valid laps, without a picture.

    Args:
        track: the circuit.
        driver: who drives.
        keeper: saves the laps.
        laps: how many valid laps are wanted.
        vehicle: name of the vehicle.
        device: what to write into the files.
        tell: called with each lap as it is saved.

    Returns:
        All finished laps, valid or not, in order; fewer if the driver does not get round.
    """
    race = Race(track, [driver], vehicle)
    race.restart()
    rows: list[RecordedLap] = []
    since, most = 0, round(_SLOWEST_LAP / TICK_SECONDS)
    while sum(row.valid for row in rows) < laps and since < most and len(rows) < 3 * laps + 3:
        since += 1
        for lap in race.tick():
            rows.append(row_of_lap(lap, keeper.keep(lap, driver.name, device).result()))
            since = 0
            if tell is not None:
                tell(rows[-1])
    return rows


def row_of_lap(lap: FinishedLap, path: Path) -> RecordedLap:
    """The row of the lap table for a saved lap."""
    first, second, third = (float(time) for time in lap.event["sectors"])
    return RecordedLap(path, lap.time_s, (first, second, third), lap.valid, lap.standing)


def lap_table(rows: list[RecordedLap]) -> str:
    """The laps for people; the fastest valid one carries a star."""
    best = min((row.time for row in rows if row.valid), default=None)
    lines = [f"{'lap':>3}  {'time':>9}  {'S1':>8}  {'S2':>8}  {'S3':>8}  kind"]
    for number, row in enumerate(rows, 1):
        star = "*" if row.valid and row.time == best else " "
        kind = "standing" if row.standing else "flying"
        note = "" if row.valid else ", does not count"
        sectors = "  ".join(f"{time:8.3f}" for time in row.sectors)
        lines.append(f"{number:>3}  {row.time:8.3f}{star}  {sectors}  {kind}{note}")
    return "\n".join(lines)
