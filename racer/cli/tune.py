"""`racer tune`: look for better settings of an algorithm."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from racer.cli.kind_options import env_option
from racer.cli.train import add_run_options
from racer.train.algorithms import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_TRIALS = 100_000
DESCRIPTION = """\
Looks for better settings of an algorithm (learning rate, batch, network and so on) with Optuna.
Each trial is a run of --steps or --minutes in the study's folder; the first has the preset's own
settings. Trials that do worse than most are stopped early. You can interrupt the search (Ctrl-C)
or kill it at any time: the same command goes on, and more --trials add to it. The best settings
are the study's best.toml, a preset for `racer train`. Needs the extra `tune`."""
EXAMPLES = """\
examples:
  racer tune --track harbour --minutes 1 --trials 30
  racer tune --env HighwayRisk --algo sac --steps 50000 --trials 20 --name risk
  racer train --preset runs/tune-ppo-harbour/best.toml --minutes 5
"""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `tune` command."""
    parser = sub.add_parser(
        "tune",
        help="look for better settings of an algorithm",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    env_option(parser)
    parser.add_argument(
        "--algo", choices=tuple(ALGORITHMS), help="the algorithm (default ppo; dqn: highway)"
    )
    parser.add_argument("--preset", help="what is varied (default: the algorithm's preset)")
    parser.add_argument("--name", help="name of the study (default tune-ALGO-TRACK)")
    parser.add_argument(
        "--trials", type=int, default=20, metavar="N", help="runs in all (default 20)"
    )
    add_run_options(parser, several=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Searches; 0 if all trials are done, 130 if somebody interrupted it."""
    from racer.cli.run_settings import AUTO, check_flags, fitting, measured, read_settings
    from racer.cli.train import plain_name
    from racer.errors import ConfigError
    from racer.formats.settings import whole_number
    from racer.train.new_run import check_place, checked_name

    check_flags(args)
    whole_number(args.trials, "--trials", 1, MOST_TRIALS)
    if args.steps is None and args.minutes is None:
        raise ConfigError("--steps or --minutes must say how long each trial trains.")
    check_place(args.log_dir)
    if args.name is not None:
        checked_name(args.name)
    config = read_settings(args).config
    name = args.name or plain_name(f"tune-{config.algo}-{config.runs.place(config)}")
    path = args.log_dir / checked_name(name)
    _check_installed()
    from racer.train.study import base_worlds

    if args.n_envs == AUTO:
        config = measured(config, base_worlds(path))
    if args.n_envs is not None:
        config = fitting(config)
    from racer.train.tune import tune

    summary = tune(config, path, args.trials, show=not args.quiet)
    if args.json:
        import json

        print(json.dumps(summary, indent=2))
    else:
        print("\n".join(lines_of(summary)))
    if summary["finished"]:
        return 0
    print("interrupted; the same command goes on", file=sys.stderr)
    return 130


def _check_installed() -> None:
    """Raises ModuleNotFoundError, which the command line makes a sentence of."""
    import optuna  # noqa: F401


def lines_of(summary: Mapping[str, Any]) -> list[str]:
    """What came of a study, for people: a line for each trial, then the best settings."""
    import shlex

    from racer.formats.settings import shown_value
    from racer.formats.text import aligned, show_path

    rows = [("trial", "state", "rank", "best model")]
    for row in summary["trials"]:
        rank = ", ".join(f"{number:.5g}" for number in row["rank"] or ())
        rows.append((str(row["trial"]), row["state"], rank or "-", row["note"]))
    lines = aligned(rows)
    if summary["best"] is None:
        return [*lines, "no trial has run to its end yet"]
    lines.append(f"the best is trial {summary['best']}:")
    lines += [
        f"  {name} = {shown_value(change['to'])} (before: {shown_value(change['from'])})"
        for name, change in summary["changes"].items()
    ] or ["  the settings as they were"]
    words = show_path(shlex.quote(summary["preset"]))
    return [*lines, f"use it: racer train --preset {words}"]
