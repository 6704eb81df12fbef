"""`racer doctor`: what is installed here, and does it work?"""

from __future__ import annotations

import argparse
import sys
from importlib import metadata
from typing import Any

EXTRAS = {
    "train": (
        "torch",
        "stable-baselines3",
        "sb3-contrib",
        "tensorboard",
        "onnx",
        "onnxruntime",
        "tqdm",
        "rich",
        "PyYAML",
    ),
    "tune": ("optuna",),
    "view": ("pygame-ce", "onnx", "onnxruntime", "moviepy"),
    "plots": ("matplotlib", "imageio-ffmpeg"),
    "optimal": ("casadi",),
    "tracks": ("platformdirs", "defusedxml"),
}


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `doctor` command."""
    parser = sub.add_parser(
        "doctor",
        help="check what is installed and whether it works",
        description="Names versions, vehicles and fingerprints, what each part needs and lacks, and"
        " drives one lap to see that the engine works.",
        epilog="example: racer doctor --json",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Looks; 0 if the engine drives a valid lap."""
    import json

    found = _look()
    if args.json:
        print(json.dumps(found, indent=2))
    else:
        print(f"racer {found['racer']}, Python {found['python']}")
        print(f"engine: {found['compiler']}, {found['instruction_set']}")
        for vehicle, fingerprint in found["physics"].items():
            print(f"vehicle {vehicle}: physics {fingerprint}")
        for extra, missing in found["missing"].items():
            state = f"lacks {', '.join(missing)}" if missing else "complete"
            print(f"extra {extra}: {state}")
            if missing:
                print(f"  pip install 'racer-sim[{extra}]'")
        lap = found["lap"]
        print(f"test lap on {lap['track']}: {lap['time_s']:.3f} s" if lap else "test lap: failed")
    return 0 if found["lap"] else 1


def _look() -> dict[str, Any]:
    import racer
    from racer import _core

    return {
        "racer": racer.__version__,
        "python": sys.version.split()[0],
        "compiler": _core.COMPILER,
        "instruction_set": _core.instruction_set(),
        "physics": {name: _core.physics_fingerprint(name) for name in _core.vehicles()},
        "missing": {
            extra: [package for package in packages if not _installed(package)]
            for extra, packages in EXTRAS.items()
        },
        "lap": _test_lap(),
    }


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _test_lap() -> dict[str, Any] | None:
    """The careful driver's standing lap on the first circuit; None if it fails."""
    from racer.drivers import make_driver
    from racer.envs.circuit.episodes import evaluate_driver
    from racer.tracks import list_tracks, load_track

    track = load_track(list_tracks()[0])
    result = evaluate_driver(make_driver("casual", track), track, starts=1, laps=1)
    if result.standing_lap_s is None:
        return None
    return {"track": track.name, "time_s": result.standing_lap_s}
