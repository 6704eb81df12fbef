"""Drives the inputs of a recorded lap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from racer.errors import LapError
from racer.formats.text import MAX_NAME as MAX_TEXT
from racer.formats.text import show_path, shown
from racer.laps import load_lap, pedals_of

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from racer import _core
    from racer.laps import LapRecord


class ReplayDriver:
    """Gives the recorded pedals tick by tick, then lets the car brake to a stop.

    It looks at nothing: it drives the recorded lap, run-up included, if its car begins where
    `record.begin` says on the recorded track.

    Attributes:
        placement: where its car must stand to begin with, or None for a lap without a run-up.

    Args:
        record: the lap.
    """

    observation = "lidar"
    action = "pedals"
    ticks_per_action = 1

    def __init__(self, record: LapRecord) -> None:
        self.record = record
        self.name = f"replay of {record.driver or 'a lap'}"[:MAX_TEXT]
        self.device = "replay"
        self.placement = record.placement
        stop = np.array([[0.0, 0.0, 0.5]], np.float32)
        self._pedals = np.concatenate([pedals_of(record.inputs), stop])
        self._tick = np.zeros(0, np.int64)

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], track: _core.circuit.Track, vehicle: str = "gt"
    ) -> ReplayDriver:
        """The driver of a lap file.

        Raises:
            LapError: the file cannot be read, or the lap belongs to another track or vehicle.
        """
        record = load_lap(path)
        name = show_path(path)
        if record.track.fingerprint != track.fingerprint:
            raise LapError(
                f"{name}: was driven on '{shown(record.track.name)}' ({record.track.fingerprint}), "
                f"not on this '{shown(track.name)}' ({track.fingerprint})."
            )
        if record.vehicle != vehicle:
            raise LapError(f"{name}: was driven with {record.vehicle!r}, not {vehicle!r}.")
        return cls(record)

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Begins the lap again, for the masked cars or all."""
        if mask is None or len(self._tick) != len(mask):
            self._tick = np.zeros(0, np.int64)
        else:
            self._tick[mask] = 0

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pedals (M, 3) of the next tick for M cars."""
        if len(self._tick) != len(obs):
            self._tick = np.zeros(len(obs), np.int64)
        pedals: NDArray[np.float32] = self._pedals[self._tick]
        self._tick = np.minimum(self._tick + 1, len(self._pedals) - 1)
        return pedals
