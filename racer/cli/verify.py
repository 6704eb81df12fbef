"""`racer verify`: drive recorded laps again and see whether they are what they say."""

import argparse
import json

from racer.laps import LapCheck, verify_lap


def add_parser(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `verify` command."""
    parser = sub.add_parser(
        "verify",
        help="drive recorded laps again and compare bit for bit",
        description="Drives each recorded lap again from its inputs and compares the state of every"
        " second, the lap time to the last bit and the validity. Exit code 1 if any lap is not ok.",
        epilog="example: racer verify runs/demo/laps/*.lap.npz --json",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a lap file (*.lap.npz)")
    parser.add_argument("--json", action="store_true", help="print a JSON list, one item per file")
    parser.set_defaults(run=run)


def as_json(check: LapCheck) -> dict[str, str | bool | float | None]:
    """One item of the list that `--json` prints; `reason` is "" for a lap that is ok."""
    return {
        "file": check.file,
        "ok": check.ok,
        "reason": check.reason,
        "lap_time_s": check.lap_time_s,
        "valid": check.valid,
    }


def describe(check: LapCheck) -> str:
    """One line for people."""
    if not check.ok or check.record is None or check.lap_time_s is None:
        return f"WRONG  {check.reason}"
    record = check.record
    kind = "standing" if record.standing else "flying"
    validity = "valid" if check.valid else f"not valid: {', '.join(record.reasons)}"
    who = f" by {record.driver}" if record.driver else ""
    return (
        f"ok     {check.file}: {check.lap_time_s:.3f} s, {kind} lap{who} on {record.track.name}"
        f" ({validity})"
    )


def run(args: argparse.Namespace) -> int:
    """Verifies every file; 0 if all are ok, else 1."""
    checks = []
    for file in args.files:
        check = verify_lap(file)
        checks.append(check)
        if not args.json:
            print(describe(check))
    if args.json:
        print(json.dumps([as_json(check) for check in checks], indent=2))
    return 0 if all(check.ok for check in checks) else 1
