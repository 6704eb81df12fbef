"""The corners of a circuit."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from racer._core.circuit import Track

STRAIGHT_RADIUS = 400.0  # a bend of a larger radius is part of a straight [m]
CORNER_GAP = 30.0  # bends of one sense closer than this are one corner [m]
CORNER_TURN = math.radians(15.0)  # what turns less is a kink, not a corner


@dataclasses.dataclass(frozen=True)
class Corner:
    """One corner of a circuit.

    Attributes:
        start, end: where it begins and ends [m after the start line]; `end` may exceed the lap's
            length by the part beyond the line.
        turn: change of heading [rad], positive to the left.
        radius: of its tightest place [m].
    """

    start: float
    end: float
    turn: float
    radius: float


def corners(track: Track) -> list[Corner]:
    """The corners of a circuit, in the order of driving.

    A corner is a stretch that bends one way with a radius under `STRAIGHT_RADIUS` and turns by
    `CORNER_TURN` or more; bends of the same sense less than `CORNER_GAP` apart are one corner, so
    that a hairpin counts once.
    """
    bend = np.asarray(track.stations["curvature"])
    spacing = track.spacing
    sense = np.where(np.abs(bend) > 1.0 / STRAIGHT_RADIUS, np.sign(bend), 0.0)
    straight = np.flatnonzero(sense == 0.0)
    first = int(straight[0]) if len(straight) else 0
    bends: list[list[int]] = []  # first station, the one after the last, sense
    for k, sign in enumerate(np.roll(sense, -first).tolist()):
        if sign == 0.0:
            continue
        last = bends[-1] if bends else None
        if last and last[2] == sign and (k - last[1]) * spacing < CORNER_GAP:
            last[1] = k + 1
        else:
            bends.append([k, k + 1, int(sign)])
    rolled = np.roll(bend, -first)
    found = []
    for start, end, _ in bends:
        turn = float(rolled[start:end].sum()) * spacing
        if abs(turn) >= CORNER_TURN:
            s = (start + first) % len(bend) * spacing
            radius = float(1.0 / np.abs(rolled[start:end]).max())
            found.append(Corner(s, s + (end - start) * spacing, turn, radius))
    return sorted(found, key=lambda corner: corner.start)
