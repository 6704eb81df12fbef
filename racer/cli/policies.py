"""`racer policies`: the policies that come with Racer."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `policies` command."""
    parser = sub.add_parser(
        "policies",
        help="list the policies that come with Racer",
        description="Lists the policies that come with Racer. Every command that takes a policy"
        " takes their names, too.",
        epilog="example: racer policies --json",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the list."""
    import json

    from racer.drivers.shipped import shipped_policies
    from racer.formats.text import aligned
    from racer.kinds import short_name

    rows = [_row(name, path) for name, path in shipped_policies().items()]
    if args.json:
        print(json.dumps({"policies": rows}, indent=2))
        return 0
    titles = ("name", "drives", "vehicle", "observation", "action", "steps")
    table = [titles]
    for row in rows:
        steps = row["steps"]
        seen = (row["vehicle"] or "-", row["observation"] or "-", row["action"] or "-")
        table.append(
            (row["name"], short_name(row["env_id"]), *seen, f"{steps:,}" if steps else "-")
        )
    print("\n".join(aligned(table)))
    for row in rows:
        if row["command"]:
            print(f"{row['name']} was made by: {row['command']}")
    return 0


def _row(name: str, path: Path) -> dict[str, Any]:
    from racer.drivers.onnx_graph import OnnxGraph
    from racer.drivers.shipped import env_of, report_of
    from racer.formats.policy_file import text_of

    report = report_of(path)
    properties = OnnxGraph(path).properties
    fields = ("vehicle", "observation", "action", "algorithm")
    steps = text_of(properties, "training_steps")
    return {
        "name": name,
        "env_id": env_of(path),
        **{field: text_of(properties, field) for field in fields},
        "steps": int(steps) if steps is not None and steps.isdigit() else None,
        "command": report.get("command"),
        "file": str(path),
    }
