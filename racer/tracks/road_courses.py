"""Random circuits like those of motor sport: hairpins, chicanes, narrow roads, long straights.

A road course is a chain of corners of the kinds below, each after its straight. Ranges follow what
`racer.tracks.corners` measures on real circuits: 2 to 3.5 corners a kilometre, tightest radius 6 to
20 m, median radius 14 to 70 m, longest straight 400 to 1,300 m, roads 7.5 to 17 m wide.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from racer.tracks.chain import Segment, closed_chain, drawn_chain

if TYPE_CHECKING:
    from collections.abc import Callable

    from racer.tracks.dice import Dice
    from racer.tracks.spline import Array

SHORTEST, LONGEST = 1500.0, 7000.0  # laps [m]
START = 120.0  # straight at the start line, at least [m]
DENSITY = (1.1, 2.2)  # kinds of corners drawn in a kilometre, before those that close the chain
APPROACH = 60.0  # straights from here on are stretched to make up the length [m]
STEP = 3.0  # distance of the points [m]
RAMP = (3.0, 25.0)  # way over which curvature builds up [m]
_COARSE = 12.0  # distance of the points in the first look for overlaps [m]
_APART = 30.0  # centre lines nearer than this overlap, sooner or later [m]
_NEIGHBOURS = 90.0  # what lies nearer than this along the road is no overlap [m]


def _log(dice: Dice, low: float, high: float) -> float:
    """A number whose logarithm is evenly spread."""
    return low * math.pow(high / low, dice.one())


def _side(dice: Dice, left: float = 0.66) -> float:
    return 1.0 if dice.one() < left else -1.0


def _way(dice: Dice) -> float:
    return _log(dice, 25.0, 420.0)


def _hairpin(dice: Dice) -> list[Segment]:
    return [(_log(dice, 80.0, 900.0), _log(dice, 6.0, 16.0), _side(dice) * dice.one(140.0, 190.0))]


def _slow(dice: Dice) -> list[Segment]:
    return [(_way(dice), _log(dice, 7.5, 28.0), _side(dice) * dice.one(55.0, 125.0))]


def _medium(dice: Dice) -> list[Segment]:
    return [(_way(dice), _log(dice, 28.0, 80.0), _side(dice) * dice.one(40.0, 150.0))]


def _fast(dice: Dice) -> list[Segment]:
    return [(_way(dice), _log(dice, 80.0, 280.0), _side(dice) * dice.one(20.0, 75.0))]


def _sweep(dice: Dice) -> list[Segment]:
    """A bend that is taken flat out."""
    return [(_way(dice), _log(dice, 250.0, 700.0), _side(dice, 0.6) * dice.one(10.0, 45.0))]


def _chicane(dice: Dice) -> list[Segment]:
    side, radius, angle = _side(dice, 0.5), _log(dice, 7.5, 30.0), dice.one(28.0, 75.0)
    gap = dice.one(2.0, 30.0)
    first = (_log(dice, 60.0, 900.0), radius, side * angle)
    if dice.one() < 0.4:  # a kink to one side and back
        return [first, (gap, radius * dice.one(1.0, 1.8), -side * angle)]
    return [first, (gap, radius, -2.0 * side * angle), (gap, radius, side * angle)]


def _esses(dice: Dice) -> list[Segment]:
    count, side = dice.whole(2, 5), _side(dice, 0.5)
    rows: list[Segment] = []
    for k in range(count):
        straight = _way(dice) if k == 0 else dice.one(5.0, 60.0)
        rows.append((straight, _log(dice, 25.0, 120.0), side * (-1) ** k * dice.one(25.0, 75.0)))
    return rows


def _double_apex(dice: Dice) -> list[Segment]:
    side, radius = _side(dice), _log(dice, 18.0, 60.0)
    ratio = dice.one(0.45, 1.8)
    return [
        (_way(dice), radius, side * dice.one(40.0, 95.0)),
        (dice.one(0.0, 60.0), radius * ratio, side * dice.one(40.0, 95.0)),
    ]


def _braking_bend(dice: Dice) -> list[Segment]:
    """A fast bend that ends in a slow corner: the brakes are on while the car still turns."""
    side = _side(dice)
    same = side * _side(dice, 0.7)
    return [
        (_log(dice, 100.0, 600.0), _log(dice, 90.0, 300.0), side * dice.one(25.0, 70.0)),
        (dice.one(0.0, 40.0), _log(dice, 9.0, 35.0), same * dice.one(55.0, 130.0)),
    ]


_CORNERS: tuple[Callable[[Dice], list[Segment]], ...] = (
    *(_hairpin, _slow, _slow, _medium, _medium, _fast),
    *(_sweep, _chicane, _esses, _double_apex, _braking_bend),
)


def road_course_length(dice: Dice) -> float:
    """How long a road course is to become, about [m]."""
    return _log(dice, SHORTEST * 1.1, LONGEST * 0.93)


def road_course(dice: Dice, length: float) -> tuple[Array, float] | None:
    """One draw.

    Args:
        dice: of this draw.
        length: about that of the lap [m].

    Returns:
        The line (K, 4) x, y, width right, width left [m], and the run-off [m]; None if the chain
        does not close or its road meets itself.
    """
    chain: list[Segment] = [(START + _log(dice, 20.0, 700.0), 1e9, 0.0)]
    for _ in range(max(3, round(dice.one(*DENSITY) * length / 1000.0))):
        chain += _CORNERS[dice.whole(0, len(_CORNERS) - 1)](dice)
    chain = _stretched(chain, length)
    closed = closed_chain(
        chain, dice, start=START, lengths=(max(SHORTEST, 0.8 * length), min(LONGEST, 1.25 * length))
    )
    if closed is None or _overlaps(closed):
        return None
    base = _log(dice, 7.6, 15.0)
    road = (max(7.4, base * dice.one(0.72, 0.98)), min(17.0, base * dice.one(1.02, 1.35)))
    line = drawn_chain(closed, dice, road=road, ramp=RAMP, step=STEP)
    if dice.one() < 0.35:  # most circuits are driven clockwise, some are not
        mirrored = line * np.array([1.0, -1.0, 1.0, 1.0])
        line = mirrored[:, [0, 1, 3, 2]]
    angle = dice.one(0.0, 2.0 * math.pi)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    line[:, :2] = line[:, :2] @ turn
    return np.round(line, 3) + 0.0, round(dice.one(1.5, 5.0), 1)


def _stretched(chain: list[Segment], length: float) -> list[Segment]:
    """The chain with approaches as long as makes it that long [m], within reason."""
    bends = sum(abs(math.radians(angle)) * radius for _, radius, angle in chain if angle)
    free = sum(straight for straight, _, _ in chain if straight >= APPROACH)
    rest = sum(straight for straight, _, _ in chain if straight < APPROACH)
    factor = min(max((length - bends - rest) / free, 0.5), 2.2)
    return [
        (straight * factor if straight >= APPROACH else straight, radius, angle)
        for straight, radius, angle in chain
    ]


def _overlaps(chain: list[Segment]) -> bool:
    """Whether its road meets itself, looked at coarsely: to throw most draws away at once."""
    place, heading = 0.0j, 0.0
    points: list[complex] = []
    for straight, radius, angle in chain:
        count = int(straight / _COARSE)
        ahead = np.exp(1j * heading)
        points += [place + ahead * _COARSE * k for k in range(count)]
        place += ahead * straight
        if angle:
            turn = math.radians(angle)
            side = math.copysign(radius, turn)
            middle = place + 1j * side * ahead
            parts = max(1, int(abs(turn) * radius / _COARSE))
            points += [
                middle - 1j * side * ahead * np.exp(1j * turn * k / parts) for k in range(parts)
            ]
            heading += turn
            place = middle - 1j * side * np.exp(1j * heading)
    line = np.array(points)
    apart = np.abs(np.arange(len(line))[:, None] - np.arange(len(line)))
    apart = np.minimum(apart, len(line) - apart)
    near = np.abs(line[:, None] - line) < _APART
    return bool(np.any(near & (apart > _NEIGHBOURS / _COARSE)))
