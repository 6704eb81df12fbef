"""One writer at a time for a folder or a file, over all processes of a machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from racer.errors import RacerError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def hold(
    path: str | os.PathLike[str],
    what: str,
    *,
    error: type[RacerError] = RacerError,
    wait: bool = False,
) -> Iterator[None]:
    """Holds a lock while the block runs; it falls with the process, however that ends.

    Args:
        path: the lock's file. It stays behind, empty of meaning: removing it would race.
        what: what is locked, for the message ("runs/first").
        error: the class of error to raise.
        wait: wait for the holder instead of complaining.

    Raises:
        RacerError: of the class `error`, if another process holds it; names its process id.
        OSError: the file cannot be opened.
    """
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            _lock(descriptor, wait=wait)
        except OSError:
            raise error(f"{what}: {_holder(descriptor)} is using it.") from None
        with suppress(OSError):  # a full disk takes no note; the lock holds all the same
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, f" {os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, wait: bool) -> None:
    if sys.platform == "win32":  # the first byte stands for the file
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _holder(descriptor: int) -> str:
    """Who holds the lock, as far as it can be read."""
    try:
        os.lseek(descriptor, 1, os.SEEK_SET)
        return f"process {int(os.read(descriptor, 20))}"
    except (OSError, ValueError):  # it has not signed yet
        return "another process"
