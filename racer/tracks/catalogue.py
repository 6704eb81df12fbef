"""Circuits by name: those that come with Racer, those that a user imported, random ones."""

from __future__ import annotations

import contextlib
import os
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from racer._core.circuit import Track
from racer.errors import TrackError
from racer.formats.text import shown
from racer.tracks.chords import by_the_chords
from racer.tracks.closing import CLOSING_FACTOR, FARTHEST, MIN_POINTS, SAME_POINT
from racer.tracks.random_tracks import KINDS, PREFIX, is_random, random_track
from racer.tracks.settings import read_settings
from racer.tracks.table import read_table
from racer.tracks.unfold import unfolded
from racer.tracks.unit import finish

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from racer.tracks.settings import TrackSettings

CATALOGUE = Path(__file__).parents[1] / "data" / "tracks"
FOLDER_VARIABLE = "RACER_TRACKS_DIR"


def list_tracks() -> list[str]:
    """The names of the circuits of the catalogue, sorted."""
    return sorted(path.stem for path in CATALOGUE.glob("*.csv"))


def list_user_tracks() -> list[str]:
    """The names of the circuits that the user imported, sorted."""
    folder = user_folder()
    if folder is None:
        return []
    finish(folder)
    return sorted(path.stem for path in folder.glob("[!.]*.csv"))


def user_folder() -> Path | None:
    """Where imported circuits are kept: the platform's folder for a user's data.

    The variable `RACER_TRACKS_DIR` names another one. Without it the package platformdirs is needed
    (extra `tracks`); None if it is missing.
    """
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    try:
        import platformdirs
    except ModuleNotFoundError:
        return None
    return platformdirs.user_data_path("racer", appauthor=False) / "tracks"


def track_key(name: str) -> str:
    """The name of a track as its file has it: lower case without accents, single hyphens."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-")


def track_path(name_or_path: str | os.PathLike[str]) -> Path:
    """The file that a name or a path means.

    Raises:
        TrackError: there is no such track.
    """
    text = os.fspath(name_or_path)
    if Path(text).suffix.lower() == ".csv":
        return Path(text)
    key = track_key(text)
    if key in list_tracks():
        return CATALOGUE / f"{key}.csv"
    folder = user_folder()
    if key in list_user_tracks() and folder is not None:
        return folder / f"{key}.csv"
    raise TrackError(f"there is no track '{shown(text)}'; {_known(folder)}.")


def _known(folder: Path | None) -> str:
    """What there is, for the message."""
    known = f"the catalogue has {', '.join(list_tracks())}"
    mine = list_user_tracks()
    if mine:
        known += f"; you imported {', '.join(mine[:20])}{', ...' if len(mine) > 20 else ''}"
    if folder is None:
        known += "; to find imported ones: pip install 'racer-sim[tracks]'"
    return f"{known}; {PREFIX}SEED is a random circuit; a file's name must end in .csv"


def load_track(name_or_path: str | os.PathLike[str]) -> Track:
    """Loads a circuit.

    Args:
        name_or_path: a name of `list_tracks()` or `list_user_tracks()`, `random:SEED` or
            `random:SEED-KIND`, or the path of a `.csv` file, which is taken as it is: nothing is
            smoothed, and nothing repaired but an edge that folds over itself for a very short way
            (`racer.tracks.unfold`).

    Raises:
        TrackError: the file cannot be read, or what it holds is not a circuit; one sentence names
            the file, the row and the reason.
    """
    text = os.fspath(name_or_path)
    if is_random(text):
        return random_track(*seed_and_kind(text))
    path = track_path(name_or_path)
    line, line_numbers = read_table(path)
    settings = read_settings(path)
    index = np.arange(len(line))
    ring = line[:-1] if np.hypot(*(line[-1] - line[0])[:2]) < SAME_POINT else line
    if _is_ring(ring):
        built, index = by_the_chords(ring)
        # Rounded, so that one file is one circuit whatever a processor makes of the last bits.
        line = line if built is ring else np.round(built, 6)
    try:
        return _track(line, settings, path)
    except ValueError as problem:
        if "folds over itself" in str(problem):
            apart = np.hypot(*(np.roll(line, -1, axis=0) - line)[:, :2].T) >= SAME_POINT
            narrowed, places = unfolded(line[apart])
            if places:
                with contextlib.suppress(ValueError):
                    return _track(narrowed, settings, path)
        reason = re.sub(
            r"\brow (\d+)",
            lambda found: _row(int(index[int(found[1]) - 1]), line_numbers),
            str(problem),
        )
        raise TrackError(f"{path}: {reason}.") from None


def _row(index: int, line_numbers: list[int]) -> str:
    return f"row {index + 1} (line {line_numbers[index]})"


def _is_ring(line: NDArray[np.float64]) -> bool:
    """Whether the engine will take the points for a circuit; if not, it says best why."""
    if len(line) < MIN_POINTS or not np.isfinite(line).all() or not (line[:, 2:] > 0.0).all():
        return False
    gap = np.hypot(*(np.roll(line, -1, axis=0) - line)[:, :2].T)
    closed = gap[-1] <= CLOSING_FACTOR * gap[:-1].max()
    return bool(closed and gap.min() >= SAME_POINT and gap.sum() <= FARTHEST)


def _track(line: NDArray[np.float64], settings: TrackSettings, path: Path) -> Track:
    return Track(
        *np.ascontiguousarray(line.T),
        name=settings.name or shown(path.stem),
        runoff=settings.runoff,
        start_offset=settings.start_offset,
        reverse=settings.direction == "reverse",
    )


def seed_and_kind(name: str) -> tuple[int, str | None]:
    """The seed, and the kind if one is named, that `random:7` or `random:7-street` mean.

    Raises:
        TrackError: the seed is no whole number from 0 to 2^63 - 1, or there is no such kind.
    """
    found = re.fullmatch(r"([0-9]{1,19})(?:-([a-z]+))?", name.removeprefix(PREFIX))
    if found is None or int(found[1]) >= 1 << 63 or found[2] not in (None, *KINDS):
        raise TrackError(
            f"there is no random track '{shown(name, 60)}'; it must be {PREFIX}SEED or "
            f"{PREFIX}SEED-KIND, where SEED is a whole number from 0 to 2^63 - 1 and KIND is one "
            f"of {', '.join(KINDS)}."
        )
    return int(found[1]), found[2]
