"""Confidence intervals at 95 %: Wilson's of rates, the bootstrap's of means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NORMAL_QUANTILE = 1.959963984540054  # of 97.5 %
RESAMPLES = 2000
DIGITS = 9  # so that the last bits of a sum, which a CPU may choose, do not show


def rate(hits: NDArray[np.bool_]) -> dict[str, Any]:
    """A share of trials with Wilson's score interval.

    Args:
        hits: (M,) whether each trial was one; M >= 1.

    Returns:
        `value`, `low` and `high` from 0 to 1, and `interval`, the method.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927).
    """
    n = len(hits)
    share = float(np.count_nonzero(hits)) / n
    z2 = NORMAL_QUANTILE**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_QUANTILE / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return _interval(share, max(centre - half, 0.0), min(centre + half, 1.0), "wilson")


def mean(values: NDArray[np.float64]) -> dict[str, Any]:
    """A mean with the percentile interval of a bootstrap, whose draws are always the same.

    Args:
        values: (M,) float64, in any unit; M >= 1.

    Returns:
        `value`, `low` and `high` in that unit, and `interval`, the method.
    """
    n = len(values)
    draws = np.random.default_rng(0).integers(0, n, (RESAMPLES, n))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    return _interval(float(values.mean()), float(low), float(high), "bootstrap")


def _interval(value: float, low: float, high: float, method: str) -> dict[str, Any]:
    return {
        "value": round(value, DIGITS),
        "low": round(low, DIGITS),
        "high": round(high, DIGITS),
        "interval": method,
    }
