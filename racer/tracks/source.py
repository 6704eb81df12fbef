"""A centre line as a file gives it, whatever the format, with the places that it came from."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from racer.errors import TrackError
from racer.tracks.geographic import read_geojson, read_gpx
from racer.tracks.settings import TrackSettings, read_settings
from racer.tracks.table import read_table

if TYPE_CHECKING:
    import os

    from racer.tracks.spline import Array

SUFFIXES = (".csv", ".geojson", ".json", ".gpx")
MOST_POINTS = 200_000
NARROWEST, WIDEST = 2.0, 100.0  # a width that somebody gives for the whole road [m]


@dataclasses.dataclass(frozen=True)
class Source:
    """What a file holds.

    Attributes:
        path: the file.
        line: (M, 4) x, y, width right, width left [m], as they are.
        labels: (M,) the number of each point in the file's own terms.
        unit: what a point is called there: "row" or "point".
        settings: of the TOML file beside it.
        geographic: whether the positions were degrees.
    """

    path: Path
    line: Array
    labels: list[str]
    unit: str
    settings: TrackSettings
    geographic: bool

    def name(self, index: int) -> str:
        """The point in the file's own terms, such as "row 7 (line 9)"."""
        return f"{self.unit} {self.labels[index]}"


def read_source(path: str | os.PathLike[str], *, width: float | None = None) -> Source:
    """Reads a track file of any format.

    Args:
        path: ends in .csv, .geojson, .json or .gpx.
        width: of the whole road [m]; needed where the file has none, refused where it has.

    Raises:
        TrackError: the file cannot be read as a centre line.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise TrackError(f"{path}: the name of a track file ends in {', '.join(SUFFIXES)}.")
    if width is not None and not NARROWEST <= width <= WIDEST:
        raise TrackError(
            f"the width of the road must be from {NARROWEST:.0f} to {WIDEST:.0f} m, not {width:g}."
        )
    if suffix == ".csv":
        if width is not None:
            raise TrackError(f"{path}: has widths of its own, so --width makes no sense.")
        line, lines = read_table(path)
        labels = [f"{row} (line {number})" for row, number in enumerate(lines, start=1)]
        unit = "row"
    else:
        xy = read_gpx(path) if suffix == ".gpx" else read_geojson(path)
        if width is None:
            raise TrackError(f"{path}: holds no widths; give the road's with --width METRES.")
        line = np.column_stack([xy, np.full((len(xy), 2), width / 2.0)])
        labels = [str(number) for number in range(1, len(xy) + 1)]
        unit = "point"
    if len(line) > MOST_POINTS:
        raise TrackError(f"{path}: has {len(line):,} points; {MOST_POINTS:,} are the most.")
    source = Source(path, line, labels, unit, read_settings(path), suffix != ".csv")
    check_values(source)
    return source


def check_values(source: Source) -> None:
    """Raises TrackError at the first value that cannot be one of a circuit."""
    names = ("x", "y", "width_right", "width_left")
    bad = ~np.isfinite(source.line) | (np.abs(source.line) > 1e7)
    bad[:, 2:] |= ~((source.line[:, 2:] > 0.0) & (source.line[:, 2:] <= WIDEST))
    if not bad.any():
        return
    row, column = (int(index) for index in np.argwhere(bad)[0])
    value = float(source.line[row, column])
    if not np.isfinite(value):
        reason = "is not a finite number"
    elif column >= 2 and value > WIDEST:
        reason = f"is {value:g}, more than {WIDEST:.0f} m"
    elif abs(value) > 1e7:
        reason = f"is {value:g}, more than 10000 km"
    else:
        reason = f"must be greater than 0, not {value:g}"
    raise TrackError(f"{source.path}: {source.name(row)}: {names[column]} {reason}.")
