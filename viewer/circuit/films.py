"""Whole pictures and films of drives and replays, for `--offscreen`."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Final

import pygame

from racer._core import TICK_SECONDS
from racer.play.circuit.race import Race
from racer.viewer.circuit.app import PlayApp
from racer.viewer.circuit.replay import ReplayApp
from racer.viewer.circuit.stage import Stage
from racer.viewer.offscreen import check_target, film, save_picture, surface_pixels

_PICTURE_FINE: Final = 2
Progress = Callable[[float], None]


def nothing(_: float) -> None:
    """Reports no progress."""


def shoot_race(
    race: Race,
    path: str | PathLike[str],
    *,
    seconds: float,
    size: tuple[int, int] = (1280, 720),
    frames_per_second: int = 30,
    stage: Stage | None = None,
    progress: Progress = nothing,
) -> None:
    """Lets a race run from the line for ``seconds``: a film of it, or a picture of its end.

    Args:
        race: who drives what.
        path: ends in .mp4, .gif or .png.
        seconds: how long to drive [s].
        size: width and height [pixels].
        frames_per_second: of a film; a divisor of 60 looks best.
        stage: what to paint on; a new one unless given.
        progress: called with the share that is done, 0 to 1.

    Raises:
        RacerError: the suffix is another one, or the encoder is missing.
    """
    suffix = check_target(path)
    app = PlayApp(race, stage=stage, lights=False)
    app.hud.notes = ()
    ticks = max(1, round(seconds / TICK_SECONDS))
    if suffix == ".png":
        for tick in range(ticks):
            app.tick()
            app.fade(TICK_SECONDS)
            progress((tick + 1) / ticks)
        canvas = pygame.Surface((size[0] * _PICTURE_FINE, size[1] * _PICTURE_FINE))
        app.stage.camera_man.cut()
        app.paint(canvas, TICK_SECONDS)
        save_picture(surface_pixels(pygame.transform.smoothscale(canvas, size)), path)
        return
    canvas = pygame.Surface(size)
    with film(path, size, frames_per_second) as add:
        shown = 0
        for tick in range(ticks):
            app.tick()
            app.fade(TICK_SECONDS)
            if (tick + 1) * TICK_SECONDS * frames_per_second >= shown + 1 - 1e-9:
                app.paint(canvas, 1 / frames_per_second)
                add(surface_pixels(canvas))
                shown += 1
                progress((tick + 1) / ticks)


def shoot_replay(
    app: ReplayApp,
    path: str | PathLike[str],
    *,
    start: float = 0.0,
    seconds: float | None = None,
    size: tuple[int, int] = (1280, 720),
    frames_per_second: int = 30,
    progress: Progress = nothing,
) -> None:
    """A film of a replay from a lap time [s] on, or a picture of that moment.

    Args:
        app: the replay, with its speed and followed car.
        path: ends in .mp4, .gif or .png.
        start: lap time to begin at [s].
        seconds: length of the film [s]; to the end of the longest lap if None.
        size: width and height [pixels].
        frames_per_second: of a film.
        progress: called with the share that is done, 0 to 1.

    Raises:
        RacerError: the suffix is another one, or the encoder is missing.
    """
    suffix = check_target(path)
    app.seek(start)
    if suffix == ".png":
        canvas = pygame.Surface((size[0] * _PICTURE_FINE, size[1] * _PICTURE_FINE))
        app.paint(canvas, TICK_SECONDS, controls=False)
        save_picture(surface_pixels(pygame.transform.smoothscale(canvas, size)), path)
        return
    whole = (app.replay.duration - app.time) / app.rate
    length = whole if seconds is None else min(seconds, whole)
    frames = max(1, round(length * frames_per_second))
    canvas = pygame.Surface(size)
    with film(path, size, frames_per_second) as add:
        for frame in range(frames):
            app.paint(canvas, 1 / frames_per_second, controls=False)
            add(surface_pixels(canvas))
            app.advance(1 / frames_per_second)
            progress((frame + 1) / frames)
