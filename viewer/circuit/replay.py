"""`racer replay`: recorded laps side by side, at any speed, forwards and backwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import pygame

from racer.errors import LapError
from racer.formats.text import shown
from racer.laps.traces import LapTrace, time_at
from racer.optimal.reference import gap_text, gaps
from racer.play.circuit.timing import CarTiming, Split, SplitColour
from racer.viewer import palette
from racer.viewer.circuit.hud import HudState
from racer.viewer.circuit.stage import DrivenLine, Stage
from racer.viewer.circuit.views import CarView
from racer.viewer.text import clock, panel, write
from racer.viewer.window import Window, wants_to_quit

_SPEEDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_SEEK: Final = 3.0  # [s] per press of an arrow key
# As much as fits beside the speed.
_KEYS: Final = "Space play  Left, Right seek  Up, Down speed  Tab car  L lines  C camera  Esc quit"


class Replay:
    """Laps of one track that all start at time 0.

    Attributes:
        traces: the laps.
        names: of their drivers, told apart by their times.
        gaps: to the best known laps, in words.
        duration: of the longest lap [s].
    """

    def __init__(self, traces: Sequence[LapTrace]) -> None:
        """Checks that the laps belong together.

        Raises:
            LapError: there is none, or they are of different tracks.
        """
        if not traces:
            raise LapError("a replay needs at least one lap.")
        first = traces[0].record.track
        for trace in traces:
            if trace.record.track.fingerprint != first.fingerprint:
                names = f"{shown(first.name)} and {shown(trace.record.track.name)}"
                raise LapError(f"the laps are of different tracks ({names}).")
        self.traces = list(traces)
        self.track = first
        self.duration = max(trace.record.lap_time_s for trace in traces)
        self.names = [_name(trace) for trace in traces]
        self.gaps = [_gaps(trace) for trace in traces]

    def order(self, focus: int) -> list[int]:
        """Numbers of the laps, the followed one first."""
        return [focus, *(i for i in range(len(self.traces)) if i != focus)]

    def views(self, time: float, focus: int = 0) -> list[CarView]:
        """The cars at a lap time [s], the followed one first."""
        return [
            _view(self.traces[i], time, self.names[i], i, ghost=i != focus)
            for i in self.order(focus)
        ]

    def hud(self, time: float, focus: int = 0) -> HudState:
        """The display at a lap time [s] for the followed car."""
        mine = self.traces[focus]
        state = HudState(timing=_timing(mine, time, self.traces))
        if not mine.record.valid:
            state.invalid = ", ".join(r.replace("_", " ") for r in mine.record.reasons)
        # What is not proved is shown, but no gap is measured with it.
        others = [i for i in self.order(focus)[1:] if self.traces[i].check.proved]
        others = others if mine.check.proved else []
        gaps = [(self.names[i], self._gap(focus, i, time)) for i in others]
        if gaps:
            state.rival, state.gap = min(gaps, key=lambda pair: abs(pair[1]))
        return state

    def _gap(self, car: int, other: int, time: float) -> float:
        mine = self.traces[car]
        now = min(max(time, mine.time[0]), mine.time[-1])
        place = np.interp([now], mine.time, mine.place)
        return float(now - time_at(self.traces[other], place)[0])


class ReplayApp:
    """Plays a replay: holds the time, the speed and the followed car.

    Attributes:
        time: lap time shown [s].
        rate: seconds of the lap per second.
        playing: whether time runs.
        running: False once the person wants to quit.
        focus: number of the followed lap.
        lines: whether the driven lines are shown.
    """

    def __init__(self, replay: Replay, stage: Stage | None = None) -> None:
        self.replay = replay
        self.stage = stage or Stage(replay.track)
        self.time = 0.0
        self.rate = 1.0
        self.playing = True
        self.running = True
        self.focus = 0
        self.lines = False
        self._driven = [
            DrivenLine(np.stack([t.x, t.y], axis=1)[::3], palette.CARS[i % len(palette.CARS)])
            for i, t in enumerate(replay.traces)
        ]
        self._minimap = True

    def handle(self, event: pygame.Event) -> None:
        """Reacts to one event of the window."""
        if wants_to_quit(event):
            self.running = False
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._click(event.pos)
        elif event.type == pygame.KEYDOWN:
            self._key(event.key)

    def _key(self, key: int) -> None:
        if key in (pygame.K_SPACE, pygame.K_p):
            if self.time >= self.replay.duration:
                self.seek(0.0)
            self.playing = not self.playing
        elif key == pygame.K_LEFT:
            self.seek(self.time - _SEEK)
        elif key == pygame.K_RIGHT:
            self.seek(self.time + _SEEK)
        elif key == pygame.K_UP:
            self.rate = next((r for r in _SPEEDS if r > self.rate), _SPEEDS[-1])
        elif key == pygame.K_DOWN:
            self.rate = next((r for r in reversed(_SPEEDS) if r < self.rate), _SPEEDS[0])
        elif key in (pygame.K_r, pygame.K_HOME):
            self.seek(0.0)
        elif key == pygame.K_TAB:
            self.focus = (self.focus + 1) % len(self.replay.traces)
            self.stage.camera_man.cut()
        elif key == pygame.K_c:
            self.stage.camera_man.next_mode()
        elif key == pygame.K_m:
            self._minimap = not self._minimap
        elif key == pygame.K_l:
            self.lines = not self.lines

    def _click(self, at: tuple[int, int]) -> None:
        surface = pygame.display.get_surface()
        if surface is not None and at[1] > surface.get_height() * 0.94:
            self.seek(at[0] / surface.get_width() * self.replay.duration)

    def seek(self, time: float) -> None:
        """Goes to a lap time [s]."""
        self.time = min(max(time, 0.0), self.replay.duration)
        self.stage.clear()

    def advance(self, seconds: float) -> None:
        """Lets ``seconds`` pass."""
        if self.playing:
            self.time = min(self.time + seconds * self.rate, self.replay.duration)
            self.playing = self.time < self.replay.duration

    def paint(self, surface: pygame.Surface, seconds: float, *, controls: bool = True) -> None:
        """Paints the picture for now, with the time line unless ``controls`` is False."""
        hud = self.replay.hud(self.time, self.focus)
        hud.minimap = self._minimap
        cars = self.replay.views(self.time, self.focus)
        self.stage.paint(surface, cars, hud, seconds, self._driven if self.lines else ())
        if controls:
            self._time_line(surface)

    def _time_line(self, surface: pygame.Surface) -> None:
        width, height = surface.get_size()
        unit = height / 720
        share = self.time / self.replay.duration
        groove = pygame.Rect(0, height - round(6 * unit), width, round(6 * unit))
        pygame.draw.rect(surface, palette.PANEL_LINE, groove)
        pygame.draw.rect(surface, palette.ACCENT, (*groove.topleft, width * share, groove.height))
        state = f"{self.rate:g}x" if self.playing else "paused"
        text = f"{clock(self.time, 2)} / {clock(self.replay.duration, 2)}   {state}"
        to_best = self.replay.gaps[self.focus]
        rows = 64 if to_best else 46
        plate = pygame.Rect(round(16 * unit), height - round((rows + 20) * unit), 0, 0)
        plate.size = round(262 * unit), round(rows * unit)
        panel(surface, plate, 8 * unit)
        left = plate.left + 12 * unit
        write(surface, text, (left, plate.top + 15 * unit), 15 * unit, palette.TEXT)
        write(surface, self.replay.names[self.focus], (left, plate.top + 34 * unit), 12 * unit,
              palette.MUTED)  # fmt: skip
        write(surface, to_best, (left, plate.top + 52 * unit), 12 * unit, palette.MUTED)
        at = (width - 16 * unit, height - 22 * unit)
        write(surface, _KEYS, at, 12 * unit, palette.TEXT, "right")


def show(app: ReplayApp, window: Window) -> None:
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


def _name(trace: LapTrace) -> str:
    record = trace.record
    note = "" if trace.check.proved else " (not proved)"
    return f"{shown(record.driver or 'unknown', 40)} {clock(record.lap_time_s)}{note}"


def _gaps(trace: LapTrace) -> str:
    """How much slower the lap is than the best known ones; "" where none is known."""
    record = trace.record
    if not trace.check.proved:
        return ""
    known = gaps(record.track, record.vehicle, record.lap_time_s, standing=record.standing)
    words = {"gap_to_optimal": "minimum", "gap_to_demonstrated": "demonstrated"}
    return ", ".join(
        f"{words[name]} {gap_text(gap)}" for name, gap in known.items() if gap is not None
    )


def _view(trace: LapTrace, time: float, name: str, number: int, *, ghost: bool) -> CarView:
    def at(values: np.typing.NDArray[np.float64]) -> float:
        return float(np.interp(time, trace.time, values))

    return CarView(
        x=at(trace.x),
        y=at(trace.y),
        heading=math.atan2(at(trace.sin_yaw), at(trace.cos_yaw)),
        speed=math.hypot(at(trace.v_x), at(trace.v_y)),
        steer=at(trace.steer),
        throttle=at(trace.throttle),
        brake=at(trace.brake),
        name=name,
        colour=palette.CARS[number % len(palette.CARS)],
        ghost=ghost,
    )


def _timing(trace: LapTrace, time: float, traces: Sequence[LapTrace]) -> CarTiming:
    record = trace.record
    timing = CarTiming()
    timing.lap = 1
    timing.time = min(time, record.lap_time_s)
    rivals = [t.record for t in traces if t.counts]
    timing.best = min((rival.lap_time_s for rival in rivals), default=None)
    passed = 0.0
    for i, sector in enumerate(record.sectors_s):
        passed += sector
        if time < passed - 1e-9:
            break
        best = min((rival.sectors_s[i] for rival in rivals), default=None)
        colour: SplitColour = "none"
        if trace.counts and best is not None:
            colour = "purple" if sector <= best else "yellow"
        timing.splits[i] = Split(sector, colour, fresh=True)
    return timing
