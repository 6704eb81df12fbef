"""`racer compare`: laps of one track beside each other, as a table and as a picture."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.formats.text import show_path, shown

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
        " as a table and, with --out, as a picture of lines, speed and gap over distance. Laps that"
        " are not valid, or not proved, are shown but nothing is compared with them.",
        epilog="example: racer compare mine.lap.npz agent.lap.npz --out laps.png",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a lap file (*.lap.npz)")
    parser.add_argument("--out", type=Path, metavar="PNG", help="write a picture (.png .svg .pdf)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the table and writes the picture."""
    from racer.cli.verify import copies
    from racer.laps import load_lap, track_title
    from racer.laps.traces import trace_lap

    records = [load_lap(file) for file in args.files]
    check_same_track(records, args.files)
    traces = [
        trace_lap(record, show_path(file)) for record, file in zip(records, args.files, strict=True)
    ]
    rows = compare(traces)
    checks = [replace(trace.check, file=f) for trace, f in zip(traces, args.files, strict=True)]
    for row, file, same in zip(rows, args.files, copies(checks), strict=True):
        row |= {"file": file, "same_as": same}
    title = track_title(records[0].track)
    if args.json:
        print(json.dumps({"track": records[0].track.name, "title": title, "laps": rows}, indent=2))
    else:
        print(table(title, rows))
    if args.out is not None:
        from racer.plots.laps import lap_picture

        lap_picture(traces, args.out)
        if not args.json:
            print(show_path(args.out))
    return 0


def check_same_track(records: Sequence[LapRecord], files: Sequence[str]) -> None:
    """Raises LapError unless all laps are of one track."""
    from racer.errors import LapError

    first = records[0].track
    for record, file in zip(records, files, strict=True):
        if record.track.fingerprint != first.fingerprint:
            raise LapError(
                f"{show_path(file)}: is a lap of {shown(record.track.name)}"
                f" ({record.track.fingerprint}), but {show_path(files[0])} is one of"
                f" {shown(first.name)} ({first.fingerprint})."
            )


def compare(traces: Sequence[LapTrace]) -> list[dict[str, Any]]:
    """One row per lap: who, times, gap to the fastest [s], speeds [m/s].

    Only laps that count (proved and valid) are the fastest of anything, and only proved ones have
    gaps; where no lap counts nothing is compared.
    """
    from racer.optimal.reference import gaps

    fastest = min((trace.record.lap_time_s for trace in traces if trace.counts), default=None)
    rows = []
    for trace in traces:
        record, proved = trace.record, trace.check.proved
        time = record.lap_time_s if proved else None
        rows.append(
            {
                "driver": record.driver,
                "device": record.device,
                "lap_time_s": record.lap_time_s,
                "proved": proved,
                "gap_s": None if time is None or fastest is None else time - fastest,
                **gaps(record.track, record.vehicle, time, standing=record.standing),
                "sectors_s": list(record.sectors_s),
                "valid": record.valid,
                "standing": record.standing,
                "identity": trace.check.identity,
                "top_speed": float(trace.speed.max()),
                "slowest_speed": float(trace.speed[60:].min() if len(trace) > 60 else 0.0),
            }
        )
    return rows


def table(track: str, rows: Sequence[dict[str, Any]]) -> str:
    """The rows for people, those that count first; the best of each sector carries a star."""
    from racer.optimal.reference import gap_text

    counting = [row for row in rows if row["proved"] and row["valid"]]
    best = [min((row["sectors_s"][i] for row in counting), default=None) for i in range(3)]
    names = {id(row): shown(row["driver"] or "unknown", 40) for row in rows}
    width = max(10, *(len(name) for name in names.values()))
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
    lines = [track, f"{'claimed by':<{width}}  {words}  lap"]
    for row in sorted(rows, key=lambda row: (row not in counting, float(row["lap_time_s"]))):
        sectors = "  ".join(
            f"{time:7.3f}{'*' if row in counting and time == best[i] else ' '}"
            for i, time in enumerate(row["sectors_s"])
        )
        gap = "-" if row["gap_s"] is None else f"{row['gap_s']:+.3f}"
        notes = ["standing" if row["standing"] else "flying"]
        notes += [] if row["valid"] else ["not valid"]
        notes += [] if row["proved"] else ["not proved"]
        notes += [f"the same lap as {show_path(row['same_as'])}"] if row.get("same_as") else []
        lines.append(
            f"{names[id(row)]:<{width}}  {row['lap_time_s']:9.3f}  {gap:>7}"
            f"  {sectors}  {row['top_speed'] * 3.6:8.1f}"
            f"  {gap_text(row['gap_to_optimal']):>8}  {gap_text(row['gap_to_demonstrated']):>9}"
            f"  {', '.join(notes)}"
        )
    if len(counting) > 1:
        total = sum(time for time in best if time is not None)
        lines.append(f"{'best sectors':<{width}}  {total:9.3f}")
    return "\n".join(lines)
