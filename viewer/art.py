"""Paints a scene: shapes in metres to pixels on a surface."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

from racer.viewer import palette
from racer.viewer.camera import Camera
from racer.viewer.palette import Colour
from racer.viewer.shapes import Lines, Quads, Scene, Trees

_CHECK: Final = 24.0  # [m] side of the squares in the outfield, which show motion
_SUN: Final = (0.24, -0.32)  # [m per m of radius] where shadows fall


class ScenePainter:
    """Paints one scene for any camera; keeps the last picture for a camera that stands still."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._still: pygame.Surface | None = None
        self._still_key: tuple[object, ...] = ()

    def paint(self, surface: pygame.Surface, camera: Camera, *, still: bool = False) -> None:
        """Fills ``surface`` with the scene.

        Args:
            surface: where to paint.
            camera: what to see.
            still: the camera will not move: paint once, finer, and copy from then on.
        """
        if not still:
            self._paint(surface, camera)
            return
        key = (surface.get_size(), camera.x, camera.y, camera.scale, camera.heading)
        if self._still is None or key != self._still_key:
            width, height = surface.get_size()
            fine = pygame.Surface((width * 2, height * 2))
            anchor = (camera.anchor[0] * 2, camera.anchor[1] * 2)
            twice = Camera(camera.x, camera.y, camera.heading, camera.scale * 2, anchor)
            self._paint(fine, twice)
            self._still = pygame.transform.smoothscale(fine, (width, height))
            self._still_key = key
        surface.blit(self._still, (0, 0))

    def _paint(self, surface: pygame.Surface, camera: Camera) -> None:
        view = camera.view(surface.get_size())
        surface.fill(palette.OUTFIELD)
        if camera.scale > 2.0:
            _paint_checks(surface, camera, view)
        for layer in self.scene.layers:
            if isinstance(layer, Quads):
                _paint_quads(surface, camera, layer, view)
            else:
                _paint_lines(surface, camera, layer, view)
        _paint_trees(surface, camera, self.scene.trees, view)


def paint_segments(
    surface: pygame.Surface,
    camera: Camera,
    points: NDArray[np.floating],
    colours: list[Colour],
    width: float,
) -> None:
    """Antialiased segments (L, 2, 2) [m] with one colour each and a common ``width`` [m]."""
    pixels = max(1, round(width * camera.scale))
    line = pygame.draw.aaline
    for (a, b), colour in zip(camera.to_screen(points).tolist(), colours, strict=True):
        line(surface, colour, a, b, pixels)


def paint_line(
    surface: pygame.Surface,
    camera: Camera,
    points: NDArray[np.floating],
    colour: Colour,
    width: float,
) -> None:
    """A line through ``points`` (T, 2) [m], where the camera sees it."""
    x, y, radius = camera.view(surface.get_size())
    seen = np.flatnonzero(np.hypot(points[:-1, 0] - x, points[:-1, 1] - y) < radius + 3.0)
    segments = np.stack([points[seen], points[seen + 1]], axis=1)
    paint_segments(surface, camera, segments, [colour] * len(seen), width)


def _near(
    centres: NDArray[np.float32], radii: NDArray[np.float32], view: tuple[float, float, float]
) -> NDArray[np.int64]:
    dx, dy = centres[:, 0] - view[0], centres[:, 1] - view[1]
    reach = radii + view[2]
    return np.flatnonzero(dx * dx + dy * dy < reach * reach)


def _paint_quads(
    surface: pygame.Surface, camera: Camera, quads: Quads, view: tuple[float, float, float]
) -> None:
    seen = _near(quads.centres, quads.radii, view)
    polygon, colours = pygame.draw.polygon, quads.colours
    corners = camera.to_screen(quads.points[seen]).tolist()
    for index, points in zip(seen.tolist(), corners, strict=True):
        polygon(surface, colours[index], points)


def _paint_lines(
    surface: pygame.Surface, camera: Camera, lines: Lines, view: tuple[float, float, float]
) -> None:
    seen = _near(lines.centres, lines.radii, view)
    # A line thinner than a pixel fades into the tarmac instead of flickering.
    width = lines.width * camera.scale
    colour = palette.mix(palette.TARMAC, lines.colour, min(1.0, 0.4 + 0.6 * width))
    line, pixels = pygame.draw.aaline, max(1, round(width))
    for a, b in camera.to_screen(lines.points[seen]).tolist():
        line(surface, colour, a, b, pixels)


def _paint_checks(
    surface: pygame.Surface, camera: Camera, view: tuple[float, float, float]
) -> None:
    x, y, radius = view
    columns = np.arange(math.floor((x - radius) / _CHECK), math.ceil((x + radius) / _CHECK))
    rows = np.arange(math.floor((y - radius) / _CHECK), math.ceil((y + radius) / _CHECK))
    i, j = np.meshgrid(columns, rows, indexing="ij")
    odd = ((i + j) % 2) == 0
    corner = np.stack([i[odd], j[odd]], axis=-1)[:, None] * _CHECK
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * _CHECK
    for points in camera.to_screen(corner + square).tolist():
        pygame.draw.polygon(surface, palette.OUTFIELD_CHECK, points)


def _paint_trees(
    surface: pygame.Surface, camera: Camera, trees: Trees, view: tuple[float, float, float]
) -> None:
    seen = _near(trees.centres, trees.radii * 2, view)
    centres, radii = trees.centres[seen], trees.radii[seen]
    shadows = camera.to_screen(centres + radii[:, None] * np.array(_SUN)).tolist()
    lights = camera.to_screen(centres - radii[:, None] * np.array(_SUN) * 0.5).tolist()
    crowns = camera.to_screen(centres).tolist()
    sizes = (radii * camera.scale).tolist()
    # Antialiasing these is slow, and so little contrast does not need it.
    circle = pygame.draw.circle
    for shadow, size in zip(shadows, sizes, strict=True):
        circle(surface, palette.WALL_SHADE, shadow, size)
    shades = trees.shades[seen].tolist()
    for crown, light, size, shade in zip(crowns, lights, sizes, shades, strict=True):
        circle(surface, palette.TREE[shade], crown, size)
        circle(surface, palette.TREE_LIGHT[shade], light, size * 0.7)
