"""Makes the minimum times and demonstrated laps that come with Racer again.

    python -m racer.tools.optimal_data                      # whatever is missing or out of date
    python -m racer.tools.optimal_data --vehicle gt --again
    python -m racer.tools.optimal_data --track circuits/*.csv --out results
    python -m racer.tools.optimal_data --prove-again        # demonstrated laps that prove nothing

Every result is written when it is done, so the work can be interrupted and resumed.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from racer import _core
from racer.errors import RacerError
from racer.laps import save_lap, verify_lap
from racer.optimal.reference import SHIPPED, lap_path, load_reference, save_reference
from racer.optimal.solver.compute import compute
from racer.optimal.solver.prove import best_flying, demonstrate
from racer.tracks import list_tracks, load_track

if TYPE_CHECKING:
    from collections.abc import Sequence

    from racer.envs.circuit.session import FinishedLap
    from racer.optimal.reference import Reference

ROWS = 600  # of a shipped lap
MOST_VIOLATION = 1e-4  # of a result that is kept
# A lap that is driven again may be so much slower than the one before, and than the minimum.
WORSE, FROM_BOUND = 1e-3, 7e-3
ROUNDS, LAPS = 3, 4  # of the efforts; of an attempt, the standing one included


def main(arguments: Sequence[str] | None = None) -> int:
    """Computes what is missing; 0 if all is there in the end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--track", nargs="+", metavar="TRACK", help="default: the catalogue")
    parser.add_argument("--vehicle", nargs="+", choices=_core.vehicles(), default=_core.vehicles())
    parser.add_argument("--out", type=Path, default=SHIPPED, metavar="DIR")
    parser.add_argument("--rows", type=int, default=ROWS, help="of a lap in the JSON")
    parser.add_argument("--again", action="store_true", help="also what is there already")
    parser.add_argument(
        "--prove-again", action="store_true",
        help="keep the minimum times; drive the laps anew whose files are no proof",
    )  # fmt: skip
    args = parser.parse_args(arguments)
    jobs = [(t, v) for v in args.vehicle for t in args.track or list_tracks()]
    began, worked, failed = time.monotonic(), 0, []
    for number, (name, vehicle) in enumerate(jobs, start=1):
        target = args.out / f"{Path(name).stem.lower()}-{vehicle}.json"
        left = ""
        if worked:
            seconds = (time.monotonic() - began) / worked * (len(jobs) - number + 1)
            left = f", at most {seconds / 60.0:.0f} min left"
        print(f"{number} of {len(jobs)}: {name}, {vehicle}{left}", flush=True)
        try:
            if args.prove_again:
                worked += _prove_again(name, vehicle, target)
            else:
                worked += _make(name, vehicle, target, args.rows, again=args.again)
        except RacerError as problem:
            print(f"  FAILED: {problem}", flush=True)
            failed.append(f"{name}, {vehicle}")
        except KeyboardInterrupt:
            print("interrupted; run the same command to resume", file=sys.stderr)
            return 130
    print(f"failed: {'; '.join(failed)}" if failed else "all there")
    return 1 if failed else 0


def _make(name: str, vehicle: str, target: Path, rows: int, *, again: bool) -> bool:
    """One result; False if it was there."""
    track = load_track(name)
    known = None if again else _known(target, track, vehicle)
    if known is not None and known.demonstrated_lap_s is not None:
        return False

    def say(text: str) -> None:
        print(f"  {text}", flush=True)

    before = time.process_time()
    result = compute(track, vehicle, report=say) if known is None else known
    if known is None:
        say(f"both laps took {time.process_time() - before:.1f} s of CPU")
    if not result.violation < MOST_VIOLATION:
        raise RacerError(f"{name}, {vehicle}: limits are broken by {result.violation:.1e}.")
    # The whole lap first, in case the proof is interrupted; the thinned one replaces it.
    save_reference(result, target)
    laps = demonstrate(track, result, report=say)
    best = best_flying(laps)
    if best is None:
        raise RacerError(f"{name}, {vehicle}: no valid lap was driven.")
    _keep(best, target)
    save_reference(replace(result.thinned(rows), demonstrated_lap_s=best.time_s), target)
    gap = 100.0 * (best.time_s / result.flying_lap_s - 1.0)
    say(f"demonstrated {best.time_s:.3f} s, {gap:+.2f} % to {result.flying_lap_s:.3f} s")
    return True


def _prove_again(name: str, vehicle: str, target: Path) -> bool:
    """A demonstrated lap that holds everything since rest; False if it was there.

    Raises:
        RacerError: there is no result, or none of the laps was fast enough; the old one is kept.
    """
    track = load_track(name)
    known = _known(target, track, vehicle)
    if known is None or known.demonstrated_lap_s is None:
        raise RacerError(f"{target}: there is no demonstrated lap of {name}, {vehicle}.")
    if verify_lap(lap_path(target)).proved:
        return False
    before = known.demonstrated_lap_s
    near = max((1.0 + FROM_BOUND) * known.flying_lap_s, (1.0 + WORSE / 10.0) * before)
    goal = min((1.0 + WORSE) * before, near)

    def say(text: str) -> None:
        print(f"  {text}", flush=True)

    best = best_flying(demonstrate(track, known, laps=LAPS, goal_s=goal, rounds=ROUNDS, report=say))
    if best is None or best.time_s > goal:
        raise RacerError(f"{name}, {vehicle}: no lap within {goal:.3f} s; the old one is kept.")
    _keep(best, target)
    save_reference(replace(known, demonstrated_lap_s=best.time_s), target)
    say(f"demonstrated {best.time_s:.3f} s, before {known.demonstrated_lap_s:.3f} s")
    return True


def _keep(lap: FinishedLap, target: Path) -> None:
    """Saves a result's demonstrated lap.

    Raises:
        RacerError: its file is no proof.
    """
    save_lap(lap.record("predictive", "agent"), lap_path(target))
    check = verify_lap(lap_path(target))
    if not check.ok or not check.proved:
        raise RacerError(f"{lap_path(target)}: {check.reason or 'is not proved from rest'}")


def _known(target: Path, track: _core.circuit.Track, vehicle: str) -> Reference | None:
    """The result that is there, if it is of this track and physics."""
    if not target.exists():
        return None
    found = load_reference(target)
    wanted = (track.fingerprint, vehicle, _core.physics_fingerprint(vehicle))
    if (found.track_fingerprint, found.vehicle, found.physics) != wanted:
        return None
    if not lap_path(target).exists():
        return replace(found, demonstrated_lap_s=None)
    return found


if __name__ == "__main__":
    sys.exit(main())
