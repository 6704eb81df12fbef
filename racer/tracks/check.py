"""Is this line a circuit that can be driven? Everything that is found, with its place.

Used by the import, by `racer tracks validate` and by the generator of random circuits.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import numpy as np

from racer._core.circuit import Track
from racer.tracks.overlap import Meeting, meetings
from racer.tracks.spline import Array, ClosedSpline, Samples

if TYPE_CHECKING:
    from collections.abc import Callable

STEP = 1.0  # distance of the places that are looked at [m]
SHORTEST, LONGEST = 100.0, 50_000.0  # laps, as in the engine [m]
TIGHT = 0.9  # share of the inner radius that the road may take up before it is worth a note
NARROW = 4.0  # a road under two cars' width is worth a note [m]


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that was found.

    Attributes:
        level: "error" (no circuit), "repaired" (changed by the import) or "note".
        text: what and where; a sentence without its full stop.
        xy: the place, for the picture.
    """

    level: str
    text: str
    xy: tuple[float, float] | None = None


def check_line(
    line: Array, *, runoff: float = 2.5, place: Callable[[Array], str] | None = None
) -> tuple[list[Finding], Track | None]:
    """Checks a centre line that has passed `check_values`.

    Args:
        line: (M, 4) x, y, width right, width left [m], closed, no point twice.
        runoff: from the edge to the wall [m].
        place: names the place in the source that is nearest to a position (2,).

    Returns:
        What was found, errors first; the circuit, unless there was an error.
    """
    spline = ClosedSpline(line[:, :2])
    where = place or (lambda _: "")
    # A chain of chords far out of bounds needs no closer look, which could take long.
    sampled = SHORTEST / 2.0 < spline.end < LONGEST * 2.0
    samples = spline.sample(STEP if sampled else max(STEP, spline.end / 100.0))
    if not SHORTEST <= samples.length <= LONGEST:
        text = f"the circuit is {samples.length:,.0f} m long, not from {SHORTEST:.0f} m to 50 km"
        return [Finding("error", text)], None
    widths = spline.widths(line[:, 2:], samples.u)
    found = folds(samples, widths, where)
    found += overlaps(samples, widths, where)
    track = None
    if not any(finding.level == "error" for finding in found):
        try:
            track = Track(*np.ascontiguousarray(line.T), runoff=runoff)
        except ValueError as problem:
            found.append(Finding("error", re.sub(r"\brow \d+: ", "", str(problem))))
    found.append(Finding("note", f"{direction(samples)}, {samples.length:,.0f} m"))
    narrowest = int(np.argmin(widths.sum(axis=1)))
    if widths[narrowest].sum() < NARROW:
        text = f"the road is only {widths[narrowest].sum():.1f} m wide {_at(samples, narrowest)}"
        found.append(_finding("note", text + where(samples.xy[narrowest]), samples, narrowest))
    order = {"error": 0, "repaired": 1, "note": 2}
    return sorted(found, key=lambda finding: order[finding.level]), track


def direction(samples: Samples) -> str:
    """Which way round the circuit goes."""
    turns = round(float(samples.curvature.sum() * samples.length / len(samples.s)) / (2 * np.pi))
    return {1: "counter-clockwise", -1: "clockwise", 0: "a figure of eight"}.get(
        turns, f"{abs(turns)} times {'counter-clockwise' if turns > 0 else 'clockwise'}"
    )


def folds(samples: Samples, widths: Array, where: Callable[[Array], str]) -> list[Finding]:
    """Bends that are tighter than the road is wide on their inside.

    Args:
        samples: the centre line at K places.
        widths: (K, 2) width to the right and to the left at those places [m].
        where: what a message says of a place (2,) [m], such as its row in the file.

    Returns:
        A finding for each bend: an error if the edge folds over itself, a note if it nearly does.
    """
    left = samples.curvature > 0.0
    inner = np.where(left, widths[:, 1], widths[:, 0])
    share = np.abs(samples.curvature) * inner
    found = []
    for first, last in _stretches(share > TIGHT):
        indices = np.arange(first, last) % len(share)
        k = int(indices[np.argmax(share[indices])])
        side = "left" if left[k] else "right"
        radius = 1.0 / abs(samples.curvature[k])
        level = "error" if share[k] >= 1.0 else "note"
        what = "folds over itself" if level == "error" else "comes close to folding"
        text = (
            f"the {side} boundary {what} {_at(samples, k)}{where(samples.xy[k])}: the road is "
            f"{inner[k]:.1f} m wide on the inside of a bend of radius {radius:.1f} m"
        )
        found.append(_finding(level, text, samples, k))
    return found


def overlaps(samples: Samples, widths: Array, where: Callable[[Array], str]) -> list[Finding]:
    """Bridges (notes), and stretches of road that lie on one another (errors).

    Args:
        samples: the centre line at K places.
        widths: (K, 2) width to the right and to the left at those places [m].
        where: what a message says of a place (2,) [m], such as its row in the file.
    """
    found = []
    for meeting in meetings(samples, widths):
        i, j = meeting.first, meeting.second
        if meeting.bridge:
            text = (
                f"the road crosses over itself {_at(samples, i)} and {_at(samples, j)}"
                f"{where(samples.xy[i])}, at {meeting.degrees:.0f} degrees: taken for a bridge"
            )
            found.append(_finding("note", text, samples, i))
        else:
            text = _overlap_text(samples, meeting) + where(samples.xy[i])
            found.append(_finding("error", text, samples, i))
    return found


def _overlap_text(samples: Samples, meeting: Meeting) -> str:
    gap = float(np.hypot(*(samples.xy[meeting.first] - samples.xy[meeting.second])))
    return (
        f"the road overlaps itself: {samples.s[meeting.first]:,.0f} m and "
        f"{samples.s[meeting.second]:,.0f} m after the start its centre lines are "
        f"{gap:.1f} m apart, less than its widths there, and it does not cross like a bridge"
    )


def _at(samples: Samples, k: int) -> str:
    return f"{samples.s[k]:,.0f} m after the start"


def _finding(level: str, text: str, samples: Samples, k: int) -> Finding:
    return Finding(level, text, (float(samples.xy[k, 0]), float(samples.xy[k, 1])))


def _stretches(flags: np.ndarray) -> list[tuple[int, int]]:
    """First and end of every run of True on a ring; neighbours within 10 places are one."""
    if flags.all():
        return [(0, len(flags))]
    hits = np.flatnonzero(flags)
    if not len(hits):
        return []
    gaps = np.diff(np.append(hits, hits[0] + len(flags)))
    ends = np.flatnonzero(gaps > 10)
    if not len(ends):
        return [(0, len(flags))]
    starts = np.roll(ends, 1) + 1
    runs = []
    for start, end in zip(starts % len(hits), ends, strict=True):
        first, last = int(hits[start]), int(hits[end])
        runs.append((first, last + 1 if last >= first else last + 1 + len(flags)))
    return runs
