"""Closed C2 splines over arrays, for what is done with a line before the engine gets it.

The same curve as the engine's (`cpp/src/road/spline.hpp`): cubic pieces between the points,
whose parameter grows by the length of each chord.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_SWEEPS = 45  # each halves the error of the second derivatives, or better
_BLOCK = 32_768  # places
_FINEST = 1.0  # distance of the points that measure arc length [m]


@dataclasses.dataclass(frozen=True)
class Samples:
    """Places along a closed line at equal distances.

    Attributes:
        s: (K,) arc length from the first point [m].
        u: (K,) parameter of the spline.
        xy: (K, 2) positions [m].
        tangent: (K, 2) unit vectors; the normal to the left is (-ty, tx).
        curvature: (K,) [1/m], positive in a left turn.
        length: of the whole line [m].
    """

    s: Array
    u: Array
    xy: Array
    tangent: Array
    curvature: Array
    length: float

    @property
    def normal(self) -> Array:
        """(K, 2) unit vectors to the left."""
        return np.column_stack([-self.tangent[:, 1], self.tangent[:, 0]])


class ClosedSpline:
    """A closed curve through points.

    Args:
        points: (N, 2), no two neighbours equal, the first not repeated; N >= 3.
    """

    def __init__(self, points: Array) -> None:
        self.points = points
        chord = np.hypot(*(np.roll(points, -1, axis=0) - points).T)
        self.chord = chord
        self.knots = np.concatenate([[0.0], np.cumsum(chord)])
        before, h = np.roll(chord, 1)[:, None], chord[:, None]
        slope = (np.roll(points, -1, axis=0) - points) / h
        wanted = 6.0 * (slope - np.roll(slope, 1, axis=0))
        bend = wanted / (2.0 * (before + h))
        for _ in range(_SWEEPS):  # Jacobi: the matrix is strictly diagonally dominant, by two
            rest = before * np.roll(bend, 1, axis=0) + h * np.roll(bend, -1, axis=0)
            bend = (wanted - rest) / (2.0 * (before + h))
        self._bend = bend  # second derivatives at the points

    @property
    def end(self) -> float:
        """The parameter at which the curve closes."""
        return float(self.knots[-1])

    def at(self, u: Array) -> tuple[Array, Array, Array]:
        """Positions, first and second derivatives, each (K, 2), at parameters u (K,)."""
        u = np.mod(u, self.end)
        i = np.clip(np.searchsorted(self.knots, u, side="right") - 1, 0, len(self.chord) - 1)
        j = (i + 1) % len(self.chord)
        t, h = (u - self.knots[i])[:, None], self.chord[i][:, None]
        m, n = self._bend[i], self._bend[j]
        a, d = self.points[i], (n - m) / (6.0 * h)
        b = (self.points[j] - a) / h - h * (2.0 * m + n) / 6.0
        place = a + t * (b + t * (m / 2.0 + t * d))
        return place, b + t * (m + t * (3.0 * d)), m + t * (6.0 * d)

    def sample(self, step: float, first: float = 0.0) -> Samples:
        """Places about every `step` metres, beginning `first` metres after the first point."""
        pieces = np.maximum(4, np.ceil(self.chord / _FINEST)).astype(np.int64)
        piece = np.repeat(np.arange(len(pieces)), pieces)
        inside = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        fine = np.append(self.knots[piece] + self.chord[piece] * (inside / pieces[piece]), self.end)
        place = np.empty((len(fine), 2))
        for k in range(0, len(fine), _BLOCK):  # not all at once, for the memory
            place[k : k + _BLOCK] = self.at(fine[k : k + _BLOCK])[0]
        place[-1] = self.points[0]
        s = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(place, axis=0).T))])
        length = float(s[-1])
        count = max(4, round(length / step))
        wanted = np.mod(first + np.arange(count) * (length / count), length)
        u = np.interp(wanted, s, fine)
        xy, speed, bend = self.at(u)
        norm = np.maximum(np.hypot(*speed.T), 1e-12)
        curvature = (speed[:, 0] * bend[:, 1] - speed[:, 1] * bend[:, 0]) / norm**3
        return Samples(wanted, u, xy, speed / norm[:, None], curvature, length)

    def widths(self, widths: Array, u: Array) -> Array:
        """Widths (K, 2) at parameters u, straight between those (N, 2) of the points."""
        closed = np.vstack([widths, widths[:1]])
        return np.column_stack([np.interp(np.mod(u, self.end), self.knots, w) for w in closed.T])
