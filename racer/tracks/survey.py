"""From a file to a circuit: closing, smoothing, resampling, checking; with all that was found."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from racer.errors import TrackError
from racer.tracks.check import STEP as CHECK_STEP
from racer.tracks.check import Finding, check_line, folds
from racer.tracks.chords import TOLERANCE, WIDTH_SHARE, graded
from racer.tracks.closing import SAME_POINT, closed, distinct
from racer.tracks.laps import one_lap, without_standing
from racer.tracks.smoothing import Smoothed, Smoother, smoother_for
from racer.tracks.source import NARROWEST
from racer.tracks.spline import Array, ClosedSpline
from racer.tracks.tube import leaves, within_tube
from racer.tracks.unfold import Unfolded, unfolded

if TYPE_CHECKING:
    from collections.abc import Callable

    from racer._core.circuit import Track
    from racer.tracks.source import Source

GEOGRAPHIC_TOLERANCE = 5.0  # for positions in degrees, which are rarely better [m]
NOISY = 0.2  # noise of this share of the tolerance can be what makes an edge fold
STEP = 2.5  # distance of the points of an imported line [m]


@dataclasses.dataclass(frozen=True)
class Survey:
    """What became of a file.

    Attributes:
        source: the file.
        findings: what was found, errors first.
        line: (K, 4) the circuit as it would be kept: x, y, width right, width left [m].
        track: the circuit, unless there was an error.
        noise: estimated noise of the points, one standard deviation [m].
        largest_move, rms_move: distances of the points that came in from the line [m].
        largest_gap: the largest distance of the line, anywhere, from the chords between them [m].
    """

    source: Source
    findings: list[Finding]
    line: Array
    track: Track | None
    noise: float
    largest_move: float
    rms_move: float
    largest_gap: float

    @property
    def errors(self) -> list[Finding]:
        """The findings for which it is no circuit."""
        return [finding for finding in self.findings if finding.level == "error"]

    def refusal(self) -> TrackError:
        """The first error as an exception."""
        first, *others = self.errors
        more = f" (and {len(others)} more; see `racer tracks validate`)" if others else ""
        return TrackError(f"{self.source.path}: {first.text}{more}.")


def survey(
    source: Source,
    *,
    tolerance: float | None = None,
    runoff: float | None = None,
    reverse: bool = False,
    start_offset: float = 0.0,
) -> Survey:
    """Makes a circuit of what a file holds, and looks for everything that may be wrong with it.

    Args:
        source: the file.
        tolerance: largest move of the line [m]; None for the default of its kind.
        runoff: from the edge to the wall [m]; None for what the settings say.
        reverse: drive it the other way round than the file and its settings say.
        start_offset: moves the start line so far along the line, in driving direction, on top of
            what the settings say [m].

    Raises:
        TrackError: an option makes no sense, or there is no line to look at.
    """
    tolerance, allowed = _checked(source, tolerance, runoff, start_offset)
    runoff = source.settings.runoff if runoff is None else runoff
    findings: list[Finding] = []
    index = without_standing(source, distinct(source, findings), findings)
    index = closed(source, one_lap(source, index, findings), findings)
    kept, allowed = source.line[index], allowed[index]

    def place(xy: Array) -> str:
        nearest = int(np.argmin(np.hypot(*(kept[:, :2] - xy).T)))
        return f", near {source.name(int(index[nearest]))}"

    line, origin = graded(kept, _by_chords(allowed))
    smoothed = _smoothed(line, allowed[origin])
    own = np.searchsorted(origin, np.arange(len(kept)))
    at, free = smoothed.places[own], smoothed
    if tolerance > 0.0:
        smoothed = within_tube(smoothed, kept[:, :2], at, allowed, smoothed.moves[own])
    gaps, moves = leaves(smoothed, kept[:, :2], at)
    if smoothed is free:
        moves = smoothed.moves[own]
    noisy = smoothed.limited or smoothed.noise > NOISY * tolerance
    folded = noisy and _folds_for_good(line, smoothed)
    findings += _moving_findings(smoothed, moves, allowed, source, index)
    findings += _noise_findings(smoothed, tolerance, folded=folded)
    backwards = reverse != (source.settings.direction == "reverse")
    offset = source.settings.start_offset + start_offset
    table = _resampled(line, smoothed, backwards, offset)
    steps = np.hypot(*(np.roll(table, -1, axis=0) - table)[:, :2].T)
    if steps.min() < SAME_POINT:
        where = place(table[int(np.argmin(steps)), :2])
        raise TrackError(f"{source.path}: the line turns back on itself{where}.")
    table, narrowed = unfolded(table)
    findings += [_unfolding(one, place) for one in narrowed]
    found, track = check_line(table, runoff=runoff, place=place)
    findings += _too_narrow(table, place)
    order = {"error": 0, "repaired": 1, "note": 2}
    findings = sorted([*findings, *found], key=lambda finding: order[finding.level])
    return Survey(
        source=source,
        findings=findings,
        line=table,
        track=track if not any(f.level == "error" for f in findings) else None,
        noise=smoothed.noise,
        largest_move=float(moves.max()),
        rms_move=float(np.sqrt(np.mean(moves**2))),
        largest_gap=float(gaps.max()),
    )


def _too_narrow(line: Array, place: Callable[[Array], str]) -> list[Finding]:
    whole = line[:, 2] + line[:, 3]
    k = int(np.argmin(whole))
    if whole[k] >= NARROWEST - 0.01:
        return []
    text = (
        f"the road is only {whole[k]:.1f} m wide{place(line[k, :2])}; below {NARROWEST:g} m no car "
        "fits: a model track of 1:10 takes --scale 10"
    )
    return [Finding("error", text, (float(line[k, 0]), float(line[k, 1])))]


def _by_chords(allowed: Array) -> Array:
    """How far a line may swing out between points: also where they must not move at all."""
    return np.where(allowed > 0.0, allowed, TOLERANCE)


def _checked(
    source: Source, tolerance: float | None, runoff: float | None, start_offset: float
) -> tuple[float, Array]:
    """The tolerance, and what it is at each point (M,), after a look at all options.

    Without one that somebody chose it is that of the source's kind, and never more than the road
    has room for: where its edges were measured, a third of the way to the nearer one.
    """
    allowed = np.full(len(source.line), np.inf)
    if tolerance is None:
        tolerance = GEOGRAPHIC_TOLERANCE if source.geographic else TOLERANCE
        share = 1.0 if source.geographic else WIDTH_SHARE
        allowed = share * np.min(source.line[:, 2:], axis=1)
    if not 0.0 <= tolerance <= 20.0:
        raise TrackError(f"the tolerance must be from 0 to 20 m, not {tolerance:g}.")
    if runoff is not None and not 0.0 <= runoff <= 100.0:
        raise TrackError(f"the run-off must be from 0 to 100 m, not {runoff:g}.")
    toml = source.path.with_suffix(".toml")
    for place, offset in (("", start_offset), (f"{toml}: ", source.settings.start_offset)):
        if not abs(offset) <= 50_000.0:
            raise TrackError(
                f"{place}the start offset must be from -50000 to 50000 m, not {offset:g}."
            )
    if not 0.0 <= source.settings.runoff <= 100.0:
        raise TrackError(f"{toml}: runoff must be from 0 to 100 m, not {source.settings.runoff:g}.")
    return tolerance, np.minimum(tolerance, allowed)


def _smoothed(line: Array, tolerance: Array) -> Smoothed:
    """As much smoothing as the noise asks for; more, within the tolerance, if an edge folds.

    Args:
        line: (N, 4).
        tolerance: (N,) largest move of each point [m].
    """
    smoother = smoother_for(line[:, :2])
    best = smoother.within(tolerance)
    if (best.moves > tolerance).any():  # means of neighbours alone move the line too far
        smoother = Smoother(line[:, :2], finest=0.0)
        best = smoother.within(tolerance)
    if tolerance.max() == 0.0 or not _folds(line, best):
        return best
    strength = max(best.strength, 0.03)
    while strength < 1e12:
        strength *= 10**0.5
        more = smoother.within(tolerance, strength)
        if more.limited:
            break
        if not _folds(line, more):
            return more
    return best


def _folds(line: Array, smoothed: Smoothed) -> bool:
    samples = ClosedSpline(smoothed.points).sample(CHECK_STEP)
    widths = _widths_on(line, smoothed, samples.s / samples.length)
    return any(f.level == "error" for f in folds(samples, widths, lambda _: ""))


def _folds_for_good(line: Array, smoothed: Smoothed) -> bool:
    """Whether an edge folds that `unfolded` leaves as it is."""
    table, _ = unfolded(_resampled(line, smoothed, backwards=False, offset=0.0))
    spline = ClosedSpline(table[:, :2])
    samples = spline.sample(CHECK_STEP)
    found = folds(samples, spline.widths(table[:, 2:], samples.u), lambda _: "")
    return any(f.level == "error" for f in found)


def _widths_on(line: Array, smoothed: Smoothed, share: Array) -> Array:
    """Widths (K, 2) at shares of the lap: means over about `STEP`, straight in between."""
    widths = line[:, 2:]
    steps = np.hypot(*np.diff(line[:, :2], axis=0).T)
    group = max(1, int(STEP / max(float(np.median(steps)), SAME_POINT)))
    if group > 1 and len(widths) > 4 * group:
        wide = np.concatenate([widths[-group:], widths, widths[:group]])
        sums = np.cumsum(np.vstack([np.zeros(2), wide]), axis=0)
        size = 2 * (group // 2) + 1
        first = np.arange(len(widths)) + group - group // 2
        widths = (sums[first + size] - sums[first]) / size
    shares = _shares(smoothed)
    order = np.argsort(shares, kind="stable")
    return np.column_stack(
        [np.interp(share, shares[order], w[order], period=1.0) for w in widths.T]
    )


def _shares(smoothed: Smoothed) -> Array:
    """Places (N,) of the points that came in, as shares of the smoothed lap."""
    spline = ClosedSpline(smoothed.points)
    old = np.append(smoothed.u, smoothed.end)
    return np.asarray(np.interp(smoothed.places, old, spline.knots / spline.end), np.float64)


def _resampled(line: Array, smoothed: Smoothed, backwards: bool, offset: float) -> Array:
    """The line at equal distances in driving direction, rounded to millimetres, (K, 4)."""
    spline = ClosedSpline(smoothed.points)
    length = spline.sample(CHECK_STEP).length
    step = min(STEP, length / 40.0)
    start = float(_shares(smoothed)[0]) * length  # a mean may have taken the first point's place
    samples = spline.sample(step, first=start + (-offset if backwards else offset))
    widths = _widths_on(line, smoothed, samples.s / samples.length)
    table = np.column_stack([samples.xy, widths])
    if backwards:
        table = np.roll(table[::-1], 1, axis=0)[:, [0, 1, 3, 2]]
    return np.array(np.round(table, 3) + 0.0, np.float64)


def _unfolding(one: Unfolded, place: Callable[[Array], str]) -> Finding:
    text = (
        f"the {one.side} boundary folded over itself {one.s:,.0f} m after the start"
        f"{place(one.xy)}: on the inside of a bend of radius {one.radius:.1f} m the road is now "
        f"{one.after:.1f} m wide, not {one.before:.1f} m"
    )
    return Finding("repaired", text, (float(one.xy[0]), float(one.xy[1])))


def _moving_findings(
    smoothed: Smoothed, moves: Array, allowed: Array, source: Source, index: np.ndarray
) -> list[Finding]:
    k = int(np.argmax(moves))
    if smoothed.strength == 0.0 and moves[k] < 0.01:
        return []
    rms = math.sqrt(float(np.mean(moves**2)))
    x, y = source.line[index[k], :2]
    what = "smoothed" if smoothed.strength > 0.0 else "rounded where points lie far apart"
    text = (
        f"{what}: the line moved by {rms:.3f} m (rms), {moves[k]:.2f} m at most, "
        f"at {source.name(int(index[k]))}; {allowed[k]:.3g} m are allowed there"
    )
    return [Finding("repaired", text, (float(x), float(y)))]


def _noise_findings(smoothed: Smoothed, tolerance: float, *, folded: bool) -> list[Finding]:
    if not smoothed.limited and not folded:
        return []
    text = (
        f"about {smoothed.noise:.2f} m of noise was more than a tolerance of {tolerance:g} m "
        "lets smoothing take out"
    )
    if folded:
        text += (
            f", and with what is left of it boundaries fold: --tolerance "
            f"{math.ceil(4.0 * smoothed.noise + tolerance):.0f} allows more"
        )
    return [Finding("error" if folded else "note", text)]
