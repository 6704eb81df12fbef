"""`racer optimal`: how fast could this car lap this track at best?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.formats.text import show_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from racer._core.circuit import Track
    from racer.optimal.reference import Reference


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `optimal` command."""
    parser = sub.add_parser(
        "optimal",
        help="the minimum lap time of a circuit",
        description="Gives the minimum lap time, flying and from rest: the bound that no"
        " driver of this car can beat on this track. Known results are shown; others are computed"
        " (ten to a hundred seconds of a core; needs the extra 'optimal') and kept.",
        epilog="example: racer optimal harbour --out optimal",
    )
    parser.add_argument("track", metavar="TRACK", help="a circuit of the catalogue or a file")
    parser.add_argument("--vehicle", default="gt", help="the vehicle (default gt)")
    parser.add_argument(
        "--fast", action="store_true", help="only the quasi-steady estimate (about a second)"
    )
    parser.add_argument(
        "--prove", action="store_true", help="drive laps close to it in the engine and record them"
    )
    parser.add_argument(
        "--laps", type=int, default=3, help="with --prove, the standing one included (default 3)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="with --prove, the random seed of the driver's noise"
    )
    parser.add_argument(
        "--again", action="store_true", help="compute again even if the result is known"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write JSON and a picture there")
    parser.add_argument("--no-picture", action="store_true", help="with --out, JSON only")
    parser.add_argument(
        "--rows", type=int, metavar="N", help="with --out, the lap in at most N rows"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the times; writes what is wanted."""
    import json

    from racer.cli.checks import check_seed
    from racer.envs.circuit.checks import check_vehicle
    from racer.errors import ConfigError
    from racer.optimal.reference import demonstrated_lap
    from racer.optimal.solver.compute import known_or_computed

    if args.laps < 2:
        raise ConfigError(f"--laps must be at least 2, got {args.laps}.")
    if args.rows is not None and args.rows < 2:
        raise ConfigError(f"--rows must be at least 2, got {args.rows}.")
    check_vehicle(args.vehicle)
    check_seed(args.seed)
    track = _circuit(args)
    if args.fast:
        return _fast(args, track)

    def report(text: str) -> None:
        print(text, file=sys.stderr, flush=True)  # with --json, too: that goes to stdout

    result = known_or_computed(track, args.vehicle, again=args.again, report=report)
    proved = True
    if args.prove:
        result, proved = _prove(args, track, result, report)
    proof = demonstrated_lap(track, args.vehicle)
    if args.out is not None:
        proof = _write(args, track, result, proof)
    if args.json:
        print(json.dumps(result.as_json()))
        return 0 if proved else 1
    print(f"{result.track}, {result.vehicle}, physics {result.physics}")
    print(f"  minimum time, flying      {result.flying_lap_s:9.3f} s")
    if result.standing_lap_s is not None:
        print(f"  minimum time, from rest   {result.standing_lap_s:9.3f} s")
    print(f"  quasi-steady estimate     {result.quasi_steady_s:9.3f} s")
    if result.demonstrated_lap_s is not None:
        print(f"  demonstrated in the engine{result.demonstrated_lap_s:9.3f} s")
    if proof is not None:
        print(f"  to race or replay it       {show_path(proof)}")
    if args.out is not None:
        print(f"  {show_path(args.out)}")
    return 0 if proved else 1


def _write(
    args: argparse.Namespace, track: Track, result: Reference, proof: Path | None
) -> Path | None:
    """Writes the result, its demonstrated lap and its picture; where that lap is now."""
    from racer.formats.files import write_numbered
    from racer.laps import SUFFIX
    from racer.optimal.reference import lap_path, save_reference

    target = args.out / f"{_stem(args.track)}-{args.vehicle}.json"
    if proof is not None:  # first, so that no result speaks of a lap that is not there
        data, copy = proof.read_bytes(), lap_path(target)
        same = copy.is_file() and copy.read_bytes() == data
        proof = copy if same else write_numbered(copy, data, SUFFIX)  # laps replace no laps
    save_reference(result if args.rows is None else result.thinned(args.rows), target)
    if not args.no_picture:
        from racer.plots.optimal import draw_reference

        draw_reference(track, result, target.with_suffix(".png"))
    return proof


def _fast(args: argparse.Namespace, track: Track) -> int:
    """The quasi-steady estimate alone."""
    import json

    from racer.formats.files import atomic_write
    from racer.optimal.solver.quasi_steady import quasi_steady_lap

    estimate = quasi_steady_lap(track, args.vehicle)
    answer = {
        **_key(track, args.vehicle),
        "quasi_steady_s": estimate.time_s,
        "s": estimate.s.round(2).tolist(),
        "n": estimate.states[:, 0].round(3).tolist(),
        "v_x": estimate.states[:, 2].round(3).tolist(),
    }
    if args.out is not None:
        target = args.out / f"{_stem(args.track)}-{args.vehicle}-fast.json"
        atomic_write(target, json.dumps(answer))
    if args.json:
        print(json.dumps(answer))
    else:
        print(f"{track.name}, {args.vehicle}: {estimate.time_s:.3f} s (quasi-steady estimate)")
    return 0


def _circuit(args: argparse.Namespace) -> Track:
    from racer.envs.circuit.checks import check_lap_track
    from racer.tracks import load_track

    track = load_track(args.track)
    if args.prove:
        check_lap_track(track, args.track)
    return track


def _prove(
    args: argparse.Namespace,
    track: Track,
    result: Reference,
    report: Callable[[str], None],
) -> tuple[Reference, bool]:
    """Drives laps, saves them, keeps the best; False if no flying lap was valid."""
    from dataclasses import replace

    from racer.laps import SUFFIX, save_lap, save_new_lap
    from racer.optimal.reference import cache_path, lap_path, save_reference
    from racer.optimal.solver.prove import best_flying, demonstrate

    laps = demonstrate(track, result, laps=args.laps, seed=args.seed, report=report)
    records = [lap.record("predictive", "agent") for lap in laps]  # drives them again, as proof
    if args.out is not None:
        for number, record in enumerate(records, start=1):
            kind = "standing" if record.standing else "flying"
            name = f"predictive-{_stem(args.track)}-{args.vehicle}-{kind}-{number}{SUFFIX}"
            save_new_lap(record, args.out / name)
    best = best_flying(laps)
    if best is None:
        return result, False
    known = result.demonstrated_lap_s
    if known is None or best.time_s < known:
        result = replace(result, demonstrated_lap_s=best.time_s)
        target = cache_path(track.fingerprint, args.vehicle, result.physics)
        save_lap(records[laps.index(best)], lap_path(target))
        save_reference(result, target)
    return result, True


def _stem(track: str) -> str:
    return Path(track).stem.lower().replace(":", "-")


def _key(track: Track, vehicle: str) -> dict[str, Any]:
    from racer import _core

    return {
        "track": track.name,
        "track_fingerprint": track.fingerprint,
        "vehicle": vehicle,
        "physics": _core.physics_fingerprint(vehicle),
    }
