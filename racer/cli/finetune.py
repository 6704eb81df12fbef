"""`racer finetune`: make a specialist of a policy."""

from __future__ import annotations

import argparse

from racer.cli.kind_options import env_option
from racer.cli.train import add_run_options

DESCRIPTION = """\
Trains a policy further, on a circuit of your choice. A new run begins with the weights of the
policy: a run's folder, its best/weights.npz, or a policy of `racer policies` that has weights.
Algorithm, network and environment are those that it was trained with; the preset says what is
different. Everything else is as with `racer train`."""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `finetune` command."""
    parser = sub.add_parser(
        "finetune",
        help="train a policy further, on another circuit",
        description=DESCRIPTION,
        epilog="example: racer finetune runs/ppo-256-circuits --track ridgeway --steps 750000",
    )
    parser.add_argument("policy", metavar="POLICY", help="whose weights to start from")
    env_option(parser)
    parser.add_argument(
        "--preset", default="finetune", help="name or .toml file (default finetune)"
    )
    parser.add_argument(
        "--name", help="name of the run (default ALGO-TRACK-finetuned, with a number if taken)"
    )
    add_run_options(parser)
    parser.set_defaults(run=run, algo=None)


def run(args: argparse.Namespace) -> int:
    """Trains; 0 if the run is complete, 130 if it was interrupted."""
    from racer.cli import train
    from racer.errors import ConfigError
    from racer.kinds import DEFAULT_ID, find_id, kind_of
    from racer.train.config import check_ends, load_preset
    from racer.train.weights import find_weights, settings_to_start_from

    check_ends(args.steps, args.minutes)
    weights = find_weights(args.policy)
    content = settings_to_start_from(weights)
    env_id = content.get("env_id", DEFAULT_ID)
    if args.env is not None and find_id(args.env) != env_id:
        raise ConfigError(f"{weights.shown}: was trained in {env_id}, not in {find_id(args.env)}.")
    tracks = "track" in kind_of(env_id).load("runs").tables
    if tracks and args.track is None and "track" not in load_preset(args.preset):
        raise ConfigError(
            "racer finetune needs --track, the circuit to train on, or a preset that names one."
        )
    content["start_from"] = args.policy
    return train.run(args, content)
