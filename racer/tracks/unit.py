"""The files of an imported circuit as one unit: they appear together, also after a kill.

An import writes all of them into a hidden folder. Renaming that folder to `.NAME.commit` is the
moment at which the circuit is there; then the files move to their places. Whoever finds such a
folder later, because its process died, moves what is left of it.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from racer.errors import TrackError
from racer.formats.locks import hold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX = ".commit"
STAGE = ".new"  # end of the name of a folder that is being filled, under the lock
BARE = "without-picture"
PARTS = (".toml", ".png", ".csv")  # in the order of their moving


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the folder of circuits while the block runs; finishes what others left.

    The lock's file lies beside the folder, in which there are circuits only.

    Raises:
        OSError: it cannot be written.
    """
    with hold(folder.with_name(f".{folder.name}.lock"), str(folder), error=TrackError, wait=True):
        _finish_all(folder)
        yield


@contextmanager
def staged(folder: Path, key: str) -> Iterator[Path]:
    """A hidden folder for the files of one circuit, under the lock; what is left is removed."""
    stage = folder / f".{key}{STAGE}"
    stage.mkdir()
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def commit(folder: Path, stage: Path) -> None:
    """Makes the files of a stage the circuit's; the caller holds the lock."""
    key = next(stage.glob("*.csv")).stem
    if not (stage / f"{key}.png").exists():
        (stage / BARE).touch()
    ready = folder / f".{key}{SUFFIX}"
    stage.rename(ready)
    _finish(folder, ready)


def finish(folder: Path) -> None:
    """Completes the imports whose process died between two moves; nothing where there are none."""
    with suppress(OSError):  # a folder that cannot be written is read as it is
        if any(folder.glob(f".*{SUFFIX}")):
            with locked(folder):
                pass


def _finish_all(folder: Path) -> None:
    for ready in sorted(folder.glob(f".*{SUFFIX}")):
        _finish(folder, ready)
    for left in folder.glob(f".*{STAGE}"):
        shutil.rmtree(left, ignore_errors=True)


def _finish(folder: Path, ready: Path) -> None:
    key = ready.name[1:].removesuffix(SUFFIX)
    if (ready / BARE).exists():
        with suppress(FileNotFoundError):  # an old picture would show the old circuit
            (folder / f"{key}.png").unlink()
    for suffix in PARTS:
        with suppress(FileNotFoundError):  # moved before the other process died
            (ready / f"{key}{suffix}").replace(folder / f"{key}{suffix}")
    with suppress(FileNotFoundError):
        (ready / BARE).unlink()
    ready.rmdir()
