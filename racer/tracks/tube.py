"""The smoothest line within a tube around a polyline.

For bends of so few points that the spline through them leaves their chords by more than allowed.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from racer.tracks.smoothing import Smoothed
from racer.tracks.spline import Array, ClosedSpline

STEP = 1.0  # distance of the places at which a line is compared with the chords [m]
_TUBE_STEP = 2.5  # distance of the points while a line is pulled into its tube [m]
_SWEEPS = 400
_BUDGET = 2e7  # comparisons of a place with a chord, in all sweeps
_HOPELESS = 1.0  # what is left after a try, from which no other is worth it [m]
_LONGEST = 55_000.0  # a longer line is no lap, and needs no closer look [m]
_AIMS = (0.97, 0.94, 0.9, 0.85, 0.8)  # shares of the tube that are aimed at, one after the other
_NEAR = 8  # places to both sides of a point that may be nearest to it
_AROUND = 30  # the same, of those that are compared
_REACH = 60.0  # a place belongs to a chord within so many metres along the line [m]
_CHORDS = 6  # or, where points lie close together, within so many chords
_PLACES = 512  # in a block of comparisons
_POINTS = 4096  # likewise
_COMPARED = 400_000  # pairs of a place and a chord at once
_WAVE = 15.0  # waves of this length lose half of their height in a sweep [m]


@dataclasses.dataclass(frozen=True)
class Places:
    """Places along a line at equal distances, and the chords of the polyline near each.

    Attributes:
        xy: (K, 2) [m].
        u: (K,) parameters on the spline through the points that came in.
        own: (K,) parameters on the line itself.
        first: (K,) the first of the chords near each place; the ring of them goes on at its end.
        count: (K,) how many there are.
    """

    xy: Array
    u: Array
    own: Array
    first: np.ndarray
    count: np.ndarray


def places_on(smoothed: Smoothed, polyline: Array, at: Array, step: float) -> Places:
    """Places about every `step` metres along a line, with the chords that they may be near.

    Args:
        smoothed: the line.
        polyline: (M, 2) the points that were measured, closed.
        at: (M,) their parameters on the spline through the points that came in, rising from the
            first one.
        step: distance of the places [m].
    """
    spline = ClosedSpline(smoothed.points)
    samples = spline.sample(step)
    old = np.append(smoothed.u, smoothed.u[0] + smoothed.end)
    u = np.interp(samples.u, spline.knots, old)
    chord = np.hypot(*(np.roll(polyline, -1, axis=0) - polyline).T)
    s = np.concatenate([[0.0], np.cumsum(chord)])
    rising = np.append(np.mod(at - at[0], smoothed.end), smoothed.end)
    here = np.interp(np.mod(u - at[0], smoothed.end), rising, s)
    count = len(chord)
    rings = np.concatenate([s[:-1] - s[-1], s[:-1], s + s[-1]])
    reach = min(_REACH, max(10.0, _CHORDS * float(np.median(chord))))
    first = np.searchsorted(rings, here - reach, side="right") - 1
    last = np.searchsorted(rings, here + reach, side="right") - 1
    return Places(samples.xy, u, samples.u, first, np.minimum(last - first + 1, count))


def leaves(smoothed: Smoothed, polyline: Array, at: Array) -> tuple[Array, Array]:
    """How far a line and a polyline are from one another, everywhere.

    Args:
        smoothed: the line.
        polyline: (M, 2) the points of the file [m].
        at: (M,) the parameters of the line near those points.

    Returns:
        For each chord (M,) how far the line leaves it at most, and the distance of each point (M,)
        from the line [m].
    """
    places = places_on(smoothed, polyline, at, STEP)
    apart, chord = feet(places.xy, polyline, places.first, places.count)
    far = np.zeros(len(polyline))
    np.maximum.at(far, chord, np.hypot(*apart.T))
    nearest = _nearest(places, at)
    own = np.empty(len(polyline))
    for k in range(0, len(polyline), _POINTS):
        block = slice(k, k + _POINTS)
        near = (nearest[block, None] + np.arange(-_AROUND, _AROUND + 1)) % len(places.xy)
        apart = polyline[block, None] - places.xy[near]
        best = np.argmin(np.sum(apart * apart, axis=2), axis=1)
        own[block] = places.own[near[np.arange(len(near)), best]]
    return far, distance_from(ClosedSpline(smoothed.points), polyline, own)


def distance_from(line: ClosedSpline, points: Array, u: Array) -> Array:
    """Distances (M,) [m] of points (M, 2) [m] from a line, near its parameters u (M,)."""
    shortest = np.full(len(points), np.inf)
    for _ in range(4):  # steps to the foot of the perpendicular
        place, speed, _ = line.at(u)
        apart = points - place
        shortest = np.minimum(shortest, np.hypot(*apart.T))
        norm = np.maximum(np.sum(speed * speed, axis=1), 1e-12)
        u = u + np.clip(np.sum(apart * speed, axis=1) / norm, -2.0, 2.0)
    return shortest


def _nearest(places: Places, at: Array) -> np.ndarray:
    """The place (M,) at about each parameter."""
    order = np.argsort(places.u, kind="stable")
    return order[np.searchsorted(places.u[order], at) % len(order)]


def within_tube(
    smoothed: Smoothed, polyline: Array, at: Array, allowed: Array, moves: Array
) -> Smoothed:
    """The line, pulled to the polyline where one was further from the other than allowed.

    There it becomes the smoothest line (of least change of curvature) that keeps within the tube,
    by the alternating direction method of multipliers: smooth, push into the tube, remember the
    push. Elsewhere it stays as it is.

    Args:
        smoothed: the line.
        polyline: (M, 2) the points that were measured, closed.
        at: (M,) their parameters, as for `places_on`.
        allowed: (M,) distance from the polyline that is allowed near each of its points [m].
        moves: (M,) distance of each of its points from the line as it comes in [m].
    """
    if smoothed.end > _LONGEST:
        return smoothed
    limit = np.minimum(allowed, np.roll(allowed, -1))
    far, _ = leaves(smoothed, polyline, at)
    missed = moves
    best, least = smoothed, np.inf
    for tries, aim in enumerate((*_AIMS, 0.0)):
        excess = max(float((far - limit).max()), float((missed - allowed).max()))
        if excess < least:
            best, least = smoothed, excess
        if excess <= 0.0 or aim == 0.0 or (tries > 0 and excess > _HOPELESS):
            break
        bad = far > aim * limit
        bad |= (missed > aim * allowed) | np.roll(missed > aim * allowed, -1)
        smoothed = _pulled(smoothed, polyline, at, aim * allowed, bad)
        far, missed = leaves(smoothed, polyline, at)
    return best


def _pulled(
    smoothed: Smoothed, polyline: Array, at: Array, allowed: Array, bad: np.ndarray
) -> Smoothed:
    """One try of `within_tube`, beside the chords that are bad (M,)."""
    length = ClosedSpline(smoothed.points).end
    places = places_on(smoothed, polyline, at, min(_TUBE_STEP, length / 40.0))
    start = places.xy
    count, step = len(start), length / len(start)
    limit = np.minimum(allowed, np.roll(allowed, -1))
    _, chord = feet(start, polyline, places.first, places.count)
    free = _region(bad[chord], chord, polyline, step)
    rows = np.flatnonzero(free)
    near = places.first[rows], places.count[rows]
    # The measured points beside these places, and the places that each may be nearest to.
    nearest = _nearest(places, at)
    points = np.flatnonzero(free[nearest])
    around = (nearest[points, None] + np.arange(-_NEAR, _NEAR + 1)) % count

    wave = 2.0 * np.sin(np.pi * np.arange(count // 2 + 1) / count)
    stiff = (wave / (2.0 * np.sin(np.pi * step / max(_WAVE, 4.0 * step)))) ** 6
    share = (1.0 / (1.0 + stiff))[:, None]
    held, push = start.copy(), np.zeros_like(start)
    # Points all over the place take fewer: no circuit comes of them anyway.
    for _ in range(int(np.clip(_BUDGET / (len(rows) * places.count.max() + 1), 20, _SWEEPS))):
        smooth = np.fft.irfft(np.fft.rfft(held - push, axis=0) * share, n=count, axis=0)
        wanted = smooth + push
        held = start.copy()
        held[rows] = _into(wanted[rows], polyline, *near, limit)
        _to_points(held, polyline[points], around, allowed[points])
        push = wanted - held
    line = start.copy()
    line[rows] = _into(smooth[rows], polyline, *near, limit)
    return dataclasses.replace(smoothed, points=line, u=places.u)


def _to_points(places: Array, points: Array, around: np.ndarray, allowed: Array) -> None:
    """Moves the place next to each point (P, 2) towards it, in place, if it is too far away."""
    apart = points[:, None] - places[around]
    far = np.hypot(apart[..., 0], apart[..., 1])
    nearest = np.argmin(far, axis=1)
    rows = np.arange(len(points))
    excess = np.maximum(1.0 - allowed / np.maximum(far[rows, nearest], 1e-9), 0.0)
    places[around[rows, nearest]] += apart[rows, nearest] * excess[:, None]


def feet(
    xy: Array, polyline: Array, first: np.ndarray, count: np.ndarray
) -> tuple[Array, np.ndarray]:
    """The shortest ways (K, 2) from chords to places (K, 2), and which chords these are (K,).

    Args:
        xy: (K, 2) the places [m].
        polyline: (M, 2) the closed line.
        first: (K,) the first chord that each place is compared with.
        count: (K,) with how many it is compared, at least; a few more beside them may be taken.
    """
    ways = np.roll(polyline, -1, axis=0) - polyline
    norms = np.maximum(np.sum(ways * ways, axis=1), 1e-12)
    # In blocks as wide as their places need: points all in one spot cost neither memory nor time
    # elsewhere.
    parts = []
    places = _PLACES if count.min() < count.max() else _COMPARED
    for start in range(0, len(xy), places):
        end = min(start + places, len(xy))
        wide = int(count[start:end].max())
        size = max(1, _COMPARED // wide)
        for k in range(start, end, size):
            block = slice(k, min(k + size, end))
            chords = np.mod(first[block, None] + np.arange(wide), len(polyline))
            parts.append(_feet(xy[block], polyline[chords], ways[chords], norms[chords], chords))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def _into(xy: Array, polyline: Array, first: np.ndarray, count: np.ndarray, limit: Array) -> Array:
    """Places (K, 2), those outside of the tube on its edge."""
    apart, chord = feet(xy, polyline, first, count)
    far = np.hypot(*apart.T)
    excess = np.maximum(1.0 - limit[chord] / np.maximum(far, 1e-9), 0.0)
    return np.asarray(xy - apart * excess[:, None], np.float64)


def _region(bad: np.ndarray, chord: np.ndarray, polyline: Array, step: float) -> np.ndarray:
    """The places (K,) that may move: the bad ones, and their neighbours for about a chord."""
    count = len(bad)
    length = np.hypot(*(np.roll(polyline, -1, axis=0) - polyline).T)
    free = np.zeros(count, bool)
    for k in np.flatnonzero(bad):
        reach = int(np.clip(length[chord[k]], 30.0, 100.0) / step) + 1
        free[np.arange(k - reach, k + reach + 1) % count] = True
    return free


def _feet(
    places: Array, begins: Array, ways: Array, norms: Array, chords: np.ndarray
) -> tuple[Array, np.ndarray]:
    apart = places[:, None] - begins
    share = np.clip(np.sum(apart * ways, axis=2) / norms, 0.0, 1.0)
    apart -= share[..., None] * ways
    nearest = np.argmin(np.sum(apart * apart, axis=2), axis=1)
    rows = np.arange(len(places))
    return apart[rows, nearest], chords[rows, nearest]
