"""Where a road meets itself: bridges, told apart from stretches that lie on one another."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from racer.tracks.spline import Array, Samples

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP = 2.5  # distance of the places that are compared [m]
MOST_PLACES = 8000  # a longer lap is looked at more coarsely
MOST_PAIRS = 50_000  # of places on shared ground; more have no end, and no bridges
NEAR = 15.0  # places closer along the lap than this are one piece of road [m]
TOUCH = 0.3  # roads that share less than this touch only [m]
STEEPEST_MERGE = 25.0  # centre lines that cross at a smaller angle merge [degrees]
_ROUGH = 4
_BLOCK = 512
_PAIRS = 20_000  # of rough places, looked at together


@dataclasses.dataclass(frozen=True)
class Meeting:
    """One place where a road meets itself.

    Attributes:
        first, second: indices of the samples there, first < second.
        bridge: whether the road crosses itself once, at an angle.
        degrees: the angle, 0 where the centre lines do not cross.
    """

    first: int
    second: int
    bridge: bool
    degrees: float


def meetings(samples: Samples, widths: Array) -> list[Meeting]:
    """The places where a road meets itself.

    Args:
        samples: places along the centre line, about a metre apart.
        widths: (K, 2) to the right and to the left [m].
    """
    count = len(samples.s)
    stride = max(1, math.ceil(max(STEP * count / samples.length, count / MOST_PLACES)))
    picked = np.arange(0, count, stride)
    xy, normal, tangent = samples.xy[picked], samples.normal[picked], samples.tangent[picked]
    right, left = widths[picked].T
    step = samples.length / len(picked)
    kept: list[tuple[NDArray[Any], ...]] = []
    for a, b in _close_pairs(xy, np.maximum(right, left), step):
        inside = np.zeros(len(a), bool)
        for one, other in ((a, b), (b, a)):
            for edge in (left, 0.0 * left, -right):
                apart = xy[other] + normal[other] * edge[other][:, None] - xy[one]
                along = np.abs(np.sum(apart * tangent[one], axis=1))
                aside = np.sum(apart * normal[one], axis=1)
                on_road = (aside > TOUCH - right[one]) & (aside < left[one] - TOUCH)
                inside |= on_road & (along <= 0.6 * step)
        crossed, degrees = _crossings(xy, a, b)
        keep = inside | crossed
        kept.append((a[keep], b[keep], crossed[keep], degrees[keep]))
        if sum(len(part[0]) for part in kept) > MOST_PAIRS:  # no circuit; there are no bridges
            kept = [(a, b, crossed & False, degrees) for a, b, crossed, degrees in kept]
            break
    if not kept:
        return []
    a, b, crossed, degrees = (np.concatenate(parts) for parts in zip(*kept, strict=True))
    found = []
    for members in _clusters(a, b, len(picked), math.ceil(NEAR / step)):
        at = members[crossed[members]]
        angle = float(degrees[at].max()) if len(at) else 0.0
        # A crossing through a sample counts on both sides of it: neighbours are one.
        bridge = angle >= STEEPEST_MERGE and bool(np.all(np.ptp([a[at], b[at]], axis=1) <= 1))
        gap = np.hypot(*(xy[a[members]] - xy[b[members]]).T)
        k = members[np.argmin(gap)]
        found.append(Meeting(int(picked[a[k]]), int(picked[b[k]]), bridge, angle))
    return sorted(found, key=lambda meeting: (meeting.bridge, meeting.first))


def _close_pairs(
    xy: Array, reach: Array, step: float
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Pairs i < j, not neighbours along the lap, whose roads may share ground; in blocks."""
    count = len(xy)
    near = max(2, math.ceil(NEAR / step))
    rough = xy[::_ROUGH]  # first between every few places, then between all around those
    bound = 2.0 * (float(reach.max()) + step) + 2.0 * _ROUGH * step
    around = np.stack(np.meshgrid(np.arange(_ROUGH), np.arange(_ROUGH)), axis=-1).reshape(-1, 2)
    for start in range(0, len(rough), _BLOCK):
        block = rough[start : start + _BLOCK]
        dx = block[:, :1] - rough[None, start:, 0]
        dy = block[:, 1:] - rough[None, start:, 1]
        pairs = (np.argwhere(dx * dx + dy * dy < bound * bound) + start) * _ROUGH
        for first in range(0, len(pairs), _PAIRS):
            i, j = (pairs[first : first + _PAIRS, None] + around).reshape(-1, 2).T
            keep = (j - i > near) & (count - (j - i) > near) & (j < count)
            i, j = i[keep], j[keep]
            close = np.hypot(*(xy[i] - xy[j]).T) < reach[i] + reach[j] + 2 * step
            if close.any():
                yield i[close], j[close]


def _crossings(
    xy: Array, a: NDArray[np.intp], b: NDArray[np.intp]
) -> tuple[NDArray[np.bool_], Array]:
    """Whether the pieces of line after places a and b cross, and at what angle [degrees]."""
    step = np.roll(xy, -1, axis=0) - xy
    p, q = step[a], step[b]
    apart = xy[b] - xy[a]
    area = p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]
    safe = np.where(area == 0.0, 1.0, area)
    t = (apart[:, 0] * q[:, 1] - apart[:, 1] * q[:, 0]) / safe
    u = (apart[:, 0] * p[:, 1] - apart[:, 1] * p[:, 0]) / safe
    crossed = (area != 0.0) & (t >= 0.0) & (t <= 1.0) & (u >= 0.0) & (u <= 1.0)
    sine = np.abs(area) / np.maximum(np.hypot(*p.T) * np.hypot(*q.T), 1e-12)
    return crossed, np.degrees(np.arcsin(np.clip(sine, 0.0, 1.0)))


def _clusters(
    a: NDArray[np.intp], b: NDArray[np.intp], count: int, size: int
) -> list[NDArray[np.intp]]:
    """Groups of pairs that are neighbours in both places, as indices into a and b."""
    cells: dict[tuple[int, int], list[int]] = {}
    wide = max(1, -(-count // size))
    for k, cell in enumerate(zip((a // size).tolist(), (b // size).tolist(), strict=True)):
        cells.setdefault(cell, []).append(k)
    groups = []
    while cells:
        waiting = [next(iter(cells))]
        members: list[int] = []
        while waiting:
            i, j = waiting.pop()
            # Beyond the start line the first place becomes the second and the other way round.
            for cell in ((i, j), (j, i)):
                if cell not in cells:
                    continue
                members += cells.pop(cell)
                steps = (-1, 0, 1)
                waiting += [((i + m) % wide, (j + n) % wide) for m in steps for n in steps]
        groups.append(np.array(sorted(members), np.intp))
    return groups
