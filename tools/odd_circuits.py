"""Circuits of odd characters, by kind and seed: what scripted drivers and the solver must stand.

A circuit is a chain of straights and arcs: patterns of one kind (hairpins of 6 m radius, bends
that tighten, chicanes, braking out of a long bend, ...) and plain corners, turned once around.
The straights are made to fit, so that the chain closes; what overlaps is thrown away and drawn
again. As with the random circuits, only raw bits of the generator are used: a seed means the same
circuit everywhere.

    python -m racer.tools.odd_circuits --out DIR --count 2   # two of each kind, as files to import
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from racer._core.circuit import Track
from racer.errors import TrackError
from racer.formats.files import atomic_write
from racer.tracks.chain import Segment, closed_chain, drawn_chain
from racer.tracks.check import check_line
from racer.tracks.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from racer.tracks.spline import Array

    Pattern = Callable[[Dice], list[Segment]]

PREFIX = "odd:"
SHORTEST, LONGEST = 700.0, 7000.0  # laps [m]
START = 60.0  # straight at the start line, at least [m]
ATTEMPTS = 400


def _oval(dice: Dice) -> list[Segment]:
    radius = dice.one(40.0, 260.0)
    return [(dice.one(200.0, 1200.0), radius, 90.0), (dice.one(2.0, 120.0), radius, 90.0)]


def _hairpin(dice: Dice) -> list[Segment]:
    side = 1.0 if dice.one() < 0.6 else -1.0
    return [(dice.one(60.0, 350.0), dice.one(6.0, 9.0), side * dice.one(150.0, 185.0))]


def _tightening(dice: Dice) -> list[Segment]:
    side = 1.0 if dice.one() < 0.65 else -1.0
    last, ratio = dice.one(9.0, 30.0), dice.one(1.7, 2.6)
    angles = dice.many(3, 25.0, 60.0) * side
    first = (dice.one(80.0, 400.0), last * ratio**2, float(angles[0]))
    return [first, (0.0, last * ratio, float(angles[1])), (0.0, last, float(angles[2]))]


def _braking_bend(dice: Dice) -> list[Segment]:
    """A long fast bend that ends in a slow corner, to either side."""
    side = 1.0 if dice.one() < 0.7 else -1.0
    same = 1.0 if dice.one() < 0.7 else -1.0
    fast = (dice.one(150.0, 500.0), dice.one(110.0, 300.0), side * dice.one(30.0, 70.0))
    slow = (dice.one(0.0, 25.0), dice.one(9.0, 28.0), same * side * dice.one(60.0, 120.0))
    return [fast, slow]


def _long_straight(dice: Dice) -> list[Segment]:
    side = 1.0 if dice.one() < 0.7 else -1.0
    return [(dice.one(600.0, 1400.0), dice.one(8.0, 14.0), side * dice.one(140.0, 180.0))]


def _chicane(dice: Dice) -> list[Segment]:
    side = 1.0 if dice.one() < 0.5 else -1.0
    radius, angle, gap = dice.one(9.0, 25.0), dice.one(30.0, 75.0), dice.one(2.0, 25.0)
    way = dice.one(80.0, 700.0)
    return [
        (way, radius, side * angle),
        (gap, radius, -2.0 * side * angle),
        (gap, radius, side * angle),
    ]


def _esses(dice: Dice) -> list[Segment]:
    count, side = dice.whole(3, 5), 1.0 if dice.one() < 0.5 else -1.0
    radii, angles, gaps = (
        dice.many(count, 20.0, 120.0),
        dice.many(count, 25.0, 60.0),
        dice.many(count),
    )
    rows = [
        (10.0 + 40.0 * g, float(r), float(a)) for g, r, a in zip(gaps, radii, angles, strict=True)
    ]
    return [(gap, radius, side * angle * (-1) ** i) for i, (gap, radius, angle) in enumerate(rows)]


def _plain(dice: Dice) -> list[Segment]:
    side = 1.0 if dice.one() < 0.7 else -1.0
    return [(dice.one(40.0, 400.0), dice.one(10.0, 140.0), side * dice.one(35.0, 110.0))]


@dataclass(frozen=True)
class Kind:
    """How circuits of one kind are drawn.

    Attributes:
        patterns: one of the first for sure, the others by chance.
        least, most: how many of them.
        road: narrowest and widest [m].
        ramp: shortest and longest way over which curvature builds up [m].
        step: distance of the points of the line [m].
        error: of a survey, at most [m].
    """

    patterns: Sequence[Pattern]
    least: int
    most: int
    road: tuple[float, float]
    ramp: tuple[float, float]
    step: float
    error: float = 0.0


KINDS = {
    "oval": Kind([_oval], 1, 1, (9.0, 15.0), (5.0, 40.0), 4.0),
    "hairpins": Kind([_hairpin, _plain], 3, 6, (7.5, 10.0), (2.0, 6.0), 2.0),
    "tightening": Kind([_tightening], 2, 4, (8.0, 13.0), (3.0, 15.0), 3.0),
    "braking-bend": Kind([_braking_bend, _plain], 3, 6, (9.0, 13.0), (4.0, 20.0), 4.0),
    "long-straight": Kind([_long_straight, _plain], 2, 4, (9.0, 14.0), (3.0, 10.0), 3.0),
    "chicanes": Kind([_chicane, _plain], 3, 6, (8.0, 12.0), (2.0, 10.0), 3.0),
    "esses": Kind([_esses, _plain], 2, 5, (8.0, 12.0), (4.0, 15.0), 4.0),
    "narrow": Kind([_plain, _chicane, _tightening], 4, 8, (7.5, 7.5), (3.0, 10.0), 3.0),
    "surveyed": Kind([_plain, _braking_bend, _esses], 4, 7, (8.0, 13.0), (4.0, 15.0), 5.0, 0.02),
    "mixed": Kind(
        [_hairpin, _tightening, _braking_bend, _chicane, _esses, _plain],
        4, 8, (7.5, 14.0), (2.0, 20.0), 3.0,
    ),
}  # fmt: skip


@lru_cache(maxsize=64)
def odd_track(kind: str, seed: int) -> Track:
    """The circuit of a kind and seed, named `odd:KIND-SEED`.

    Raises:
        TrackError: there is no such kind, or no circuit came of the seed.
    """
    return odd_circuit(kind, seed)[1]


def odd_circuit(kind: str, seed: int) -> tuple[Array, Track]:
    """Its line (K, 4) x, y, width right, width left [m], and the circuit; errors as `odd_track`."""
    if kind not in KINDS:
        raise TrackError(f"odd circuits are {', '.join(KINDS)}, not {kind!r}.")
    drawn, number = KINDS[kind], list(KINDS).index(kind)
    for attempt in range(ATTEMPTS):
        dice = Dice(7919 + number, seed, attempt)
        open_chain = [(START + dice.one(0.0, 300.0), 1e9, 0.0)]
        for i in range(dice.whole(drawn.least, drawn.most)):
            patterns = drawn.patterns
            pattern = patterns[0] if i == 0 else patterns[dice.whole(0, len(patterns) - 1)]
            open_chain += pattern(dice)
        chain = closed_chain(open_chain, dice, start=START, lengths=(SHORTEST, LONGEST))
        if chain is None:
            continue
        line = drawn_chain(chain, dice, road=drawn.road, ramp=drawn.ramp, step=drawn.step)
        line[:, :2] += drawn.error * dice.many(line[:, :2].size, -1.0, 1.0).reshape(-1, 2)
        line = np.round(line, 3) + 0.0
        runoff = round(dice.one(1.5, 4.0), 1)
        findings, track = check_line(line, runoff=runoff)
        if track is None or any(finding.level == "error" for finding in findings):
            continue
        return line, Track(
            *np.ascontiguousarray(line.T), name=f"{PREFIX}{kind}-{seed}", runoff=runoff
        )
    raise TrackError(f"no circuit came of {kind} {seed}.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes circuits as CSV files."""
    parser = argparse.ArgumentParser(description="Writes circuits of odd characters as files.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--count", type=int, default=1, help="of each kind (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the first (default 0)")
    args = parser.parse_args(arguments)
    for kind in KINDS:
        for seed in range(args.seed, args.seed + args.count):
            line, track = odd_circuit(kind, seed)
            rows = ["# x_m,y_m,w_tr_right_m,w_tr_left_m"]
            rows += [",".join(f"{value:.3f}" for value in row) for row in line]
            atomic_write(args.out / f"{kind}-{seed}.csv", ("\n".join(rows) + "\n").encode())
            print(f"{kind}-{seed}: {track.length:,.0f} m")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
