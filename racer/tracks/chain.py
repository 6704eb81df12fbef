"""Circuits as chains of straights and arcs, turned once around and closed.

Used by the random road courses and by the odd circuits of the tests.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from racer.tracks.rounding import resampled, smoothed

if TYPE_CHECKING:
    from racer.tracks.dice import Dice
    from racer.tracks.spline import Array

# A straight [m], then a bend: radius [m] and angle [deg], positive to the left.
Segment: TypeAlias = "tuple[float, float, float]"
FINE = 0.25  # distance of the points while drawing [m]


def closed_chain(
    chain: list[Segment], dice: Dice, *, start: float, lengths: tuple[float, float]
) -> list[Segment] | None:
    """The chain with corners that turn it once around, and straights that close it.

    Args:
        chain: its segments; straights of length 0 stay so.
        dice: draws the corners that are missing.
        start: the least length of the first straight [m].
        lengths: of the circuit, from and to [m].

    Returns:
        The closed chain; None if it does not close, or not within `lengths`.
    """
    left = 360.0 - sum(angle for _, _, angle in chain)
    while abs(left) > 1e-9:
        most = math.copysign(min(abs(left), dice.one(60.0, 110.0)), left)
        if 0.0 < abs(left) - abs(most) < 20.0:
            most = left
        chain.append((dice.one(40.0, 400.0), dice.one(12.0, 90.0), most))
        left -= most
    wanted = np.array([straight for straight, _, _ in chain])
    free = wanted > 0.0
    least = np.where(free, np.minimum(wanted, 5.0), 0.0)
    least[0] = start
    heading = np.radians(np.cumsum([0.0, *(angle for _, _, angle in chain)]))
    radius = np.array([r for _, r, _ in chain])
    way = np.exp(1j * heading)
    turning = np.array([angle for _, _, angle in chain])
    side = np.where(np.abs(turning) > 0.0, np.sign(turning) * radius, 0.0)
    arcs = np.sum(side * 1j * (way[:-1] - way[1:]))  # from a bend's beginning to its end
    straights = wanted.copy()
    for _ in range(60):
        gap = np.sum(straights * way[:-1]) + arcs
        if abs(gap) < 1e-6:
            break
        give = np.where(free, wanted, 0.0) ** 2
        give[(straights <= least) & ((way[:-1] * np.conj(gap)).real > 0.0)] = 0.0
        rows = np.stack([way[:-1].real, way[:-1].imag])
        system = (rows * give) @ rows.T
        if np.linalg.cond(system) > 1e8:
            return None
        change = give * (rows.T @ np.linalg.solve(system, [gap.real, gap.imag]))
        straights = np.maximum(straights - change, least)
    else:
        return None
    length = float(np.sum(straights) + np.sum(np.abs(np.radians(turning)) * np.abs(side)))
    if not lengths[0] <= length <= lengths[1]:
        return None
    return [(float(s), r, a) for s, (_, r, a) in zip(straights, chain, strict=True)]


def drawn_chain(
    chain: list[Segment],
    dice: Dice,
    *,
    road: tuple[float, float],
    ramp: tuple[float, float],
    step: float,
) -> Array:
    """The line (K, 4) of a closed chain, the first point in the middle of its first straight.

    Args:
        chain: closed.
        dice: draws the widths and the ramp.
        road: narrowest and widest [m].
        ramp: shortest and longest way over which curvature builds up [m].
        step: distance of the points [m].

    Returns:
        x, y, width right, width left [m].
    """
    headings: list[Array] = []
    heading = 0.0
    for straight, radius, angle in chain:
        headings.append(np.full(round(straight / FINE), heading))
        turn = math.radians(angle)
        count = 0 if angle == 0.0 else max(2, round(abs(turn) * radius / FINE))
        headings.append(heading + turn * (np.arange(count) + 0.5) / max(count, 1))
        heading += turn
    steps = FINE * np.exp(1j * np.concatenate(headings))
    points = np.cumsum(steps - np.mean(steps))  # what rounding to `FINE` left open, spread out
    base = dice.one(*road)
    waves = np.zeros(len(points))
    spread = min(road[1] - base, base - road[0])
    for k, (share, phase) in enumerate(dice.many(6).reshape(3, 2), start=2):
        waves += (
            share / 3.0 * np.sin(2.0 * math.pi * (k * np.arange(len(points)) / len(points) + phase))
        )
    half = 0.5 * (base + spread * waves)
    line = smoothed(np.column_stack([points.real, points.imag, half, half]), dice.one(*ramp) / FINE)
    return resampled(np.roll(line, -round(0.5 * chain[0][0] / FINE), axis=0), step)
