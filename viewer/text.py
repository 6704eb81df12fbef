"""Words and numbers as pixels. One font everywhere: the one that comes with pygame."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

import pygame

from racer.viewer import palette

Anchor = Literal["left", "centre", "right"]

# pygame makes its own font smaller than asked for, by this much.
_DEFAULT_FONT_SCALE: Final = 1 / 0.6875


@lru_cache(maxsize=64)
def _font(pixels: int) -> pygame.font.Font:
    if not pygame.font.get_init():
        pygame.font.init()
    return pygame.font.Font(None, round(pixels * _DEFAULT_FONT_SCALE))


@lru_cache(maxsize=1024)
def _rendered(text: str, pixels: int, colour: tuple[int, int, int]) -> pygame.Surface:
    # Twice as large, then averaged: the spacing of small letters stays even.
    try:
        fine = _font(pixels * 2).render(text, True, colour)
    except pygame.error:  # somebody else's pygame.quit(), as at the end of gymnasium.utils.play
        _font.cache_clear()
        fine = _font(pixels * 2).render(text, True, colour)
    width, height = fine.get_size()
    return pygame.transform.smoothscale(fine, ((width + 1) // 2, (height + 1) // 2))


def write(
    surface: pygame.Surface,
    text: str,
    at: tuple[float, float],
    size: float,
    colour: palette.Colour = palette.TEXT,
    anchor: Anchor = "left",
    *,
    plate: bool = False,
) -> pygame.Rect:
    """Writes one line of text and returns its rectangle.

    Args:
        surface: where to write.
        text: one line.
        at: pixel of the anchor, at the line's middle height.
        size: height of the font [pixels].
        colour: of the letters.
        anchor: which end of the line lies at ``at``.
        plate: put a dark plate behind the letters.
    """
    picture = _rendered(text, max(7, round(size)), colour)
    rect = picture.get_rect()
    rect.centery = round(at[1])
    if anchor == "left":
        rect.left = round(at[0])
    elif anchor == "right":
        rect.right = round(at[0])
    else:
        rect.centerx = round(at[0])
    if plate:
        panel(surface, rect.inflate(round(size), round(size * 0.5)), size * 0.4)
    surface.blit(picture, rect)
    return rect


def panel(surface: pygame.Surface, rect: pygame.Rect, radius: float) -> None:
    """A dark, half transparent plate with round corners."""
    surface.blit(_plate(rect.size, round(radius)), rect)


@lru_cache(maxsize=128)
def _plate(size: tuple[int, int], radius: int) -> pygame.Surface:
    fine = pygame.Surface((size[0] * 2, size[1] * 2), pygame.SRCALPHA)
    pygame.draw.rect(fine, palette.PANEL, fine.get_rect(), border_radius=radius * 2)
    return pygame.transform.smoothscale(fine, size)


def clock(seconds: float | None, places: int = 3) -> str:
    """A lap time as people read it: ``1:23.456``; dashes when there is none."""
    if seconds is None:
        return "-:--." + "-" * places
    scale = 10**places
    total = round(seconds * scale)
    minutes, rest = divmod(total, 60 * scale)
    whole, part = divmod(rest, scale)
    return f"{minutes}:{whole:02d}.{part:0{places}d}"


def signed(seconds: float) -> str:
    """A gap as people read it: ``+0.532``."""
    return f"{seconds:+.3f}" if abs(seconds) < 100 else f"{seconds:+.1f}"
