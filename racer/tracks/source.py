"""A centre line as a file gives it, whatever the format, with the places that it came from."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from racer.errors import TrackError
from racer.tracks.geographic import MOST_POINTS, check_count, read_geojson
from racer.tracks.settings import TrackSettings, read_settings
from racer.tracks.table import read_columns
from racer.tracks.xml_lines import read_gpx, read_kml

if TYPE_CHECKING:
    import os

    from racer.tracks.spline import Array

SUFFIXES = (".csv", ".geojson", ".json", ".gpx", ".kml")
TABLES = (".csv", ".txt", ".tsv", ".dat")  # those beside .csv are not looked for in folders
NARROWEST, WIDEST = 2.0, 100.0  # widths of the whole road that a car can drive on [m]
LEAST_SCALE, LARGEST_SCALE = 0.001, 1000.0


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


def read_source(
    path: str | os.PathLike[str],
    *,
    width: float | None = None,
    scale: float = 1.0,
    keep_widths: bool = False,
) -> Source:
    """Reads a track file of any format.

    Args:
        path: ends in one of `SUFFIXES` or `TABLES`.
        width: of the whole road, in the file's metres; needed where the file has none.
        scale: positions and widths are multiplied by it, 10 for a track of 1:10.
        keep_widths: what a file has of its own comes before `width`; otherwise it is refused.

    Raises:
        TrackError: the file cannot be read as a centre line.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES + TABLES:
        raise TrackError(f"{path}: the name of a track file must end in {', '.join(SUFFIXES)}.")
    if not LEAST_SCALE <= scale <= LARGEST_SCALE:
        raise TrackError(
            f"the scale must be from {LEAST_SCALE:g} to {LARGEST_SCALE:g}, not {scale:g}."
        )
    if width is not None and not NARROWEST <= width * scale <= WIDEST:
        scaled = "" if scale == 1.0 else f" (times the scale of {scale:g})"
        raise TrackError(
            f"the width of the road must be from {NARROWEST:.0f} to {WIDEST:.0f} m, "
            f"not {width:g}{scaled}."
        )
    widths, lacking = None, "holds no widths"
    if suffix in TABLES:
        table = read_columns(path, MOST_POINTS)
        xy, widths, geographic = table.xy, table.widths, table.geographic
        lacking = table.lacking
        labels = [f"{row} (line {number})" for row, number in enumerate(table.lines, start=1)]
        unit = "row"
        if widths is not None and width is not None and not keep_widths:
            raise TrackError(f"{path}: has widths of its own; leave out --width.")
    else:
        read = {".gpx": read_gpx, ".kml": read_kml}.get(suffix, read_geojson)
        xy, geographic = read(path), True
        labels = [str(number) for number in range(1, len(xy) + 1)]
        unit = "point"
    if widths is None:
        if width is None:
            raise TrackError(f"{path}: {lacking}; give the width of the road with --width METRES.")
        widths = np.full((len(xy), 2), width / 2.0)
    check_count(path, len(xy))
    line = scale * np.column_stack([xy, widths])
    source = Source(path, line, labels, unit, read_settings(path), geographic)
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
