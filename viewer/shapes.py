"""Coloured shapes in world metres, of which a scene is made; without a pixel in sight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from racer.viewer.palette import Colour

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Quads:
    """Filled quadrilaterals, painted in order.

    Attributes:
        points: (Q, 4, 2) float32 [m].
        colours: Q colours.
        centres: (Q, 2) float32 [m].
        radii: (Q,) float32 [m] of circles around the centres that contain the quads.
    """

    points: Floats
    colours: list[Colour]
    centres: Floats
    radii: Floats


@dataclass(frozen=True)
class Lines:
    """Antialiased segments of one colour: points (L, 2, 2) float32 [m] and a width [m]."""

    points: Floats
    colour: Colour
    width: float
    centres: Floats
    radii: Floats


@dataclass(frozen=True)
class Trees:
    """Round trees: positions (T, 2) and radii (T,) [m], a shade index each (T,)."""

    centres: Floats
    radii: Floats
    shades: NDArray[np.int64]


@dataclass(frozen=True)
class Scene:
    """All that stands still, in the order of painting, and what the minimap needs.

    Attributes:
        layers: quads and lines, bottom first.
        trees: painted above the layers.
        outline: (P, 2) centre line [m] for the minimap.
        start: (2, 2) the ends of the start line [m].
        sectors: (S, 2, 2) the ends of the lines between sectors [m].
        bounds: min x, min y, max x, max y of all walls [m].
    """

    layers: tuple[Quads | Lines, ...]
    trees: Trees
    outline: Floats
    start: Floats
    sectors: Floats
    bounds: tuple[float, float, float, float]
