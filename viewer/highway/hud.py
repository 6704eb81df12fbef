"""The display over a picture of the highway: speed, lane, danger ahead, rewards, time, messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pygame

from racer.play.highway.views import FAR
from racer.viewer import palette
from racer.viewer.palette import Colour
from racer.viewer.text import panel, write

HELP: Final = (
    ("Arrows / WASD", "drive: the car goes where they point on screen"),
    ("", "actions by number: change lane, faster, slower"),
    ("R", "the same episode again"),
    ("N", "the next episode"),
    ("P / Space", "pause"),
    (". / Return", "one action, then pause"),
    ("+  -", "faster, slower than real time"),
    ("O", "marks of the observed vehicles"),
    ("C", "camera: along the road, or behind the car"),
    ("F", "full screen"),
    ("H", "this help"),
    ("Esc", "quit"),
)
_FULL_ACCELERATION: Final = 5.0  # [m/s^2] and this much steering [rad] fill the bars
_FULL_STEERING: Final = 0.15


@dataclass
class HighwayHud:
    """What the display shows; SI units, None where there is nothing to show.

    Attributes:
        driver: who drives.
        episode: which episode, in words.
        time, duration: of the episode [s].
        speed: of the ego vehicle [m/s].
        lane, target_lane, lanes: lanes counted from 0, and how many there are.
        acceleration: of the ego vehicle [m/s^2].
        steering: its road-wheel angle [rad], left positive.
        action: name of the action by number that it follows, or "".
        time_to_collision: with anybody ahead, as the safety reward counts it [s]; 1e9 if there is
            none; below `safety_time` [s] it is danger.
        gap: to the leader on the same lane, bumper to bumper [m].
        closing: how fast that gap closes [m/s].
        terms: parts of the reward, by name; those of its base, before it is normalised, in `base`.
        reward: of the last action, and `returned`, the sum so far.
        details: further lines, as name and value, that films show.
        crashed, off_road: of the ego vehicle.
        banner: one line in the middle, with a colour, and a smaller one below it.
        notes: small lines at the bottom left.
        paused, help: say so.
        aside: keep the middle free, where the road is.
    """

    driver: str = ""
    episode: str = ""
    time: float = 0.0
    duration: float = 40.0
    speed: float = 0.0
    lane: int = 0
    target_lane: int = 0
    lanes: int = 4
    acceleration: float = 0.0
    steering: float = 0.0
    action: str = ""
    time_to_collision: float = 1e9
    safety_time: float = 2.0
    gap: float | None = None
    closing: float = 0.0
    terms: Mapping[str, float] = field(default_factory=dict)
    base: Mapping[str, float] = field(default_factory=dict)
    reward: float | None = None
    returned: float | None = None
    details: Sequence[tuple[str, str]] = ()
    crashed: bool = False
    off_road: bool = False
    banner: str = ""
    banner_colour: Colour = palette.TEXT
    banner_below: str = ""
    notes: Sequence[str] = ()
    paused: bool = False
    help: bool = False
    aside: bool = False

    @property
    def leader_time(self) -> float:
        """Time until the gap to the leader is closed [s]; 1e9 if it is not."""
        if self.gap is None or self.closing <= 1e-6:
            return 1e9
        return self.gap / self.closing


def danger_colour(time: float, safety_time: float) -> Colour:
    """Green, yellow or red for a time to collision [s]."""
    if time < safety_time:
        return palette.RED
    return palette.YELLOW if time < 2.0 * safety_time else palette.GREEN


def paint_hud(surface: pygame.Surface, hud: HighwayHud, unit: float) -> None:
    """Paints all panels."""
    _speed_panel(surface, hud, unit)
    _danger_panel(surface, hud, unit)
    _reward_panel(surface, hud, unit)
    _control_panel(surface, hud, unit)
    _clock(surface, hud, unit)
    if hud.details:
        _details_panel(surface, hud, unit)
    height = surface.get_height()
    notes = [*hud.notes, *(text for text in (hud.episode, hud.driver) if text)]
    for i, note in enumerate(notes):
        write(surface, note, (22 * unit, height - (24 + 23 * i) * unit), 13 * unit, plate=True)
    if hud.help:
        _help(surface, unit)
        return
    banner, colour, below = hud.banner, hud.banner_colour, hud.banner_below
    if not banner and hud.crashed:
        banner, colour = "CRASHED", palette.RED
    elif not banner and hud.off_road:
        banner, colour = "off the road", palette.YELLOW
    elif not banner and hud.paused:
        banner = "PAUSED"
    if banner:
        at = (surface.get_width() / 2, 150 * unit)
        write(surface, banner, at, 28 * unit, colour, "centre", plate=True)
        if below:
            at = (at[0], at[1] + 40 * unit)
            write(surface, below, at, 14 * unit, palette.TEXT, "centre", plate=True)


def _speed_panel(surface: pygame.Surface, hud: HighwayHud, unit: float) -> None:
    x, y, width = 16 * unit, 16 * unit, 268 * unit
    panel(surface, _rect(x, y, width, 104 * unit), 10 * unit)
    left = x + 16 * unit
    box = write(surface, f"{hud.speed:.1f}", (left, y + 36 * unit), 42 * unit)
    write(surface, "m/s", (box.right + 8 * unit, y + 44 * unit), 15 * unit, palette.MUTED)
    at = (x + width - 16 * unit, y + 44 * unit)
    write(surface, f"{hud.speed * 3.6:.0f} km/h", at, 15 * unit, palette.MUTED, "right")
    text = f"lane {hud.lane + 1} of {hud.lanes}"
    write(surface, text, (left, y + 82 * unit), 14 * unit, palette.TEXT)
    cell, gap = 18 * unit, 5 * unit
    if hud.lanes > 6:
        return
    start = x + width - 16 * unit - hud.lanes * (cell + gap) + gap
    for i in range(hud.lanes):
        box = _rect(start + i * (cell + gap), y + 73 * unit, cell, cell)
        colour = palette.ACCENT if i == hud.lane else palette.PANEL_LINE
        pygame.draw.rect(surface, colour, box, border_radius=round(4 * unit))
        if i == hud.target_lane and i != hud.lane:
            width_of_line = max(1, round(2 * unit))
            pygame.draw.rect(surface, palette.ACCENT, box, width_of_line, round(4 * unit))


def _danger_panel(surface: pygame.Surface, hud: HighwayHud, unit: float) -> None:
    width, y = 300 * unit, 16 * unit
    x = (surface.get_width() - width) / 2
    if hud.aside:
        width, x, y = 268 * unit, 16 * unit, 130 * unit
    panel(surface, _rect(x, y, width, 104 * unit), 10 * unit)
    left, right = x + 16 * unit, x + width - 16 * unit
    colour = danger_colour(hud.leader_time, hud.safety_time)
    write(surface, "TTC, LEADER", (left, y + 20 * unit), 12 * unit, palette.MUTED)
    write(surface, _seconds(hud.leader_time), (left, y + 50 * unit), 30 * unit, colour)
    write(surface, "ANY LANE", (right, y + 20 * unit), 12 * unit, palette.MUTED, "right")
    shade = danger_colour(hud.time_to_collision, hud.safety_time)
    shown = _seconds(hud.time_to_collision)
    write(surface, shown, (right, y + 52 * unit), 18 * unit, shade, "right")
    if hud.gap is None:
        text = "nobody within sight on this lane"
    else:
        verb = "closing" if hud.closing > 0.05 else "opening" if hud.closing < -0.05 else "steady"
        text = f"leader {hud.gap:.0f} m, {verb}"
        if verb != "steady":
            text += f" {abs(hud.closing):.1f} m/s"
    write(surface, text, (left, y + 82 * unit), 14 * unit, palette.TEXT)


def _seconds(time: float) -> str:
    return "none" if time > FAR else f"{time:.1f} s" if time < 100 else "> 100 s"


def _reward_panel(surface: pygame.Surface, hud: HighwayHud, unit: float) -> None:
    rows = []
    for name, value in hud.terms.items():
        rows.append((name, value, palette.TEXT))
        if name == "base":
            rows += [(f"  {part}", number, palette.MUTED) for part, number in hud.base.items()]
    line = 15 * unit
    width, x, y = 290 * unit, surface.get_width() - 306 * unit, 16 * unit
    height = 42 * unit + line * len(rows)
    panel(surface, _rect(x, y, width, height), 10 * unit)
    left, right, at = x + 16 * unit, x + width - 16 * unit, y + 20 * unit
    reward = "reward  -" if hud.reward is None else f"reward  {hud.reward:+.2f}"
    write(surface, reward, (left, at), 16 * unit, palette.TEXT)
    if hud.returned is not None:
        text = f"return  {hud.returned:.2f}"
        write(surface, text, (right, at), 16 * unit, palette.TEXT, "right")
    at += 7 * unit
    for name, value, colour in rows:
        at += line
        write(surface, name.replace("_", " "), (left, at), 12 * unit, colour)
        value = round(value, 2) + 0.0  # no negative zero
        _signed_bar(surface, value, x + 150 * unit, at, unit)
        write(surface, f"{value:+.2f}", (right, at), 12 * unit, colour, "right")


def _details_panel(surface: pygame.Surface, hud: HighwayHud, unit: float) -> None:
    line = 17 * unit
    width, height = 232 * unit, 13 * unit + line * len(hud.details)
    x = surface.get_width() - (16 + 180 + 12) * unit - width
    y = surface.get_height() - height - 14 * unit
    panel(surface, _rect(x, y, width, height), 10 * unit)
    for i, (name, text) in enumerate(hud.details):
        at = y + 15 * unit + line * i
        write(surface, name, (x + 14 * unit, at), 12 * unit, palette.MUTED)
        write(surface, text, (x + width - 14 * unit, at), 12 * unit, palette.TEXT, "right")


def _signed_bar(surface: pygame.Surface, share: float, left: float, y: float, unit: float) -> None:
    """A bar from its middle: to the right if positive, to the left if negative."""
    groove = _rect(left, y - 3 * unit, 72 * unit, 6 * unit)
    pygame.draw.rect(surface, palette.PANEL_LINE, groove, border_radius=round(2 * unit))
    length = round(groove.width / 2 * min(1.0, abs(share)))
    if length:
        start = groove.centerx if share > 0 else groove.centerx - length
        colour = palette.GREEN if share > 0 else palette.RED
        pygame.draw.rect(surface, colour, (start, groove.top, length, groove.height))


def _control_panel(surface: pygame.Surface, hud: HighwayHud, unit: float) -> None:
    width, height = 300 * unit, 66 * unit
    x, y = (surface.get_width() - width) / 2, surface.get_height() - height - 14 * unit
    if hud.aside:
        x, y = surface.get_width() - width - 16 * unit, y - 76 * unit
    panel(surface, _rect(x, y, width, height), 10 * unit)
    left, right = x + 16 * unit, x + width - 16 * unit
    pedal = round(hud.acceleration, 1) + 0.0  # no negative zero
    rows = (
        ("acceleration", pedal / _FULL_ACCELERATION, f"{pedal:+.1f} m/s²"),
        # To the right on the bar is to the right on the wheel.
        ("steering", -hud.steering / _FULL_STEERING, f"{abs(hud.steering) * 57.29578:.1f}°"),
    )
    lift = 9 * unit if hud.action else 0.0
    for i, (name, share, text) in enumerate(rows):
        at = y + (21 + 24 * i) * unit - lift
        write(surface, name, (left, at), 12 * unit, palette.MUTED)
        groove = _rect(x + 104 * unit, at - 3 * unit, 110 * unit, 6 * unit)
        pygame.draw.rect(surface, palette.PANEL_LINE, groove, border_radius=round(3 * unit))
        knob = groove.centerx + max(-1.0, min(1.0, share)) * (groove.width / 2 - 5 * unit)
        pygame.draw.aacircle(surface, palette.ACCENT, (knob, groove.centery), 5 * unit)
        write(surface, text, (right, at), 12 * unit, palette.TEXT, "right")
    if hud.action:
        word = hud.action.replace("_", " ").lower()
        write(surface, word, (x + width / 2, y + 54 * unit), 13 * unit, palette.ACCENT, "centre")


def _clock(surface: pygame.Surface, hud: HighwayHud, unit: float) -> None:
    width, height = 180 * unit, 48 * unit
    x = surface.get_width() - width - 16 * unit
    y = surface.get_height() - height - 14 * unit
    panel(surface, _rect(x, y, width, height), 10 * unit)
    text = f"{hud.time:.1f} / {hud.duration:g} s"
    write(surface, text, (x + width / 2, y + 18 * unit), 17 * unit, palette.TEXT, "centre")
    groove = _rect(x + 16 * unit, y + 33 * unit, width - 32 * unit, 5 * unit)
    pygame.draw.rect(surface, palette.PANEL_LINE, groove, border_radius=round(2 * unit))
    groove.width = round(groove.width * min(1.0, hud.time / hud.duration))
    if groove.width:
        pygame.draw.rect(surface, palette.ACCENT, groove, border_radius=round(2 * unit))


def _help(surface: pygame.Surface, unit: float) -> None:
    width, line = 600 * unit, 26 * unit
    height = line * (len(HELP) + 1.4)
    x, y = (surface.get_width() - width) / 2, (surface.get_height() - height) / 2
    panel(surface, _rect(x, y, width, height), 14 * unit)
    for i, (key, what) in enumerate(HELP):
        at = y + line * (i + 1.2)
        write(surface, key, (x + 170 * unit, at), 15 * unit, palette.ACCENT, "right")
        write(surface, what, (x + 192 * unit, at), 15 * unit, palette.TEXT)


def _rect(x: float, y: float, width: float, height: float) -> pygame.Rect:
    return pygame.Rect(round(x), round(y), round(width), round(height))
