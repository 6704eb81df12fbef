"""`racer play --env Highway...`: drive through traffic, or watch a driver do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from racer.formats.text import show_path

if TYPE_CHECKING:
    import argparse

    from racer.drivers.highway.drivers import HighwayDriver
    from racer.envs.highway.settings import HighwaySettings
    from racer.play.highway.drive import HighwayDrive
    from racer.viewer.highway.stage import HighwayCamera

HIGHWAY_CAMERAS: Final = ("along", "behind")


def run_highway(args: argparse.Namespace, env_id: str) -> int:
    """Opens the window, or draws off screen; 0."""
    from racer.errors import ConfigError

    given: dict[str, Any] = {"track": args.track, "against": args.against or None}
    for option, value in (given | {"laps-dir": args.laps_dir}).items():
        if value is not None:
            raise ConfigError(f"--{option} is for circuits, not for {env_id}.")
    camera: HighwayCamera = args.camera or "along"
    if camera not in HIGHWAY_CAMERAS:
        raise ConfigError(f"--camera {camera} is for circuits; there are along and behind here.")
    if args.offscreen is not None:
        from racer.cli.film_progress import FilmProgress
        from racer.viewer.highway.films import shoot_highway
        from racer.viewer.offscreen import check_target

        check_target(args.offscreen)
        args.driver = args.driver or "traffic"
        shoot_highway(
            _drive(args, env_id),
            args.offscreen,
            seconds=20.0 if args.seconds is None else args.seconds,
            size=args.size,
            frames_per_second=args.fps,
            camera=camera,
            progress=FilmProgress(),
        )
        print(show_path(args.offscreen))
        return 0
    if args.seconds is not None:
        raise ConfigError("--seconds goes with --offscreen.")
    from racer.viewer.highway.app import HighwayApp, play
    from racer.viewer.window import Window

    app = HighwayApp(_drive(args, env_id), camera=camera, rate=args.rate or 1.0)
    window = Window(f"Racer: {env_id}", fullscreen=args.fullscreen)
    try:
        play(app, window)
    finally:
        window.close()
    return 0


def _drive(args: argparse.Namespace, env_id: str) -> HighwayDrive:
    from racer.envs.highway.policy import ENVIRONMENTS
    from racer.envs.highway.settings import highway_settings
    from racer.errors import ConfigError
    from racer.play.highway.drive import HighwayDrive

    if args.episode is not None and args.episode < 0:
        raise ConfigError(f"--episode is {args.episode}, but episodes are counted from 0.")
    settings = highway_settings(args.config, ENVIRONMENTS[env_id])
    return HighwayDrive(_driver(args, env_id, settings), settings, args.seed, args.episode or 0)


def _driver(args: argparse.Namespace, env_id: str, settings: HighwaySettings) -> HighwayDriver:
    from racer.drivers.highway.drivers import make_highway_driver

    if args.driver in (None, "human"):
        from racer.play.highway.person import HighwayPerson
        from racer.viewer.window import PygameKeyboard

        return HighwayPerson(PygameKeyboard(), settings, args.name)
    return make_highway_driver(args.driver, env_id, settings.values, args.seed)
