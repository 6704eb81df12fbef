"""The road as coloured shapes. A stretch of it repeats, so that it has no end."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from racer.play.highway.views import LANE_WIDTH
from racer.viewer import palette
from racer.viewer.palette import Colour
from racer.viewer.shapes import Lines, Quads, Scene, Trees

PERIOD: Final = 960.0  # [m]; a multiple of all that repeats, that of the outfield's squares too
_REACH: Final = 480.0  # [m] of scene before and after the stretch
_SHOULDER: Final = 0.6  # [m] of tarmac outside the edge lines
_VERGE: Final = 9.0  # [m] of mown grass
_BAND: Final = 24.0  # [m]
_EDGE: Final = 0.13  # [m] half of the width of an edge line
_DASH: Final = (4.0, 12.0)  # [m] a dash, and from one to the next
_POSTS: Final = 48.0  # [m]
_TREES_FROM: Final = 16.0  # [m] from the edge
_TREES_TO: Final = 70.0
_TREES: Final = 150  # per stretch and side


def build_road(lanes: int) -> Scene:
    """The shapes of a road with some lanes; those of x in [0, PERIOD) repeat."""
    left, right = LANE_WIDTH / 2, -LANE_WIDTH * (lanes - 0.5)
    borders = [left - LANE_WIDTH * i for i in range(1, lanes)]
    starts = np.arange(-_REACH, PERIOD + _REACH, _BAND)
    layers: tuple[Quads | Lines, ...] = (
        _bands(starts, left + _VERGE, right - _VERGE, palette.GRASS),
        _bands(starts, left + _SHOULDER, right - _SHOULDER, (palette.TARMAC,)),
        *(_dashes(y) for y in borders),
        *(_bands(starts, y + _EDGE, y - _EDGE, (palette.EDGE,)) for y in (left, right)),
        _posts(left + 2.0, right - 2.0),
    )
    nothing = np.zeros((0, 2), np.float32)
    return Scene(
        layers=layers,
        trees=_plant(left, right),
        outline=nothing,
        start=nothing,
        sectors=np.zeros((0, 2, 2), np.float32),
        bounds=(0.0, right - _VERGE, PERIOD, left + _VERGE),
    )


def _bands(
    starts: NDArray[np.float64], left: float, right: float, shades: tuple[Colour, ...]
) -> Quads:
    corners = np.array([[0, left], [_BAND, left], [_BAND, right], [0, right]])
    points = corners + np.stack([starts, np.zeros_like(starts)], axis=-1)[:, None]
    return _quads(points, [shades[i % len(shades)] for i in range(len(starts))])


def _quads(points: NDArray[np.float64], colours: list[Colour]) -> Quads:
    centres = points.mean(axis=1)
    radii = np.linalg.norm(points - centres[:, None], axis=-1).max(axis=1)
    single = np.float32
    return Quads(points.astype(single), colours, centres.astype(single), radii.astype(single))


def _segments(points: NDArray[np.float64], colour: Colour, width: float) -> Lines:
    centres = points.mean(axis=1)
    radii = np.linalg.norm(points[:, 1] - points[:, 0], axis=-1) / 2
    return Lines(
        points.astype(np.float32),
        colour,
        width,
        centres.astype(np.float32),
        radii.astype(np.float32),
    )


def _along(starts: NDArray[np.float64], length: float, y: float) -> NDArray[np.float64]:
    ys = np.full_like(starts, y)
    first, last = np.stack([starts, ys], -1), np.stack([starts + length, ys], -1)
    return np.stack([first, last], axis=1)


def _dashes(y: float) -> Lines:
    length, step = _DASH
    starts = np.arange(-_REACH, PERIOD + _REACH, step)
    return _segments(_along(starts, length, y), palette.EDGE, 0.16)


def _posts(left: float, right: float) -> Quads:
    starts = np.arange(-_REACH, PERIOD + _REACH, _POSTS)
    post = np.array([[-0.2, 0.45], [0.2, 0.45], [0.2, -0.45], [-0.2, -0.45]])
    places = np.concatenate(
        [np.stack([starts, np.full_like(starts, y)], -1) for y in (left, right)]
    )
    return _quads(post + places[:, None], [palette.WALL] * len(places))


def _plant(left: float, right: float) -> Trees:
    rng = np.random.default_rng(1)
    x = rng.uniform(0.0, PERIOD, 2 * _TREES)
    away = rng.uniform(_TREES_FROM, _TREES_TO, 2 * _TREES)
    y = np.where(np.arange(2 * _TREES) < _TREES, left + away, right - away)
    radii = rng.uniform(1.6, 3.6, 2 * _TREES)
    shades = rng.integers(0, len(palette.TREE), 2 * _TREES)
    # The stretch's neighbours on both sides, as far as a picture may reach.
    copies = [x + shift for shift in (-PERIOD, 0.0, PERIOD)]
    whole_x, count = np.concatenate(copies), len(copies)
    near = (whole_x > -_REACH) & (whole_x < PERIOD + _REACH)
    centres = np.stack([whole_x, np.tile(y, count)], axis=-1)[near]
    return Trees(
        centres.astype(np.float32),
        np.tile(radii, count)[near].astype(np.float32),
        np.tile(shades, count)[near],
    )
