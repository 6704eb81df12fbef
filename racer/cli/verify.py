"""`racer verify`: drive recorded laps again and see whether they are what they say."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from racer.formats.text import show_path, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from racer.laps import LapCheck, LapRecord

DESCRIPTION = """\
Drives each recorded lap again from its inputs and compares the state of every second, the times to
the last bit and the validity. A lap is proved if it was driven again from rest; one that began in a
state that only its recorder knows is not, and is compared with nothing. Who drove, with what and
when is never proved: it is shown as claimed."""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `verify` command."""
    parser = sub.add_parser(
        "verify",
        help="drive recorded laps again and compare bit for bit",
        description=DESCRIPTION,
        epilog="exit code: 0 if every lap is what it says (with --proved: and proved), else 1; "
        "example: racer verify runs/demo/laps/*.lap.npz --json",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a lap file (*.lap.npz)")
    parser.add_argument("--proved", action="store_true", help="fail if a lap is not proved")
    parser.add_argument("--json", action="store_true", help="print a JSON list, one item per file")
    parser.set_defaults(run=run)


def as_json(check: LapCheck, same_as: str | None = None) -> dict[str, Any]:
    """One item of the list that `--json` prints; `reason` is "" for a lap that is ok."""
    from racer.laps import track_title

    record = check.record if check.ok else None
    return {
        "file": check.file,
        "ok": check.ok,
        "proved": check.proved,
        "reason": check.reason,
        "lap_time_s": check.lap_time_s,
        "valid": check.valid,
        **_gaps(check),
        "standing": None if record is None else record.standing,
        "track": None if record is None else track_title(record.track),
        "track_fingerprint": None if record is None else record.track.fingerprint,
        "vehicle": None if record is None else record.vehicle,
        "identity": check.identity or None,
        "motion": check.motion or None,
        "same_as": same_as,
        "claimed": None if record is None else claims(record),
    }


def claims(record: LapRecord) -> dict[str, str]:
    """What a lap's file says and nothing proves."""
    return {"driver": record.driver, "device": record.device, "created": record.created}


def describe(check: LapCheck, same_as: str | None = None) -> str:
    """One line for people."""
    from racer.laps import track_title

    if not check.ok or check.record is None or check.lap_time_s is None:
        return f"WRONG  {check.reason}"
    record = check.record
    kind = "standing" if record.standing else "flying"
    validity = "valid" if check.valid else f"not valid: {', '.join(record.reasons)}"
    proof = "proved" if check.proved else "not proved: its start is its recorder's word"
    copy = "" if same_as is None else f", the same lap as {show_path(same_as)}"
    said = [shown(text) for text in (record.driver, record.device, record.created) if text]
    time, where = f"{check.lap_time_s:.3f} s", track_title(record.track)
    return (
        f"ok     {show_path(check.file)}: {time}, {kind} lap on {where}"
        f" ({validity}; {proof}{_words(check)}{copy}; claimed: {', '.join(said)})"
    )


def _gaps(check: LapCheck) -> dict[str, float | None]:
    from racer.optimal.reference import gaps

    record = check.record
    if not check.proved or record is None:
        return {"gap_to_optimal": None, "gap_to_demonstrated": None}
    return gaps(record.track, record.vehicle, check.lap_time_s, standing=record.standing)


def _words(check: LapCheck) -> str:
    from racer.optimal.reference import gap_text

    known = [(name, gap) for name, gap in _gaps(check).items() if gap is not None]
    words = [f"{gap_text(gap)} {name.replace('gap_', '').replace('_', ' ')}" for name, gap in known]
    return "".join(f", {text}" for text in words)


def copies(checks: Sequence[LapCheck]) -> list[str | None]:
    """For each lap the first file before it that holds the same drive, or None."""
    seen: dict[str, str] = {}
    found: list[str | None] = []
    for check in checks:
        keys = [key for key in (check.identity, check.motion) if key]
        found.append(next((seen[key] for key in keys if key in seen), None))
        for key in keys:
            seen.setdefault(key, check.file)
    return found


def run(args: argparse.Namespace) -> int:
    """Verifies every file; 0 if all are ok (and proved, if that is wanted), else 1."""
    from racer.laps import verify_lap

    checks: list[LapCheck] = []
    for file in args.files:
        checks.append(verify_lap(file))
        if not args.json:
            print(describe(checks[-1], copies(checks)[-1]), flush=True)
    if args.json:
        items = [as_json(check, same) for check, same in zip(checks, copies(checks), strict=True)]
        print(json.dumps(items, indent=2))
    good = [check.proved if args.proved else check.ok for check in checks]
    return 0 if all(good) else 1
