"""Which circuit a training world drives on next, and where: more often where cars come to grief.

Circuits are drawn evenly, or by how often an episode on them ended in a fault, as PLR draws levels
by what is left to learn on them (M. Jiang et al., "Prioritized level replay", arXiv:2010.03934).
An episode may begin a few seconds before a place where a car came to grief ("mistake learning" in
P. Wurman et al., "Outracing champion Gran Turismo drivers", Nature 602, 2022).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from racer import _core

KEPT = 8  # places of faults remembered on each circuit
BEFORE = (2.0, 8.0)  # a start is so long before such a place [s]
SPEEDS = (0.5, 0.95)  # at such a share of the speed of cautious starts
FADE = 0.1  # weight of the newest episode in a circuit's rate of faults
UNKNOWN = 0.5  # rate of faults of a circuit that nobody has driven


class CircuitSampler:
    """Draws circuits and places; its state is part of a checkpoint.

    Args:
        circuits: the circuits.
        seed: of what it draws.
        by_faults: share of the episodes whose circuit is drawn by its rate of faults, 0 to 1; the
            others are drawn evenly.
        before_faults: share of the episodes that begin before a place of a fault, 0 to 1.
    """

    def __init__(
        self,
        circuits: Sequence[_core.circuit.Track],
        seed: int,
        by_faults: float = 0.0,
        before_faults: float = 0.0,
    ) -> None:
        self._circuits = circuits
        self._random = np.random.default_rng([seed, 0x5A3])
        self._by_faults = by_faults
        self._before_faults = before_faults
        self.faults = np.full(len(circuits), UNKNOWN)
        self._places = np.full((len(circuits), KEPT), np.nan)
        self._count = np.zeros(len(circuits), np.int64)

    def note(
        self, circuits: NDArray[np.int32], faults: NDArray[np.bool_], places: NDArray[np.float64]
    ) -> None:
        """Takes in episodes that ended.

        Args:
            circuits: their circuits, by number (M,).
            faults: whether they ended in a fault (M,).
            places: where (M,) [m].
        """
        for circuit, fault, place in zip(circuits, faults, places, strict=True):
            self.faults[circuit] += FADE * (float(fault) - self.faults[circuit])
            if fault:
                self._places[circuit, self._count[circuit] % KEPT] = place
                self._count[circuit] += 1

    def draw(self, count: int) -> NDArray[np.int32]:
        """Circuits for so many episodes, by number."""
        number = len(self._circuits)
        found = self._random.integers(0, number, count, dtype=np.int32)
        chosen = np.flatnonzero(self._random.random(count) < self._by_faults)
        if len(chosen):
            weights = np.cumsum(self.faults + 0.01)
            at = self._random.random(len(chosen)) * weights[-1]
            found[chosen] = np.minimum(np.searchsorted(weights, at, "right"), number - 1)
        return found

    def starts(self, circuits: NDArray[np.int32]) -> list[tuple[int, float, float]]:
        """Which episodes begin before a place of a fault.

        Args:
            circuits: of the episodes, by number (M,).

        Returns:
            The index of each such episode, s [m] and the speed [m/s] that it begins with.
        """
        found = []
        for i in np.flatnonzero(self._random.random(len(circuits)) < self._before_faults):
            circuit = int(circuits[i])
            kept = min(int(self._count[circuit]), KEPT)
            if kept:
                place = self._places[circuit, self._random.integers(kept)]
                found.append((int(i), *self._start(circuit, float(place))))
        return found

    def _start(self, circuit: int, place: float) -> tuple[float, float]:
        """A few seconds before a place, at the speeds of cautious starts."""
        track = self._circuits[circuit]
        speeds = track.stations["spawn_speed"]
        at = int(place / track.spacing) % len(speeds)
        left = self._random.uniform(*BEFORE)
        for _ in range(len(speeds)):
            at -= 1
            left -= track.spacing / max(speeds[at], 5.0)
            if left <= 0.0:
                break
        at %= len(speeds)
        return at * track.spacing, float(speeds[at] * self._random.uniform(*SPEEDS))

    def state(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return {
            "random": self._random.bit_generator.state,
            "faults": self.faults.tolist(),
            "places": [[None if np.isnan(s) else s for s in row] for row in self._places.tolist()],
            "count": self._count.tolist(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Puts back what `state` gave.

        Raises:
            ValueError, KeyError, TypeError: it is not of so many circuits.
        """
        faults = np.array(state["faults"], float)
        places = np.array(state["places"], float)
        count = np.array(state["count"], np.int64)
        same = (faults.shape, places.shape, count.shape) == (
            self.faults.shape,
            self._places.shape,
            self._count.shape,
        )
        if not same or not np.isfinite(faults).all():
            raise ValueError("a sampler of other circuits")
        self._random.bit_generator.state = state["random"]
        self.faults, self._places, self._count = faults, places, count
