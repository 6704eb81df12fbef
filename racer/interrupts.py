"""Ctrl-C for the command line: never a traceback, also while Python still imports.

Nothing is imported at the top, so that this runs within the first milliseconds.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130  # the exit code that shells know

_asked = False


def quiet_start() -> None:
    """Lets Ctrl-C end the command `racer` without a word until `listen` is called.

    In any other program nothing changes.
    """
    import sys

    words = sys.orig_argv
    by_name = bool(sys.argv) and sys.argv[0].replace("\\", "/").split("/")[-1].lower() in (
        "racer",
        "racer.exe",
        "racer-script.py",
    )
    as_module = "-m" in words and words[words.index("-m") + 1 :][:1] in (
        ["racer"],
        ["racer.cli.main"],
    )
    if by_name or as_module:
        import signal

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _leave)


def listen() -> None:
    """Makes Ctrl-C a KeyboardInterrupt, and remembers it, see `asked`."""
    import signal

    if signal.getsignal(signal.SIGINT) in (_leave, signal.default_int_handler):
        signal.signal(signal.SIGINT, _raise)


def asked() -> bool:
    """Whether Ctrl-C was pressed: modules that are being imported turn it into other errors."""
    return _asked


def _leave(number: int, frame: FrameType | None) -> None:
    del number, frame
    import os

    os._exit(INTERRUPTED)  # nothing has begun that would have to be ended


def _raise(number: int, frame: FrameType | None) -> None:
    global _asked
    del number, frame
    _asked = True
    raise KeyboardInterrupt
