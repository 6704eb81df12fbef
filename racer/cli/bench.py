"""`racer bench`: measure the engine, the environments and training."""

import argparse
import json
import sys
from pathlib import Path

LAYERS = (
    "engine",
    "highway",
    "scaling",
    "limit",
    "env",
    "sb3",
    "policy",
    "train",
    "pipeline",
    "peers",
)
DEFAULT = ("engine", "highway", "env", "sb3", "policy", "train")


def add_parser(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `bench` command."""
    parser = sub.add_parser(
        "bench",
        help="measure the engine, the environments and training",
        description="Measures how fast each layer is: steps and simulated ticks (1/60 s) per second"
        " as the median over repeats, on pinned cores, with CPU time beside wall time. Layers that"
        " need packages which are not installed are skipped, and it says so.",
        epilog="examples: racer bench engine env --seconds 2 --json; racer bench --write",
    )
    parser.add_argument(
        "layers",
        nargs="*",
        metavar="LAYER",
        help=f"{', '.join(LAYERS)}; default: {', '.join(DEFAULT)}; with --write: all",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--seconds", type=float, default=1.0, metavar="S", help="time per case (default 1)"
    )
    parser.add_argument(
        "--threads",
        type=int,
        nargs="+",
        default=[1, 2],
        metavar="T",
        help="numbers of engine threads to measure with (default 1 2)",
    )
    parser.add_argument(
        "--write",
        nargs="?",
        const=".",
        metavar="FOLDER",
        help="write benchmarks/RESULTS.md, benchmarks/results.json and docs/images/bench.png there"
        " (default: the current folder)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measures and prints; 0 if every layer ran or was skipped for a stated reason."""
    from racer.errors import ConfigError
    from racer.tools.bench import machine, runner

    layers = args.layers or (LAYERS if args.write else DEFAULT)
    for layer in layers:
        if layer not in LAYERS:
            raise ConfigError(f"there is no bench layer {layer!r}; there are {', '.join(LAYERS)}.")
    if not 0.0 < args.seconds <= 600.0:
        raise ConfigError(f"--seconds must be above 0 and at most 600, got {args.seconds}.")
    if not all(1 <= threads <= 256 for threads in args.threads):
        raise ConfigError(f"--threads must be 1 to 256, got {args.threads}.")

    def show(row: runner.Row) -> None:
        print(runner.table_row(row), flush=True)

    if args.json:
        results = runner.run_layers(layers, seconds=args.seconds, threads=args.threads)
        print(json.dumps(results.as_json(), indent=2))
    else:
        described = machine.describe()
        print(f"{described['cpu']}, {described['cores']} cores, {described['instruction_set']},")
        print(f"{described['compiler']}, Python {described['python']}, {described['system']}")
        print(runner.table_head())
        results = runner.run_layers(layers, seconds=args.seconds, threads=args.threads, show=show)
    for layer, reason in results.skipped.items():
        print(f"skipped {layer}: {reason}", file=sys.stderr)
    if args.write:
        from racer.tools.bench import report

        for path in report.write(results.as_json(), Path(args.write)):
            print(f"wrote {path}", file=sys.stderr)
    return 0
