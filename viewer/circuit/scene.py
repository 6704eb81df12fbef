"""A track as coloured shapes in world metres: computed once, without a pixel in sight."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from racer._core.circuit import Track
from racer.viewer import palette
from racer.viewer.palette import Colour
from racer.viewer.shapes import Floats, Lines, Quads, Scene, Trees

_KERB_WIDTH: Final = 0.9  # [m], inside the edge: the outer border of all paint is the limit
_KERB_STRIPE: Final = 2  # stations, about 2 m
_KERB_CURVATURE: Final = 1 / 170  # [1/m] tighter corners have a kerb inside
_KERB_OUTSIDE: Final = 1 / 80  # [1/m] and these outside as well
_BAND: Final = 6  # stations in one shade of mown grass
_TREES: Final = 900
_TREE_REACH: Final = 90.0  # [m] from the centre line


def build_scene(track: Track) -> Scene:
    """Computes the shapes of ``track``; takes some tens of milliseconds."""
    road = _Road(track)
    wall_left, wall_right = road.at(road.wall_left), road.at(-road.wall_right)
    both = np.concatenate([wall_left, wall_right])
    bounds = (*both.min(axis=0).tolist(), *both.max(axis=0).tolist())
    sectors = [road.across(s) for s in np.asarray(track.sector_ends)[:-1]]
    shades = [shade for shade in palette.GRASS for _ in range(2)]
    layers: tuple[Quads | Lines, ...] = (
        road.ribbon(road.wall_left + 0.5, -road.wall_right - 0.5, [palette.WALL_SHADE], 2),
        road.ribbon(road.wall_left, -road.wall_right, shades, _BAND // 2),
        _lines([wall_left[::2], wall_right[::2]], palette.WALL, 0.35),
        _tarmac(track),
        _rubber(road),
        *(_lines([line], palette.SECTOR_MARK, 0.2, closed=False) for line in sectors),
        *_start_line(road),
        _kerbs(road),
        _lines([np.asarray(track.left), np.asarray(track.right)], palette.EDGE, 0.22),
    )
    return Scene(
        layers=layers,
        trees=_plant(road, track.fingerprint),
        outline=road.centre[::3].astype(np.float32),
        start=road.across(0.0).astype(np.float32),
        sectors=np.array(sectors, np.float32).reshape(-1, 2, 2),
        bounds=(bounds[0], bounds[1], bounds[2], bounds[3]),
    )


class _Road:
    """The stations of a track as plain arrays, and shapes along them."""

    def __init__(self, track: Track) -> None:
        st = track.stations
        self.spacing = float(track.spacing)
        self.centre = np.stack([st["x"], st["y"]], axis=1)
        self.tangent = np.stack([st["tangent_x"], st["tangent_y"]], axis=1)
        self.normal = np.stack([-st["tangent_y"], st["tangent_x"]], axis=1)
        self.curvature = np.asarray(st["curvature"])
        self.left, self.right = np.asarray(st["width_left"]), np.asarray(st["width_right"])
        self.wall_left, self.wall_right = np.asarray(st["wall_left"]), np.asarray(st["wall_right"])
        self.count = len(self.centre)

    def at(self, offset: NDArray[np.float64]) -> NDArray[np.float64]:
        """World points (count, 2) at a lateral ``offset`` (count,) of each station, left is +."""
        return self.centre + self.normal * offset[:, None]

    def across(self, s: float) -> NDArray[np.float64]:
        """The (2, 2) ends, left and right, of the line across the road at ``s`` [m]."""
        i = round(s / self.spacing) % self.count
        left = self.centre[i] + self.normal[i] * self.left[i]
        right = self.centre[i] - self.normal[i] * self.right[i]
        return np.stack([left, right])

    def ribbon(
        self,
        upper: NDArray[np.float64],
        lower: NDArray[np.float64],
        colours: list[Colour],
        step: int,
        keep: NDArray[np.bool_] | None = None,
    ) -> Quads:
        """Quads of ``step`` stations between two lateral offsets, cycling through ``colours``."""
        start = np.arange(0, self.count, step)
        end = np.append(start[1:], 0)
        if keep is not None:
            start, end = start[keep[start]], end[keep[start]]
        a, b = self.at(upper), self.at(lower)
        points = np.stack([a[start], a[end], b[end], b[start]], axis=1)
        return _quads(points, [colours[(i // step) % len(colours)] for i in start.tolist()])


def _quads(points: NDArray[np.float64], colours: list[Colour]) -> Quads:
    centres = points.mean(axis=1)
    radii = np.linalg.norm(points - centres[:, None], axis=2).max(axis=1, initial=0.0)
    return Quads(_f32(points), colours, _f32(centres), _f32(radii))


def _f32(values: NDArray[np.float64]) -> Floats:
    return values.astype(np.float32)


def _lines(
    polylines: list[NDArray[np.float64]], colour: Colour, width: float, *, closed: bool = True
) -> Lines:
    parts = []
    for line in polylines:
        ends = np.roll(line, -1, axis=0)
        pairs = np.stack([line, ends], axis=1)
        parts.append(pairs if closed else pairs[:-1])
    points = np.concatenate(parts)
    along = points[:, 1] - points[:, 0]
    length = np.linalg.norm(along, axis=1)
    if closed:  # reach a little over the joints, which would show as notches
        reach = (along / np.maximum(length, 1e-9)[:, None] * width / 2)[:, None]
        points = points + np.concatenate([-reach, reach], axis=1)
    centres = points.mean(axis=1)
    radii = length / 2 + width
    return Lines(_f32(points), colour, width, _f32(centres), _f32(radii))


def _tarmac(track: Track) -> Quads:
    """The road itself, between the very polylines that the rules and the rays use."""
    left, right = np.asarray(track.left), np.asarray(track.right)
    points = np.stack([left, np.roll(left, -1, 0), np.roll(right, -1, 0), right], axis=1)
    return _quads(points, [palette.TARMAC] * len(points))


def _smooth(values: NDArray[np.float64], stations: int) -> NDArray[np.float64]:
    """A running mean over a closed lap."""
    stations = max(1, min(stations, len(values) // 2))
    kernel = np.ones(2 * stations + 1) / (2 * stations + 1)
    padded = np.concatenate([values[-stations:], values, values[:stations]])
    return np.convolve(padded, kernel, mode="valid")


def _rubber(road: _Road) -> Quads:
    """A darker band where cars tend to drive: towards the inside of every corner. Decoration."""
    bend = _smooth(_smooth(road.curvature, 18), 18)
    room = np.minimum(road.left, road.right) - 2.2
    line = np.clip(bend * 60, -0.75, 0.75) * np.maximum(room, 0.0)
    return road.ribbon(line + 1.5, line - 1.5, [palette.RUBBER], 3)


def _kerbs(road: _Road) -> Quads:
    bend = _smooth(road.curvature, 4)
    parts = []
    for side, width in ((1.0, road.left), (-1.0, road.right)):
        keep = (bend * side > _KERB_CURVATURE) | (bend * side < -_KERB_OUTSIDE)
        outer, inner = side * width, side * np.maximum(width - _KERB_WIDTH, 0.0)
        parts.append(road.ribbon(outer, inner, list(palette.KERB), _KERB_STRIPE, keep))
    colours = parts[0].colours + parts[1].colours
    points = np.concatenate([p.points for p in parts]).astype(np.float64)
    return _quads(points, colours)


def _start_line(road: _Road) -> tuple[Quads, Lines]:
    """A chequered band over the line, and grid boxes behind it."""
    origin, tangent, normal = road.centre[0], road.tangent[0], road.normal[0]
    left, right = float(road.left[0]), float(road.right[0])
    columns = max(4, round((left + right) / 0.6))
    size = (left + right) / columns
    squares, colours = [], []
    for row in range(3):
        for column in range(columns):
            n, s = left - column * size, (row - 1.5) * 0.6
            corner = origin + normal * n + tangent * s
            step = tangent * 0.6
            squares.append(
                [corner, corner + step, corner + step - normal * size, corner - normal * size]
            )
            colours.append(palette.CHEQUER[(row + column) % 2])
    boxes = []
    for k in range(4):
        n = (left - right) / 2 + (left + right) * (0.22 if k % 2 == 0 else -0.22)
        front = origin + normal * n - tangent * (2.0 + 7.0 * k)
        a, b = front + normal * 1.3, front - normal * 1.3
        boxes += [[a, b], [a, a - tangent * 1.6], [b, b - tangent * 1.6]]
    pairs = np.array(boxes)
    lines = [_lines([p], palette.EDGE, 0.12, closed=False) for p in pairs]
    merged = Lines(
        np.concatenate([p.points for p in lines]),
        palette.EDGE,
        0.12,
        np.concatenate([p.centres for p in lines]),
        np.concatenate([p.radii for p in lines]),
    )
    return _quads(np.array(squares), colours), merged


def _plant(road: _Road, fingerprint: str) -> Trees:
    """Trees outside the walls, the same for the same track."""
    rng = np.random.default_rng(int(fingerprint, 16) if fingerprint else 0)
    station = rng.integers(0, road.count, _TREES)
    side = rng.choice([-1.0, 1.0], _TREES)
    away = 6.0 + rng.random(_TREES) ** 1.6 * _TREE_REACH
    wall = np.where(side > 0, road.wall_left[station], road.wall_right[station])
    radii = 1.6 + 2.6 * rng.random(_TREES) ** 2
    places = road.centre[station] + road.normal[station] * (side * (wall + away))[:, None]
    posts = road.centre[::4]
    clear = np.maximum(road.wall_left, road.wall_right)[::4]
    distance = np.linalg.norm(places[:, None] - posts[None], axis=2) - clear[None]
    free = distance.min(axis=1) > radii + 2.0
    shades = rng.integers(0, len(palette.TREE), _TREES)[free]
    return Trees(_f32(places[free]), _f32(radii[free]), shades)
