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
        **_gaps(check),
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
        f" ({validity}){_words(check)}"
    )


def _gaps(check: LapCheck) -> dict[str, float | None]:
    from racer.optimal.reference import gaps

    record = check.record
    if not check.ok or record is None:
        return {"gap_to_optimal": None, "gap_to_demonstrated": None}
    return gaps(record.track, record.vehicle, check.lap_time_s, standing=record.standing)


def _words(check: LapCheck) -> str:
    from racer.optimal.reference import gap_text

    known = [(name, gap) for name, gap in _gaps(check).items() if gap is not None]
    words = [f"{gap_text(gap)} {name.replace('gap_', '').replace('_', ' ')}" for name, gap in known]
    return "".join(f", {text}" for text in words)


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
