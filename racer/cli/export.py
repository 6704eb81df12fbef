"""`racer export`: write a trained model as one file to share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.cli.kind_options import add_kind_options, chosen, env_option
from racer.formats.text import show_path
from racer.kinds import kind_of

if TYPE_CHECKING:
    from racer.train.config import TrainConfig


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `export` command."""
    parser = sub.add_parser(
        "export",
        help="export a training run as a policy (.onnx)",
        description="Writes a training run's driver as one ONNX file with normalisation, clipping"
        " and scaling inside the graph, and with all that it was trained for as metadata.",
        epilog="examples: racer export runs/ppo-harbour --output harbour.onnx; "
        "racer export --onnx mine.onnx --observation track --action axis --ticks-per-action 6 "
        "--output mine-racer.onnx",
    )
    parser.add_argument("folder", type=Path, nargs="?", metavar="RUN", help="folder of the run")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="the file (default RUN/policy.onnx)"
    )
    parser.add_argument(
        "--newest", action="store_true", help="the newest checkpoint, not the best model"
    )
    own = parser.add_argument_group(
        "a model of your own", "adds what a policy says about itself, checks it, lets it drive"
    )
    own.add_argument("--onnx", metavar="FILE", help="an ONNX model from any exporter")
    own.add_argument("--name", help="display name (default: the file's)")
    env_option(own)
    own.add_argument("--graph-output", metavar="NAME", help="the output that holds the action")
    own.add_argument("--argmax", action="store_true", help="the output holds one value per action")
    parser.add_argument("--json", action="store_true", help="print the metadata as JSON")
    add_kind_options(parser, "export")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exports; 0 if the file is written and drives."""
    import dataclasses
    import json

    from racer.errors import PolicyError
    from racer.formats.files import MAX_POLICY_BYTES, atomic_write, read_bytes
    from racer.train.run_folder import RunFolder

    if args.onnx is not None or args.folder is None:
        return _adopt(args)
    folder, config = RunFolder.open(args.folder)
    output: Path = args.output or folder.policy
    if output.suffix != ".onnx":
        raise PolicyError(f"{output}: the name of a policy must end in .onnx.")
    if args.newest:
        from racer.train.export import export_policy
        from racer.train.task import make_task
        from racer.train.trainer import load_newest

        model, normalise = load_newest(folder, config)
        steps = model.num_timesteps
        metadata = make_task(config).metadata(folder.path.name, steps)
        actor = config.algorithm.actor(model)
        export_policy(model, normalise, metadata, output, config.action_scale, actor=actor)
    else:
        best = folder.best / "policy.onnx"
        if not best.is_file():
            raise PolicyError(
                f"{args.folder}: has no best model yet; --newest exports the newest checkpoint."
            )
        data = read_bytes(best, limit=MAX_POLICY_BYTES, error=PolicyError, what="policy")
        _metadata(best, config)  # before anything is written
        atomic_write(output, data)
    found = _metadata(output, config)
    if args.json:
        print(json.dumps({"file": str(output), **dataclasses.asdict(found)}, indent=2))
    else:
        rules = kind_of(config.env_id).load("policy").rules(found)
        print(f"{show_path(output)}: {found.training_steps:,} steps, {rules}")
    return 0


def _adopt(args: argparse.Namespace) -> int:
    import dataclasses
    import json

    from racer.adopt import adopt_policy
    from racer.errors import PolicyError

    if args.onnx is None or args.folder is not None:
        raise PolicyError("racer export takes the folder of a run, or --onnx FILE.")
    if args.output is None:
        raise PolicyError("racer export --onnx needs --output FILE, the policy's name.")
    kind, env_id = chosen(args, "export")
    names = ("observation", "action", "ticks_per_action", "vehicle", "config")
    own = {option.dest for option in kind.load("options").get("export", ())}
    found = adopt_policy(
        args.onnx,
        args.output,
        name=args.name or Path(args.onnx).stem,
        env_id=env_id,
        **{name: getattr(args, name) for name in names if name in own},
        tracks=(getattr(args, "track", None) if "track" in own else None) or (),
        graph_output=args.graph_output,
        argmax=args.argmax,
    )
    if args.json:
        print(json.dumps({"file": str(args.output), **dataclasses.asdict(found)}, indent=2))
    else:
        print(f"{show_path(args.output)}: {found.env_id}, checked, and driven for some seconds")
    return 0


def _metadata(path: Path, config: TrainConfig) -> Any:
    """What the file says; making a driver of it shows that it drives."""
    kind = kind_of(config.env_id)
    settings = config.runs.env_settings(config)
    return kind.load("drivers").policy(path, config.env_id, settings).metadata
