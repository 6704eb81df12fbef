"""`racer train`: train a driver."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.cli.kind_options import add_kind_options, env_option
from racer.cli.run_settings import AUTO, worlds_wanted
from racer.formats.text import show_path
from racer.train.algorithms import ALGORITHMS

if TYPE_CHECKING:
    from racer.train.config import TrainConfig

MOST_SEEDS = 1000
DESCRIPTION = """\
Trains a driver on a circuit or on the highway and keeps everything in a folder: settings,
TensorBoard logs, checkpoints, the best model, and policy.onnx, which `racer evaluate` and
`racer play` take. You can interrupt it (Ctrl-C) or kill it at any time: `racer resume`
continues it."""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `train` command."""
    parser = sub.add_parser(
        "train",
        help="train a driver",
        description=DESCRIPTION,
        epilog="examples: racer train --algo ppo --track harbour --minutes 3; "
        "racer train --env HighwayRisk --algo sac",
    )
    env_option(parser)
    parser.add_argument(
        "--algo", choices=tuple(ALGORITHMS), help="the algorithm (default ppo; dqn: highway)"
    )
    parser.add_argument("--preset", help="name or .toml file (default: the algorithm's)")
    parser.add_argument(
        "--name", help="name of the run (default ALGO-TRACK, with a number if taken)"
    )
    add_run_options(parser)
    parser.set_defaults(run=run)


def add_run_options(parser: argparse.ArgumentParser, *, several: bool = True) -> None:
    """Adds what every command takes that begins a run; `several`: or some, with other seeds."""
    parser.add_argument("--steps", type=int, help="environment steps to train for")
    parser.add_argument("--minutes", type=float, help="time to train for")
    parser.add_argument(
        "--n-envs",
        type=worlds_wanted,
        metavar="N",
        help="environments stepped at once; 'auto' measures for a few seconds how many are fast",
    )
    parser.add_argument("--seed", type=int, help="random seed (default 0)")
    if several:
        parser.add_argument(
            "--seeds",
            type=int,
            metavar="N",
            help="train N runs with the seeds from --seed on, and compare them; the same command "
            "goes on where it was interrupted",
        )
    parser.add_argument(
        "--config", metavar="FILE", help="an environment's settings, .toml or .json"
    )
    parser.add_argument(
        "--log-dir", type=Path, default=Path("runs"), help="where runs are kept (default runs)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    add_kind_options(parser, "train")


def run(args: argparse.Namespace, base: dict[str, Any] | None = None) -> int:
    """Trains; 0 if the run is complete, 130 if it was interrupted.

    Args:
        args: the parsed arguments.
        base: settings below those of the preset that `args` name, as of a policy to start from.
    """
    from racer.cli.run_settings import check_flags, comment_of, fitting, measured, read_settings
    from racer.formats.settings import whole_number
    from racer.train.new_run import check_free, check_place, checked_name

    check_flags(args)
    if args.seeds is not None:
        whole_number(args.seeds, "--seeds", 1, MOST_SEEDS)
    check_place(args.log_dir)
    if args.name is not None and args.seeds is None:
        check_free(args.log_dir / checked_name(args.name))
    settings = read_settings(args, base)
    config = settings.config
    ending = "-finetuned" if config.start_from else ""
    name = args.name or plain_name(f"{config.algo}-{config.runs.place(config)}{ending}")
    path = args.log_dir / (checked_name(name) if args.seeds else name)
    if args.n_envs == AUTO:
        config = measured(config, _settled(path, config.seed) if args.seeds else None)
    if args.n_envs is not None or base:  # the policy may come from few environments
        config = fitting(config)
    comment = comment_of(settings, config)
    if comment and not args.quiet:
        print(comment.replace("# ", ""), file=sys.stderr)
    if args.seeds is not None:
        return _run_seeds(args, config, path, comment)

    from racer.train.trainer import train

    numbered = args.name is None
    report = train(config, path, show=not args.quiet, numbered=numbered, comment=comment)
    return show_report(report, args.log_dir / report["name"], as_json=args.json)


def _settled(path: Path, seed: int) -> int | None:
    """The number of environments of runs that are there already."""
    from racer.train.seeds import settled  # heavy

    return settled(path, seed)


def _run_seeds(args: argparse.Namespace, config: TrainConfig, path: Path, comment: str) -> int:
    """Trains with several seeds; the same exit codes."""
    import json

    from racer.train.seeds import summary_of, table_of, train_seeds

    reports = train_seeds(config, path, args.seeds, show=not args.quiet, comment=comment)
    seeds = range(config.seed, config.seed + len(reports))
    summary = summary_of(reports, seeds)
    print(json.dumps(summary, indent=2) if args.json else "\n".join(table_of(summary)))
    if reports[-1]["finished"]:
        return 0
    print("interrupted; the same command goes on", file=sys.stderr)
    return 130


def plain_name(wanted: str) -> str:
    """A name for a folder from the name of a circuit, which may hold anything."""
    import re

    return re.sub(r"[^\w.-]+", "-", wanted)[:60].rstrip(".-")


def show_report(report: dict[str, Any], path: Path, *, as_json: bool) -> int:
    """Prints what came of a run."""
    import json
    import shlex

    from racer.kinds import kind_of

    words = show_path(shlex.quote(str(path)))  # a run's name may hold spaces
    if as_json:
        print(json.dumps(report, indent=2))
        return 0 if report["finished"] else 130
    print(f"{show_path(path)}: {report['steps']:,} steps in {report['seconds']:.0f} s")
    if not report["finished"]:
        print(f"interrupted; resume with: racer resume {words}")
        return 130
    runs = kind_of(report["env_id"]).load("runs")
    print("\n".join(runs.summary(report, path, words)))
    return 0
