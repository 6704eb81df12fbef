"""Lap files of format 1: a lap from a state that only its recorder knows.

The oldest files are of this format, and so are laps of cars that were placed at speed.
They hold an entry `start`, the car's whole state before the first tick, and no run-up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.formats import npz

START = "start"


def car_state(state: NDArray[np.void] | None = None) -> NDArray[Any]:
    """A car's state (1,) as it is stored, without gaps between its fields; zeros without one."""
    fields: list[tuple[str, Any]] = [
        (name, _core.circuit.CAR_STATE[name]) for name in _core.circuit.CAR_STATE.names or ()
    ]
    stored = np.zeros(1, np.dtype(fields))
    if state is not None:
        for name in stored.dtype.names or ():
            stored[name] = state[name]
    return stored


def check_start(start: np.void, track: _core.circuit.Track) -> None:
    """The engine restores a state as it is: what it uses as an index must be one.

    Raises:
        NpzError: a field cannot be.
    """
    bounds = {
        "station": (0, track.station_count - 1),
        "checkpoint": (0, len(track.checkpoints)),
        "sector": (0, len(track.sector_ends) - 1),
        "wheels_off": (0, 4),
        "fault": (0, 0),
        "world_done": (0, 0),
        "lap": (0, 1 << 30),
        "episode_ticks": (0, 1 << 30),
        "episode_steps": (0, 1 << 30),
        "stillness_ticks": (0, 1 << 30),
        "off_track_ticks": (0, 1 << 30),
    }
    for name in start.dtype.names or ():
        value = start[name]
        if not np.isfinite(value):
            raise npz.NpzError(f"has a start state whose {name} is {value}, not a finite number")
        low, high = bounds.get(name, (None, None))
        if low is not None and high is not None and not low <= value <= high:
            raise npz.NpzError(f"has a start state whose {name} is {value}, not {low} to {high}")
