"""`racer replay`: watch recorded laps, side by side, in a window or off screen."""

from __future__ import annotations

import argparse

from racer.cli.play import add_offscreen


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `replay` command."""
    parser = sub.add_parser(
        "replay",
        help="watch recorded laps, side by side",
        description="Plays laps of one track side by side. Space plays and pauses, Left and Right"
        " seek, Up and Down change the speed, Tab follows the next car, L shows the driven"
        " lines, C changes the camera, Esc quits.",
        epilog="example: racer replay mine.lap.npz agent.lap.npz",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a lap file (*.lap.npz)")
    parser.add_argument("--start", type=float, default=0.0, help="lap time to start at [s]")
    parser.add_argument("--rate", type=float, default=1.0, help="seconds of the lap per second")
    parser.add_argument("--lines", action="store_true", help="show the driven lines")
    parser.add_argument(
        "--camera", choices=("follow", "north", "overview"), default="follow",
        help="which view (default follow)",
    )  # fmt: skip
    parser.add_argument("--fullscreen", action="store_true", help="use the whole screen")
    add_offscreen(parser, "to the end of the longest lap")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Opens the window, or draws off screen."""
    from racer.errors import RacerError
    from racer.formats.text import show_path
    from racer.laps import load_lap
    from racer.laps.traces import trace_lap
    from racer.viewer.need import need

    need("pygame", "the viewer")
    if not 0.0 <= args.start <= 3600.0:
        raise RacerError(f"--start must be a lap time from 0 to 3600 seconds, not {args.start:g}.")
    if not 0.0 < args.rate <= 16.0:
        raise RacerError(f"--rate must be above 0 and at most 16, not {args.rate:g}.")
    if args.offscreen is not None:
        from racer.viewer.offscreen import check_target

        check_target(args.offscreen)
    from racer.viewer.circuit.replay import Replay, ReplayApp, show

    traces = [trace_lap(load_lap(file), show_path(file)) for file in args.files]
    app = ReplayApp(Replay(traces))
    app.stage.camera_man.mode = args.camera
    app.rate = args.rate
    app.lines = args.lines
    if args.offscreen is None:
        from racer.viewer.window import Window

        window = Window("Racer: replay", fullscreen=args.fullscreen)
        app.seek(args.start)
        show(app, window)
        window.close()
        return 0
    from racer.cli.film_progress import FilmProgress
    from racer.viewer.circuit.films import shoot_replay

    shoot_replay(
        app,
        args.offscreen,
        start=args.start,
        seconds=args.seconds,
        size=args.size,
        frames_per_second=args.fps,
        progress=FilmProgress(),
    )
    print(show_path(args.offscreen))
    return 0
