"""The line that a scripted driver follows, with speeds for both axles' grip.

The line of least curvature (`racing_line.py`) spends its curvature in sharp peaks, at which the
corner speed is low. Weighting each place by the square of the share of the lateral grip that it
uses turns the sum of squares into one of fourth powers: the peaks become plateaus. The weights come
from the speeds of the line of the round before; the fastest line of all rounds is kept.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from racer.drivers.circuit.grip_map import grip_map, speed_profile
from racer.drivers.circuit.racing_line import (
    RacingLine,
    line_points,
    line_shape,
    smooth_offsets,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from racer import _core

    Floats = NDArray[np.float64]

WALL_MARGIN = 0.6  # [m] of room more beside a wall: to touch one ruins the lap
ROUNDS = 6
KEPT = 0.7  # share of the weights of the round before
REACH = 10  # stations over which shares of the grip are averaged
WIDE_REACH = 50  # stations over which speeds are averaged
LEAST_WEIGHT = 0.1  # of the mean, where the road is straight


def driven_line(
    track: _core.circuit.Track, *, smooth: bool, grip: float, margin: float, vehicle: str = "gt"
) -> RacingLine:
    """Plans a line and its speeds.

    Args:
        track: the circuit.
        smooth: a fast line; otherwise the centre line.
        grip: share of the tyres' capacity to plan with.
        margin: room to keep between the car's side and the edge of the road [m].
        vehicle: name of the vehicle.
    """
    offset = (
        _fast_offsets(track, grip, margin, vehicle) if smooth else np.zeros(track.station_count)
    )
    heading, curvature, length = line_shape(line_points(track, offset))
    tangent = np.arctan2(track.stations["tangent_y"], track.stations["tangent_x"])
    relative = np.angle(np.exp(1j * (heading - tangent)))
    speed = speed_profile(grip_map(vehicle, grip), curvature, length)
    acceleration = (np.square(np.roll(speed, -1)) - np.square(speed)) / (2.0 * length)
    return RacingLine(offset, relative, curvature, speed, acceleration)


@lru_cache(maxsize=16)
def _fast_offsets(track: _core.circuit.Track, grip: float, margin: float, vehicle: str) -> Floats:
    """Offsets (S,) of the fast line that leaves `margin` [m] beside the car."""
    limits = grip_map(vehicle, grip)
    offset = smooth_offsets(track, margin, vehicle, wall_margin=margin + WALL_MARGIN)
    best, best_time = offset, np.inf
    weight = np.ones(track.station_count)
    for round_ in range(ROUNDS + 1):
        _, curvature, length = line_shape(line_points(track, offset))
        speed = speed_profile(limits, curvature, length)
        time = float(np.sum(2.0 * length / (speed + np.roll(speed, -1))))
        if time < best_time:
            best, best_time = offset, time
        if round_ == ROUNDS:
            break
        typical = averaged(speed, WIDE_REACH)
        most = np.interp(typical, limits.speeds, limits.lateral)
        share = averaged(np.abs(curvature), REACH) * np.square(typical) / most
        wanted = np.square(np.clip(share, LEAST_WEIGHT, 2.0))
        wanted = np.maximum(wanted, LEAST_WEIGHT * np.mean(wanted))
        weight = wanted if round_ == 0 else weight**KEPT * wanted ** (1.0 - KEPT)
        offset = smooth_offsets(
            track, margin, vehicle, wall_margin=margin + WALL_MARGIN, weight=weight, start=offset
        )
    best.flags.writeable = False
    return best


def averaged(values: Floats, reach: int) -> Floats:
    """Values around a lap (S,), averaged over `reach` stations to each side by a bell."""
    kernel = np.hanning(2 * reach + 3)[1:-1]
    padded = np.concatenate([values[-reach:], values, values[:reach]])
    return np.convolve(padded, kernel / kernel.sum(), "valid")
