"""Track files, and the catalogue of circuits that comes with Racer.

A track file is a text table of the centre line, one point per row, in driving order, with the
columns that the race track database and the tools of TU Munich use:

* 4 columns: `x_m, y_m, w_tr_right_m, w_tr_left_m`, the widths from the centre line to each edge;
* 3 columns: `x_m, y_m, w_tr_m`, the whole width, half of it to each side;
* 5 columns: `x_m, y_m, z_m, w_tr_right_m, w_tr_left_m`; the height is not used.

A first row of column names, with or without `#`, decides over the order: with it, the five columns
may also be the first four and `banking` (not used). Commas or semicolons separate the columns, `#`
starts a comment. The line is closed; whether the last point repeats the first does not matter.

Beside `name.csv` there may be a `name.toml`; its keys are the fields of `TrackSettings`.
"""

from __future__ import annotations

import dataclasses
import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from racer._core import Track
from racer.errors import TrackError
from racer.files import MAX_TRACK_BYTES, read_text, read_toml

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Corner",
    "TrackSettings",
    "corners",
    "list_tracks",
    "load_track",
    "read_centre_line",
    "read_settings",
    "track_path",
]

CATALOGUE = Path(__file__).parent / "data" / "tracks"

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


@dataclasses.dataclass(frozen=True)
class TrackSettings:
    """What a track's TOML file may say.

    Attributes:
        name: name to show; without it, the file's.
        country: where the circuit is.
        licence: of the track's data.
        description: one sentence about its character.
        start_offset: moves the start line this far along the centre line [m].
        direction: "forward" (the order of the rows) or "reverse".
        runoff: from the edge of the road to the wall [m].
    """

    name: str = ""
    country: str = ""
    licence: str = ""
    description: str = ""
    start_offset: float = 0.0
    direction: str = "forward"
    runoff: float = 2.5


STRAIGHT_RADIUS = 400.0  # a bend of a larger radius is part of a straight [m]
CORNER_GAP = 30.0  # bends of one sense closer than this are one corner [m]
CORNER_TURN = math.radians(15.0)  # what turns less is a kink, not a corner


@dataclasses.dataclass(frozen=True)
class Corner:
    """One corner of a circuit.

    Attributes:
        start, end: where it begins and ends [m after the start line]; `end` may exceed the lap's
            length by the part beyond the line.
        turn: change of heading [rad], positive to the left.
        radius: of its tightest place [m].
    """

    start: float
    end: float
    turn: float
    radius: float


def corners(track: Track) -> list[Corner]:
    """The corners of a circuit, in the order of driving.

    A corner is a stretch that bends one way with a radius under `STRAIGHT_RADIUS` and turns by
    `CORNER_TURN` or more; bends of the same sense less than `CORNER_GAP` apart are one corner, so
    that a hairpin counts once.
    """
    bend = np.asarray(track.stations["curvature"])
    spacing = track.spacing
    sense = np.where(np.abs(bend) > 1.0 / STRAIGHT_RADIUS, np.sign(bend), 0.0)
    straight = np.flatnonzero(sense == 0.0)
    first = int(straight[0]) if len(straight) else 0
    bends: list[list[int]] = []  # first station, the one after the last, sense
    for k, sign in enumerate(np.roll(sense, -first).tolist()):
        if sign == 0.0:
            continue
        last = bends[-1] if bends else None
        if last and last[2] == sign and (k - last[1]) * spacing < CORNER_GAP:
            last[1] = k + 1
        else:
            bends.append([k, k + 1, int(sign)])
    rolled = np.roll(bend, -first)
    found = []
    for start, end, _ in bends:
        turn = float(rolled[start:end].sum()) * spacing
        if abs(turn) >= CORNER_TURN:
            s = (start + first) % len(bend) * spacing
            radius = float(1.0 / np.abs(rolled[start:end]).max())
            found.append(Corner(s, s + (end - start) * spacing, turn, radius))
    return sorted(found, key=lambda corner: corner.start)


def list_tracks() -> list[str]:
    """The names of the circuits of the catalogue, sorted."""
    return sorted(path.stem for path in CATALOGUE.glob("*.csv"))


def track_path(name_or_path: str | os.PathLike[str]) -> Path:
    """The file that a name of the catalogue or a path means.

    Raises:
        TrackError: there is no such track.
    """
    text = os.fspath(name_or_path)
    if text in list_tracks():
        return CATALOGUE / f"{text}.csv"
    if Path(text).suffix.lower() == ".csv":
        return Path(text)
    raise TrackError(
        f"There is no track {text!r}; the catalogue has {', '.join(list_tracks())}, "
        "and the name of a track file ends in .csv."
    )


def load_track(name_or_path: str | os.PathLike[str]) -> Track:
    """Loads a circuit.

    Args:
        name_or_path: a name of `list_tracks()`, or the path of a `.csv` file.

    Raises:
        TrackError: the file cannot be read, or what it holds is not a circuit; one sentence names
            the file, the row and the reason.
    """
    path = track_path(name_or_path)
    line, line_numbers = _parse(path)
    settings = read_settings(path)
    try:
        return Track(
            *np.ascontiguousarray(line.T),
            name=settings.name or path.stem,
            runoff=settings.runoff,
            start_offset=settings.start_offset,
            reverse=settings.direction == "reverse",
        )
    except ValueError as problem:
        reason = re.sub(
            r"\brow (\d+)",
            lambda found: f"row {found[1]} (line {line_numbers[int(found[1]) - 1]})",
            str(problem),
        )
        raise TrackError(f"{path}: {reason}.") from None


def read_centre_line(path: str | os.PathLike[str]) -> NDArray[np.float64]:
    """Reads the table of a track file as it is: no point is checked, moved or left out.

    Returns:
        (M, 4) x, y, width to the right, width to the left [m].

    Raises:
        TrackError: the file cannot be read as a table of numbers.
    """
    return _parse(Path(path))[0]


def read_settings(path: str | os.PathLike[str]) -> TrackSettings:
    """Reads the TOML file beside the track file `path`; defaults where there is none.

    Raises:
        TrackError: the file is no TOML, or it has an unknown key or a value of the wrong type.
    """
    toml = Path(path).with_suffix(".toml")
    if not toml.exists():
        return TrackSettings()
    values = read_toml(toml, error=TrackError, what="track description")
    defaults = dataclasses.asdict(TrackSettings())
    for key, value in values.items():
        if key not in defaults:
            raise TrackError(f"{toml}: unknown key {key!r}; known are {', '.join(defaults)}.")
        values[key] = _checked(toml, key, value, type(defaults[key]))
    settings = TrackSettings(**values)
    if settings.direction not in ("forward", "reverse"):
        raise TrackError(
            f'{toml}: direction must be "forward" or "reverse", not {settings.direction!r}.'
        )
    return settings


def _checked(path: Path, key: str, value: Any, kind: type) -> Any:
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if kind is str and isinstance(value, str):
        return value
    wanted = "a number" if kind is float else "a text"
    raise TrackError(f"{path}: {key} must be {wanted}, not {value!r}.")


def _parse(path: Path) -> tuple[NDArray[np.float64], list[int]]:
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
