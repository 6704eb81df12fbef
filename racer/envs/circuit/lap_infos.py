"""What flat infos say about laps: the same keys in every step, see `racer.envs.steady_infos`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.envs.worlds import Columns

NO_LAP: dict[str, Any] = {
    "lap_time": math.nan,
    "lap_sectors": np.full(3, np.nan),
    "lap_valid": False,
    **{f"lap_{reason}": False for reason in _core.circuit.LAP_REASONS},
}


def steady_lap_info(event: np.void) -> dict[str, Any]:
    """What an info with `steady_infos` says about the lap of a step, if there is one."""
    columns = lap_columns(np.asarray(event)[None], np.ones(1, np.bool_))
    return {
        name: values[0] if values.ndim > 1 else values[0].item() for name, values in columns.items()
    }


def lap_columns(events: NDArray[np.void], told: NDArray[np.bool_]) -> Columns:
    """The same for events (M,), as arrays (M, ...); `told` (M,) says whose laps to tell."""
    ended = told & (events["completed"] != 0)
    return {
        "lap_time": np.where(ended, events["time"], np.nan),
        "lap_sectors": np.where(ended[:, None], events["sectors"], np.nan),
        "lap_valid": ended & (events["valid"] != 0),
        **{
            f"lap_{name}": ended & ((events["reasons"] & bit) != 0)
            for name, bit in _core.circuit.LAP_REASONS.items()
        },
    }
