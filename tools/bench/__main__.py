"""Measures one layer in this process; `racer bench` starts one such process per layer.

Prints one JSON object per line: a case, or {"skipped": reason} if the layer cannot run here.
"""

import argparse
import importlib
import json
import sys

from racer.tools.bench import LAYERS
from racer.tools.bench.measure import UnavailableError, pin


def main() -> int:
    """Runs `python -m racer.tools.bench LAYER --seconds S --threads T`."""
    parser = argparse.ArgumentParser(prog="python -m racer.tools.bench")
    parser.add_argument("layer", choices=LAYERS)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()
    if pin(args.threads) < args.threads:
        print(json.dumps({"skipped": f"this machine has fewer than {args.threads} cores"}))
        return 0
    try:
        layer = importlib.import_module(f"racer.tools.bench.{args.layer}")
    except ModuleNotFoundError as problem:
        if (problem.name or "").startswith("racer"):
            raise
        print(json.dumps({"skipped": f"the Python package {problem.name!r} is not installed"}))
        return 0
    try:
        for case in layer.cases(args.seconds, args.threads):
            print(json.dumps(case.as_json()), flush=True)
    except UnavailableError as problem:
        print(json.dumps({"skipped": str(problem)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
