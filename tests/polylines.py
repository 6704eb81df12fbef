"""Circuits as people digitise them for maps: few points on straights, many in bends."""

import json

import numpy as np
from track_scene import degrees_of

from racer.tracks.check import check_line
from racer.tracks.rounding import resampled, rounded

WIDTH = 12.0  # of the road [m]


def circuit(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A circuit of 3 to 7 km with 9 to 16 corners, hairpins and long straights.

    Returns:
        The line itself (N, 2), about every metre, and the polyline (M, 2) that somebody clicked
        along it, in metres, closed without repeating the first point.
    """
    dice = np.random.default_rng([seed, 4711])
    while True:
        corners = _corners(dice)
        try:
            line = resampled(rounded(corners, 0.25), 1.0)
        except ValueError:  # two corners do not fit
            continue
        table = np.column_stack([line[:, :2], np.full((len(line), 2), WIDTH / 2.0)])
        findings, _ = check_line(resampled(table, 5.0))
        bridge = any("crosses" in finding.text for finding in findings)
        if not bridge and not any(finding.level == "error" for finding in findings):
            break
    # How closely it was clicked: like good and like hasty ways of public maps.
    clicked = simplified(line[:, :2], float(dice.choice([0.2, 0.5, 1.0, 1.6])))
    clicked = clicked + dice.normal(0.0, float(dice.choice([0.0, 0.1, 0.3])), clicked.shape)
    return line[:, :2], np.roll(clicked, int(dice.integers(len(clicked))), axis=0)


def geojson(polyline: np.ndarray) -> str:
    """A GeoJSON LineString, its first point repeated at the end, six decimals of a degree."""
    degrees = np.round(degrees_of(np.vstack([polyline, polyline[:1]])), 6)
    return json.dumps({"type": "LineString", "coordinates": degrees.tolist()})


def simplified(line: np.ndarray, tolerance: float) -> np.ndarray:
    """The closed line with as few of its points as keep within the tolerance (Douglas-Peucker)."""
    far = int(np.argmax(np.hypot(*(line - line[0]).T)))
    closed = np.vstack([line, line[:1]])
    keep = np.zeros(len(closed), bool)
    keep[[0, far, len(line)]] = True
    waiting = [(0, far), (far, len(line))]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        apart = distances(closed[first + 1 : last], closed[[first, last]], closed=False)
        k = int(np.argmax(apart))
        if apart[k] > tolerance:
            middle = first + 1 + k
            keep[middle] = True
            waiting += [(first, middle), (middle, last)]
    return closed[:-1][keep[:-1]]


def distances(points: np.ndarray, polyline: np.ndarray, *, closed: bool = True) -> np.ndarray:
    """Distances (K,) of points (K, 2) from a polyline (M, 2), to the nearest of all its chords."""
    start = polyline if closed else polyline[:-1]
    way = (np.roll(polyline, -1, axis=0) if closed else polyline[1:]) - start
    norm = np.maximum(np.sum(way**2, axis=1), 1e-12)
    nearest = np.empty(len(points))
    for k in range(0, len(points), 500):
        apart = points[k : k + 500, None] - start[None]
        share = np.clip(np.sum(apart * way, axis=2) / norm, 0.0, 1.0)
        rest = apart - share[..., None] * way
        nearest[k : k + 500] = np.sqrt(np.min(np.sum(rest**2, axis=2), axis=1))
    return nearest


def _corners(dice: np.random.Generator) -> np.ndarray:
    """Corners (C, 4) of a star: x, y, radius, width."""
    count = int(dice.integers(9, 17))
    angle = (np.arange(count) + dice.uniform(-0.3, 0.3, count)) * (2.0 * np.pi / count)
    radius = dice.uniform(0.4, 1.0, count)
    points = np.column_stack([1.6 * radius * np.cos(angle), radius * np.sin(angle)])
    if dice.random() < 0.5:
        points = points[::-1]
    ahead = np.roll(points, -1, axis=0) - points
    length = np.hypot(*ahead.T)
    points *= dice.uniform(3000.0, 7000.0) / length.sum()
    ahead = np.roll(points, -1, axis=0) - points
    length = np.hypot(*ahead.T)
    heading = np.arctan2(ahead[:, 1], ahead[:, 0])
    turn = np.abs(np.angle(np.exp(1j * (heading - np.roll(heading, 1)))))
    room = 0.45 * np.minimum(length, np.roll(length, 1)) / np.tan(np.maximum(turn, 0.05) / 2.0)
    sharp = turn > 2.0
    wanted = np.where(sharp, dice.uniform(9.0, 20.0, count), dice.uniform(15.0, 180.0, count))
    return np.column_stack([points, np.minimum(wanted, room), np.full(count, WIDTH)])
