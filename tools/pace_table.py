"""How fast the scripted drivers are on every track, beside the minimum time.

`python -m racer.tools.pace_table` drives the catalogue; `--tracks DIR` adds a folder of circuits.
Every driver starts once from rest and otherwise rolling from places around the lap, and completes
flying laps from each; the table gives the median of the valid ones, its gap to the bound, and how
many laps were clean, those from rest included. Where no bound is known for a track, the
quasi-steady estimate divided by 1.06 stands in and the row is marked: in the catalogue that
estimate is 5 to 12 % above the bound. The exit code is 1 if a lap was not clean, a gap is outside
its bar or a file holds no circuit.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from racer import _core
from racer.drivers import make_driver
from racer.envs.circuit.episodes import evaluate_driver
from racer.errors import TrackError
from racer.optimal.reference import reference_lap
from racer.optimal.solver.quasi_steady import quasi_steady_lap
from racer.tracks import list_tracks, load_track

BARS = {"good": (0.0, 0.12), "casual": (0.20, 0.40), "keyboard": (0.20, 0.40)}
ESTIMATE_OVER_BOUND = 1.06


@dataclass(frozen=True)
class Pace:
    """One driver on one track.

    Attributes:
        track, driver: their names.
        bound_s: the minimum time [s], or its stand-in.
        bound_known: whether it is the minimum time.
        lap_s, slowest_s: median and slowest valid flying lap [s], None without one.
        clean, laps: valid laps, of so many asked for; from rest and flying.
    """

    track: str
    driver: str
    bound_s: float
    bound_known: bool
    lap_s: float | None
    slowest_s: float | None
    clean: int
    laps: int

    @property
    def gap(self) -> float | None:
        """The median lap over the bound, less 1."""
        return None if self.lap_s is None else self.lap_s / self.bound_s - 1.0

    @property
    def holds(self) -> bool:
        """Whether all laps were clean and the gap is within the driver's bar."""
        low, high = BARS[self.driver]
        return self.clean == self.laps and self.gap is not None and low <= self.gap <= high


def bound(track: _core.circuit.Track, vehicle: str) -> tuple[float, bool]:
    """The minimum flying lap [s], or what stands in for it, and whether it is known."""
    known = reference_lap(track, vehicle)
    if known is not None:
        return known.flying_lap_s, True
    return quasi_steady_lap(track, vehicle).time_s / ESTIMATE_OVER_BOUND, False


def pace(
    name: str, track: _core.circuit.Track, vehicle: str = "gt", *, starts: int = 6, laps: int = 2
) -> Pace:
    """Lets one driver lap one track."""
    bound_s, known = bound(track, vehicle)
    driver = make_driver(name, track, vehicle)
    result = evaluate_driver(driver, track, starts=starts, laps=laps, vehicle=vehicle, rolling=True)
    times = [lap.time_s for lap in result.finished if lap.valid and not lap.standing]
    return Pace(
        track=track.name,
        driver=name,
        bound_s=bound_s,
        bound_known=known,
        lap_s=result.median_lap_s,
        slowest_s=max(times, default=None),
        clean=sum(lap.valid for lap in result.finished),
        laps=result.laps + 1,
    )


def row(paces: list[Pace]) -> str:
    """One line of the table: a track, all drivers."""
    first = paces[0]
    cells = [f"{first.track:<14}", f"{first.bound_s:8.2f}{' ' if first.bound_known else '~'}"]
    for p in paces:
        lap = "       -       -" if p.gap is None else f"{p.lap_s:8.2f} {p.gap:+6.1%}"
        cells.append(f"{lap} {p.clean:2d}/{p.laps}{' ' if p.holds else '!'}")
    return "  ".join(cells)


def main(argv: list[str] | None = None) -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=Path, help="a folder of track files to add")
    parser.add_argument("--only", default="", help="tracks whose name contains this")
    parser.add_argument("--vehicle", default="gt", choices=_core.vehicles())
    parser.add_argument("--starts", type=int, default=6)
    parser.add_argument("--laps", type=int, default=2, help="flying laps from each start")
    parser.add_argument("--json", action="store_true", help="one JSON object a driver and track")
    args = parser.parse_args(argv)
    names = [*list_tracks()]
    if args.tracks is not None:
        names += [str(path) for path in sorted(args.tracks.glob("*.csv"))]
    names = [name for name in names if args.only.lower() in Path(name).stem.lower()]
    if not names:
        print("There is no such track.", file=sys.stderr)
        return 2
    if not args.json:
        head = "".join(f"  {name:>8} lap    gap  clean" for name in BARS)
        print(f"{'track':<14}  bound, s {head}", flush=True)
    failed = estimated = refused = 0
    for name in names:
        try:
            track = load_track(name)
        except TrackError as problem:
            print(problem, file=sys.stderr)
            refused += 1
            continue
        paces = [
            pace(driver, track, args.vehicle, starts=args.starts, laps=args.laps) for driver in BARS
        ]
        failed += sum(not p.holds for p in paces)
        estimated += not paces[0].bound_known
        for p in paces if args.json else ():
            print(json.dumps({**asdict(p), "gap": p.gap, "holds": p.holds}), flush=True)
        if not args.json:
            print(row(paces), flush=True)
    if not args.json:
        if estimated:
            print(f"~ no bound known: quasi-steady estimate / {ESTIMATE_OVER_BOUND}")
        if refused:
            print(f"! files that hold no circuit: {refused}")
        print("every bar holds" if failed == 0 else f"! {failed} outside their bars")
    return 1 if failed or refused else 0


if __name__ == "__main__":
    raise SystemExit(main())
