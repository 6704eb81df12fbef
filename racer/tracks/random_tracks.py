"""Random circuits, one per seed: for training on many tracks.

A circuit starts as a polygon of one of four kinds. Its corners are rounded, its curvature is built
up gradually, its width varies; the start line goes to the middle of its longest straight. What the
import would refuse is thrown away and drawn again, so that every seed gives a circuit. The fifth
kind, road courses (`racer.tracks.road_courses`), no seed means by itself: it has to be named.

Only raw bits of the generator are used, whose stream is fixed, and points are rounded to
millimetres before the engine gets them: a seed means the same circuit everywhere.
"""

from __future__ import annotations

import dataclasses
import math
from functools import lru_cache

import numpy as np

from racer._core.circuit import Track
from racer.errors import TrackError
from racer.tracks.check import check_line
from racer.tracks.dice import Dice
from racer.tracks.road_courses import road_course, road_course_length
from racer.tracks.rounding import resampled, rounded, smoothed
from racer.tracks.spline import Array

PREFIX = "random:"
ROAD_COURSE = "roadcourse"
KINDS = ("technical", "flowing", "street", "crossing", ROAD_COURSE)
SHORTEST, LONGEST = 1000.0, 6000.0  # laps [m]
NARROWEST, WIDEST = 9.0, 15.0  # roads [m]
TIGHTEST = 13.0  # radius of a corner as drawn [m]
TIGHTEST_ROAD_COURSE = 5.6  # radius of a corner as built [m]: the least of 17 real circuits is 5.7
STRAIGHTEST = 1.0 / 400.0  # curvature that the road may have near the start line [1/m]
START_STRAIGHT = 40.0  # this far to both sides of it [m]
TIGHT = 0.8  # share of a bend's radius that the road and its run-off may take up
STEP = 5.0  # distance of the points [m]
_FINE = 1.0  # distance of the points while drawing [m]
_ATTEMPTS = 200
_DRAWS = 3000  # of a road course; most are thrown away at a glance
_PATIENCE = 60  # attempts before only simple polygons are drawn


def is_random(name: str) -> bool:
    """Whether it is the name of a random circuit; whatever ends in .csv is a file's."""
    return name.startswith(PREFIX) and not name.lower().endswith(".csv")


@dataclasses.dataclass(frozen=True)
class RandomCircuit:
    """A random circuit before the engine gets it.

    Attributes:
        line: (K, 4) x, y, width right, width left [m], the first point on the start line.
        runoff: from the edge to the wall [m].
        kind: one of `KINDS`.
        attempts: how many were drawn until one was a circuit.
    """

    line: Array
    runoff: float
    kind: str
    attempts: int


def random_track(seed: int, kind: str | None = None) -> Track:
    """The circuit of a seed.

    Args:
        seed: 0 to 2^63 - 1.
        kind: one of `KINDS`; None leaves it to the seed.

    Raises:
        TrackError: the seed is negative or too large, or there is no such kind.
    """
    return _built(seed, kind)


@lru_cache(maxsize=64)
def _built(seed: int, kind: str | None) -> Track:
    circuit = random_circuit(seed, kind)
    line = np.ascontiguousarray(circuit.line.T)
    suffix = "" if kind is None else f"-{kind}"
    return Track(*line, name=f"{PREFIX}{seed}{suffix}", runoff=circuit.runoff)


def random_circuit(seed: int, kind: str | None = None) -> RandomCircuit:
    """The centre line of a seed, before the engine builds a track of it.

    Args:
        seed: 0 to 2^63 - 1.
        kind: one of `KINDS`; None leaves it to the seed.

    Raises:
        TrackError: the seed is negative or too large, there is no such kind, or no attempt passed
            the checks.
    """
    if not 0 <= seed < 1 << 63:
        raise TrackError(f"the seed of a random track must be from 0 to 2^63 - 1, not {seed}.")
    if kind is not None and kind not in KINDS:
        raise TrackError(
            f"there is no kind of random track {kind!r}; there are {', '.join(KINDS)}."
        )
    if kind == ROAD_COURSE:
        return _road_course(seed)
    chosen = kind or KINDS[(0, 0, 0, 1, 1, 1, 2, 2, 2, 3)[Dice(seed).whole(0, 9)]]
    for attempt in range(_ATTEMPTS):
        dice = Dice(seed, attempt + 1)
        polygon = _polygon(chosen, dice, simple=attempt >= _PATIENCE)
        runoff = round(dice.one(1.5, 6.0), 1)
        line = _drawn(polygon, dice)
        if line is not None and is_good(line, runoff):
            return RandomCircuit(line, runoff, chosen, attempt + 1)
    # 10,000 seeds never needed a third attempt.
    raise TrackError(f"the seed {seed} gives no circuit; try another.")


def _road_course(seed: int) -> RandomCircuit:
    length = road_course_length(Dice(seed, 0, len(ROAD_COURSE)))
    for attempt in range(_DRAWS):
        drawn = road_course(Dice(seed, attempt + 1, len(ROAD_COURSE)), length)
        if drawn is None:
            continue
        findings, track = check_line(drawn[0], runoff=drawn[1])
        if track is None or any(finding.level == "error" for finding in findings):
            continue
        if np.max(np.abs(track.stations["curvature"])) < 1.0 / TIGHTEST_ROAD_COURSE:
            return RandomCircuit(*drawn, ROAD_COURSE, attempt + 1)
    raise TrackError(f"the seed {seed} gives no road course; try another.")


def is_good(line: Array, runoff: float) -> bool:
    """Whether a line passes the import's checks, and some that a race director would make.

    Args:
        line: (M, 4) x, y, width to the right, width to the left [m].
        runoff: from the edge to the wall [m].
    """
    findings, track = check_line(line, runoff=runoff)
    if track is None or any(finding.level == "error" for finding in findings):
        return False
    if not SHORTEST <= track.length <= LONGEST:
        return False
    bend = np.abs(track.stations["curvature"])
    if np.max(bend) * (np.max(line[:, 2:]) + runoff) > TIGHT:
        return False
    near = round(START_STRAIGHT / track.spacing)
    return bool(np.max(np.concatenate([bend[:near], bend[-near:]])) < STRAIGHTEST)


def _polygon(kind: str, dice: Dice, *, simple: bool) -> Array:
    """Corners (C, 2) of a polygon with a perimeter of about the lap's length."""
    length = SHORTEST * 1.2 * (LONGEST / SHORTEST / 1.3) ** dice.one()
    if simple:
        points = _star(dice, dice.whole(5, 7), 0.85)
    elif kind == "street":
        points = _blocks(dice, length)
    elif kind == "crossing":
        points = _eight(dice)
    else:
        technical = kind == "technical"
        most = max(8, min(18, int(length / (190.0 if technical else 240.0))))
        points = _star(dice, dice.whole(6, most), 0.35 if technical else 0.7)
    perimeter = np.sum(np.hypot(*(np.roll(points, -1, axis=0) - points).T))
    points = points * (length / perimeter)
    angle = dice.one(0.0, 2.0 * math.pi)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    turned: Array = points @ turn
    return turned[::-1] if dice.one() < 0.5 else turned


def _star(dice: Dice, count: int, smallest: float) -> Array:
    """Corners around a middle, each at its own distance: the polygon cannot cross itself."""
    angle = (np.arange(count) + dice.many(count, -0.36, 0.36)) * (2.0 * math.pi / count)
    radius = dice.many(count, smallest, 1.0)
    stretch = dice.one(1.0, 1.9)
    return np.column_stack([stretch * radius * np.cos(angle), radius * np.sin(angle)])


def _eight(dice: Dice) -> Array:
    """Corners of a figure of eight with a free crossing in its middle."""
    half = dice.whole(4, 6)
    share = (np.arange(half) + 0.5 + dice.many(half, -0.25, 0.25)) / half
    other = (np.arange(half) + 0.5 + dice.many(half, -0.25, 0.25)) / half
    angle = math.pi * np.concatenate([share, 1.0 + other])
    size = dice.many(2 * half, 0.8, 1.2)
    return np.column_stack([1.5 * size * np.sin(angle), size * np.sin(2.0 * angle)])


def _blocks(dice: Dice, length: float) -> Array:
    """Corners around some blocks of a town, streets a little askew."""
    cells = {(0, 0)}
    wanted = max(3, int(length / 300.0))
    for _ in range(50 * wanted):
        if len(cells) >= wanted:
            break
        beside = [(x + dx, y + dy) for x, y in sorted(cells) for dx, dy in _SIDES]
        free = sorted({cell for cell in beside if cell not in cells})
        cell = free[dice.whole(0, len(free) - 1)]
        if _stays_simple(cells, cell):
            cells.add(cell)
    corners = _outline(cells)
    moved = np.array(corners, np.float64)
    return moved + dice.many(moved.size, -0.14, 0.14).reshape(moved.shape)


_SIDES = ((1, 0), (0, 1), (-1, 0), (0, -1))
_RING = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))


def _stays_simple(cells: set[tuple[int, int]], cell: tuple[int, int]) -> bool:
    """Whether the blocks with one more have no hole and do not touch at a corner only."""
    ring = [(cell[0] + dx, cell[1] + dy) in cells for dx, dy in _RING]
    changes = sum(ring[k] != ring[k - 1] for k in range(8))
    corner_only = any(ring[k] and not ring[k - 1] and not ring[(k + 1) % 8] for k in (1, 3, 5, 7))
    return changes == 2 and not corner_only


def _outline(cells: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Corners around the cells, counter-clockwise."""
    sides = [
        ((x + dx, y + dy), start, end)
        for x, y in cells
        for (dx, dy), start, end in (
            ((0, -1), (x, y), (x + 1, y)),
            ((1, 0), (x + 1, y), (x + 1, y + 1)),
            ((0, 1), (x + 1, y + 1), (x, y + 1)),
            ((-1, 0), (x, y + 1), (x, y)),
        )
    ]
    after = {start: end for beyond, start, end in sides if beyond not in cells}
    first = min(after)
    ring = [first]
    while after[ring[-1]] != first:
        ring.append(after[ring[-1]])
    corners = []
    for k, point in enumerate(ring):
        before, behind = ring[k - 1], ring[(k + 1) % len(ring)]
        straight = before[0] == point[0] == behind[0] or before[1] == point[1] == behind[1]
        if not straight:
            corners.append(point)
    return corners


def _drawn(polygon: Array, dice: Dice) -> Array | None:
    """The line (K, 4) around a polygon; None if a corner would be too tight."""
    count = len(polygon)
    edge = np.roll(polygon, -1, axis=0) - polygon
    length = np.hypot(*edge.T)
    heading = np.arctan2(edge[:, 1], edge[:, 0])
    turn = np.abs(np.angle(np.exp(1j * (heading - np.roll(heading, 1)))))
    room = np.minimum(np.roll(length, 1), length) * dice.many(count, 0.1, 0.49)
    radius = np.minimum(room / np.tan(np.maximum(turn, 0.05) / 2.0), 320.0)
    if radius.min() < TIGHTEST:
        return None
    base = dice.one(NARROWEST + 0.5, WIDEST - 1.5)
    width = np.clip(base + dice.many(count, -1.5, 1.5), NARROWEST, WIDEST)
    ramp = min(30.0, max(6.0, 0.5 * float(np.median(radius))))
    line = resampled(rounded(np.column_stack([polygon, radius, width]), _FINE), _FINE)
    line = smoothed(line, ramp / _FINE)
    # The start line goes to the middle of the longest straight.
    cut = radius * np.tan(turn / 2.0)
    longest = int(np.argmax(length - cut - np.roll(cut, -1)))
    after = polygon[longest] + edge[longest] * (cut[longest] / length[longest])
    before = polygon[longest] + edge[longest] * (1.0 - np.roll(cut, -1)[longest] / length[longest])
    middle = (after + before) / 2.0
    nearest = int(np.argmin(np.hypot(*(line[:, :2] - middle).T)))
    line = resampled(np.roll(line, -nearest, axis=0), STEP)
    table = np.column_stack([line[:, :2], line[:, 2] / 2.0, line[:, 2] / 2.0])
    rows: Array = np.round(table, 3) + 0.0
    return rows
