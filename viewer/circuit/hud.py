"""The display over the picture: clock, splits, gap, pedals, messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pygame

from racer.play.circuit.timing import CarTiming, Split
from racer.viewer import palette
from racer.viewer.circuit.minimap import Minimap
from racer.viewer.circuit.views import CarView
from racer.viewer.palette import Colour
from racer.viewer.text import clock, panel, signed, write

HELP: Final = (
    ("Up / W", "throttle"),
    ("Down / S", "brake"),
    ("Left, Right / A, D", "steer"),
    ("R", "restart"),
    ("Backspace", "back on the road"),
    ("P", "pause"),
    ("C", "camera: follow, north up, overview"),
    ("M", "minimap"),
    ("F", "full screen"),
    ("H", "this help"),
    ("Esc", "quit"),
)
_SPLIT_COLOURS: Final[dict[str, Colour]] = {
    "purple": palette.PURPLE,
    "green": palette.GREEN,
    "yellow": palette.YELLOW,
    "none": palette.FAINT,
}


@dataclass
class HudState:
    """What the display shows; the caller fills in what it knows.

    Attributes:
        timing: the followed car's row of the timing screen.
        invalid: why the running lap does not count, in words, or "".
        rival: name of the car that `gap` is about.
        gap: seconds behind the rival (negative: ahead), or None.
        lights: red lights of the start that are on, 0 to 3; None when there is no start.
        banner: one line in the middle, with a colour.
        notes: small lines at the bottom left.
        paused: say so.
        help: show the keys.
        minimap: show it, unless the picture itself is an `overview`.
    """

    timing: CarTiming = field(default_factory=CarTiming)
    invalid: str = ""
    rival: str = ""
    gap: float | None = None
    lights: int | None = None
    banner: str = ""
    banner_colour: Colour = palette.TEXT
    notes: Sequence[str] = ()
    paused: bool = False
    help: bool = False
    minimap: bool = True
    overview: bool = False


class Hud:
    """Paints the display of one window."""

    def __init__(self, minimap: Minimap) -> None:
        self._minimap = minimap

    def paint(self, surface: pygame.Surface, state: HudState, cars: Sequence[CarView]) -> None:
        """Paints all panels; the first car is the one that the display is about."""
        unit = surface.get_height() / 720
        _clock_panel(surface, state, unit)
        _gap_panel(surface, state, unit)
        if cars:
            _speed_panel(surface, cars[0], unit)
        if state.minimap and not state.overview:
            self._minimap.paint(surface, cars, unit)
        for i, note in enumerate(reversed(state.notes)):
            at = (22 * unit, surface.get_height() - (24 + 23 * i) * unit)
            write(surface, note, at, 13 * unit, palette.TEXT, plate=True)
        if state.lights is not None:
            _start_lights(surface, state.lights, unit)
        if state.help:
            _help(surface, unit)
        elif state.paused:
            _banner(surface, "PAUSED", palette.TEXT, unit)
        elif state.banner:
            _banner(surface, state.banner, state.banner_colour, unit)


def _clock_panel(surface: pygame.Surface, state: HudState, unit: float) -> None:
    timing = state.timing
    x, y, width = 16 * unit, 16 * unit, 262 * unit
    panel(surface, _rect(x, y, width, 186 * unit), 10 * unit)
    left, right = x + 16 * unit, x + width - 16 * unit
    label = f"LAP {timing.lap}" if timing.time is not None else "OUT LAP"
    write(surface, label, (left, y + 20 * unit), 14 * unit, palette.MUTED)
    if state.invalid:
        write(
            surface, state.invalid.upper(), (right, y + 20 * unit), 13 * unit, palette.RED, "right"
        )
    elif timing.delta is not None:
        colour = palette.GREEN if timing.delta <= 0 else palette.RED
        write(surface, signed(timing.delta), (right, y + 20 * unit), 16 * unit, colour, "right")
    colour = palette.RED if state.invalid else palette.TEXT
    write(surface, clock(timing.time, 2), (left, y + 54 * unit), 38 * unit, colour)
    last, best = timing.last, timing.best
    time = None if last is None else last.time
    shade = palette.TEXT if last is None or last.valid else palette.RED
    _row(surface, "LAST", clock(time), left, right, y + 92 * unit, unit, shade)
    _row(surface, "BEST", clock(best), left, right, y + 114 * unit, unit, palette.TEXT)
    gap = 6 * unit
    cell = (right - left - 2 * gap) / 3
    for i, split in enumerate(timing.splits):
        _sector(
            surface, i, split, _rect(left + i * (cell + gap), y + 134 * unit, cell, 40 * unit), unit
        )


def _row(
    surface: pygame.Surface,
    label: str,
    value: str,
    left: float,
    right: float,
    y: float,
    unit: float,
    colour: Colour,
) -> None:
    write(surface, label, (left, y), 14 * unit, palette.MUTED)
    write(surface, value, (right, y), 16 * unit, colour, "right")


def _sector(
    surface: pygame.Surface, index: int, split: Split, rect: pygame.Rect, unit: float
) -> None:
    colour = _SPLIT_COLOURS[split.colour]
    if not split.fresh:
        colour = palette.mix(colour, palette.PANEL_LINE, 0.55)
    bar = pygame.Rect(rect.left, rect.top, rect.width, max(2, round(4 * unit)))
    pygame.draw.rect(surface, colour, bar, border_radius=max(1, round(2 * unit)))
    text = f"S{index + 1}" if split.time is None else f"{split.time:.3f}"
    shade = palette.TEXT if split.fresh else palette.FAINT
    write(surface, text, (rect.centerx, rect.top + 23 * unit), 15 * unit, shade, "centre")


def _gap_panel(surface: pygame.Surface, state: HudState, unit: float) -> None:
    if state.gap is None or not state.rival:
        return
    middle, y = surface.get_width() / 2, 16 * unit
    panel(surface, _rect(middle - 100 * unit, y, 200 * unit, 60 * unit), 10 * unit)
    colour = palette.RED if state.gap > 0 else palette.GREEN
    write(surface, signed(state.gap), (middle, y + 22 * unit), 26 * unit, colour, "centre")
    word = "behind" if state.gap > 0 else "ahead of"
    text = f"{word} {_short(state.rival)}"
    write(surface, text, (middle, y + 46 * unit), 13 * unit, palette.MUTED, "centre")


def _speed_panel(surface: pygame.Surface, car: CarView, unit: float) -> None:
    width, height = 236 * unit, 92 * unit
    x, y = (surface.get_width() - width) / 2, surface.get_height() - height - 14 * unit
    panel(surface, _rect(x, y, width, height), 10 * unit)
    middle = x + width / 2
    speed = str(round(car.speed * 3.6))
    write(surface, speed, (middle, y + 34 * unit), 44 * unit, palette.TEXT, "centre")
    write(surface, "km/h", (middle, y + 62 * unit), 12 * unit, palette.MUTED, "centre")
    for share, colour, at in (
        (car.brake, palette.RED, x + 18 * unit),
        (car.throttle, palette.GREEN, x + width - 32 * unit),
    ):
        full = _rect(at, y + 14 * unit, 14 * unit, 52 * unit)
        _bar(surface, full, colour, share, unit)
    groove = _rect(x + 18 * unit, y + height - 17 * unit, width - 36 * unit, 6 * unit)
    pygame.draw.rect(surface, palette.PANEL_LINE, groove, border_radius=round(3 * unit))
    travel = groove.width / 2 - 5 * unit
    knob = (groove.centerx - max(-1.0, min(1.0, car.steer / 0.45)) * travel, groove.centery)
    pygame.draw.aacircle(surface, palette.ACCENT, knob, 6 * unit)


def _bar(
    surface: pygame.Surface, full: pygame.Rect, colour: Colour, share: float, unit: float
) -> None:
    radius = round(4 * unit)
    pygame.draw.rect(surface, palette.PANEL_LINE, full, border_radius=radius)
    lit = round(full.height * max(0.0, min(1.0, share)))
    if lit > 1:
        part = pygame.Rect(full.left, full.bottom - lit, full.width, lit)
        pygame.draw.rect(surface, colour, part, border_radius=radius)


def _start_lights(surface: pygame.Surface, lights: int, unit: float) -> None:
    middle, y = surface.get_width() / 2, surface.get_height() * 0.30
    panel(surface, _rect(middle - 120 * unit, y - 44 * unit, 240 * unit, 88 * unit), 16 * unit)
    for i in range(3):
        colour = palette.RED if i < lights else palette.PANEL_LINE
        centre = (middle + (i - 1) * 72 * unit, y)
        pygame.draw.aacircle(surface, palette.mix(colour, palette.TYRE, 0.5), centre, 30 * unit)
        pygame.draw.aacircle(surface, colour, centre, 26 * unit)


def _banner(surface: pygame.Surface, text: str, colour: Colour, unit: float) -> None:
    at = (surface.get_width() / 2, surface.get_height() * 0.24)
    write(surface, text, at, 30 * unit, colour, "centre", plate=True)


def _help(surface: pygame.Surface, unit: float) -> None:
    width, line = 520 * unit, 30 * unit
    height = line * (len(HELP) + 1.4)
    x, y = (surface.get_width() - width) / 2, (surface.get_height() - height) / 2
    panel(surface, _rect(x, y, width, height), 14 * unit)
    for i, (key, what) in enumerate(HELP):
        at = y + line * (i + 1.2)
        write(surface, key, (x + 190 * unit, at), 16 * unit, palette.ACCENT, "right")
        write(surface, what, (x + 212 * unit, at), 16 * unit, palette.TEXT)


def _short(name: str, most: int = 20) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _rect(x: float, y: float, width: float, height: float) -> pygame.Rect:
    return pygame.Rect(round(x), round(y), round(width), round(height))
