"""From the corners of a polygon to a line that a car can follow.

Used by the random circuits and by the design of our own.
"""

from __future__ import annotations

import numpy as np

from racer.tracks.spline import Array


def rounded(corners: Array, fine: float) -> Array:
    """The chain of straights and arcs, (M, 3): x, y, width of the road [m], unevenly spaced.

    Args:
        corners: (C, 4) x, y, radius, width of the road [m], in driving order.
        fine: distance of the points in an arc [m].

    Raises:
        ValueError: two neighbouring turns do not fit on the straight between them.
    """
    points, radii = corners[:, :2], corners[:, 2]
    before = np.roll(points, 1, axis=0) - points
    after = np.roll(points, -1, axis=0) - points
    length = np.hypot(*after.T)
    before /= np.hypot(*before.T)[:, None]
    after /= length[:, None]
    turn = np.pi - np.arccos(np.clip(np.sum(before * after, axis=1), -1.0, 1.0))
    cut = radii * np.tan(turn / 2)
    spare = length - cut - np.roll(cut, -1)
    if np.any(spare < 0):
        first = int(np.argmin(spare))
        raise ValueError(f"corner {first} and the next overlap by {-spare[first]:.1f} m")
    rows: list[Array] = []
    for i, (x, y, radius, width) in enumerate(corners):
        start = np.array([x, y]) + cut[i] * before[i]
        left = before[i, 1] * after[i, 0] - before[i, 0] * after[i, 1] > 0
        side = 1.0 if left else -1.0
        normal = side * np.array([before[i, 1], -before[i, 0]])
        count = max(2, int(radius * turn[i] / fine))
        angles = np.linspace(0.0, turn[i], count)[:, None]
        arc = start + radius * (np.sin(angles) * -before[i] + (1 - np.cos(angles)) * normal)
        rows.append(np.column_stack([arc, np.full(count, width)]))
    return np.concatenate(rows)


def resampled(line: Array, step: float) -> Array:
    """The closed line (M, C), x and y first, at equal distances of about `step` [m] along it."""
    closed = np.vstack([line, line[:1]])
    s = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed[:, :2], axis=0).T))])
    wanted = np.arange(round(s[-1] / step)) * (s[-1] / round(s[-1] / step))
    return np.column_stack([np.interp(wanted, s, column) for column in closed.T])


def smoothed(line: Array, window: float) -> Array:
    """A moving average over about `window` points, twice, of an evenly spaced ring (M, C)."""
    half = round(window / 2)
    for _ in range(2):
        line = np.mean([np.roll(line, k, axis=0) for k in range(-half, half + 1)], axis=0)
    return line
