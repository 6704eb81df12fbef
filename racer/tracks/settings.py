"""The TOML file beside a track file."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.errors import TrackError
from racer.formats.files import read_toml
from racer.formats.text import is_plain, shown

if TYPE_CHECKING:
    import os


MOST = 1_000_000  # whole numbers beyond this mean nothing here
MAX_TEXT = 500  # letters of a name or a description


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

    def as_toml(self) -> str:
        """The settings that differ from their defaults, as the text of a TOML file."""
        default = TrackSettings()
        lines = [
            f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
            for key, value in dataclasses.asdict(self).items()
            if value != getattr(default, key)
        ]
        return "".join(lines)


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
            raise TrackError(
                f"{toml}: unknown key '{shown(key, 40)}'; known are {', '.join(defaults)}."
            )
        values[key] = _checked(toml, key, value, type(defaults[key]))
    settings = TrackSettings(**values)
    if settings.direction not in ("forward", "reverse"):
        raise TrackError(
            f'{toml}: direction must be "forward" or "reverse", '
            f"not '{shown(settings.direction, 40)}'."
        )
    return settings


def _checked(path: Path, key: str, value: Any, kind: type) -> Any:
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        if isinstance(value, int) and abs(value) > MOST:
            raise TrackError(f"{path}: {key} must be a number of at most {MOST:,}.")
        return float(value)
    if kind is str and isinstance(value, str):
        if len(value) > MAX_TEXT or not is_plain(value):
            raise TrackError(
                f"{path}: {key} must be a text of at most {MAX_TEXT} printable letters on one "
                f"line, not '{shown(value, 40)}'."
            )
        return value.strip()
    wanted = "a number" if kind is float else "a text"
    raise TrackError(f"{path}: {key} must be {wanted}, not {shown(repr(value)[:200], 60)}.")
