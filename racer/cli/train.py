"""`racer train`: train a driver."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.cli.kind_options import add_kind_options, chosen, env_option
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


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Adds what every command takes that begins a run."""
    parser.add_argument("--steps", type=int, help="environment steps to train for")
    parser.add_argument("--minutes", type=float, help="time to train for")
    parser.add_argument("--n-envs", type=int, help="environments stepped at once")
    parser.add_argument("--seed", type=int, help="random seed (default 0)")
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
    from racer.errors import ConfigError
    from racer.formats.settings import merged, whole_number
    from racer.kinds import preset_of
    from racer.train.config import check_ends, check_flag, load_preset, load_train_config
    from racer.train.new_run import check_free, check_place, checked_name

    check_ends(args.steps, args.minutes)
    for name in ("n_envs", "seed"):
        check_flag(name, getattr(args, name))
    if args.seeds is not None:
        whole_number(args.seeds, "--seeds", 1, MOST_SEEDS)
    check_place(args.log_dir)
    if args.name is not None and args.seeds is None:
        check_free(args.log_dir / checked_name(args.name))
    content, preset = {}, args.preset
    if preset is not None:
        content = merged(base or {}, load_preset(preset))
    kind, env_id = chosen(args, "train", _env_of(content, preset))
    runs = kind.load("runs")
    if preset is None:
        preset = runs.preset(args.algo, env_id)
        content = load_preset(preset)
    before = dict(content)
    content["env_id"] = env_id
    changes: dict[str, Any] = {
        name: getattr(args, name)
        for name in ("algo", "n_envs", "seed")
        if getattr(args, name) is not None
    }
    if args.steps is not None or args.minutes is not None:
        changes["steps"] = args.steps or 0
        changes["minutes"] = args.minutes or 0.0
    if args.config is not None and kind.settings:
        kind.load("settings")(args.config, preset_of(env_id))  # names the file if it is wrong
    try:
        runs.lay(content, args)
    except ConfigError as problem:
        raise ConfigError(f"preset {preset}: {problem}") from None
    config = load_train_config(content, f"preset {preset}", **changes)
    if args.n_envs is not None or base:  # the policy may come from few environments
        config = _fitting(config)
    runs.prepare(config)  # complains before heavy imports
    ending = "-finetuned" if config.start_from else ""
    name = args.name or _plain_name(f"{config.algo}-{runs.place(config)}{ending}")
    comment = _differences(before, config, preset)
    if comment and not args.quiet:
        print(comment.replace("# ", ""), file=sys.stderr)
    if args.seeds is not None:
        return _run_seeds(args, config, args.log_dir / checked_name(name), comment)

    from racer.train.trainer import train

    report = train(
        config,
        args.log_dir / name,
        show=not args.quiet,
        numbered=args.name is None,
        comment=comment,
    )
    return show_report(report, args.log_dir / report["name"], as_json=args.json)


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


def _plain_name(wanted: str) -> str:
    """A name for a folder from the name of a circuit, which may hold anything."""
    import re

    return re.sub(r"[^\w.-]+", "-", wanted)[:60].rstrip(".-")


def _differences(before: dict[str, Any], config: TrainConfig, preset: str) -> str:
    """What the run does otherwise than its preset, as comments of its config.toml."""
    from racer.errors import ConfigError
    from racer.formats.settings import differences, shown_value
    from racer.train.config import load_train_config

    endless = not (before.get("steps") or before.get("minutes"))  # the command line says how long
    if endless:
        before["steps"] = 1
    try:
        base = load_train_config(before, preset).to_dict()
    except ConfigError:  # it cannot be used as it is; what was used stands in config.toml
        return ""
    if endless:
        base |= {"steps": config.steps, "minutes": config.minutes}
    lines = [
        f"# {key} = {shown_value(new)} (preset: {shown_value(old)})"
        for key, (old, new) in differences(base, config.to_dict()).items()
        if new is not None and not isinstance(old, dict) and not isinstance(new, dict)
    ]
    from racer.formats.text import shown

    return "\n".join([f"# differs from the preset {shown(preset)}:", *lines]) if lines else ""


def _env_of(content: dict[str, Any], preset: str | None) -> str | None:
    """The environment that a preset names, if it is one that there is."""
    from racer.errors import ConfigError
    from racer.kinds import DEFAULT_ID, env_ids

    env_id = content.get("env_id", DEFAULT_ID)
    if env_id not in env_ids():
        raise ConfigError(
            f"preset {preset}: env_id is {env_id!r}, but it must be one of {', '.join(env_ids())}."
        )
    return str(env_id)


def _fitting(config: TrainConfig) -> TrainConfig:
    """The settings as they suit the number of environments; says what differs."""
    import dataclasses

    before = config.algo_settings
    after = config.algorithm.fitted(before, config.n_envs)
    for item in dataclasses.fields(after):
        old, new = getattr(before, item.name), getattr(after, item.name)
        if old != new:
            print(
                f"with {config.n_envs:,} environments {config.algo}.{item.name} is {new:,} instead "
                f"of {old:,}.",
                file=sys.stderr,
            )
    return dataclasses.replace(config, algo_settings=after)


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
