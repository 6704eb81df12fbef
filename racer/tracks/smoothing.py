"""Takes measured noise out of a centre line, as much as there is and never more than allowed.

The line, at equal distances, is the sum of a smooth curve and of noise. The smooth curve is the one
that balances its distance from the points against the change of its curvature (Whittaker's
smoother with third differences; on a closed line it is one factor per frequency). The balance is
the one that predicts left-out points best: generalised cross-validation (Craven and Wahba,
Smoothing noisy data with spline functions, 1979), with its usual guard against too little smoothing
(degrees of freedom count 1.4 times). A line without noise is left as it is.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from racer.tracks.spline import Array, ClosedSpline

FINEST = 1.0  # points closer than this on average are averaged in groups first [m]
COARSEST = 5.0  # distance of the points while smoothing, at most [m]
# Less noise than this is left alone: its curvature, noise / distance^2, would be that of a bend of
# half a kilometre; and corners between points 5 m apart look like noise of a few centimetres.
QUIET_CURVATURE = 0.002  # [1/m]
QUIET = 0.05  # one standard deviation, at most [m]
NOISY = 0.12  # noise of this share of the points' distance makes the way along them longer
DOUBT = 1.4  # weight of the degrees of freedom
_PULLS = 20  # rounds of pulling the line towards points that it left too far
_MOST_PULLED = 0.1  # share of the points that may need it
_STRENGTHS = 10.0 ** np.arange(-1.5, 12.01, 0.25)


@dataclasses.dataclass(frozen=True)
class Smoothed:
    """A line after smoothing.

    Attributes:
        points: (K, 2) at about equal distances [m].
        u: (K,) their parameters on the spline through the points that came in; it ends at `end`.
        places: (N,) the parameters of the points that came in.
        strength: of the smoothing; 0 where there was none.
        noise: estimated standard deviation of the noise [m].
        moves: (N,) distance by which the line moved at each point that came in [m], across it.
        limited: whether the tolerance allowed less smoothing than the noise asks for.
    """

    points: Array
    u: Array
    end: float
    places: Array
    strength: float
    noise: float
    moves: Array
    limited: bool


class Smoother:
    """Smooths one closed line, more or less.

    Args:
        points: (N, 2) of the line as it was measured, no two neighbours equal.
        finest: points closer than this on average are averaged in groups first [m].
    """

    def __init__(self, points: Array, finest: float = FINEST) -> None:
        self._points = points
        self._kept, group = thinned(points, finest)
        self._group = group
        self.spline = ClosedSpline(self._kept)
        index = (np.arange(len(points)) - (group - 1) / 2) / group
        knots = np.arange(len(self._kept) + 1)
        self._u_of_point = np.interp(np.mod(index, len(self._kept)), knots, self.spline.knots)
        step = float(np.clip(np.percentile(self.spline.chord, 20.0), FINEST, COARSEST))
        self.samples = self.spline.sample(min(step, self.spline.end / 40.0))
        self._step = self.samples.length / len(self.samples.s)
        self._spectrum = np.fft.rfft(self.samples.xy, axis=0)
        count = len(self.samples.s)
        wave = 2.0 * np.sin(np.pi * np.arange(len(self._spectrum)) / count)
        self._roughness = wave**6
        # How often each frequency of the half spectrum stands in the whole one.
        self._times = np.full(len(self._spectrum), 2.0)
        self._times[0] = 1.0
        if count % 2 == 0:
            self._times[-1] = 1.0

    def best_strength(self) -> tuple[float, float]:
        """The strength of least cross-validation error, and the noise across the line [m].

        Noise along the line does not show: it changes the distances, not the curve.
        """
        count = len(self.samples.s)
        power = np.sum(np.abs(self._spectrum) ** 2, axis=1) * self._times / count
        best = (np.inf, 0.0, 0.0)
        for strength in _STRENGTHS:
            share = 1.0 / (1.0 + strength * self._roughness)
            free = float(np.sum(share * self._times))
            rest = count - DOUBT * free
            if rest <= 0.1 * count:
                continue
            residual = float(np.sum(power * (1.0 - share) ** 2))
            score = residual / rest**2
            if score < best[0]:
                best = (score, float(strength), float(np.sqrt(residual / (count - free))))
        return best[1], best[2]

    def within(self, tolerance: Array, wanted: float | None = None) -> Smoothed:
        """The line at the wanted strength (the best one), or the strongest within the tolerance.

        Args:
            tolerance: (N,) largest move of each point [m].
            wanted: strength; None for the best one.
        """
        best, noise = self.best_strength()
        strength = best if wanted is None else wanted
        if wanted is None and noise < min(QUIET, QUIET_CURVATURE * self._step**2):
            strength = 0.0
        limited = False
        while True:
            points, moves = self._smooth(strength, tolerance)
            if strength == 0.0 or bool((moves <= tolerance).all()):
                break
            limited = True
            strength = strength / 10**0.25 if strength > _STRENGTHS[0] else 0.0
        return Smoothed(
            points=points,
            u=self.samples.u if strength > 0.0 else self.spline.knots[:-1],
            end=self.spline.end,
            places=self._u_of_point,
            strength=strength,
            noise=noise * float(np.sqrt(self._group)),
            moves=moves,
            limited=limited,
        )

    def _smooth(self, strength: float, tolerance: Array) -> tuple[Array, Array]:
        """The line (K, 2) at a strength, and the moves (N,) of the points that came in [m].

        Where it is too far from a point, it is pulled towards that point until it is not, or until
        pulling does not help: a few far points must not cost the smoothing of the rest.
        """
        if strength == 0.0:
            return self._kept, np.hypot(*self._apart(self._kept, self.spline.knots).T)
        share = 1.0 / (1.0 + strength * self._roughness)
        count = len(self.samples.s)
        own = float(np.sum(share * self._times)) / count  # by which a point moves its own place
        knots = np.append(self.samples.u, self.spline.end)
        nearest = np.searchsorted(knots, self._u_of_point + 0.5 * knots[1]) - 1
        pulled = self._spectrum
        best = self._kept, np.array([np.inf])
        for _ in range(_PULLS):
            xy = np.fft.irfft(pulled * share[:, None], n=count, axis=0)
            apart = self._apart(xy, knots)
            moves = np.hypot(*apart.T)
            hopeless = moves.max() > 0.97 * best[1].max()
            if moves.max() < best[1].max():
                best = xy, moves
            far = moves > tolerance
            if hopeless or not far.any() or np.mean(far) > _MOST_PULLED:
                break
            pull = np.zeros_like(xy)
            excess = apart[far] * (1.0 - 0.98 * tolerance[far] / moves[far])[:, None]
            np.add.at(pull, nearest[far] % count, excess / own)
            pulled = pulled + np.fft.rfft(pull, axis=0)
        return best

    def _apart(self, xy: Array, old: Array) -> Array:
        """Ways (N, 2) from the line through xy, whose old parameters these are, to the points."""
        line = ClosedSpline(xy)
        u = np.interp(self._u_of_point, old, line.knots)
        shortest = np.full((len(u), 2), np.inf)
        for _ in range(3):  # steps to the foot of the perpendicular
            place, speed, _ = line.at(u)
            apart = self._points - place
            nearer = np.hypot(*apart.T) < np.hypot(*shortest.T)
            shortest = np.where(nearer[:, None], apart, shortest)
            norm = np.maximum(np.sum(speed * speed, axis=1), 1e-12)
            u = u + np.clip(np.sum(apart * speed, axis=1) / norm, -5.0, 5.0)
        return shortest


def smoother_for(points: Array) -> Smoother:
    """A smoother of points (M, 2) [m] whose own points are further apart than they are noisy.

    Noise makes the way along the points longer than the line. Where it is not small against their
    distance, neighbours are averaged, which takes from the noise and adds to the distance.
    """
    smoother = Smoother(points)
    finest = FINEST
    while finest < COARSEST:
        _, noise = smoother.best_strength()
        chord = float(np.median(smoother.spline.chord))
        if noise < NOISY * chord:
            break
        finest = max(1.6 * finest, 1.2 * chord)
        smoother = Smoother(points, finest)
    return smoother


def thinned(points: Array, finest: float) -> tuple[Array, int]:
    """Means of groups of neighbours, so that the distance is about `finest` or more.

    Returns:
        The means (K, 2), and how many points make one.
    """
    chord = np.hypot(*(np.roll(points, -1, axis=0) - points).T)
    typical = max(float(np.median(chord)), 1e-3)
    group = max(1, round(finest / typical))
    if group == 1 or len(points) < 8 * group:
        return points, 1
    edges = np.arange(0, len(points), group)
    sizes = np.diff(np.append(edges, len(points)))
    return np.add.reduceat(points, edges, axis=0) / sizes[:, None], group
