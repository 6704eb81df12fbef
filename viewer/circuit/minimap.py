"""The circuit in a corner of the picture, with a dot for every car."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import pygame

from racer.viewer import palette
from racer.viewer.camera import Camera, overview
from racer.viewer.circuit.views import CarView
from racer.viewer.shapes import Scene
from racer.viewer.text import panel

_SIDE: Final = 190  # pixels, in a picture 720 high
_FINE: Final = 3
_MARGIN: Final = 0.1  # share of the side


class Minimap:
    """Paints the outline once per size, then only the dots."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._picture: pygame.Surface | None = None
        self._camera = Camera()

    def paint(self, surface: pygame.Surface, cars: Sequence[CarView], unit: float) -> None:
        """Paints map and dots into the top right corner; the first car lies on top."""
        side = round(_SIDE * unit)
        if self._picture is None or self._picture.get_width() != side:
            self._picture = self._outline(side)
            self._camera = overview((side, side), self._scene.bounds, (side * _MARGIN,) * 4)
        left, top = surface.get_width() - side - round(16 * unit), round(16 * unit)
        panel(surface, pygame.Rect(left, top, side, side), 10 * unit)
        surface.blit(self._picture, (left, top))
        for i, car in reversed(list(enumerate(cars))):
            ((x, y),) = self._camera.to_screen(np.array([[car.x, car.y]])).tolist()
            radius = (5.5 if i == 0 else 4.5) * unit
            pygame.draw.aacircle(surface, palette.TYRE, (left + x, top + y), radius + 1.5)
            pygame.draw.aacircle(surface, car.colour, (left + x, top + y), radius)

    def _outline(self, side: int) -> pygame.Surface:
        size = side * _FINE
        fine = pygame.Surface((size, size), pygame.SRCALPHA)
        camera = overview((size, size), self._scene.bounds, (size * _MARGIN,) * 4)
        points = camera.to_screen(self._scene.outline)
        for width, colour in ((5.2, palette.PANEL_LINE), (3.4, palette.TEXT)):
            radius = max(2.0, width * side / _SIDE * _FINE / 2)
            _stroke(fine, points, radius, colour)
        for line, colour in (
            *((sector, palette.SECTOR_MARK) for sector in self._scene.sectors),
            (self._scene.start, palette.RED),
        ):
            a, b = camera.to_screen(line)
            middle, reach = (a + b) / 2, (b - a) / max(1e-9, float(np.hypot(*(b - a))))
            tick = reach * 4.5 * side / _SIDE * _FINE
            pygame.draw.line(fine, colour, middle - tick, middle + tick, max(2, size // 130))
        return pygame.transform.smoothscale(fine, (side, side))


def _stroke(
    surface: pygame.Surface,
    points: np.typing.NDArray[np.float64],
    radius: float,
    colour: palette.Colour,
) -> None:
    closed = np.concatenate([points, points[:1]])
    for a, b in pairwise(closed):
        steps = max(1, int(np.hypot(*(b - a)) / radius) + 1)
        for share in np.linspace(0, 1, steps, endpoint=False):
            pygame.draw.circle(surface, colour, a + (b - a) * share, radius)
