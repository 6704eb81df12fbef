"""Pictures and films of drives on the highway, with the numbers of their evaluation drawn in."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING, Any, Final

import pygame

from racer.drivers.highway.drivers import make_highway_driver
from racer.envs.highway.settings import highway_settings
from racer.errors import ConfigError
from racer.kinds import preset_of
from racer.play.highway.drive import HighwayDrive
from racer.viewer.highway.app import HighwayApp
from racer.viewer.offscreen import check_target, film, save_picture, surface_pixels

if TYPE_CHECKING:
    from racer.viewer.highway.stage import HighwayCamera

SIZE: Final = (1280, 540)
_PICTURE_FINE: Final = 2
_LAST_SECONDS: Final = 1.0  # an episode's end stays on screen
Progress = Callable[[float], None]


def nothing(_: float) -> None:
    """Reports no progress."""


def shoot_highway(
    drive: HighwayDrive,
    path: str | PathLike[str],
    *,
    episodes: int = 1,
    seconds: float | None = None,
    size: tuple[int, int] = SIZE,
    frames_per_second: int = 30,
    camera: HighwayCamera = "along",
    progress: Progress = nothing,
) -> None:
    """Drives episodes from where ``drive`` is: a film of them, or a picture of the end.

    Args:
        drive: who drives where.
        path: ends in .mp4, .gif or .png.
        episodes: how many.
        seconds: at most this long in all [s].
        size: width and height [pixels].
        frames_per_second: of a film.
        camera: "along" or "behind".
        progress: called with the share that is done, 0 to 1.

    Raises:
        RacerError: the suffix is another one, or the encoder is missing.
    """
    suffix = check_target(path)
    app = HighwayApp(drive, camera=camera)
    app.hints = False
    left = float("inf") if seconds is None else seconds
    if suffix == ".png":
        while left > 0.0 and not app.at_end:
            app.advance(drive.frame_seconds)
            left -= drive.frame_seconds
        canvas = pygame.Surface((size[0] * _PICTURE_FINE, size[1] * _PICTURE_FINE))
        app.paint(canvas)
        save_picture(surface_pixels(pygame.transform.smoothscale(canvas, size)), path)
        return
    whole = episodes * (float(drive.settings["duration"]) + _LAST_SECONDS)
    whole = min(whole, left)
    canvas = pygame.Surface(size)
    step, done = 1.0 / frames_per_second, 0
    with film(path, size, frames_per_second) as add:
        for number in range(episodes):
            if number:
                app.restart(drive.episode + 1)
            stay = _LAST_SECONDS
            while stay > 0.0 and left > 0.0:
                app.paint(canvas)
                add(surface_pixels(canvas))
                done += 1
                left -= step
                progress(min(1.0, done * step / whole))
                if app.at_end:
                    stay -= step
                else:
                    app.advance(step)
    progress(1.0)


class EpisodeFilm:
    """The film of the first episodes of an evaluation.

    Args:
        env_id: the environment.
        options: of `racer evaluate`, with `video`, the path of the film.

    Raises:
        RacerError: an option cannot be used.
    """

    def __init__(self, env_id: str, options: Any) -> None:
        if not 1 <= options.video_episodes <= 1000:
            raise ConfigError(f"--video-episodes must be 1 to 1000, got {options.video_episodes}.")
        if check_target(options.video) == ".png":
            raise ConfigError(f"{options.video}: a film ends in .mp4 or .gif.")
        self._env_id = env_id
        self._options = options

    def shoot(self, progress: Progress) -> None:
        """Drives the episodes again, and films them."""
        options, preset = self._options, preset_of(self._env_id)
        settings = highway_settings(options.config, preset)
        driver = make_highway_driver(options.policy, self._env_id, settings.values, options.seed)
        drive = HighwayDrive(driver, settings, options.seed)
        episodes = min(options.video_episodes, options.episodes)
        shoot_highway(drive, options.video, episodes=episodes, progress=progress)
