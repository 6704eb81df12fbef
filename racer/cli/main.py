"""`racer`: finds the command and runs it. Exit codes: 0 good, 1 a check failed, 2 wrong usage."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import TYPE_CHECKING

import racer
from racer.errors import RacerError
from racer.formats.text import show_path, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_MESSAGE = 4000  # letters
COMMANDS = (
    "train",
    "resume",
    "evaluate",
    "export",
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
EXAMPLES = """\
examples:
  racer train --track harbour --minutes 3      train an agent
  racer evaluate --policy runs/ppo-harbour --track harbour
  racer play --track harbour --against runs/ppo-harbour
  racer doctor                                  look what is installed and works
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser with every command."""
    parser = argparse.ArgumentParser(
        prog="racer",
        description="A fast, deterministic car racing simulator: train an agent, then race it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"racer {racer.__version__}")
    sub = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name in COMMANDS:
        importlib.import_module(f"racer.cli.{name}").add_parser(sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: arguments without the program's name; None for those of the process.

    Returns:
        The exit code.
    """
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return 2
    try:
        return int(args.run(args))
    except RacerError as problem:
        print(f"racer {args.command}: {shown(problem, MAX_MESSAGE)}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as problem:
        print(f"racer {args.command}: {_missing(problem)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as problem:  # a folder that cannot be written, a full disk
        where = f"{show_path(problem.filename)}: " if problem.filename else ""
        print(f"racer {args.command}: {where}{problem.strerror or problem}.", file=sys.stderr)
        return 2


def _missing(problem: ModuleNotFoundError) -> str:
    """What to install for a module that is not there."""
    name = (problem.name or "").partition(".")[0]
    if name in ("", "racer"):
        raise problem
    extras = {
        "pygame": "view",
        "matplotlib": "plots",
        "imageio_ffmpeg": "plots",
        "casadi": "optimal",
        "platformdirs": "tracks",
        "defusedxml": "tracks",
    }
    extra = extras.get(name, "train")
    return f"needs the package {name}; install it with `pip install 'racer-sim[{extra}]'`."


if __name__ == "__main__":
    sys.exit(main())
