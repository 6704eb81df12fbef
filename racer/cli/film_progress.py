"""How far a film is, on a terminal."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_PATIENCE = 1.0  # [s] before anything is said
_EVERY = 0.25  # [s]


class FilmProgress:
    """Called with the share that is done; says it and the time left, on a terminal only.

    Args:
        stream: where to; None: standard error.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._start = time.monotonic()
        self._next = self._start + _PATIENCE
        self._shown = False

    def __call__(self, share: float) -> None:
        """Says how far it is, not too often; ends the line at a share of 1."""
        now = time.monotonic()
        if share >= 1.0 and self._shown:
            print("\rvideo 100 %          ", file=self._stream, flush=True)
            self._shown = False
        elif 0.0 < share < 1.0 and now >= self._next and self._stream.isatty():
            left = (now - self._start) / share * (1.0 - share)
            text = f"\rvideo {share:4.0%}, {left:.0f} s left "
            print(text, end="", file=self._stream, flush=True)
            self._next, self._shown = now + _EVERY, True
