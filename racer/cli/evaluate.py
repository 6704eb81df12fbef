"""`racer evaluate`: how well does a driver lap?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from racer.formats.text import MAX_PATH, show_path, shown


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `evaluate` command."""
    parser = sub.add_parser(
        "evaluate",
        help="let a driver lap circuits, or drive on the highway, and judge it",
        description="Lets a driver lap circuits from fixed places, deterministically: all at"
        " rest, the first on the line, so that every lap is a proof. Only valid laps are timed."
        " On the highway it drives episodes with fixed seeds; rates come with Wilson's 95 %"
        " interval, means with the bootstrap's.",
        epilog="examples: racer evaluate --policy runs/ppo-harbour --track harbour --json; "
        "racer evaluate --env HighwayRisk --policy traffic --episodes 200 --out results",
    )
    parser.add_argument(
        "--policy",
        "--driver",
        required=True,
        metavar="DRIVER",
        help="casual, good, keyboard, random, a policy (.onnx) or a run's folder; on the highway "
        "idle, random, traffic (drives as the traffic does), a policy or a run",
    )
    parser.add_argument(
        "--env",
        metavar="ID",
        help="Circuit (the default), Highway, HighwayFast or HighwayRisk, or the whole id",
    )
    parser.add_argument(
        "--track",
        action="append",
        metavar="TRACK",
        help="a circuit of the catalogue or a file; several times for several, or 'all'",
    )
    parser.add_argument("--starts", type=int, default=8, help="places to start from (default 8)")
    parser.add_argument(
        "--start",
        choices=("rest", "rolling"),
        default="rest",
        help="how the cars start that are not on the line (default rest); laps from rolling starts"
        " cannot be proved",
    )
    parser.add_argument("--laps", type=int, default=2, help="flying laps from each (default 2)")
    parser.add_argument("--vehicle", default="gt", help="the vehicle (default gt)")
    parser.add_argument("--seed", type=int, default=0, help="of the places (default 0)")
    parser.add_argument(
        "--episodes", type=int, default=100, help="episodes on the highway (default 100)"
    )
    parser.add_argument("--config", metavar="FILE", help="the highway's settings, .toml or .json")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for evaluation_metrics.json, of the highway",
    )
    parser.add_argument(
        "--video",
        type=Path,
        metavar="FILE",
        help="film of the first episodes (.mp4, .gif), of the highway",
    )
    parser.add_argument(
        "--video-episodes", type=int, metavar="N", default=1, help="how many (default 1)"
    )
    parser.add_argument("--save-laps", type=Path, metavar="DIR", help="save every lap as a file")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluates and prints; 0 if every track has a valid lap, else 1; 0 on the highway."""
    import json

    from racer.cli.checks import check_seed, check_vehicle
    from racer.cli.train import full_id
    from racer.errors import ConfigError

    env_id = full_id(args.env)
    if env_id not in (None, "racer/Circuit-v0"):
        from racer.cli.evaluate_highway import run_highway

        return run_highway(args, str(env_id))
    for option in ("config", "out", "video"):
        if getattr(args, option) is not None:
            raise ConfigError(f"--{option} is for the highway; name one with --env.")
    if args.track is None:
        raise ConfigError("a circuit is missing: name one with --track.")
    check_vehicle(args.vehicle)
    check_seed(args.seed)

    from racer.cli.checks import check_lap_track
    from racer.drivers import make_driver
    from racer.envs.circuit.episodes import evaluate_tracks
    from racer.tracks import list_tracks, load_track

    names = [t for name in args.track for t in (list_tracks() if name == "all" else [name])]
    tracks = {name: load_track(name) for name in names}
    if args.save_laps is not None:
        for name, track in tracks.items():
            check_lap_track(track, name)
    answer, results = evaluate_tracks(
        lambda track: make_driver(args.policy, track, args.vehicle, args.seed),
        tracks,
        policy=args.policy,
        vehicle=args.vehicle,
        save_laps=args.save_laps,
        starts=args.starts,
        laps=args.laps,
        seed=args.seed,
        rolling=args.start == "rolling",
    )
    print(json.dumps(answer, indent=2) if args.json else table(answer))
    return 0 if all(result.valid for result in results) else 1


def table(answer: dict[str, Any]) -> str:
    """The answer for people."""
    from racer.optimal.reference import gap_text

    titles = (
        "track",
        "laps",
        "done",
        "valid",
        "best s",
        "median s",
        "standing s",
        "to optimal",
        "demonstrated",
    )
    keys = ("track", "laps", "completed", "valid", "best_lap_s", "median_lap_s", "standing_lap_s")
    shares = ("gap_to_optimal", "gap_to_demonstrated")
    rows: list[tuple[str, ...]] = [titles]
    rows += [
        (
            *(shown(_cell(result[key]), MAX_PATH) for key in keys),
            *(gap_text(result[key]) for key in shares),
        )
        for result in answer["tracks"]
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(titles))]
    lines = [f"{show_path(answer['policy'])} with {answer['vehicle']}, physics {answer['physics']}"]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells))
    if faults := sum(result["policy_faults"] for result in answer["tracks"]):
        lines.append(f"{faults} actions could not be used; the neutral one stood in.")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
