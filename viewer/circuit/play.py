"""`racer play` on circuits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from racer.drivers import make_driver
from racer.envs.circuit.checks import check_lap_track, check_track_given, check_vehicle
from racer.laps.traces import trace_lap
from racer.play.circuit.keeper import LapKeeper
from racer.play.circuit.race import Race
from racer.play.keyboard import HumanDriver
from racer.tracks import load_track
from racer.viewer.circuit.app import PlayApp, play
from racer.viewer.circuit.films import shoot_race
from racer.viewer.circuit.stage import Stage
from racer.viewer.window import PygameKeyboard, Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from racer.drivers import Driver


def run(env_id: str, args: Any, progress: Callable[[float], None] | None = None) -> list[Path]:
    """Opens the window, or draws off screen.

    Args:
        env_id: the environment.
        args: of the command.
        progress: called with the share that is done, for drawing off screen; None: a window.

    Returns:
        The files that were written.

    Raises:
        RacerError: an argument cannot be used.
    """
    del env_id
    check_track_given(args.track)
    check_vehicle(args.vehicle)
    if progress is not None:
        args.driver = args.driver or "good"
        race = _race(args, human=False)
        shoot_race(
            race,
            args.offscreen,
            seconds=20.0 if args.seconds is None else args.seconds,
            size=args.size,
            frames_per_second=args.fps,
            stage=Stage(race.session.track, args.camera),
            progress=progress,
        )
        return [args.offscreen]
    human = args.driver in (None, "human")
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
    return app.laps


def _race(args: Any, *, human: bool) -> Race:
    track = load_track(args.track)
    first: Driver
    if human:
        check_lap_track(track, args.track)
        first = HumanDriver(PygameKeyboard(), args.name)
    else:
        first = make_driver(args.driver, track, args.vehicle, args.seed)
    others = [
        make_driver(spec, track, args.vehicle, args.seed + i + 1)
        for i, spec in enumerate(args.against or [])
    ]
    return Race(track, [first, *others], args.vehicle)
