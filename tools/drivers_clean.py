"""Whether the scripted drivers lap cleanly everywhere: a hundred starts on each of many circuits.

    python -m racer.tools.drivers_clean                         # catalogue, random and odd circuits
    python -m racer.tools.drivers_clean --tracks DIR --driver good
    python -m racer.tools.drivers_clean --seed 1000             # circuits that nobody tuned for

A fifth of the starts stand on the line, side by side across the road; the others roll in places all
around the lap, off the line and slower than it. From each the driver laps; a lap is clean if it is
valid, and a start is clean if, from the first tick on, the car was never off with all four wheels
and touched no wall. The exit code is 1 if anything was not clean.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from racer import _core
from racer.drivers import make_driver
from racer.envs.circuit.episodes import reference_lap_seconds
from racer.envs.circuit.session import Seat, Session
from racer.errors import RacerError
from racer.tools.odd_circuits import KINDS, odd_track
from racer.tools.pace_table import bound
from racer.tracks import list_tracks, load_track, random_track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from racer.drivers import Driver

    Place = tuple[float, float, float]  # s [m], n [m] and speed [m/s]

DRIVERS = ("good", "casual", "keyboard")
STANDING_SHARE = 0.2
PATIENCE = 2.5  # laps may take so many times the lap of a cautious start
PLACES_SHOWN = 3


@dataclass(frozen=True)
class Cleanness:
    """One driver on one circuit.

    Attributes:
        track, driver: their names.
        length: of the lap [m].
        starts: how many.
        standing, flying: laps that ended, of each kind.
        invalid: those of them that were not valid.
        missing: laps that were asked for and never ended.
        strayed: starts from which the car was off or at a wall at least once.
        places: where that was first, of the first few [m].
        lap_s: median valid flying lap [s]; None without one.
        gap: how much more than the minimum time, or what stands in for it, that is.
    """

    track: str
    driver: str
    length: float
    starts: int
    standing: int
    flying: int
    invalid: int
    missing: int
    strayed: int
    places: tuple[int, ...]
    lap_s: float | None
    gap: float | None

    @property
    def clean(self) -> bool:
        """Whether every lap was driven, and within the rules."""
        return self.invalid == self.missing == self.strayed == 0


def starts_on(track: _core.circuit.Track, count: int, seed: int = 0) -> list[Place]:
    """Places to start from: first those that stand on the line, then the rolling ones."""
    random = np.random.default_rng(seed)
    stations = track.stations
    standing = max(1, round(STANDING_SHARE * count))
    # Two lanes and what lies between; the first on the centre line, as a lap from rest begins.
    room = 0.5 * float(min(stations["width_left"][0], stations["width_right"][0]))
    places = [(0.0, n, 0.0) for n in [0.0, *np.linspace(-room, 0.9 * room, standing - 1)]]
    for i in range(count - standing):
        s = (i + random.random()) / (count - standing) * track.length
        station = stations[int(s / track.spacing) % track.station_count]
        share = random.uniform(-0.3, 0.3)
        width = float(station["width_left"] if share > 0.0 else station["width_right"])
        # Strangers to the road ahead: no faster than a cautious lap.
        places.append((s, share * width, random.uniform(0.3, 0.8) * float(station["spawn_speed"])))
    return places


def clean_laps(
    driver: Driver,
    name: str,
    track: _core.circuit.Track,
    vehicle: str = "gt",
    *,
    starts: int = 100,
    laps: int = 2,
    seed: int = 0,
) -> Cleanness:
    """Lets a driver lap from many starts at once, and counts what was not clean."""
    session = Session(track, worlds=starts, vehicle=vehicle, record=False)
    places = starts_on(track, starts, seed)
    for world, (s, n, speed) in enumerate(places):
        session.place(world, 0, s, n, 0.0, speed)
    seat = Seat(driver, session)
    stands = np.array([speed == 0.0 for _, _, speed in places])
    wanted = np.where(stands, laps + 1, laps)
    done = np.zeros(starts, int)
    first_place = np.full(starts, -1.0)
    times: list[float] = []
    counts = {"standing": 0, "flying": 0, "invalid": 0}
    telemetry = session.telemetry
    limit = int((laps + 1.5) * PATIENCE * reference_lap_seconds(track) / _core.TICK_SECONDS)
    for _ in range(limit):
        for lap in session.tick(seat.pedals()[:, None]):
            if done[lap.world] >= wanted[lap.world]:
                continue
            done[lap.world] += 1
            counts["standing" if lap.standing else "flying"] += 1
            counts["invalid"] += not lap.valid
            if lap.valid and not lap.standing:
                times.append(lap.time_s)
        astray = _astray(telemetry["wheels_off"][:, 0], telemetry["wall_contact"][:, 0])
        astray &= (first_place < 0.0) & (done < wanted)
        first_place[astray] = telemetry["s"][astray, 0]
        if np.all(done >= wanted):
            break
    strayed = first_place >= 0.0
    lap_s = float(np.median(times)) if times else None
    bound_s, _ = bound(track, vehicle)
    return Cleanness(
        track=track.name,
        driver=name,
        length=track.length,
        starts=starts,
        **counts,
        missing=int(np.sum(wanted - done)),
        strayed=int(strayed.sum()),
        places=tuple(round(float(s)) for s in first_place[strayed][:PLACES_SHOWN]),
        lap_s=lap_s,
        gap=None if lap_s is None else lap_s / bound_s - 1.0,
    )


def _astray(wheels_off: NDArray[np.float64], wall: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray((wheels_off >= 4.0) | (wall > 0.0))


def circuits(
    folder: Path | None, seed: int, random_count: int, odd_count: int
) -> Iterator[tuple[str, Callable[[], _core.circuit.Track]]]:
    """Names of circuits, and what makes them."""
    for name in list_tracks():
        yield name, partial(load_track, name)
    if folder is not None:
        for path in sorted(folder.glob("*.csv")):
            yield path.stem, partial(load_track, path)
    for number in range(seed, seed + random_count):
        yield f"random:{number}", partial(random_track, number)
    for kind in KINDS:
        for number in range(seed, seed + odd_count):
            yield f"odd:{kind}-{number}", partial(odd_track, kind, number)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints a line per circuit and driver; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=Path, metavar="DIR", help="a folder of circuits to add")
    parser.add_argument("--only", default="", help="circuits whose name contains this")
    parser.add_argument("--driver", nargs="+", default=list(DRIVERS), choices=DRIVERS)
    parser.add_argument("--vehicle", default="gt", choices=_core.vehicles())
    parser.add_argument("--starts", type=int, default=100)
    parser.add_argument("--laps", type=int, default=2, help="flying laps from each start")
    parser.add_argument(
        "--seed", type=int, default=0, help="of random and odd circuits, and starts"
    )
    parser.add_argument("--random", type=int, default=10, help="random circuits (default 10)")
    parser.add_argument("--odd", type=int, default=2, help="odd circuits of each kind (default 2)")
    parser.add_argument("--json", action="store_true", help="one JSON object a driver and circuit")
    args = parser.parse_args(argv)
    failed = driven = 0
    for name, made in circuits(args.tracks, args.seed, args.random, args.odd):
        if args.only.lower() not in name.lower():
            continue
        try:
            track = made()
        except RacerError as problem:
            print(problem, file=sys.stderr)
            failed += 1
            continue
        driven += 1
        for driver in args.driver:
            found = clean_laps(
                make_driver(driver, track, args.vehicle), driver, track, args.vehicle,
                starts=args.starts, laps=args.laps, seed=args.seed,
            )  # fmt: skip
            failed += not found.clean
            print(json.dumps(asdict(found)) if args.json else line(found), flush=True)
    if not driven:
        print("There is no such circuit.", file=sys.stderr)
        return 2
    if not args.json:
        print(f"{driven} circuits: " + ("all clean" if not failed else f"{failed} NOT CLEAN"))
    return 1 if failed else 0


def line(found: Cleanness) -> str:
    """One line of the table."""
    lap = "      -       -" if found.lap_s is None else f"{found.lap_s:7.2f} {found.gap:+7.1%}"
    text = f"{found.track:<22} {found.driver:<8} {found.length:6.0f} m  {lap}  "
    text += f"{found.standing:3d} standing {found.flying:3d} flying"
    if found.clean:
        return text + "  clean"
    text += f"  NOT CLEAN: {found.invalid} invalid, {found.missing} missing"
    places = ", ".join(f"{s} m" for s in found.places)
    return text + f", {found.strayed} starts strayed" + (f" (at {places})" if places else "")


if __name__ == "__main__":
    raise SystemExit(main())
