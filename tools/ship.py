"""Puts a trained policy for circuits among those that come with Racer.

    python -m racer.tools.ship runs/generalist champion --made-by "racer train --preset generalist"
    python -m racer.tools.ship runs/generalist bronze --steps 8000000 --made-by "..."

Beside NAME.onnx it writes NAME.npz, the weights, and NAME.json: the run's report, the command that
made the policy, and how it laps the catalogue from `STARTS` places that neither training nor the
choice of the model saw.
"""

import argparse
import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.drivers.shipped import FOLDER
from racer.envs.circuit.episodes import evaluate_circuits
from racer.errors import ConfigError, RacerError
from racer.formats.files import atomic_write
from racer.formats.text import is_plain
from racer.tracks import list_tracks, load_track
from racer.train.run_folder import RunFolder, git_commit
from racer.train.weights import WEIGHTS

STARTS, LAPS = 100, 1
SEED = 4  # of starts; 1, 2 and 3 choose models, report runs and rank the demo's drivers


def ship(run: Path, name: str, steps: int | None, command: str, tracks: Sequence[str]) -> Path:
    """Writes the two files.

    Args:
        run: folder of a finished training run.
        name: of the policy.
        steps: takes the policy after so many steps instead of the best one.
        command: what made the run.
        tracks: circuits of the evaluation.

    Returns:
        The policy's new file.

    Raises:
        RacerError: there is no such run or policy, or the name cannot be one.
    """
    if not is_plain(name) or not re.fullmatch(r"[a-z0-9-]+", name):
        raise ConfigError(f"name is {name!r}, but it must be lower-case letters, digits and -.")
    folder, config = RunFolder.open(run)
    source = folder.policy if steps is None else folder.policy_after(steps)
    if not source.is_file():
        raise ConfigError(f"{source}: there is no such policy.")
    report = json.loads(folder.report.read_text("utf-8")) if folder.report.is_file() else {}
    if steps is not None:
        report |= json.loads(source.with_suffix(".json").read_text("utf-8"))
        report.pop("best", None), report.pop("evaluation", None)
    vehicle = config.env.vehicle
    results = evaluate_circuits(
        OnnxDriver(source, vehicle),
        [load_track(track) for track in tracks],
        starts=STARTS,
        laps=LAPS,
        vehicle=vehicle,
        seed=SEED,
    )
    content: dict[str, Any] = {
        **report,
        "name": name,
        "env_id": config.env_id,
        "command": command,
        "git_commit": git_commit(),
        "catalogue": [result.as_json() for result in results],
    }
    target = FOLDER / f"{name}.onnx"
    shutil.copyfile(source, target)
    if steps is None:  # so that `racer finetune` can start from it
        shutil.copyfile(folder.best / WEIGHTS, target.with_suffix(".npz"))
    atomic_write(target.with_suffix(".json"), json.dumps(content, indent=1) + "\n")
    for result in results:
        gap = "-" if result.gap_to_optimal is None else f"{result.gap_to_optimal:+.2%}"
        print(f"{result.track}: {result.completed}/{result.laps} completed, {result.valid} valid, "
              f"best {gap} to the minimum time")  # fmt: skip
    return target


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `python -m racer.tools.ship`."""
    parser = argparse.ArgumentParser(prog="python -m racer.tools.ship", description=__doc__)
    parser.add_argument("run", type=Path, help="folder of the training run")
    parser.add_argument("name", help="name of the policy")
    parser.add_argument("--steps", type=int, help="take the policy after so many steps")
    parser.add_argument("--made-by", required=True, metavar="COMMAND", help="what made the run")
    parser.add_argument("--track", action="append", help="circuit of the evaluation (default all)")
    args = parser.parse_args(arguments)
    try:
        print(ship(args.run, args.name, args.steps, args.made_by, args.track or list_tracks()))
    except (RacerError, OSError, ValueError) as problem:
        print(f"ship: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
