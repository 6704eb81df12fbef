"""From the engine's telemetry to what a picture shows of a car."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from racer.viewer import palette
from racer.viewer.palette import Colour

Facts = Mapping[str, NDArray[Any]]
INPUT_SCALE: Final = 32767.0
# The telemetry that a picture is made of.
SHOWN: Final = (
    "x", "y", "cos_yaw", "sin_yaw", "v_x", "v_y", "steer", "input_throttle", "input_brake"
)  # fmt: skip


@dataclass(frozen=True)
class CarView:
    """All that a picture needs to know of one car, in SI units (rad, m, s)."""

    x: float
    y: float
    heading: float
    speed: float = 0.0
    steer: float = 0.0
    throttle: float = 0.0
    brake: float = 0.0
    name: str = ""
    colour: Colour = palette.CARS[0]
    ghost: bool = False


def frozen(row: Facts) -> dict[str, NDArray[Any]]:
    """A copy of what a picture needs of a world's telemetry (K,)."""
    return {name: np.array(row[name], np.float64) for name in SHOWN}


def between(before: Facts, after: Facts, share: float) -> dict[str, NDArray[Any]]:
    """Facts ``share`` of the way from one tick to the next, for a picture between two ticks."""
    mixed = {n: before[n] + (after[n] - before[n]) * share for n in SHOWN}
    far = np.hypot(after["x"] - before["x"], after["y"] - before["y"]) > 8.0
    if far.any():  # a car was put somewhere else: no picture in between
        return {n: np.where(far, after[n], mixed[n]) for n in SHOWN}
    return mixed


def car_views(row: Facts, names: Sequence[str], ghosts: bool = True) -> list[CarView]:
    """One view per car of a world's telemetry (K,); all but the first are half transparent."""
    return [
        CarView(
            x=float(row["x"][i]),
            y=float(row["y"][i]),
            heading=math.atan2(float(row["sin_yaw"][i]), float(row["cos_yaw"][i])),
            speed=math.hypot(float(row["v_x"][i]), float(row["v_y"][i])),
            steer=float(row["steer"][i]),
            throttle=float(row["input_throttle"][i]) / INPUT_SCALE,
            brake=float(row["input_brake"][i]) / INPUT_SCALE,
            name=names[i] if i < len(names) else "",
            colour=palette.CARS[i % len(palette.CARS)],
            ghost=ghosts and i > 0,
        )
        for i in range(len(row["x"]))
    ]
