"""Pictures and films of drives on the highway, with the numbers of their evaluation drawn in."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING, Final

import pygame

from racer.viewer.highway.app import HighwayApp
from racer.viewer.offscreen import check_target, film, save_picture, surface_pixels

if TYPE_CHECKING:
    from racer.play.highway.drive import HighwayDrive
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
