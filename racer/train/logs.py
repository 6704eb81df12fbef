"""TensorBoard's files of a run: one curve, however often the run was cut, and no lost run."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from stable_baselines3.common.logger import Logger, TensorBoardOutputFormat
from torch.utils.tensorboard.writer import SummaryWriter

if TYPE_CHECKING:
    from pathlib import Path


class RunLog(TensorBoardOutputFormat):
    """Writes TensorBoard's event files.

    Args:
        folder: of the files.
        begin: steps from which on what an earlier part of the run wrote no longer counts; it was
            killed after its last checkpoint, and the same steps come again. None: a new run.
    """

    def __init__(self, folder: Path, begin: int | None = None) -> None:
        self._folder = folder
        self._is_closed = False
        self._open(begin)

    def _open(self, begin: int | None) -> None:
        try:
            self.writer = SummaryWriter(str(self._folder), purge_step=begin)
        except OSError as problem:
            raise self._named(problem) from None

    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0
    ) -> None:
        """Writes values; makes the folder again if somebody removed it."""
        if not self._folder.is_dir():
            print(f"{self._folder}: was deleted; logging begins anew.", file=sys.stderr)
            self._open(None)
        try:
            super().write(key_values, key_excluded, step)
        except OSError as problem:
            raise self._named(problem) from None

    def close(self) -> None:
        """Closes the file; what could not be written was said before."""
        try:
            super().close()
        except OSError:
            self._is_closed = True

    def _named(self, problem: OSError) -> OSError:
        """The error with the name of the place; a full disk's comes without any."""
        return OSError(problem.errno, problem.strerror or str(problem), str(self._folder))


@contextmanager
def quiet_writers() -> Iterator[None]:
    """No traceback of TensorBoard's writing threads; `write` raises what happened to them."""
    before = threading.excepthook

    def note(happened: threading.ExceptHookArgs) -> None:
        writing = type(happened.thread).__module__.startswith("tensorboard.")
        if not (writing and isinstance(happened.exc_value, OSError)):
            before(happened)

    threading.excepthook = note
    try:
        yield
    finally:
        threading.excepthook = before


def pending_values(logger: Logger) -> dict[str, float]:
    """What was recorded since the last dump, of numbers: the last update's."""
    return {
        name: float(value)
        for name, value in logger.name_to_value.items()
        if isinstance(value, (int, float, np.number))
        and np.isfinite(value)
        and "tensorboard" not in (logger.name_to_excluded[name] or ())
    }


def restore_pending(logger: Logger, values: Any) -> None:
    """Records again what `pending_values` gave."""
    for name, value in values.items() if isinstance(values, dict) else ():
        if isinstance(value, float):
            logger.record(name, value)


def run_logger(folder: Path, begin: int | None = None) -> Logger:
    """A logger of Stable-Baselines3 that writes event files; arguments as of `RunLog`."""
    return Logger(str(folder), [RunLog(folder, begin)])
