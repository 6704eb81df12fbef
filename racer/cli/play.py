"""`racer play`: drive against an agent, or watch drivers, in a window or off screen."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Final

from racer.cli.play_highway import HIGHWAY_CAMERAS, run_highway

if TYPE_CHECKING:
    from racer.drivers import Driver
    from racer.play.circuit.race import Race

CIRCUIT_CAMERAS: Final = ("follow", "north", "overview")
LAPS_DIR: Final = "where laps are saved (default: racer/laps in your folder for user data)"
DESCRIPTION = """\
Opens a window in which you drive with the arrow keys (or WASD) against another driver. R restarts,
P pauses, C changes the camera, M hides the minimap, H shows all keys, Esc quits. Your finished laps
are saved; `racer verify`, `racer replay` and `racer compare` take them.
With --env Highway, HighwayFast or HighwayRisk you drive through traffic, or watch a driver do it.
With --offscreen no window is opened: a film or a picture of --driver against the others is made."""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `play` command."""
    parser = sub.add_parser(
        "play",
        help="drive against an agent, in a window or off screen",
        description=DESCRIPTION,
        epilog="examples: racer play --track harbour --against runs/ppo-harbour; "
        "racer play --env Highway; racer play --env HighwayRisk --driver traffic --seed 7",
    )
    parser.add_argument("--track", help="a circuit of the catalogue or a file")
    parser.add_argument(
        "--env",
        metavar="ID",
        help="Circuit (the default), Highway, HighwayFast or HighwayRisk, or the whole id",
    )
    parser.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="DRIVER",
        help="casual, good, keyboard, random, a policy (*.onnx), a run's folder or a lap "
        "(*.lap.npz)",
    )
    parser.add_argument("--vehicle", default="gt", help="the vehicle (default gt)")
    parser.add_argument("--name", default="you", help="your name, for the lap files")
    parser.add_argument(
        "--driver",
        help="who drives the first car: human (default), or a driver to watch; on the highway "
        "idle, random, traffic, a policy or a run",
    )
    parser.add_argument(
        "--camera",
        choices=(*CIRCUIT_CAMERAS, *HIGHWAY_CAMERAS),
        help="follow (default), north or overview; on the highway along (default) or behind",
    )
    parser.add_argument("--fullscreen", action="store_true", help="use the whole screen")
    parser.add_argument("--laps-dir", type=Path, metavar="DIR", help=LAPS_DIR)
    parser.add_argument(
        "--seed", type=int, default=0, help="of drivers that roll dice, and of the traffic"
    )
    parser.add_argument("--episode", type=int, help="which one of the seed's (highway; default 0)")
    parser.add_argument("--rate", type=pace, help="times real time (highway; default 1)")
    parser.add_argument("--config", metavar="FILE", help="the highway's settings, .toml or .json")
    add_offscreen(parser, "20")
    parser.set_defaults(run=run)


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
        raise argparse.ArgumentTypeError(f"{text!r}: even numbers from 64 to 7680 and 4320")
    return width, height


def duration(text: str) -> float:
    """Reads seconds: more than 0, at most an hour."""
    value = _number(text)
    if not 0.0 < value <= 3600.0:
        raise argparse.ArgumentTypeError(f"{text!r}: more than 0, at most 3600 seconds")
    return value


def pace(text: str) -> float:
    """Reads how many times real time: from 0.1 to 16."""
    value = _number(text)
    if not 0.1 <= value <= 16.0:
        raise argparse.ArgumentTypeError(f"{text!r}: from 0.1 to 16")
    return value


def rate(text: str) -> int:
    """Reads frames per second: 1 to 120."""
    value = _number(text)
    if not 1 <= value <= 120 or value != int(value):
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number from 1 to 120")
    return int(value)


def _number(text: str) -> float:
    """The number that a text says, or one that is in no range."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def run(args: argparse.Namespace) -> int:
    """Opens the window, or draws off screen."""
    from racer.cli.checks import check_person, check_seed, check_vehicle
    from racer.cli.train import full_id
    from racer.errors import ConfigError, RacerError
    from racer.formats.text import show_path
    from racer.viewer.need import need

    need("pygame", "the viewer")
    env_id = full_id(args.env)
    if env_id not in (None, "racer/Circuit-v0"):
        return run_highway(args, str(env_id))
    if args.track is None:
        raise ConfigError("a circuit is missing: name one with --track, or a highway with --env.")
    for option in ("episode", "rate", "config"):
        if getattr(args, option) is not None:
            raise ConfigError(f"--{option} is for the highway; name one with --env.")
    check_vehicle(args.vehicle)
    check_seed(args.seed)
    args.camera = args.camera or CIRCUIT_CAMERAS[0]
    if args.camera not in CIRCUIT_CAMERAS:
        raise ConfigError(f"--camera {args.camera} is for the highway; name one with --env.")
    if args.offscreen is not None:
        return _shoot(args)
    from racer.laps.traces import trace_lap
    from racer.play.circuit.keeper import LapKeeper
    from racer.viewer.circuit.app import PlayApp, play
    from racer.viewer.window import Window

    human = args.driver in (None, "human")
    if human:
        check_person(args.name, "--name")
    if args.seconds is not None:
        raise RacerError("--seconds goes with --offscreen.")
    keeper = LapKeeper(args.laps_dir) if human else None
    race = _race(args, human=human)
    window = Window(f"Racer: {race.session.track.name}", fullscreen=args.fullscreen)
    app = PlayApp(race, keeper)
    app.stage.camera_man.mode = args.camera
    if keeper is not None:
        best = keeper.best(race.session.track, args.vehicle, args.name)
        if best is not None:
            race.timing.cars[0].set_best(trace_lap(best))
    try:
        play(app, window)
    finally:
        app.close()
        window.close()
    for path in app.laps:
        print(show_path(path))
    return 0


def _shoot(args: argparse.Namespace) -> int:
    from racer.cli.film_progress import FilmProgress
    from racer.formats.text import show_path
    from racer.viewer.circuit.films import shoot_race
    from racer.viewer.circuit.stage import Stage
    from racer.viewer.offscreen import check_target

    check_target(args.offscreen)
    args.driver = args.driver or "good"
    race = _race(args, human=False)
    stage = Stage(race.session.track, args.camera)
    seconds = 20.0 if args.seconds is None else args.seconds
    shoot_race(
        race,
        args.offscreen,
        seconds=seconds,
        size=args.size,
        frames_per_second=args.fps,
        stage=stage,
        progress=FilmProgress(),
    )
    print(show_path(args.offscreen))
    return 0


def _race(args: argparse.Namespace, *, human: bool) -> Race:
    from racer.cli.checks import check_lap_track
    from racer.drivers import make_driver
    from racer.play.circuit.race import Race
    from racer.tracks import load_track

    track = load_track(args.track)
    first: Driver
    if human:
        check_lap_track(track, args.track)
        from racer.play.keyboard import HumanDriver
        from racer.viewer.window import PygameKeyboard

        first = HumanDriver(PygameKeyboard(), args.name)
    else:
        first = make_driver(args.driver, track, args.vehicle, args.seed)
    others = [
        make_driver(spec, track, args.vehicle, args.seed + i + 1)
        for i, spec in enumerate(args.against)
    ]
    return Race(track, [first, *others], args.vehicle)
