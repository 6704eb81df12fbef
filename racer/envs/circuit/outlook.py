"""How fast a circuit goes on beyond what a driver sees: for critics, not for drivers.

What a place on a circuit is worth depends on what comes in the next half minute. A driver sees
448 m, so a critic that sees no more cannot tell a slow half from a fast one, and its errors drown
the advantage of a better line. A critic may see anything, as only the actor drives: L. Pinto et
al., "Asymmetric actor critic for image-based robot learning", arXiv:1710.06542.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from racer import _core

HORIZONS = (1.5, 3.0, 5.0, 8.0, 12.0, 16.0, 20.0, 25.0, 30.0, 40.0)  # [s]
SIZE = len(HORIZONS)
TYPICAL = 50.0  # [m/s]
SLOWEST = 4.0  # [m/s]
EVERY = 8.0  # distance of the places that are looked up [m]


class Outlook:
    """Mean speeds ahead of cars, were they to drive at the speeds of cautious starts.

    Args:
        circuits: the circuits.
    """

    def __init__(self, circuits: Sequence[_core.circuit.Track]) -> None:
        tables = [_table(circuit) for circuit in circuits]
        self._first = np.cumsum([0, *(len(table) for table in tables[:-1])])
        self._rows = np.concatenate(tables)
        self._count = np.array([len(table) for table in tables])
        self._per_metre = self._count / np.array([circuit.length for circuit in circuits])

    def __call__(
        self, s: NDArray[np.float64], circuits: NDArray[np.integer[Any]]
    ) -> NDArray[np.float32]:
        """For the places s (M,) [m] on circuits, by number (M,): float32 (M, SIZE), about -1 to 1.

        The mean speeds over the next `HORIZONS` are 50 m/s times one more than these numbers.
        """
        row = (s * self._per_metre[circuits]).astype(np.intp)
        row = np.clip(row, 0, self._count[circuits] - 1)
        rows: NDArray[np.float32] = self._rows[self._first[circuits] + row]
        return rows


def _table(circuit: _core.circuit.Track) -> NDArray[np.float32]:
    """Rows (M, SIZE), evenly spaced along the lap."""
    speed = np.maximum(circuit.stations["spawn_speed"], SLOWEST)
    seconds = circuit.spacing / speed
    laps = 2 + int(HORIZONS[-1] / seconds.sum())
    passed = np.concatenate([[0.0], np.cumsum(np.tile(seconds, laps))])
    count = max(1, round(circuit.length / EVERY))
    at = np.arange(count) * len(speed) // count
    way = np.stack([np.searchsorted(passed, passed[at] + horizon) - at for horizon in HORIZONS], 1)
    mean = way * circuit.spacing / np.array(HORIZONS)
    table: NDArray[np.float32] = (mean / TYPICAL - 1.0).astype(np.float32)
    return table
