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
separated by semicolons, tabs, bars, commas or spaces, whichever of them comes first in this list on
the first row; beside semicolons, tabs and spaces a comma is a decimal one. Quotes around fields, a
separator at the end of the rows and a leading column that counts them do no harm. `#` starts a
comment. The line is closed; whether the last point repeats the first does not matter.
"""

from __future__ import annotations

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
from racer.tracks.columns import LAYOUTS, counts, goes_along, is_header, meaning_of
from racer.tracks.fields import is_title, parsed, separator_of, split, trimmed, without_comment
from racer.tracks.geographic import MOST_POINTS, to_metres

if TYPE_CHECKING:
    import os
    from collections.abc import Container, Iterator

    from numpy.typing import NDArray

MOST_COLUMNS = 64
MOST_LINES = 1_000_000  # of a file, comments and empty ones included; twice as many line ends
LONGEST_LINE = 10_000  # letters
MOST_TITLES = 50  # lines of words before the first point
_WANTED = (
    "a track file has 2 (x, y), 3 (x, y, whole width), 4 (x, y, width right, width left) or 5 "
    "(x, y, z, width right, width left), or begins with a row of column names"
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
        raise TrackError(f"{path}: {table.lacking}; import it with --width METRES.")
    return np.column_stack([table.xy, table.widths]), table.lines


def read_columns(path: Path, most: int = MOST_POINTS) -> Table:
    """Reads a table of at most `most` points.

    Raises:
        TrackError: the file cannot be read as a table of numbers.
    """
    text = read_text(path, limit=MAX_TRACK_BYTES, error=TrackError, what="track file")
    titles: list[list[str]] = []  # lines of words before the first point; one may name columns
    words: list[tuple[int, str]] = []  # where, and the first word, of those that name none
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
                "of characters."
            )
        content, comment = without_comment(raw)
        if not content.strip():
            if not lines and is_header(names := split(comment, separator_of(comment))):
                titles = [trimmed(names, 0)]
            continue
        fields = split(content, separator or separator_of(content))
        if not lines and len(titles) < MOST_TITLES and is_title(fields):
            titles.append(trimmed(fields, 0))
            words += [(number, fields[0])] * (not is_header(titles[-1]))
            continue
        if not lines:
            separator = separator_of(content)
            header = _header(titles)
        if len(fields) > MOST_COLUMNS:
            raise TrackError(f"{path}: line {number} has more than {MOST_COLUMNS} columns.")
        if len(lines) == most:
            count = sum(1 for line in _lines(text) if without_comment(line)[0].strip())
            raise TrackError(f"{path}: has {count:,} points; {most:,} are the most.")
        fields = trimmed(fields, len(header or ""))
        used = _used(header, len(fields))
        row = [
            _number(path, number, len(lines), field, decimal=separator != ",")
            if k in used
            else math.nan
            for k, field in enumerate(fields)
        ]
        columns = columns or len(row)
        if len(row) != columns:
            raise TrackError(
                f"{path}: row {len(lines) + 1} (line {number}) has {len(row)} columns, "
                f"but the rows before it have {columns}."
            )
        values.extend(row)
        lines.append(number)
    if not lines:
        raise _no_points(path, words)
    return _table(path, header, np.array(values, np.float64).reshape(-1, columns), lines)


def _lines(text: str) -> Iterator[str]:
    """The lines of a text, one after the other, without a list of them all."""
    for found in re.finditer(r"[^\r\n]*(?:\r\n|\r|\n|$)", text):
        yield found[0].rstrip("\r\n")


def _header(titles: list[list[str]]) -> list[str] | None:
    """The line that names the columns: the last that names places, or else the last of several."""
    named = [names for names in titles if is_header(names)]
    several = [names for names in titles if len(names) > 1]
    found = named or several
    return found[-1] if found else None


def _used(header: list[str] | None, columns: int) -> Container[int]:
    """The columns that are read: all without a header; else named ones, and one of counts."""
    if header is None or not is_header(header):
        return range(columns)
    first = 1 if len(header) == columns - 1 else 0
    return {k + first for k, name in enumerate(header) if meaning_of(name)[0]} | set(range(first))


def _number(path: Path, number: int, row: int, field: str, *, decimal: bool) -> float:
    value = parsed(field, decimal=decimal)
    if value is None:
        raise _no_number(path, number, row, field)
    return value


def _no_points(path: Path, words: list[tuple[int, str]]) -> TrackError:
    if not words:
        return TrackError(f"{path}: holds no points.")
    line, word = words[0]  # a page of the web, for one
    return _no_number(path, line, 0, word)


def _no_number(path: Path, line: int, row: int, field: str) -> TrackError:
    return TrackError(f"{path}: row {row + 1} (line {line}): '{shown(field, 40)}' is not a number.")


def _table(
    path: Path, header: list[str] | None, table: NDArray[np.float64], lines: list[int]
) -> Table:
    count = table.shape[1]
    meanings: list[tuple[str, float]] = []
    if header is None:
        along = count > 2 and goes_along(table)
        if along or (count > 2 and counts(table)):
            table = table[:, 1:]  # it numbers or measures the rows; no circuit goes on like that
            count -= 1
        if along and count > max(LAYOUTS):  # a racing line: x and y, then heading, speed, ...
            table, count = table[:, :2], 2
        if count not in LAYOUTS:
            raise TrackError(f"{path}: rows have {count} column{'s'[: count > 1]}; {_WANTED}.")
        meanings = [(meaning, 1.0) for meaning in LAYOUTS[count]]
    else:
        if len(header) == count - 1 and counts(table):
            header = ["", *header]
        if len(header) != count:
            raise TrackError(
                f"{path}: the header names {len(header)} columns, but rows have {count}."
            )
        meanings = [meaning_of(name) for name in header]
    by_name: dict[str, NDArray[np.float64]] = {}
    for (meaning, unit), column in zip(meanings, table.T, strict=True):
        if meaning and meaning in by_name:
            raise TrackError(f"{path}: the header must name x, y and either width once each.")
        by_name[meaning] = column if unit == 1.0 else unit * column
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
