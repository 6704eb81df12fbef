"""`racer resume`: resume a training run."""

from __future__ import annotations

import argparse
from pathlib import Path

from racer.cli.kind_options import env_option


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `resume` command."""
    parser = sub.add_parser(
        "resume",
        help="resume a training run",
        description="Resumes a training run from its newest checkpoint: steps, optimiser,"
        " schedules, normalisation and random generators are restored.",
        epilog="example: racer resume runs/ppo-harbour --steps 20000000",
    )
    parser.add_argument("folder", type=Path, metavar="RUN", help="folder of the run")
    env_option(parser)
    parser.add_argument("--steps", type=int, help="new end of the run: steps in total")
    parser.add_argument("--minutes", type=float, help="new end of the run: minutes in total")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Resumes; 0 if the run is complete, 130 if it was interrupted."""
    from racer.cli.train import show_report
    from racer.errors import ConfigError
    from racer.kinds import find_id
    from racer.train.config import check_ends
    from racer.train.run_folder import RunFolder

    check_ends(args.steps, args.minutes)
    env_id = None if args.env is None else find_id(args.env)
    _, config = RunFolder.open(args.folder)  # complains before heavy imports
    if env_id not in (None, config.env_id):
        raise ConfigError(f"{args.folder}: trains in {config.env_id}, not in {env_id}.")
    from racer.train.trainer import resume

    report = resume(args.folder, steps=args.steps, minutes=args.minutes, show=not args.quiet)
    return show_report(report, args.folder, as_json=args.json)
