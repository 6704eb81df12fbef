"""The TOML file beside a track file."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError, TrackError
from racer.formats.files import read_toml
from racer.formats.settings import Checked, choice_field, from_mapping, number_field, refuse
from racer.formats.text import is_plain

if TYPE_CHECKING:
    import os


MOST = 1_000_000  # whole numbers beyond this mean nothing here
MAX_TEXT = 500  # letters of a name or a description


def _text_field() -> Any:
    """One line that can be shown; spaces around it go."""

    def check(value: Any, name: str) -> str:
        if not isinstance(value, str) or len(value) > MAX_TEXT or not is_plain(value):
            raise refuse(
                name, value, f"a text of at most {MAX_TEXT} printable characters on one line"
            )
        return value.strip()

    return dataclasses.field(default="", metadata={"check": check})


@dataclasses.dataclass(frozen=True)
class TrackSettings(Checked):
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

    name: str = _text_field()
    country: str = _text_field()
    licence: str = _text_field()
    description: str = _text_field()
    start_offset: float = number_field(0.0, -MOST, MOST, "m")
    direction: str = choice_field("forward", ("forward", "reverse"))
    runoff: float = number_field(2.5, -MOST, MOST, "m")

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
        TrackError: the file is not TOML, or it has an unknown key or a value of the wrong type.
    """
    toml = Path(path).with_suffix(".toml")
    if not toml.exists():
        return TrackSettings()
    values = read_toml(toml, error=TrackError, what="track description")
    try:
        return from_mapping(TrackSettings, values)
    except ConfigError as problem:
        raise TrackError(f"{toml}: {problem}") from None
