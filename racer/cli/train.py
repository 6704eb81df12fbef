"""`racer train`: train a driver."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from racer.train.config import TrainConfig

DESCRIPTION = """\
Trains a driver on a circuit and keeps everything in a folder: settings, TensorBoard logs,
checkpoints, the best model by valid lap, and policy.onnx, which `racer evaluate` and `racer play`
take. Interrupt it (Ctrl-C) or kill it whenever you like: `racer resume` goes on."""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `train` command."""
    parser = sub.add_parser(
        "train",
        help="train a driver",
        description=DESCRIPTION,
        epilog="example: racer train --algo ppo --track harbour --minutes 3",
    )
    parser.add_argument("--algo", choices=("ppo", "sac"), help="the algorithm (default ppo)")
    parser.add_argument("--track", help="a circuit of the catalogue or a file (default harbour)")
    parser.add_argument("--vehicle", help="the vehicle (default gt)")
    parser.add_argument("--steps", type=int, help="environment steps to train for")
    parser.add_argument("--minutes", type=float, help="time to train for")
    parser.add_argument("--n-envs", type=int, help="environments stepped at once")
    parser.add_argument("--seed", type=int, help="of everything random (default 0)")
    parser.add_argument("--preset", help="name or .toml file (default: the algorithm's)")
    parser.add_argument(
        "--config", metavar="FILE", help="an environment's settings, .toml or .json"
    )
    parser.add_argument(
        "--log-dir", type=Path, default=Path("runs"), help="where runs are kept (default runs)"
    )
    parser.add_argument(
        "--name", help="name of the run (default ALGO-TRACK, with a number if taken)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Trains; 0 if the run is complete, 130 if it was interrupted."""
    from racer.config import load_config
    from racer.tracks import load_track
    from racer.train.config import load_preset, load_train_config

    preset = args.preset or args.algo or "ppo"
    content = load_preset(preset)
    changes: dict[str, Any] = {
        name: getattr(args, name)
        for name in ("algo", "track", "n_envs", "seed")
        if getattr(args, name) is not None
    }
    if args.steps is not None or args.minutes is not None:
        changes["steps"] = args.steps or 0
        changes["minutes"] = args.minutes or 0.0
    if args.config:
        changes["env"] = load_config(args.config).to_dict()
    if args.vehicle:
        changes["env"] = {**changes.get("env", content.get("env", {})), "vehicle": args.vehicle}
    config = load_train_config(content, f"preset {preset}", **changes)
    if args.n_envs is not None:
        config = _fitting(config)
    load_track(config.track)  # before anything is written
    name = args.name or _free_name(
        args.log_dir, f"{config.algo}-{Path(config.track).stem}".replace(":", "-")
    )

    from racer.train.trainer import train

    path = args.log_dir / name
    return show_report(train(config, path, show=not args.quiet), path, as_json=args.json)


def _fitting(config: TrainConfig) -> TrainConfig:
    """The settings with a batch that is no larger than what so few environments give."""
    import dataclasses

    collected = config.ppo.n_steps * config.n_envs
    if config.algo != "ppo" or config.ppo.batch_size <= collected:
        return config
    print(
        f"{config.n_envs} environments give {collected} steps per update; "
        f"the batch size is {collected} instead of {config.ppo.batch_size}.",
        file=sys.stderr,
    )
    return dataclasses.replace(config, ppo=dataclasses.replace(config.ppo, batch_size=collected))


def _free_name(folder: Path, wanted: str) -> str:
    """The wanted name, or the first with a number that no run has."""
    name, number = wanted, 1
    while (folder / name).exists():
        number += 1
        name = f"{wanted}-{number}"
    return name


def show_report(report: dict[str, Any], path: Path, *, as_json: bool) -> int:
    """Prints what came of a run."""
    import json

    from racer.optimal.reference import gap_text

    if as_json:
        print(json.dumps(report, indent=2))
        return 0 if report["finished"] else 130
    print(f"{path}: {report['steps']:,} steps in {report['seconds']:.0f} s")
    if not report["finished"]:
        print(f"interrupted; go on with: racer resume {path}")
        return 130
    result = report["evaluation"]
    if result["best_lap_s"] is None:
        print("the driver has no valid lap yet; train it longer")
    else:
        print(
            f"best lap {result['best_lap_s']:.3f} s, median {result['median_lap_s']:.3f} s, "
            f"{result['valid']} of {result['laps']} laps valid"
        )
        print(
            f"{gap_text(result['gap_to_optimal'])} to the minimum time, "
            f"{gap_text(result['gap_to_demonstrated'])} to the demonstrated lap"
        )
        print(f"race it: racer play --track {report['track']} --against {path}")
    return 0
