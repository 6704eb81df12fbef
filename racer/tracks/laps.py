"""From what a car recorded to one lap: without where it stood, and without further laps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from racer.tracks.check import Finding

if TYPE_CHECKING:
    from racer.tracks.source import Source
    from racer.tracks.spline import Array

STEP = 3.0  # distance of the places that are compared [m]
MOST_PLACES = 40_000
LONGEST = 150_000.0  # the part of a record that is looked at [m]
SHORTEST_LAP = 100.0  # [m]
NEAR = 12.0  # a car that comes back passes within so many metres, or the road's width
ALONG = 60.0  # and stays there for so many metres [m]
BEYOND = 0.05  # share of a lap up to which more than one is an overlap of its ends
_WINDOW = 8  # points over which a car that stands gets nowhere
_TRIED = 400  # places at which a lap may begin


def without_standing(source: Source, index: np.ndarray, findings: list[Finding]) -> np.ndarray:
    """The points without those of a stationary car, of which one stays.

    Args:
        source: the file.
        index: (M,) indices of its points, in order.
        findings: takes a finding if points are left out.

    Returns:
        (L,) indices of the points that stay.
    """
    xy = source.line[index, :2]
    if len(xy) < 4 * _WINDOW:
        return index
    steps = np.hypot(*np.diff(xy, axis=0).T)
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    way = sums[_WINDOW:] - sums[:-_WINDOW]
    net = np.hypot(*(xy[_WINDOW:] - xy[:-_WINDOW]).T)
    # Typical of the way, not of the time: however long the car stands, it makes no way.
    usual = _typical(net, net)
    if _typical(way / np.maximum(net, 1e-6), net) > 1.5:  # all of it is a zigzag: noise, no stops
        return index
    stands = (net < 0.1 * usual) & (way > 2.5 * net)
    if not stands.any():
        return index
    still = np.zeros(len(xy), bool)
    for k in np.flatnonzero(stands):
        still[k : k + _WINDOW + 1] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[0], still.astype(int), [0]])))
    keep = ~still
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        # The window reaches into the way there and back: these points moved on, and stay.
        inside = xy[first:end]
        middle = np.median(inside, axis=0)
        far = np.hypot(*(inside - middle).T)
        near = np.flatnonzero(far <= 4.0 * float(np.median(far)) + 1.0)
        left = slice(first + int(near[0]), first + int(near[-1]) + 1)
        keep[first:end] = True
        keep[left] = False
        count = left.stop - left.start
        if left.start > 0 and left.stop < len(xy):
            keep[first + int(np.argmin(far))] = True
            count -= 1
        text = (
            f"the car stands from {source.name(int(index[left.start]))} to "
            f"{source.name(int(index[left.stop - 1]))}: {count} points were left out"
        )
        findings.append(Finding("repaired", text, (float(middle[0]), float(middle[1]))))
    return index[keep]


def _typical(values: Array, weights: Array) -> float:
    """The weighted median."""
    order = np.argsort(values)
    sums = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(sums, 0.5 * sums[-1])]])


def one_lap(source: Source, index: np.ndarray, findings: list[Finding]) -> np.ndarray:
    """The points of the first complete lap, if the record holds more than one.

    Args:
        source: the file.
        index: (M,) indices of its points, in order.
        findings: takes a finding if points are left out.

    Returns:
        (L,) indices of the points that stay.
    """
    xy = source.line[index, :2]
    if len(xy) < 20:
        return index
    s = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    end = min(float(s[-1]), LONGEST)
    count = int(np.clip(end / STEP, 40, MOST_PLACES))
    at = np.linspace(0.0, end, count)
    places = np.column_stack([np.interp(at, s, column) for column in xy.T])
    near = max(NEAR, float(np.sum(source.line[index[0], 2:])))
    found = _first_return(places, at, near)
    if found is None:
        return index
    first, second = found
    length = at[second] - at[first]
    if at[first] == 0.0 and s[-1] - at[second] <= BEYOND * length:
        return index  # one lap, whose ends may overlap
    a = int(np.searchsorted(s, at[first]))
    b = int(np.searchsorted(s, at[second]))
    if b - a < 4:
        return index
    laps = float(s[-1] - at[first]) / float(length)
    lead = f"after a way of {at[first]:,.0f} m to it " if a > 0 else ""
    text = (
        f"{lead}the line holds {laps:.1f} laps: the first complete one is used, from "
        f"{source.name(int(index[a]))} to {source.name(int(index[b - 1]))}"
    )
    findings.append(Finding("repaired", text, (float(xy[a, 0]), float(xy[a, 1]))))
    return index[a:b]


def _first_return(places: Array, at: Array, near: float) -> tuple[int, int] | None:
    """The first place that the line passes again, on the same way, and where that is.

    Args:
        places: (K, 2) along the line.
        at: (K,) their distances from its beginning [m].
        near: how close it must pass [m].
    """
    step = float(at[1] - at[0])
    ahead = np.diff(places, axis=0, append=places[-1:])
    ahead[-1] = ahead[-2]
    ahead /= np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    lap = int(np.ceil(SHORTEST_LAP / step))
    follow = max(1, int(ALONG / step))
    stride = max(1, int(10.0 / step))
    for first in range(0, max(1, len(places) - lap), stride)[:_TRIED]:
        rest = slice(first + lap, None)
        gap = np.hypot(*(places[rest] - places[first]).T)
        same = (gap < near) & (ahead[rest] @ ahead[first] > 0.5)
        for hit in np.flatnonzero(same)[:50]:
            second = first + lap + int(hit)
            window = gap[hit : hit + int(2.0 * near / step) + 1]
            second += int(np.argmin(window))
            more = min(follow, len(places) - second)
            apart = places[second : second + more] - places[first : first + more]
            close = np.median(np.hypot(*apart.T)) < near
            if close and _goes_on(places, first, second, near):
                return first, second
    return None


def _goes_on(places: Array, first: int, second: int, near: float) -> bool:
    """Whether what follows a lap is driven near it, too, where it would be two more or longer."""
    lap = second - first
    if len(places) - second < 2 * lap:
        return True
    every = max(1, lap // 200)
    part = max(1, lap // 2000)
    apart = places[second : second + 2 * lap : every, None] - places[first:second:part]
    gaps = np.hypot(apart[..., 0], apart[..., 1]).min(axis=1)
    return bool(np.mean(gaps < 2.0 * near) > 0.5)
