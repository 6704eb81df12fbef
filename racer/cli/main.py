"""`racer`: finds the command and runs it. Exit codes: 0 good, 1 a check failed, 2 wrong usage."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import racer
from racer import interrupts
from racer.cli import streams
from racer.cli.kind_options import own_modules
from racer.cli.once import refuse_twins
from racer.errors import RacerError
from racer.formats.text import show_path, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = (
    "train",
    "finetune",
    "tune",
    "resume",
    "evaluate",
    "export",
    "policies",
    "report",
    "play",
    "record",
    "replay",
    "verify",
    "compare",
    "tracks",
    "optimal",
    "bench",
    "doctor",
)
MAX_MESSAGE = 2000  # letters
TRACEBACKS = "RACER_TRACEBACK"  # environment variable that asks for them
EXAMPLES = """\
examples:
  racer train --track harbour --minutes 3      train an agent
  racer evaluate --policy runs/ppo-harbour --track harbour
  racer play --track harbour --against runs/ppo-harbour
  racer doctor                                  check what is installed and whether it works
"""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints show what a person typed on one line."""

    def error(self, message: str) -> NoReturn:
        """Prints usage and the complaint; exit code 2."""
        super().error(shown(message, MAX_MESSAGE))


class ShowVersion(argparse.Action):
    """As argparse's own action, but looks the version up only if somebody wants to know it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Prints it."""
        with suppress(OSError):  # as argparse: what is wrong with the stream is said at the end
            print(f"{parser.prog} {racer.__version__}")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """The parser with every command."""
    parser = Parser(
        prog="racer",
        description="A fast, deterministic car racing simulator: train an agent, then race it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action=ShowVersion, nargs=0, help="show program's version number and exit"
    )
    sub = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name in COMMANDS:
        importlib.import_module(f"racer.cli.{name}").add_parser(sub)
    refuse_twins(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: arguments without the program's name; None for those of the process.

    Returns:
        The exit code.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    for word in words:
        if reason := _unusable(word):
            return _tell("racer", f"the argument {_quoted(word)} {reason}.")
    try:
        own_modules(words)
    except RacerError as problem:
        return _tell("racer", problem)
    parser = build_parser()
    args = parser.parse_args(words)
    if args.command is None:
        parser.print_help()
        return 2
    who = f"racer {args.command}"
    try:
        return int(args.run(args))
    except RacerError as problem:
        return _tell(who, problem)
    except ModuleNotFoundError as problem:
        return _tell(who, _missing(problem))
    except KeyboardInterrupt:
        _tell("")
        return interrupts.INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        streams.abandon(sys.stdout)
        return streams.BROKEN_PIPE
    except OSError as problem:  # a folder that cannot be written, a full disk
        return _tell(who, _os_sentence(problem))
    except MemoryError as problem:
        detail = f" ({problem})" if str(problem) else ""
        return _tell(who, f"there is not enough memory for this{detail}.")
    except (OverflowError, RecursionError) as problem:
        return _tell(who, f"a number or a file is too large, or nested too deeply ({problem}).")


def command() -> int:
    """The console script: `main`, with the process's streams and signals in order."""
    streams.prepare()
    interrupts.listen()
    try:
        code = main()
    except SystemExit as ended:  # argparse
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        code = interrupts.INTERRUPTED
    except Exception as problem:  # noqa: BLE001  a person gets a sentence, whatever it is
        code = interrupts.INTERRUPTED if interrupts.asked() else _fault(problem)
    broken = streams.finish()
    if broken is None or code == streams.BROKEN_PIPE:
        return code
    if isinstance(broken, BrokenPipeError):
        return streams.BROKEN_PIPE
    if broken.filename == "standard output" and code != 2:  # otherwise it was said
        _tell("racer", _os_sentence(broken))
    return code or 2


def _fault(problem: Exception) -> int:
    """Says that something of ours is broken; a traceback only to those who ask for one."""
    if os.environ.get(TRACEBACKS):
        traceback.print_exception(problem)
    frames = traceback.extract_tb(problem.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    what = f"{type(problem).__name__}: {problem}"
    _tell("racer", f"internal error, please report it: {what}{place}; {TRACEBACKS}=1 shows more.")
    return 70  # EX_SOFTWARE of sysexits.h


def _tell(who: str, problem: object = "") -> int:
    """Prints one line to the person; the exit code of wrong usage."""
    text = shown(problem, MAX_MESSAGE)
    with suppress(OSError, ValueError):  # a full disk behind stderr
        print(f"{who}: {text}" if who else text, file=sys.stderr)
    return 2


def _unusable(word: str) -> str:
    """Why no command can use an argument; "" if it can."""
    if "\0" in word:
        return "holds a NUL byte"
    if word.startswith("--") and word.endswith("=--"):  # argparse takes it for an empty list
        return "has no value"
    try:
        word.encode("utf-8")
    except UnicodeEncodeError:
        return "is not UTF-8 text"
    return ""


def _quoted(word: str) -> str:
    return f"'{shown(word, 80)}'"


def _os_sentence(problem: OSError) -> str:
    """What the operating system complains about, with the name of the file if it is known."""
    where = f"{show_path(problem.filename)}: " if problem.filename else ""
    return f"{where}{problem.strerror or problem}."


def _missing(problem: ModuleNotFoundError) -> str:
    """What to install for a module that is not there."""
    name = (problem.name or "").partition(".")[0]
    if name in ("", "racer"):
        raise problem
    extras = {
        "pygame": "view",
        "matplotlib": "plots",
        "imageio_ffmpeg": "plots",
        "moviepy": "view",
        "casadi": "optimal",
        "platformdirs": "tracks",
        "defusedxml": "tracks",
        "optuna": "tune",
    }
    extra = extras.get(name, "train")
    return f"needs the package {name}; install it with `pip install 'racer-sim[{extra}]'`."


if __name__ == "__main__":
    sys.exit(command())
