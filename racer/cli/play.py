"""`racer play`: drive against an agent, or watch drivers, in a window or off screen."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from racer.cli.kind_options import add_kind_options, chosen, driver_names, env_option
from racer.options import number

DESCRIPTION: Final = """\
Opens a window in which you drive with the arrow keys (or WASD) against another driver. R restarts,
P pauses, C changes the camera, M hides the minimap, H shows all keys, Esc quits. Your finished laps
are saved; `racer verify`, `racer replay` and `racer compare` take them.
With --env you drive in another environment, or watch a driver in it.
With --offscreen no window opens: a video or picture of --driver against the others is written."""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `play` command."""
    parser = sub.add_parser(
        "play",
        help="drive against an agent, in a window or off screen",
        description=DESCRIPTION,
        epilog="examples: racer play --track harbour --against runs/ppo-harbour; "
        "racer play --env Highway; racer play --env HighwayRisk --driver traffic --seed 7",
    )
    env_option(parser)
    parser.add_argument("--name", default="you", help="your name, for the lap files")
    parser.add_argument(
        "--driver",
        help=f"who drives the first car: human (default), or a driver to watch: {driver_names()}",
    )
    parser.add_argument("--fullscreen", action="store_true", help="use the whole screen")
    parser.add_argument("--seed", type=int, default=0, help="random seed of drivers and traffic")
    add_offscreen(parser, "20")
    add_kind_options(parser, "play")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Opens the window, or draws off screen; prints the files that were written."""
    from racer.cli.checks import check_person, check_seed
    from racer.errors import ConfigError
    from racer.formats.text import show_path
    from racer.viewer.need import need

    need("pygame", "the viewer")
    kind, env_id = chosen(args, "play")
    check_seed(args.seed)
    if args.offscreen is None:
        if args.seconds is not None:
            raise ConfigError("--seconds goes with --offscreen.")
        if args.driver in (None, "human"):
            check_person(args.name, "--name")
        written = kind.load("play")(env_id, args)
    else:
        from racer.cli.film_progress import FilmProgress
        from racer.viewer.offscreen import check_target

        check_target(args.offscreen)
        written = kind.load("play")(env_id, args, FilmProgress())
    for path in written:
        print(show_path(path))
    return 0


def add_offscreen(parser: argparse.ArgumentParser, seconds: str) -> None:
    """Adds the options of drawing without a display; ``seconds``: the film's usual length."""
    parser.add_argument("--offscreen", type=Path, metavar="FILE", help="write a .mp4, .gif or .png")
    parser.add_argument(
        "--seconds", type=duration, help=f"how long (off screen; default {seconds})"
    )
    parser.add_argument(
        "--size", type=size, default=(1280, 720), help="off screen: WIDTHxHEIGHT (default 1280x720)"
    )
    parser.add_argument("--fps", type=rate, default=30, help="frames per second (default 30)")


def size(text: str) -> tuple[int, int]:
    """Reads ``1280x720``; films need even numbers."""
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT") from None
    if not (64 <= width <= 7680 and 64 <= height <= 4320 and width % 2 == height % 2 == 0):
        raise argparse.ArgumentTypeError(
            f"{text!r}: both must be even numbers from 64, to 7680x4320 at most"
        )
    return width, height


def duration(text: str) -> float:
    """Reads seconds: more than 0, at most an hour."""
    value = number(text)
    if not 0.0 < value <= 3600.0:
        raise argparse.ArgumentTypeError(f"{text!r} must be more than 0 and at most 3600 seconds")
    return value


def rate(text: str) -> int:
    """Reads frames per second: 1 to 120."""
    value = number(text)
    if not 1 <= value <= 120 or value != int(value):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 1 to 120")
    return int(value)
