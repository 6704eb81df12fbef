"""What infos say of a car and of a lap that ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.envs.worlds import Columns
from racer.formats.aliases import OFF_TRACK, STEP_COUNT


def lap_info(event: np.void) -> dict[str, Any]:
    """What an info says about a lap that ended."""
    reasons = int(event["reasons"])
    return {
        "lap_time": float(event["time"]),
        "lap_sectors": event["sectors"].copy(),
        "lap_valid": bool(event["valid"]),
        "lap_reasons": tuple(
            name for name, bit in _core.circuit.LAP_REASONS.items() if reasons & bit
        ),
    }


def step_infos(telemetry: Mapping[str, Any] | NDArray[np.void], lengths: Any) -> Columns:
    """The nine entries of an info, arrays (M,), from telemetry or records (M,) of the engine."""
    v_x, v_y = telemetry["v_x"], telemetry["v_y"]
    return {
        "progress": telemetry["progress"] / lengths,
        "speed": np.sqrt(v_x * v_x + v_y * v_y),
        "wall": telemetry["wall_contact"] != 0.0,
        OFF_TRACK: telemetry["off_track_ticks"] > 0,
        "backward": telemetry["wrong_way"] != 0,
        "stillness": telemetry["stillness_ticks"] > 0,
        "lap": telemetry["lap"].astype(np.int64),
        "checkpoint": telemetry["checkpoint"].astype(np.int64),
        STEP_COUNT: telemetry["episode_steps"].astype(np.int64),
    }


def pose_infos(telemetry: Mapping[str, Any] | NDArray[np.void]) -> Columns:
    """Where cars are, as arrays (M,): what `poseInfo` adds to infos."""
    return {
        "x": telemetry["x"].astype(np.float64),
        "y": telemetry["y"].astype(np.float64),
        "heading": np.arctan2(telemetry["sin_yaw"], telemetry["cos_yaw"]),
        "s": telemetry["s"].astype(np.float64),
        "n": telemetry["n"].astype(np.float64),
    }
