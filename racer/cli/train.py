"""`racer train`: train a driver."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.formats.text import show_path
from racer.train.algorithms import ALGORITHMS

if TYPE_CHECKING:
    from racer.train.config import TrainConfig

DESCRIPTION = """\
Trains a driver on a circuit or on the highway and keeps everything in a folder: settings,
TensorBoard logs, checkpoints, the best model, and policy.onnx, which `racer evaluate` and
`racer play` take. Interrupt it (Ctrl-C) or kill it whenever you like: `racer resume` goes on."""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `train` command."""
    parser = sub.add_parser(
        "train",
        help="train a driver",
        description=DESCRIPTION,
        epilog="examples: racer train --algo ppo --track harbour --minutes 3; "
        "racer train --env HighwayRisk --algo sac",
    )
    parser.add_argument(
        "--env",
        metavar="ID",
        help="Circuit (the default), Highway, HighwayFast or HighwayRisk, or the whole id",
    )
    parser.add_argument(
        "--algo", choices=tuple(ALGORITHMS), help="the algorithm (default ppo; dqn: highway)"
    )
    parser.add_argument("--track", help="one circuit, of the catalogue or a file (default harbour)")
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
    from racer.envs.circuit.checks import check_vehicle
    from racer.errors import ConfigError
    from racer.train.config import (
        CIRCUIT,
        check_ends,
        check_flag,
        load_preset,
        load_train_config,
    )
    from racer.train.new_run import check_free, check_place, checked_name

    check_ends(args.steps, args.minutes)
    for name in ("n_envs", "seed"):
        check_flag(name, getattr(args, name))
    if args.vehicle is not None:
        check_vehicle(args.vehicle)
    check_place(args.log_dir)
    if args.name is not None:
        check_free(args.log_dir / checked_name(args.name))
    env_id = full_id(args.env)
    prefix = "" if env_id in (None, CIRCUIT) else "highway-"
    if args.algo is not None and not (args.preset or prefix):
        _check_for_circuits(args.algo)
    preset = args.preset or prefix + (args.algo or ("dqn" if _discrete(env_id) else "ppo"))
    content = load_preset(preset)
    if isinstance(content.get("track"), (list, tuple)):
        raise ConfigError(
            f"preset {preset}: track is a list, but a run trains on one circuit; name one."
        )
    before = dict(content)
    if env_id is not None:
        content["env_id"] = env_id
    changes: dict[str, Any] = {
        name: getattr(args, name)
        for name in ("algo", "track", "n_envs", "seed")
        if getattr(args, name) is not None
    }
    if args.steps is not None or args.minutes is not None:
        changes["steps"] = args.steps or 0
        changes["minutes"] = args.minutes or 0.0
    circuit = content.get("env_id", CIRCUIT) == CIRCUIT
    (_merge_circuit if circuit else _merge_highway)(args, content)
    config = load_train_config(content, f"preset {preset}", **changes)
    if args.n_envs is not None:
        config = _fitting(config)
    if circuit:
        from racer.tracks import load_track

        load_track(config.track)  # complains before heavy imports
    place = Path(config.track).stem if circuit else config.env_id[6:-3].lower()
    name = args.name or _plain_name(f"{config.algo}-{place}")
    comment = _differences(before, config, preset)
    if comment and not args.quiet:
        print(comment.replace("# ", ""), file=sys.stderr)

    from racer.train.trainer import train

    report = train(
        config,
        args.log_dir / name,
        show=not args.quiet,
        numbered=args.name is None,
        comment=comment,
    )
    return show_report(report, args.log_dir / report["name"], as_json=args.json)


def _plain_name(wanted: str) -> str:
    """A name for a folder from the name of a circuit, which may hold anything."""
    import re

    return re.sub(r"[^\w.-]+", "-", wanted)[:60].rstrip(".-")


def _differences(before: dict[str, Any], config: TrainConfig, preset: str) -> str:
    """What the run does otherwise than its preset, as comments of its config.toml."""
    from racer.errors import ConfigError
    from racer.formats.settings import differences, shown_value
    from racer.train.config import load_train_config

    if not (before.get("steps") or before.get("minutes")):
        before["steps"] = 1
    try:
        base = load_train_config(before, preset).to_dict()
    except ConfigError:  # it cannot be used as it is; what was used stands in config.toml
        return ""
    lines = [
        f"# {key} = {shown_value(new)} (preset: {shown_value(old)})"
        for key, (old, new) in differences(base, config.to_dict()).items()
        if not isinstance(old, dict) and not isinstance(new, dict)
    ]
    from racer.formats.text import shown

    return "\n".join([f"# differs from the preset {shown(preset)}:", *lines]) if lines else ""


def full_id(name: str | None) -> str | None:
    """The id of an environment from what a person typed: "HighwayRisk" is enough.

    Raises:
        ConfigError: there is none of that name.
    """
    from racer.errors import ConfigError
    from racer.train.config import ENV_IDS

    if name is None:
        return None
    for env_id in ENV_IDS:
        if name.lower() in (env_id.lower(), env_id[6:].lower(), env_id[6:-3].lower()):
            return env_id
    raise ConfigError(f"there is no environment {name!r}; there are {', '.join(ENV_IDS)}.")


def _discrete(env_id: str | None) -> bool:
    return env_id in ("racer/Highway-v0", "racer/HighwayFast-v0")


def _merge_circuit(args: argparse.Namespace, content: dict[str, Any]) -> None:
    """Lays the file's settings over the preset's, key by key, and the flags' over both."""
    from racer.envs.circuit.settings import load_config
    from racer.formats.config_files import read_config
    from racer.formats.settings import merged

    layers: list[dict[str, Any]] = []
    if args.config is not None:
        load_config(args.config)  # names the file if something is wrong with it
        layers.append(read_config(args.config))
    if args.vehicle is not None:
        layers.append({"vehicle": args.vehicle})
    for layer in layers:
        content.update(merged(content, {"env": layer}))


def _merge_highway(args: argparse.Namespace, content: dict[str, Any]) -> None:
    """The same on the highway, where `observation` and `action` are replaced as a whole."""
    from racer.envs.highway.policy import ENVIRONMENTS
    from racer.envs.highway.settings import highway_settings, read_settings
    from racer.errors import ConfigError

    for option in ("track", "vehicle"):
        if getattr(args, option) is not None:
            raise ConfigError(f"--{option} is for circuits; the highway has none to choose.")
    if args.config is None:
        return
    if content.get("env_id") in ENVIRONMENTS:
        highway_settings(args.config, ENVIRONMENTS[content["env_id"]])  # names the file if wrong
    # The reward that a preset learns from stays, unless the file has its own.
    table = content.get("highway")
    before = table if isinstance(table, dict) else {}
    content["highway"] = {**before, **read_settings(args.config)}


def _check_for_circuits(algo: str) -> None:
    from racer.errors import ConfigError
    from racer.train.algorithms import load_algorithm
    from racer.train.algorithms.base import CONTINUOUS

    if CONTINUOUS not in load_algorithm(algo).actions:
        raise ConfigError(
            f"{algo} needs meta-actions, which circuits do not have; name --env Highway or "
            "HighwayFast."
        )


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

    from racer.optimal.reference import gap_text
    from racer.train.config import CIRCUIT_COPY

    words = show_path(shlex.quote(str(path)))  # a run's name may hold spaces
    track = str(report.get("track", ""))
    if track.endswith(".csv"):
        track = str(path / CIRCUIT_COPY)  # the run's own, found from anywhere

    if as_json:
        print(json.dumps(report, indent=2))
        return 0 if report["finished"] else 130
    print(f"{show_path(path)}: {report['steps']:,} steps in {report['seconds']:.0f} s")
    if not report["finished"]:
        print(f"interrupted; go on with: racer resume {words}")
        return 130
    result = report["evaluation"]
    if "total" in result:
        from racer.cli.evaluate_highway import table

        print(table(result["total"]))
        print(f"try it elsewhere: racer evaluate --env {report['env_id']} --policy {words}")
        return 0
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
        print(f"race it: racer play --track {shlex.quote(track)} --against {words}")
    return 0
