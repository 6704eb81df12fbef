"""Track files as tables: the TUM centre-line format and its variants.

A row is one point of the centre line, in driving order. The columns are those of the race track
database of TU Munich (github.com/TUMFTM/racetrack-database) and of the tools around it:

* 4 columns: `x_m, y_m, w_tr_right_m, w_tr_left_m`, the widths from the centre line to each edge;
* 3 columns: `x_m, y_m, w_tr_m`, the whole width, half of it to each side (the first layout of
  `import_track` in TUM's global_racetrajectory_optimization: "width is divided by two");
* 5 columns: `x_m, y_m, z_m, w_tr_right_m, w_tr_left_m` (the second one there, "3D"); the height
  is not used.

A row of column names before the first point, with or without `#`, decides over the order; with it
the five columns may also be the first four and `banking` (not used). Commas or semicolons separate
the columns, `#` starts a comment. The line is closed; whether the last point repeats the first does
not matter.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from racer.errors import TrackError
from racer.formats.files import MAX_TRACK_BYTES, read_text

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

_SHORT_NAMES = {
    "x": "x",
    "y": "y",
    "z": "z",
    "w_tr_right": "right",
    "w_tr_left": "left",
    "width_right": "right",
    "width_left": "left",
    "w_tr": "whole",
    "width": "whole",
    "banking": "banking",
}
_LAYOUTS = {
    3: ["x", "y", "whole"],
    4: ["x", "y", "right", "left"],
    5: ["x", "y", "z", "right", "left"],
}


def read_centre_line(path: str | os.PathLike[str]) -> NDArray[np.float64]:
    """Reads the table of a track file as it is: no point is checked, moved or left out.

    Returns:
        (M, 4) x, y, width to the right, width to the left [m].

    Raises:
        TrackError: the file cannot be read as a table of numbers.
    """
    return read_table(Path(path))[0]


def read_table(path: Path) -> tuple[NDArray[np.float64], list[int]]:
    """The centre line (M, 4), and the line of the file that each row stands in."""
    text = read_text(path, limit=MAX_TRACK_BYTES, error=TrackError, what="track file")
    header: list[str] | None = None
    rows: list[list[float]] = []
    line_numbers: list[int] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        content, _, comment = raw.partition("#")
        if not content.strip():
            header = (not rows and _column_names(comment)) or header
            continue
        fields = [field.strip() for field in re.split("[;,]", content)]
        if not rows and header is None and (names := _column_names(content)):
            header = names
            continue
        row = [_number(path, number, len(rows), field) for field in fields]
        if rows and len(row) != len(rows[0]):
            raise TrackError(
                f"{path}: row {len(rows) + 1} (line {number}) has {len(row)} columns, "
                f"the rows before it have {len(rows[0])}."
            )
        rows.append(row)
        line_numbers.append(number)
    if not rows:
        raise TrackError(f"{path}: holds no points.")
    table = np.array(rows, dtype=np.float64)
    columns = _columns(path, header, table.shape[1])
    by_name = dict(zip(columns, table.T, strict=True))
    right = by_name["right"] if "right" in by_name else by_name["whole"] / 2
    left = by_name["left"] if "left" in by_name else by_name["whole"] / 2
    return np.column_stack([by_name["x"], by_name["y"], right, left]), line_numbers


def _number(path: Path, number: int, row: int, field: str) -> float:
    try:
        return float(field)
    except ValueError:
        raise TrackError(
            f"{path}: row {row + 1} (line {number}): {field[:40]!r} is not a number."
        ) from None


def _column_names(text: str) -> list[str] | None:
    """The columns that a header names, or None if it is not one (any other comment)."""
    fields = [field.strip().lower() for field in re.split("[;,]", text)]
    names = [_SHORT_NAMES.get(re.sub(r"(_m|_rad|_deg)$", "", field), "") for field in fields]
    return names if all(names) and len(names) > 1 else None


def _columns(path: Path, header: list[str] | None, count: int) -> list[str]:
    if header is None:
        if count not in _LAYOUTS:
            raise TrackError(
                f"{path}: rows have {count} columns; a track file has 3 (x, y, whole width), "
                "4 (x, y, width right, width left) or 5 (x, y, z, width right, width left)."
            )
        return _LAYOUTS[count]
    if len(header) != count:
        raise TrackError(f"{path}: the header names {len(header)} columns, rows have {count}.")
    widths = {"right", "left", "whole"} & set(header)
    if (
        len(set(header)) != count
        or not {"x", "y"} <= set(header)
        or widths not in ({"right", "left"}, {"whole"})
    ):
        raise TrackError(
            f"{path}: the header must name x, y and either both widths or the whole width once."
        )
    return header
