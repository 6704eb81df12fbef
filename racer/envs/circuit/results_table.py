"""The results of an evaluation on circuits, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from racer.envs.circuit.stints import stint_notes
from racer.evaluate.report import interval_line
from racer.formats.text import MAX_PATH, aligned, shown
from racer.optimal.reference import gap_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TITLES = (
    *("track", "laps", "done", "valid", "best s", "median s", "standing s"),
    *("to optimal", "demonstrated"),
)


def results_table(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """A row for each circuit, and lines with its intervals, stints and standing laps."""
    keys = ("track", "laps", "completed", "valid", "best_lap_s", "median_lap_s", "standing_lap_s")
    shares = ("gap_to_optimal", "gap_to_demonstrated")
    rows: list[tuple[str, ...]] = [_TITLES]
    rows += [
        (
            *(shown(_cell(result[key]), MAX_PATH) for key in keys),
            *(gap_text(result[key]) for key in shares),
        )
        for result in results
    ]
    lines = aligned(rows)
    for result in results:
        found = [
            " ".join(interval_line(name, entry, "s" if name == "lap_s" else None).split())
            for name, entry in result["intervals"].items()
        ]
        track = shown(result["track"], MAX_PATH)
        lines += [f"{track}: {note}" for note in ("; ".join(found), *stint_notes(result))]
    return lines


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
