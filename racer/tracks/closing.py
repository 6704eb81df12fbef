"""From the points of a file to those of one lap: no point twice, none astray, ends that meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from racer.errors import TrackError
from racer.tracks.check import Finding

if TYPE_CHECKING:
    from racer.tracks.source import Source
    from racer.tracks.spline import Array

SAME_POINT = 1e-3  # as in the engine [m]
MIN_POINTS = 4  # of a circuit, as in the engine
CLOSING_FACTOR = 3.0  # a gap up to so many times the longest other one is no gap
SMALLEST = 1.0  # a line within so many metres is one in other units
FARTHEST = 200_000.0  # along the points, which noise makes a longer way than the lap [m]
CLOSABLE = 30.0  # a larger gap than this is not closed [m]
CROWDED = 0.35  # share of the distance of points below which two are one place
OVERSHOOT = 0.05  # share of the line that may lie beyond its own beginning
_WAYS = 1000  # pieces of line that are compared at once
JUMP = 50.0  # a longer gap between points is worth a note, if it is unusual [m]


def distinct(source: Source, findings: list[Finding]) -> np.ndarray:
    """Indices of the points, without those that repeat the one before.

    Raises:
        TrackError: all points are in one place.
    """
    xy = source.line[:, :2]
    extent = float(np.ptp(xy, axis=0).max())
    if 0.0 < extent < SMALLEST:
        raise TrackError(
            f"{source.path}: from {source.name(0)} on all points lie within {extent:.2g} m; "
            "positions must be in metres, or, if they are degrees, in columns named lat and lon, "
            "in GeoJSON, KML or GPX."
        )
    repeats = np.append(False, np.hypot(*np.diff(xy, axis=0).T) < SAME_POINT)
    first = np.flatnonzero(repeats)
    if len(first):
        more = f" (and {len(first) - 1} more)" if len(first) > 1 else ""
        findings.append(
            Finding(
                "repaired",
                f"{source.name(int(first[0]))} repeats the point before it{more}: left out",
                (float(xy[first[0], 0]), float(xy[first[0], 1])),
            )
        )
    return np.flatnonzero(~repeats)


def closed(source: Source, index: np.ndarray, findings: list[Finding]) -> np.ndarray:
    """The points of one lap, the first not repeated.

    Args:
        source: the file.
        index: (M,) indices of its points, in order.
        findings: takes what was repaired, and what is worth a note.

    Returns:
        (L,) indices of the points that stay.

    Raises:
        TrackError: there are too few points, one stands out, or the gap is too large.
    """
    index = _without_crowd(source, _without_overshoot(source, index, findings), findings)
    xy = source.line[index, :2]
    steps = np.hypot(*np.diff(xy, axis=0).T)
    if len(xy) > 1 and np.hypot(*(xy[0] - xy[-1])) < SAME_POINT:
        # The last step is one of the file's: however long it is, it leaves no gap.
        index, xy = index[:-1], xy[:-1]
    if len(xy) < MIN_POINTS:
        raise TrackError(
            f"{source.path}: a circuit needs at least {MIN_POINTS} different points, not {len(xy)}."
        )
    if steps.sum() > FARTHEST:
        raise TrackError(
            f"{source.path}: the line from {source.name(int(index[0]))} to "
            f"{source.name(int(index[-1]))} is {steps.sum() / 1000.0:,.0f} km long; a lap is at "
            "most 50 km long."
        )
    gap = float(np.hypot(*(xy[0] - xy[-1])))
    longest = float(steps.max())
    if gap > max(CLOSING_FACTOR * float(np.median(steps)), longest):
        where = f"from {source.name(int(index[-1]))} to {source.name(int(index[0]))}"
        if gap > max(CLOSABLE, CLOSING_FACTOR * longest):
            raise TrackError(
                f"{source.path}: the circuit is not closed: the gap {where} is {gap:,.1f} m; gaps "
                f"of up to {max(CLOSABLE, CLOSING_FACTOR * longest):,.0f} m are closed."
            )
        text = f"a gap of {gap:.1f} m {where} was closed"
        findings.append(Finding("repaired", text, (float(xy[-1, 0]), float(xy[-1, 1]))))
    _check_outliers(source, index)
    k = int(np.argmax(steps))
    if steps[k] > max(JUMP, 10.0 * float(np.median(steps))):
        after = int(index[(k + 1) % len(index)])
        text = (
            f"from {source.name(int(index[k]))} to {source.name(after)} there is no point for "
            f"{steps[k]:,.0f} m"
        )
        findings.append(Finding("note", text, (float(xy[k, 0]), float(xy[k, 1]))))
    return index


def _without_overshoot(source: Source, index: np.ndarray, findings: list[Finding]) -> np.ndarray:
    """Leaves out what was driven beyond the beginning, as a recorded lap often has it."""
    xy = source.line[index, :2]
    if len(xy) < 20:
        return index
    s = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    tail = np.flatnonzero(s > (1.0 - 1.6 * OVERSHOOT) * s[-1])
    tail = tail[tail > len(xy) // 2]
    head = xy[: int(np.searchsorted(s, 2.0 * OVERSHOOT * s[-1])) + 2]
    head = head[:: max(1, len(head) // _WAYS)]
    if len(head) < 2:
        return index
    near = float(np.sum(source.line[index[0], 2:]))
    blocks = [tail[k : k + _WAYS] for k in range(0, len(tail), _WAYS)]
    hits = np.concatenate([_beyond(xy, block, head, near) for block in blocks] or [tail > 0])
    found = np.flatnonzero(hits)
    if not len(found) or found[0] == 0:
        return index
    last = int(tail[found[0]])
    text = (
        f"the line goes on beyond its beginning: {source.name(int(index[last]))} and what follows "
        f"({s[-1] - s[last]:.0f} m) were left out"
    )
    findings.append(Finding("repaired", text, (float(xy[last, 0]), float(xy[last, 1]))))
    return index[:last]


def _beyond(xy: Array, tail: np.ndarray, head: Array, near: float) -> np.ndarray:
    """Whether points (T,) lie beside the way on from the first, not before it, and go its way."""
    ways = np.diff(head, axis=0)
    along = np.sum((xy[tail, None] - head[:-1]) * ways, axis=2) / np.sum(ways * ways, axis=1)
    apart = xy[tail, None] - (head[:-1] + np.clip(along, 0.0, 1.0)[..., None] * ways)
    gaps = np.hypot(apart[..., 0], apart[..., 1])
    own = np.argmin(gaps, axis=1)
    rows = np.arange(len(tail))
    steps = np.diff(xy, axis=0)[tail - 1]
    cosine = np.sum(steps * ways[own], axis=1) / np.hypot(*steps.T) / np.hypot(*ways[own].T)
    beyond = (along[rows, own] > 0.0) | (own > 0)
    return np.asarray(beyond & (gaps[rows, own] < near) & (cosine > 0.5), bool)


def _without_crowd(source: Source, index: np.ndarray, findings: list[Finding]) -> np.ndarray:
    """Leaves out a last point next to the first: noise between the two would turn the line."""
    xy = source.line[index, :2]
    if len(xy) < 20:
        return index
    steps = np.hypot(*np.diff(xy, axis=0).T)
    usual = float(np.median(np.concatenate([steps[:4], steps[-4:]])))
    gap = float(np.hypot(*(xy[0] - xy[-1])))
    if not SAME_POINT <= gap < CROWDED * usual:
        return index
    text = f"{source.name(int(index[-1]))} is {gap:.1f} m from the beginning: left out"
    findings.append(Finding("repaired", text, (float(xy[-1, 0]), float(xy[-1, 1]))))
    return index[:-1]


def _check_outliers(source: Source, index: np.ndarray) -> None:
    """Raises TrackError if a point lies far from the way between its neighbours."""
    xy = source.line[index, :2]
    before, after = np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0)
    chord = np.hypot(*(after - before).T)
    detour = np.hypot(*(xy - before).T) + np.hypot(*(after - xy).T)
    typical = float(np.median(np.hypot(*(after - xy).T)))
    out = (detour > 3.0 * chord) & (detour > 8.0 * typical) & (detour > 20.0)
    if out.any():
        k = int(np.argmax(np.where(out, detour - chord, -np.inf)))
        away = float(np.hypot(*(xy[k] - (before[k] + after[k]) / 2.0)))
        raise TrackError(
            f"{source.path}: {source.name(int(index[k]))} lies {away:,.0f} m away from the line "
            "between its neighbours."
        )
