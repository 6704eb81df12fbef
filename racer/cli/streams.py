"""Standard output and error that take any text, and name themselves when they cannot be written."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Any

BROKEN_PIPE = 141  # the exit code that shells know


class NamedStream(io.TextIOWrapper):
    """A text stream whose errors carry its name.

    Attributes:
        title: the name.
        kept: the stream in whose place it stands.
        problem: what went wrong when it was written; argparse keeps such things to itself.
    """

    title = ""
    kept: io.TextIOWrapper | None = None
    problem: OSError | None = None

    def write(self, text: str) -> int:
        """Writes a text."""
        try:
            return super().write(text)
        except OSError as problem:
            self._name(problem)
            raise

    def flush(self) -> None:
        """Writes what is held back."""
        try:
            super().flush()
        except OSError as problem:
            self._name(problem)
            raise

    def _name(self, problem: OSError) -> None:
        problem.filename = problem.filename or self.title
        self.problem = self.problem or problem


def prepare() -> None:
    """Replaces the process's streams; what a terminal cannot show is escaped, not an error."""
    for name, title in (("stdout", "standard output"), ("stderr", "standard error")):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue  # closed, or somebody's own
        named = NamedStream(
            stream.buffer,
            encoding=stream.encoding,
            errors="backslashreplace",
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        named.title = title
        named.kept = stream  # collected as garbage, it would close the buffer
        setattr(sys, name, named)


def finish() -> OSError | None:
    """Flushes the streams; what went wrong with one of them, now or earlier."""
    found: OSError | None = None
    for stream in (sys.stdout, sys.stderr):
        if stream is None or stream.closed:
            continue
        try:
            stream.flush()
            problem = getattr(stream, "problem", None)
        except OSError as caught:
            problem = caught
        if problem is not None:
            abandon(stream)
        found = found or problem
    return found


def abandon(stream: Any) -> None:
    """Lets a stream that cannot be written end in nothing, so that its last flush succeeds."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
