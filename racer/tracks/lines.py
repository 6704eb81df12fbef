"""Several lines of one map, joined to the one that they are parts of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from racer.errors import TrackError

if TYPE_CHECKING:
    from pathlib import Path

    from racer.tracks.spline import Array

JOIN = 20.0  # ends that are further apart belong to different ways [m]
MOST_PARTS = 500


def joined(path: Path, parts: list[Array]) -> Array:
    """The points (M, 2) of the ring that the parts make; the longest one gives the direction.

    Args:
        path: the file, for messages.
        parts: the lines, each (K, 2) [m], in any order and either direction.

    Raises:
        TrackError: the parts do not form one ring.
    """
    if len(parts) == 1:
        return parts[0]
    if len(parts) > MOST_PARTS:
        raise TrackError(f"{path}: holds {len(parts):,} lines; {MOST_PARTS} are the most.")
    lengths = [float(np.hypot(*np.diff(part, axis=0).T).sum()) for part in parts]
    left = dict(enumerate(parts))
    first = int(np.argmax(lengths))
    ring = [left.pop(first)]
    last = first
    while left:
        end, start = ring[-1][-1], ring[0][0]
        gaps = [
            (float(np.hypot(*(part[side] - end))), number, side)
            for number, part in left.items()
            for side in (0, -1)
        ]
        gap, number, side = min(gaps)
        home = float(np.hypot(*(start - end)))
        # Once it is closed, but for a piece that just fits into the gap, nothing belongs to it.
        closed = home <= JOIN and lengths[number] > 2.0 * home + 1.0
        if gap > JOIN or closed:
            others = ", ".join(str(other + 1) for other in sorted(left)[:10])
            if closed:
                reason = f"line {others} is not part of the ring that the others form"
            else:
                reason = (
                    f"line {number + 1} is {gap:,.0f} m away from the end of line {last + 1}; "
                    f"gaps of up to {JOIN:.0f} m are joined"
                )
            raise TrackError(
                f"{path}: holds {len(parts)} lines that do not form one ring: {reason}."
            )
        part = left.pop(number)
        part = part if side == 0 else part[::-1]
        ring.append(part[1:] if gap < 1e-3 else part)
        last = number
    return np.concatenate(ring)
