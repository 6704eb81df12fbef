"""Infos for tools that keep them as arrays: flat, and with the same keys in every step.

With `steady_infos=True` tables become keys of their own (`reward_terms_progress` for the entry
`progress` of `reward_terms`), and of a lap that did not end in the step infos say `lap_time` and
`lap_sectors` NaN, `lap_valid` and `lap_off_track`, `lap_wall`, ... (the reasons) False.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.envs.worlds import Columns


def flat(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Tables as one dict whose keys name table and entry."""
    return {
        f"{table}_{name}": value
        for table, entries in tables.items()
        for name, value in entries.items()
    }


NO_LAP: dict[str, Any] = {
    "lap_time": math.nan,
    "lap_sectors": np.full(3, np.nan),
    "lap_valid": False,
    **{f"lap_{reason}": False for reason in _core.LAP_REASONS},
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
            for name, bit in _core.LAP_REASONS.items()
        },
    }
