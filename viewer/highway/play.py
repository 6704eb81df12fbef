"""`racer play` on the highway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from racer.drivers.highway.drivers import make_highway_driver
from racer.envs.highway.settings import highway_settings
from racer.errors import ConfigError
from racer.kinds import preset_of
from racer.play.highway.drive import HighwayDrive
from racer.play.highway.person import HighwayPerson
from racer.viewer.highway.app import HighwayApp, play
from racer.viewer.highway.films import shoot_highway
from racer.viewer.window import PygameKeyboard, Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from racer.drivers.highway.drivers import HighwayDriver


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
    if args.episode is not None and args.episode < 0:
        raise ConfigError(f"--episode is {args.episode}, but episodes are counted from 0.")
    if progress is not None:
        args.driver = args.driver or "traffic"
        shoot_highway(
            _drive(args, env_id),
            args.offscreen,
            seconds=20.0 if args.seconds is None else args.seconds,
            size=args.size,
            frames_per_second=args.fps,
            camera=args.camera,
            progress=progress,
        )
        return [args.offscreen]
    app = HighwayApp(_drive(args, env_id), camera=args.camera, rate=args.rate or 1.0)
    window = Window(f"Racer: {env_id}", fullscreen=args.fullscreen)
    try:
        play(app, window)
    finally:
        window.close()
    return []


def _drive(args: Any, env_id: str) -> HighwayDrive:
    settings = highway_settings(args.config, preset_of(env_id))
    driver: HighwayDriver
    if args.driver in (None, "human"):
        driver = HighwayPerson(PygameKeyboard(), settings, args.name)
    else:
        driver = make_highway_driver(args.driver, env_id, settings.values, args.seed)
    return HighwayDrive(driver, settings, args.seed, args.episode or 0)
