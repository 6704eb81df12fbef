"""Random numbers that are the same everywhere."""

from __future__ import annotations

import numpy as np

from racer.tracks.spline import Array


class Dice:
    """Numbers from raw 64-bit words, the same with every version of NumPy."""

    def __init__(self, *key: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(key))

    def many(self, count: int, low: float = 0.0, high: float = 1.0) -> Array:
        """Numbers (count,) from [low, high)."""
        words = self._bits.random_raw(count)
        shares = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
        numbers: Array = low + (high - low) * shares
        return numbers

    def one(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number from [low, high)."""
        return float(self.many(1, low, high)[0])

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.one() * (high + 1 - low))
