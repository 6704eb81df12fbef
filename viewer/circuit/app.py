"""`racer play`: a person, or a driver to watch, in a window."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Final

import pygame

from racer._core import TICK_SECONDS
from racer.envs.circuit.session import FinishedLap
from racer.errors import RacerError
from racer.optimal.reference import gap_text, gaps
from racer.play.circuit.keeper import LapKeeper
from racer.play.circuit.race import Race
from racer.viewer import palette
from racer.viewer.circuit.hud import HudState
from racer.viewer.circuit.stage import Stage
from racer.viewer.circuit.views import between, car_views, frozen
from racer.viewer.palette import Colour
from racer.viewer.text import clock
from racer.viewer.window import Window, wants_to_quit

_LIGHT_SECONDS: Final = 0.8  # each red light of the start
_BANNER_SECONDS: Final = 3.5
_MOST_TICKS: Final = 8  # per picture; a machine slower than that gets slow motion


class PlayApp:
    """One race on one stage: lights, driving, pause, restart. Paints onto any surface.

    Attributes:
        race: who drives what.
        stage: what is painted.
        hud: what the display shows.
        laps: files of the laps that were kept.
        running: False once the person wants to quit.
    """

    def __init__(
        self,
        race: Race,
        keeper: LapKeeper | None = None,
        *,
        device: str = "keyboard",
        stage: Stage | None = None,
        lights: bool = True,
    ) -> None:
        """Prepares a race.

        Args:
            race: who drives what.
            keeper: keeps the first car's laps; None keeps none.
            device: what the first car is driven with, for the lap files.
            stage: what to paint on, if it exists already.
            lights: whether every start waits for the lights.
        """
        self.race = race
        self.stage = stage or Stage(race.session.track)
        self.hud = HudState(notes=("H  help",))
        self.laps: list[Path] = []
        self.running = True
        self._keeper = keeper
        self._device = device
        self._saving: list[tuple[FinishedLap, Future[Path]]] = []
        self._banner_left = 0.0
        self._reason = ""
        self._compared: tuple[str, ...] = ()
        self._light_seconds = 4 * _LIGHT_SECONDS if lights else 0.0
        self.restart()

    @property
    def driving(self) -> bool:
        """Whether time runs: the lights are out and nobody paused."""
        return self._lights_left <= 0.0 and not self.hud.paused and not self.hud.help

    def restart(self) -> None:
        """Back to the line, lights on."""
        self.race.restart()
        self.stage.clear()
        self._lights_left = self._light_seconds
        self._owed = 0.0
        self._after = self._before = frozen(self.race.row)
        self._reason = ""
        self.hud.paused = False
        self._say("", palette.TEXT, 0.0)

    def handle(self, event: pygame.Event) -> None:
        """Reacts to one event of the window."""
        if wants_to_quit(event):
            self.running = False
        if event.type != pygame.KEYDOWN:
            return
        key, hud = event.key, self.hud
        if key == pygame.K_r:
            self.restart()
        elif key == pygame.K_BACKSPACE:
            self.race.put_back(0)
        elif key == pygame.K_p:
            hud.paused = not hud.paused
        elif key == pygame.K_h:
            hud.help = not hud.help
        elif key == pygame.K_m:
            hud.minimap = not hud.minimap
        elif key == pygame.K_c:
            mode = self.stage.camera_man.next_mode()
            self._say(f"camera: {mode}", palette.MUTED, 1.2)

    def advance(self, seconds: float) -> None:
        """Lets ``seconds`` pass: lights, then as many ticks as fit."""
        self.fade(seconds)
        self._collect()
        if self._lights_left > 0.0:
            if not self.hud.paused and not self.hud.help:
                self._lights_left -= seconds
                if self._lights_left <= 0.0:
                    self._say("GO", palette.GREEN, 0.9)
            return
        if not self.driving:
            return
        self._owed = min(self._owed + seconds, _MOST_TICKS * TICK_SECONDS)
        while self._owed >= TICK_SECONDS:
            self._owed -= TICK_SECONDS
            self.tick()

    def fade(self, seconds: float) -> None:
        """Lets the message in the middle grow older."""
        self._banner_left -= seconds

    def tick(self) -> None:
        """One tick of the race, and what follows from it."""
        finished = self.race.tick()
        self.stage.roll(self.race.row)
        self._before, self._after = self._after, frozen(self.race.row)
        for lap in finished:
            if lap.car == 0:
                self._finish(lap)
        reason = self.race.invalid_reason()
        if reason and reason != self._reason and not finished:
            self._say(f"lap will not count: {reason}", palette.RED, 2.0)
        self._reason = reason

    def paint(self, surface: pygame.Surface, seconds: float) -> None:
        """Paints the picture for now; ``seconds`` is the time since the last one."""
        share = min(1.0, self._owed / TICK_SECONDS) if self.driving else 1.0
        cars = car_views(between(self._before, self._after, share), self.race.names)
        hud = self.hud
        hud.timing = self.race.timing.cars[0]
        hud.rival, hud.gap = self.race.gap() if self.race.session.ticks else ("", None)
        hud.invalid = self._reason
        lit = 3 - int(self._lights_left / _LIGHT_SECONDS)
        hud.lights = max(0, min(3, lit)) if self._lights_left > 0.0 else None
        if self._banner_left <= 0.0:
            hud.banner = ""
        self.stage.paint(surface, cars, hud, seconds)

    def close(self) -> None:
        """Waits for laps that are being written."""
        if self._keeper is not None:
            self._keeper.close()
        self._collect()

    def _finish(self, lap: FinishedLap) -> None:
        time = clock(lap.time_s)
        known = gaps(lap.track, lap.vehicle, lap.time_s, standing=lap.standing)
        words = [
            f"{gap_text(gap)} to the {name.removeprefix('gap_to_')} lap"
            for name, gap in known.items()
            if gap is not None
        ]
        if not lap.valid:
            self._say(f"{time}  does not count", palette.RED, _BANNER_SECONDS)
        elif self.race.timing.cars[0].best == lap.time_s:
            self._say(f"{time}  best lap", palette.PURPLE, _BANNER_SECONDS)
        else:
            self._say(time, palette.TEXT, _BANNER_SECONDS)
        self._compared = (", ".join(words),) if lap.valid and words else ()
        self.hud.notes = ("H  help", *self._compared)
        if self._keeper is not None:
            driver = self.race.drivers[0].name
            self._saving.append((lap, self._keeper.keep(lap, driver, self._device)))

    def _collect(self) -> None:
        for pair in [pair for pair in self._saving if pair[1].done()]:
            self._saving.remove(pair)
            lap, job = pair
            try:
                path = job.result()
            except RacerError as problem:
                self.hud.notes = ("H  help", f"lap not saved: {problem}")
            else:
                self._saved(lap, path)

    def _saved(self, lap: FinishedLap, path: Path) -> None:  # noqa: ARG002  # for subclasses
        self.laps.append(path)
        self.hud.notes = ("H  help", *self._compared, f"saved {path.name}")

    def _say(self, text: str, colour: Colour, seconds: float) -> None:
        self.hud.banner, self.hud.banner_colour, self._banner_left = text, colour, seconds


def play(app: PlayApp, window: Window) -> None:
    """Runs the window until the person quits."""
    passed = 0.0
    while app.running:
        for event in window.events():
            if event.type == pygame.KEYDOWN and event.key == pygame.K_f:
                window.toggle_fullscreen()
            app.handle(event)
        app.advance(passed)
        app.paint(window.surface, passed)
        passed = window.show()
    app.close()
