"""`racer compare`: laps of one track beside each other, as a table and as a picture."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from racer.laps import LapRecord
    from racer.laps.traces import LapTrace


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `compare` command."""
    parser = sub.add_parser(
        "compare",
        help="compare recorded laps: sectors, gap, picture",
        description="Compares laps of one track: sector times, speeds and the gap to the fastest,"
        " as a table and, with --out, as a picture of lines, speed and gap over distance.",
        epilog="example: racer compare mine.lap.npz agent.lap.npz --out laps.png",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a lap file (*.lap.npz)")
    parser.add_argument("--out", type=Path, metavar="PNG", help="write a picture (.png .svg .pdf)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the table and writes the picture."""
    from racer.laps import load_lap
    from racer.laps.traces import trace_lap

    records = [load_lap(file) for file in args.files]
    check_same_track(records, args.files)
    traces = [trace_lap(record) for record in records]
    rows = compare(traces)
    if args.json:
        for row, file in zip(rows, args.files, strict=True):
            row["file"] = file
        print(json.dumps({"track": records[0].track.name, "laps": rows}, indent=2))
    else:
        print(table(records[0].track.name, rows))
    if args.out is not None:
        from racer.plots import lap_picture

        lap_picture(traces, args.out)
        if not args.json:
            print(args.out)
    return 0


def check_same_track(records: Sequence[LapRecord], files: Sequence[str]) -> None:
    """Raises LapError unless all laps are of one track."""
    from racer.errors import LapError

    first = records[0].track
    for record, file in zip(records, files, strict=True):
        if record.track.fingerprint != first.fingerprint:
            raise LapError(
                f"{file}: is a lap of {record.track.name} ({record.track.fingerprint}), but"
                f" {files[0]} is one of {first.name} ({first.fingerprint})."
            )


def compare(traces: Sequence[LapTrace]) -> list[dict[str, Any]]:
    """One row per lap: who, times, gap to the fastest [s], speeds [m/s]."""
    from racer.optimal.reference import gaps

    fastest = min(trace.record.lap_time_s for trace in traces)
    return [
        {
            "driver": trace.record.driver,
            "device": trace.record.device,
            "lap_time_s": trace.record.lap_time_s,
            "gap_s": trace.record.lap_time_s - fastest,
            **gaps(
                trace.record.track,
                trace.record.vehicle,
                trace.record.lap_time_s,
                standing=trace.record.standing,
            ),
            "sectors_s": list(trace.record.sectors_s),
            "valid": trace.record.valid,
            "standing": trace.record.standing,
            "top_speed": float(trace.speed.max()),
            "slowest_speed": float(trace.speed[60:].min() if len(trace) > 60 else 0.0),
        }
        for trace in traces
    ]


def table(track: str, rows: Sequence[dict[str, Any]]) -> str:
    """The rows for people; the best of each sector carries a star."""
    from racer.optimal.reference import gap_text

    best = [min(row["sectors_s"][i] for row in rows) for i in range(3)]
    width = max(10, *(len(row["driver"] or "unknown") for row in rows))
    head = (
        ("time", 9),
        ("gap", 7),
        ("S1", 8),
        ("S2", 8),
        ("S3", 8),
        ("top km/h", 8),
        ("optimal", 8),
        ("demonstr.", 9),
    )
    words = "  ".join(f"{word:>{size}}" for word, size in head)
    lines = [track, f"{'driver':<{width}}  {words}  lap"]
    for row in sorted(rows, key=lambda row: float(row["lap_time_s"])):
        sectors = "  ".join(
            f"{time:7.3f}{'*' if time <= best[i] else ' '}"
            for i, time in enumerate(row["sectors_s"])
        )
        kind = "standing" if row["standing"] else "flying"
        count = kind if row["valid"] else f"{kind}, not valid"
        lines.append(
            f"{row['driver'] or 'unknown':<{width}}  {row['lap_time_s']:9.3f}  {row['gap_s']:+7.3f}"
            f"  {sectors}  {row['top_speed'] * 3.6:8.1f}"
            f"  {gap_text(row['gap_to_optimal']):>8}  {gap_text(row['gap_to_demonstrated']):>9}"
            f"  {count}"
        )
    if len(rows) > 1:
        lines.append(f"{'best sectors':<{width}}  {sum(best):9.3f}")
    return "\n".join(lines)
