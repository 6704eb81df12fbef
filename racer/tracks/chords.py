"""Keeps a line by the chords between its points, however far these lie apart.

A spline through few points swings out between them: where a straight of 800 m has no point and the
bend before it has many, by tens of metres. Nothing in the file asks for that: between far points
the way is the chord. Two steps see to it, and a file with points enough passes both untouched:

* `graded` puts points on long chords next to short ones, close together near the short one and
  further apart beyond, so that what happens in the bend stays there;
* `within_tube` (module `tube`) takes the smoothest line that is nowhere further from the polyline
  than allowed, for bends of so few points that the spline through them leaves their chords by more.
"""

from __future__ import annotations

import numpy as np

from racer.tracks.smoothing import Smoothed
from racer.tracks.spline import Array, ClosedSpline
from racer.tracks.tube import feet, within_tube

TOLERANCE = 2.0  # a line keeps to the chords between its points so closely [m]
WIDTH_SHARE = 1.0 / 3.0  # or by so much of the width to the nearer edge
UNEVEN = 3.0  # a chord so many times as long as one near it is a long one
GROWTH = 1.5  # of the distances between the points on a long chord
SWING = 0.2  # a spline may leave a long chord by so much before points are put on it [m]
KINK = 0.5  # a bend made of a kink may leave its chords by so much [m]
_BEND = 1.0  # a chord in a bend is at most so far from it [m]
_BESIDE = 2  # chords to both sides that a chord is compared with


def by_the_chords(line: Array) -> tuple[Array, np.ndarray]:
    """A line as a file gives it, kept by its chords within the tolerance of a table.

    Args:
        line: (N, 4) x, y, width right, width left [m], closed, no point twice.

    Returns:
        The line (K, 4), the very same one if there was nothing to do, and for each of its points
        the index (K,) of the point that it is, or that it comes after.
    """
    allowed = np.minimum(TOLERANCE, WIDTH_SHARE * np.min(line[:, 2:], axis=1))
    dense, index = graded(line, allowed)
    through = as_it_is(dense[:, :2])
    at = through.places[np.searchsorted(index, np.arange(len(line)))]
    kept = within_tube(through, line[:, :2], at, allowed, 0.0 * at)
    if kept is through:
        return dense, index
    closed = np.append(at, through.end)
    wide = np.vstack([line[:, 2:], line[:1, 2:]])
    widths = np.column_stack([np.interp(kept.u, closed, side) for side in wide.T])
    return np.column_stack([kept.points, widths]), np.searchsorted(at, kept.u, side="right") - 1


def as_it_is(points: Array) -> Smoothed:
    """The spline through points (N, 2), as a line that was not smoothed."""
    spline = ClosedSpline(points)
    u = spline.knots[:-1]
    return Smoothed(points, u, spline.end, u, 0.0, 0.0, np.zeros(len(u)), limited=False)


def graded(line: Array, allowed: Array) -> tuple[Array, np.ndarray]:
    """The line with points on those long chords that a spline would leave.

    Args:
        line: (N, 4) x, y, width right, width left [m], closed, no point twice.
        allowed: (N,) distance from the polyline that is allowed at each point [m].

    Returns:
        The line (K, 4), the very same one if there was nothing to do, and for each of its points
        the index (K,) of the point that it is, or that it comes after.
    """
    index = np.arange(len(line))
    spline = ClosedSpline(line[:, :2])
    chord = spline.chord
    near = np.min([np.roll(chord, k) for k in range(-_BESIDE, _BESIDE + 1)], axis=0)
    way = np.roll(line, -1, axis=0) - line
    heading = np.arctan2(way[:, 1], way[:, 0])
    turn = np.angle(np.exp(1j * (heading - np.roll(heading, 1))))
    long = (chord > UNEVEN * near) & ~_in_a_bend(chord, turn)
    swing = np.minimum(SWING, 0.1 * allowed)
    if not long.any() or not (long & (_bulges(spline) > swing)).any():
        return line, index
    # A kink between two long chords becomes a bend that leaves them by `KINK` at most.
    bend = 8.0 * np.minimum(KINK, 0.25 * allowed) / np.maximum(np.abs(turn), 1e-3)
    half = np.min(line[:, 2:], axis=1)
    places = [np.zeros(1)] * len(line)
    for k in np.flatnonzero(long):
        j = (k + 1) % len(line)
        first = bend[k] if long[k - 1] else GROWTH * chord[k - 1]
        last = bend[j] if long[j] else GROWTH * chord[j]
        places[k] = _places(chord[k], max(first, half[k]), max(last, half[j]))
    counts = np.array([len(place) for place in places])
    at = np.repeat(index, counts)
    return line[at] + np.concatenate(places)[:, None] * way[at], at


def _in_a_bend(chord: Array, turn: Array) -> np.ndarray:
    """Whether each chord (N,) belongs to a bend that goes on to both of its sides.

    Args:
        chord: (N,) length of the chord after each point [m].
        turn: (N,) change of heading at each point [rad].
    """
    curvature = turn / ((chord + np.roll(chord, 1)) / 2.0)
    start = turn * chord / (chord + np.roll(chord, 1))  # of the heading, up to the chord's
    end = np.roll(turn, -1) * chord / (chord + np.roll(chord, -1))
    own = 2.0 * np.minimum(np.abs(start), np.abs(end)) / chord
    beside = np.maximum(np.abs(np.roll(curvature, 1)), np.abs(np.roll(curvature, -2)))
    bulge = own * chord**2 / 8.0
    return (start * end > 0.0) & (own > 0.5 * beside) & (bulge < _BEND)


def _places(length: float, first: float, last: float) -> Array:
    """Shares of a chord at which points stand, the first at 0, graded from both of its ends."""
    left, right = [0.0], [length]
    while right[-1] - left[-1] > (1.0 + GROWTH) * min(first, last):
        if first <= last:
            left.append(left[-1] + first)
            first *= GROWTH
        else:
            right.append(right[-1] - last)
            last *= GROWTH
    return np.array(left + right[:0:-1]) / length


def _bulges(spline: ClosedSpline) -> Array:
    """By how much the spline leaves each of its chords (N,), at most [m]."""
    share = np.linspace(0.0, 1.0, 13)[1:-1]
    count = len(spline.chord)
    place, _, _ = spline.at((spline.knots[:-1, None] + share * spline.chord[:, None]).ravel())
    own = np.repeat(np.arange(count), len(share))
    apart, _ = feet(place, spline.points, own, np.ones_like(own))
    return np.asarray(np.hypot(*apart.T).reshape(count, -1).max(axis=1), np.float64)
