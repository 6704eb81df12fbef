"""Track files as tables: the TUM centre-line format, its variants and dialects.

A row is one point of the centre line, in driving order. The columns are those of the race track
database of TU Munich (github.com/TUMFTM/racetrack-database) and of the tools around it:

* 4 columns: `x_m, y_m, w_tr_right_m, w_tr_left_m`, the widths from the centre line to each edge;
* 3 columns: `x_m, y_m, w_tr_m`, the whole width, half of it to each side (the first layout of
  `import_track` in TUM's global_racetrajectory_optimization: "width is divided by two");
* 5 columns: `x_m, y_m, z_m, w_tr_right_m, w_tr_left_m` (the second one there, "3D"); the height
  is not used;
* 2 columns: `x_m, y_m`, for an import that is told the width.

A row of column names before the first point, with or without `#`, decides instead: the columns may
stand in any order beside others, which are not used, and positions may be degrees. Columns are
separated by semicolons, tabs, commas or spaces, whichever of them comes first in this list on the
first row; beside semicolons, tabs and spaces a comma is a decimal one. Quotes around fields, a
separator at the end of the rows and a leading column that counts them do no harm. `#` starts a
comment. The line is closed; whether the last point repeats the first does not matter.
"""

from __future__ import annotations

import csv
import dataclasses
import math
import re
from array import array
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from racer.errors import TrackError
from racer.formats.files import MAX_TRACK_BYTES, read_text
from racer.formats.text import shown
from racer.tracks.geographic import MOST_POINTS, to_metres

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from numpy.typing import NDArray

MOST_COLUMNS = 64
MOST_LINES = 1_000_000  # of a file, comments and empty ones included; twice as many line ends
LONGEST_LINE = 10_000  # letters
_MEANINGS = {
    "x": "x pos_x x_pos x_ref x_center x_centre center_x centre_x x_coord east easting utm_x",
    "y": "y pos_y y_pos y_ref y_center y_centre center_y centre_y y_coord north northing utm_y",
    "right": "w_tr_right width_right right_width w_right right_w right w_r wr dist_right "
    "track_width_right width_tr_right distance_right right_border",
    "left": "w_tr_left width_left left_width w_left left_w left w_l wl dist_left "
    "track_width_left width_tr_left distance_left left_border",
    "whole": "w_tr width w track_width road_width whole_width width_total total_width w_total",
    "lat": "lat latitude gps_lat",
    "lon": "lon long lng longitude gps_lon gps_long",
}
_NAMES = {name: meaning for meaning, names in _MEANINGS.items() for name in names.split()}
_LAYOUTS = {
    2: ["x", "y"],
    3: ["x", "y", "whole"],
    4: ["x", "y", "right", "left"],
    5: ["x", "y", "", "right", "left"],
}
_WANTED = (
    "a track file has 2 (x, y), 3 (x, y, whole width), 4 (x, y, width right, width left) or 5 "
    "(x, y, z, width right, width left), or a row of column names first"
)


@dataclasses.dataclass(frozen=True)
class Table:
    """What a table holds.

    Attributes:
        xy: (M, 2) positions [m].
        widths: (M, 2) to the right and to the left [m]; None if it has none.
        lines: (M,) the line of the file that each row stands in.
        geographic: whether the positions were degrees.
        lacking: what to say of a file without widths.
    """

    xy: NDArray[np.float64]
    widths: NDArray[np.float64] | None
    lines: list[int]
    geographic: bool
    lacking: str


def read_centre_line(path: str | os.PathLike[str]) -> NDArray[np.float64]:
    """Reads the table of a track file as it is: no point is checked, moved or left out.

    Returns:
        (M, 4) x, y, width to the right, width to the left [m].

    Raises:
        TrackError: the file cannot be read as a table of numbers.
    """
    return read_table(Path(path))[0]


def read_table(path: Path) -> tuple[NDArray[np.float64], list[int]]:
    """The centre line (M, 4), and the line of the file that each row stands in.

    Raises:
        TrackError: as `read_columns`, or it holds no widths.
    """
    table = read_columns(path)
    if table.widths is None:
        raise TrackError(f"{path}: {table.lacking}; an import takes --width METRES.")
    return np.column_stack([table.xy, table.widths]), table.lines


def read_columns(path: Path, most: int = MOST_POINTS) -> Table:
    """Reads a table of at most `most` points.

    Raises:
        TrackError: the file cannot be read as a table of numbers.
    """
    text = read_text(path, limit=MAX_TRACK_BYTES, error=TrackError, what="track file")
    header: list[str] | None = None
    values = array("d")  # row after row: a list of lists would take ten times the memory
    columns = 0
    lines: list[int] = []
    separator = ""
    if (count := text.count("\n") + text.count("\r")) > 2 * MOST_LINES:
        raise TrackError(f"{path}: has {count:,} lines; {most:,} points are the most.")
    for number, raw in enumerate(_lines(text), start=1):
        if len(raw) > LONGEST_LINE:
            raise TrackError(
                f"{path}: line {number} has more than {MOST_COLUMNS} columns, or one of thousands "
                "of letters."
            )
        content, _, comment = raw.partition("#")
        if not content.strip():
            if not lines and _is_header(names := _split(comment, _separator(comment))):
                header = names
            continue
        separator = separator or _separator(content)
        fields = _split(content, separator)
        if not lines and header is None and len(fields) > 1 and not any(map(_is_number, fields)):
            header = fields
            separator = ""
            continue
        if len(fields) > MOST_COLUMNS:
            raise TrackError(f"{path}: line {number} has more than {MOST_COLUMNS} columns.")
        if len(lines) == most:
            count = sum(1 for line in _lines(text) if line.partition("#")[0].strip())
            raise TrackError(f"{path}: has {count:,} points; {most:,} are the most.")
        decimal = separator != ","
        row = [_number(path, number, len(lines), field, decimal=decimal) for field in fields]
        columns = columns or len(row)
        if len(row) != columns:
            raise TrackError(
                f"{path}: row {len(lines) + 1} (line {number}) has {len(row)} columns, "
                f"the rows before it have {columns}."
            )
        values.extend(row)
        lines.append(number)
    if not lines:
        raise TrackError(f"{path}: holds no points.")
    return _table(path, header, np.array(values, np.float64).reshape(-1, columns), lines)


def _lines(text: str) -> Iterator[str]:
    """The lines of a text, one after the other, without a list of them all."""
    for found in re.finditer(r"[^\r\n]*(?:\r\n|\r|\n|$)", text):
        yield found[0].rstrip("\r\n")


def _separator(content: str) -> str:
    for separator in (";", "\t", ","):
        if separator in content.strip():
            return separator
    return " "


def _split(content: str, separator: str) -> list[str]:
    if separator == " ":
        fields = content.split()
    elif '"' in content:
        try:
            fields = next(csv.reader([content], delimiter=separator, skipinitialspace=True))
        except csv.Error:  # a field of 128 kB
            fields = [content]
    else:
        fields = content.split(separator)
    fields = [field.strip().strip("'\"").strip() for field in fields]
    if len(fields) > 1 and not fields[-1]:
        fields.pop()  # a separator at the end
    return fields


def _parsed(field: str, *, decimal: bool) -> float | None:
    if decimal and re.fullmatch(r"[-+]?[0-9]*,[0-9]+([eE][-+]?[0-9]+)?", field):
        field = field.replace(",", ".")
    try:
        return None if "_" in field else float(field)
    except ValueError:
        return None


def _is_number(field: str) -> bool:
    return _parsed(field, decimal=True) is not None


def _number(path: Path, number: int, row: int, field: str, *, decimal: bool) -> float:
    value = _parsed(field, decimal=decimal)
    if value is None:
        raise TrackError(
            f"{path}: row {row + 1} (line {number}): '{shown(field, 40)}' is not a number."
        )
    return value


def _meaning(name: str) -> str:
    """What a column's name means; empty for one that is not used."""
    plain = re.sub(r"[\[(].*?[\])]", "", name.lower()).strip()
    plain = re.sub(r"[\s\-.]+", "_", plain)
    plain = re.sub(r"_?(m|meters?|metres?|rad|deg|degrees)$", "", plain) if "_" in plain else plain
    return _NAMES.get(plain, "")


def _is_header(names: list[str]) -> bool:
    """Whether a comment names columns, as opposed to any other comment."""
    found = {_meaning(name) for name in names}
    return {"x", "y"} <= found or {"lat", "lon"} <= found


def _table(
    path: Path, header: list[str] | None, table: NDArray[np.float64], lines: list[int]
) -> Table:
    count = table.shape[1]
    if header is None:
        if count > 2 and _counts(table):
            table = table[:, 1:]  # a column that counts the rows; no circuit goes on like that
            count -= 1
        if count not in _LAYOUTS:
            raise TrackError(f"{path}: rows have {count} column{'s'[: count > 1]}; {_WANTED}.")
        meanings = _LAYOUTS[count]
    else:
        if len(header) == count - 1 and _counts(table):
            header = ["", *header]
        if len(header) != count:
            raise TrackError(f"{path}: the header names {len(header)} columns, rows have {count}.")
        meanings = [_meaning(name) for name in header]
    by_name: dict[str, NDArray[np.float64]] = {}
    for meaning, column in zip(meanings, table.T, strict=True):
        if meaning and meaning in by_name:
            raise TrackError(f"{path}: the header must name x, y and either width once each.")
        by_name[meaning] = column
    geographic = not {"x", "y"} <= set(by_name)
    if geographic and not {"lat", "lon"} <= set(by_name):
        named = shown(", ".join(header or []), 120)
        raise TrackError(
            f"{path}: the header must name x, y and either both widths or the whole width (or lat "
            f"and lon), such as x_m,y_m,w_tr_right_m,w_tr_left_m; it names {named}."
        )
    xy = np.column_stack([by_name["x"], by_name["y"]]) if not geographic else _metres(path, by_name)
    lacking = (
        f"rows have {count} columns and hold no widths"
        if header is None
        else "the header must name x, y and either both widths or the whole width"
    )
    return Table(xy, _widths(path, by_name), lines, geographic, lacking)


def _counts(table: NDArray[np.float64]) -> bool:
    """Whether the first column counts the rows."""
    return len(table) > 3 and bool((np.diff(table[:, 0]) == 1.0).all())


def _metres(path: Path, by_name: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    pairs = zip(by_name["lon"].tolist(), by_name["lat"].tolist(), strict=True)
    return to_metres(path, [(lon if math.isfinite(lon) else math.inf, lat) for lon, lat in pairs])


def _widths(path: Path, by_name: dict[str, NDArray[np.float64]]) -> NDArray[np.float64] | None:
    sides = {"right", "left"} & set(by_name)
    if len(sides) == 2:
        return np.column_stack([by_name["right"], by_name["left"]])
    if sides:
        raise TrackError(
            f"{path}: the header must name x, y and either both widths or the whole width; it "
            f"names the {sides.pop()} width only."
        )
    if "whole" not in by_name:
        return None
    return np.column_stack([by_name["whole"] / 2, by_name["whole"] / 2])
