"""Takes back a boundary that folds over itself for less than its place is known.

An edge lies beside the centre line at its width. Where a bend's radius is smaller than the width on
its inside, the edge runs backwards: it makes a loop that no road has. Mostly that is a road of
other size than this line says. But at the apex of a hairpin, whose line was measured every few
metres, the radius comes out too small by a little, and the edge runs backwards for some
centimetres. There the road is made as much narrower on its inside as is needed, which takes
no more than the tip of the loop from it.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from racer.tracks.spline import Array, ClosedSpline

SHORT = 1.0  # an edge that runs backwards further than this is wrong [m]
SHARE = 0.88  # of the inner radius that a road may take up where its edge folded
NEARLY = 0.99  # from this share on an edge may fold, between the places that are looked at
_STEP = 0.1  # their distance [m]


@dataclasses.dataclass(frozen=True)
class Unfolded:
    """A place where a road was made narrower.

    Attributes:
        xy: (2,) of the tightest place [m].
        s: its distance from the first point [m].
        side: "left" or "right".
        radius: of the bend there [m].
        before, after: the width there to that side [m].
    """

    xy: Array
    s: float
    side: str
    radius: float
    before: float
    after: float


def unfolded(line: Array) -> tuple[Array, list[Unfolded]]:
    """A line whose edges do not fold, where they did so for a short way only.

    Args:
        line: (K, 4) x, y, width right, width left [m], closed, no point twice.

    Returns:
        The line (K, 4), the very same one if there was nothing to do, and where it was changed.
    """
    spline = ClosedSpline(line[:, :2])
    samples = spline.sample(_STEP)
    widths = spline.widths(line[:, 2:], samples.u)
    step = samples.length / len(samples.s)
    changed = line
    places = []
    for side, column, sense in (("right", 0, -1.0), ("left", 1, 1.0)):
        bend = np.maximum(sense * samples.curvature, 0.0)
        share = bend * widths[:, column]
        for run in _runs(share > SHARE):
            back = float(np.sum(np.maximum(share[run] - 1.0, 0.0)) * step)
            if share[run].max() < NEARLY or back > SHORT:
                continue
            if changed is line:
                changed = line.copy()
            _narrow(changed[:, 2 + column], spline, samples.u[run], SHARE / bend[run])
            k = int(run[np.argmax(share[run])])
            after = float(spline.widths(changed[:, 2:], samples.u[k : k + 1])[0, column])
            places.append(
                Unfolded(
                    xy=samples.xy[k],
                    s=float(samples.s[k]),
                    side=side,
                    radius=1.0 / float(bend[k]),
                    before=float(widths[k, column]),
                    after=after,
                )
            )
    return changed, places


def _narrow(widths: Array, spline: ClosedSpline, u: Array, room: Array) -> None:
    """Limits the widths (K,) of the points, in place, to the room at parameters u beside them."""
    count = len(widths)
    before = np.clip(np.searchsorted(spline.knots, u, side="right") - 1, 0, count - 1)
    for point in (before, (before + 1) % count):
        limit = np.full(count, np.inf)
        np.minimum.at(limit, point, np.floor(room * 1e3) / 1e3)
        np.minimum(widths, limit, out=widths)


def _runs(flags: np.ndarray) -> list[np.ndarray]:
    """Indices of every run of True on a ring; none if all of it is one."""
    if flags.all() or not flags.any():
        return []
    first = int(np.argmin(flags))  # a False, from which no run crosses the end
    turned = np.append(np.roll(flags, -first), False)
    edges = np.flatnonzero(np.diff(turned.astype(np.int8)))
    return [
        (np.arange(a + 1, b + 1) + first) % len(flags)
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]
