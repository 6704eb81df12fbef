"""How a run's folder comes into being: built out of sight, then there as a whole.

A run is made in a hidden folder beside its place and gets its name by a rename, once it holds
everything that `racer resume` needs. Whatever happens before leaves no run; of two processes that
want one name the system lets one have it.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from racer.errors import ConfigError
from racer.formats.files import atomic_write
from racer.formats.locks import hold
from racer.formats.text import is_plain, shown
from racer.train.run_folder import LOCK, RunFolder, versions, write_json

if TYPE_CHECKING:
    from racer.train.config import TrainConfig

LONGEST_NAME = 200  # bytes; file systems allow 255, and the hidden folder's name is longer
STALE_SECONDS = 60.0  # a hidden folder that nobody holds after so long was left by a kill


def checked_name(name: str) -> str:
    """The name of a run, if it is the plain name of a folder.

    Raises:
        ConfigError: it is something else, such as a path.
    """
    plain = bool(name) and is_plain(name) and not re.search(r"[/\\:*?\"<>|]", name)
    if not plain or name[0] in ".- " or name[-1] in ". " or len(os.fsencode(name)) > LONGEST_NAME:
        raise ConfigError(
            f"'{shown(name, 80)}' cannot be the name of a run: it must be the name of one folder "
            f"inside --log-dir, of 1 to {LONGEST_NAME} bytes, and must not begin with . or -."
        )
    return name


def check_free(path: Path) -> None:
    """Raises ConfigError if something stands where a new run shall be; an empty folder may."""
    try:
        taken = os.path.lexists(path) and (not path.is_dir() or any(path.iterdir()))
    except ValueError:  # a null byte
        raise ConfigError(f"'{shown(path)}' cannot be the name of a folder.") from None
    if taken:
        raise ConfigError(
            f"{shown(path)} already exists; `racer resume {shown(path)}` resumes it, "
            "--name chooses another name."
        )


def check_place(parent: Path) -> None:
    """Raises NotADirectoryError if runs cannot be kept there because it is a file."""
    if os.path.lexists(parent) and not parent.is_dir():
        code = errno.ENOTDIR
        raise NotADirectoryError(code, os.strerror(code), os.fspath(parent))


@contextmanager
def new_run(
    path: Path,
    config: TrainConfig,
    fingerprints: dict[str, dict[str, str]],
    *,
    numbered: bool = False,
    comment: str = "",
    start: bytes | None = None,
) -> Iterator[RunFolder]:
    """Makes the folder of a new run and holds its lock while the block runs.

    Args:
        path: where it shall be.
        config: its settings.
        fingerprints: of what it trains on.
        numbered: take the first free of `path`, `path-2`, `path-3`, ...
        comment: lines for the beginning of its config.toml.
        start: the file of weights that it begins with; None: it begins with fresh ones.

    Raises:
        ConfigError: the place is taken, or the settings cannot be kept.
    """
    made = [place for place in (path.parent, *path.parent.parents) if not place.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    _clean(path.parent)
    stage = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    named = False
    try:
        stage.mkdir()
        with hold(stage / LOCK, shown(path), error=ConfigError):
            folder = RunFolder(stage)
            folder.checkpoints.mkdir()
            config.runs.keep(config, folder.path)
            folder.write_config(config, comment)
            if start is not None:
                atomic_write(folder.start, start)
            # So that no checkpoint of another run is taken for one of this.
            identity = {"run": secrets.token_hex(8)}
            write_json(folder.versions, {**versions(), **identity, **fingerprints})
            place = _take_name(stage, path, numbered=numbered)
            named = True
            yield RunFolder(place)
    finally:
        if not named:
            shutil.rmtree(stage, ignore_errors=True)
            with suppress(OSError):  # another process has put something there
                for empty in made:
                    empty.rmdir()


def _take_name(stage: Path, path: Path, *, numbered: bool) -> Path:
    """Renames the folder; the system refuses where a folder with something in it stands."""
    number = 1
    while True:
        place = path if number == 1 else path.with_name(f"{path.name}-{number}")
        if numbered and os.path.lexists(place):
            number += 1
            continue
        check_free(place)
        try:
            stage.rename(place)
        except OSError as problem:
            if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
            if not numbered:
                check_free(place)
                raise
        else:
            return place


def _clean(parent: Path) -> None:
    """Removes hidden folders of runs that were killed before they had a name."""
    for stage in parent.glob(".*.new"):
        if not re.fullmatch(r"\..+\.[0-9a-f]{8}\.new", stage.name):
            continue
        with suppress(OSError, ConfigError):
            if time.time() - stage.stat().st_mtime < STALE_SECONDS:
                continue
            with hold(stage / LOCK, shown(stage), error=ConfigError):
                shutil.rmtree(stage, ignore_errors=True)
