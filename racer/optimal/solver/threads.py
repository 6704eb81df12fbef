"""The solver's threads and memory; imported before casadi, whose libraries read this variable."""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# The blocks of its matrices are small: a second thread doubles the processor time and saves none.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # glibc's numbers of what `mallopt` sets
_USUAL = {_TRIM_THRESHOLD: 128 * 1024, _MMAP_MAX: 65536}
_KEPT = {_TRIM_THRESHOLD: 1 << 30, _MMAP_MAX: 0}


@contextmanager
def memory_kept() -> Iterator[None]:
    """Within this context freed memory stays with the process, where the C library is glibc.

    The solver takes the memory of its factors anew in every iteration: to have each page from the
    system again is a tenth of its time.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if set_option is None:
        yield
        return
    for option, value in _KEPT.items():
        set_option(option, value)
    try:
        yield
    finally:
        for option, value in _USUAL.items():
            set_option(option, value)
