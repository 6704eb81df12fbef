"""The folder of imported circuits: what `racer tracks import` writes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from racer.errors import TrackError
from racer.formats.files import atomic_write
from racer.formats.lookalike import alike, skeleton
from racer.formats.text import is_plain, shown
from racer.tracks.catalogue import (
    list_tracks,
    list_user_tracks,
    track_key,
    track_path,
    user_folder,
)
from racer.tracks.names import doubt_about_name, random_name
from racer.tracks.settings import MAX_TEXT, TrackSettings, read_settings
from racer.tracks.survey import survey
from racer.tracks.unit import commit, locked, staged

if TYPE_CHECKING:
    from collections.abc import Callable

    from racer.tracks.source import Source
    from racer.tracks.survey import Survey

LONGEST_NAME = 60
# Names that mean something else to a command or to Windows.
RESERVED = frozenset(
    ["all", "random", "con", "prn", "aux", "nul"]
    + [f"{device}{number}" for device in ("com", "lpt") for number in range(10)]
)


@dataclasses.dataclass(frozen=True)
class ImportOptions:
    """How to import.

    Attributes:
        name: to show, and in lower case the name of the file; empty for what the source says.
        country, licence: of the circuit and its data; empty for what the settings say.
        tolerance: largest move of the line [m]; None for the default of the source's kind.
        runoff: from the edge to the wall [m]; None for what the settings say.
        reverse: the other way round than the source and its settings say.
        start_offset: moves the start line so far in driving direction [m].
        force: overwrite an imported circuit of that name.
    """

    name: str = ""
    country: str = ""
    licence: str = ""
    tolerance: float | None = None
    runoff: float | None = None
    reverse: bool = False
    start_offset: float = 0.0
    force: bool = False


@dataclasses.dataclass(frozen=True)
class Imported:
    """A circuit that was imported: its name, files (the picture may be missing) and survey."""

    key: str
    path: Path
    picture: Path | None
    survey: Survey


def folder_for_tracks() -> Path:
    """The folder of imported circuits.

    Raises:
        TrackError: it cannot be known.
    """
    folder = user_folder()
    if folder is None:
        raise TrackError(
            "the folder of imported tracks is not known without the package platformdirs: "
            "pip install 'racer-sim[tracks]', or set RACER_TRACKS_DIR to a folder."
        )
    return folder


def key_for(source: Source, options: ImportOptions) -> tuple[str, str]:
    """The name to show and the name of the file.

    Raises:
        TrackError: the name cannot be used.
    """
    name = (options.name or source.settings.name or source.path.stem).strip()
    key = track_key(name)
    if not key or len(key) > LONGEST_NAME or len(name) > LONGEST_NAME or key in RESERVED:
        raise TrackError(
            f"'{shown(name, 80)}' cannot be the name of a track: it needs 1 to {LONGEST_NAME} "
            "letters a-z and digits, and words such as all, random and con are reserved; give "
            "--name."
        )
    if not is_plain(name) or ":" in name or "/" in name or "\\" in name:
        raise TrackError(
            f"'{shown(name, 80)}' cannot be the name of a track: it must be printable characters "
            "on one line, without : / and \\; give another --name."
        )
    for ours in list_tracks():
        if key == ours:
            raise TrackError(f"{key!r} is a circuit of the catalogue; give another --name.")
        if alike(name, ours) or alike(name, read_settings(track_path(ours)).name):
            raise TrackError(
                f"'{shown(name, 80)}' looks too much like the catalogue's {ours}; give another "
                "--name."
            )
    for mine in list_user_tracks():
        if mine != key and not name.isascii() and skeleton(name) == skeleton(mine):
            raise TrackError(
                f"'{shown(name, 80)}' looks too much like your circuit {mine}; give another --name."
            )
    doubt = doubt_about_name(name) or ("is a random circuit's" if random_name(name) else "")
    if doubt:  # laps on it would be refused for their track's name
        raise TrackError(f"the name '{shown(name, 80)}' {doubt}; give another --name.")
    return name, key


def import_track(
    source: Source,
    options: ImportOptions,
    *,
    draw: Callable[[Survey, Path, str], None] | None = None,
) -> Imported:
    """Checks a circuit and keeps it in the user's folder.

    Its files appear together (`racer.tracks.unit`): after a kill there is the old circuit or the
    new one, and of two imports of one name at once the second is refused or, forced, the last.

    Args:
        source: what was read.
        options: how to import it.
        draw: draws a survey into a file under a name; None: no picture.

    Raises:
        TrackError: it is not a circuit, or it already exists, or it cannot be written.
    """
    folder = folder_for_tracks()
    name, key = key_for(source, options)
    path = folder / f"{key}.csv"
    _check_free(path, options)
    result = survey(
        source,
        tolerance=options.tolerance,
        runoff=options.runoff,
        reverse=options.reverse,
        start_offset=options.start_offset,
    )
    if result.errors:
        raise result.refusal()
    settings = TrackSettings(
        name=name,
        country=_text("country", options.country or source.settings.country),
        licence=_text("licence", options.licence or source.settings.licence),
        description=source.settings.description,
        runoff=source.settings.runoff if options.runoff is None else options.runoff,
    )
    drawn = None if draw is None else path.with_suffix(".png")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            _check_free(path, options)
            with staged(folder, key) as stage:
                atomic_write(stage / f"{key}.toml", settings.as_toml())
                atomic_write(stage / path.name, table_text(result))
                if draw is not None and drawn is not None:
                    draw(result, stage / drawn.name, name)
                commit(folder, stage)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise TrackError(f"{path}: cannot be written ({reason}).") from None
    return Imported(key, path, drawn, result)


def _check_free(path: Path, options: ImportOptions) -> None:
    if path.exists() and not options.force:
        raise TrackError(
            f"{path}: already exists; --force overwrites it, --name gives another name."
        )


def _text(what: str, text: str) -> str:
    """A text for the settings, which must be able to read it again."""
    if len(text) > MAX_TEXT or not is_plain(text):
        raise TrackError(
            f"the {what} must be a text of at most {MAX_TEXT} printable characters on one line, "
            f"not '{shown(text, 40)}'."
        )
    return text.strip()


def table_text(result: Survey) -> str:
    """The circuit as a track file, with a word about where it came from."""
    rows = [",".join(f"{value:.3f}" for value in row) for row in result.line]
    about = (
        f"# imported from {shown(result.source.path.name)}; the line moved by "
        f"{result.rms_move:.3f} m (rms), {result.largest_move:.3f} m at most"
    )
    return "\n".join([about, "# x_m,y_m,w_tr_right_m,w_tr_left_m", *rows, ""])
