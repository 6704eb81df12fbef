"""The fast estimate: a quasi-steady speed profile on the line of least curvature.

Needs no solver. The line is not the fastest one and the car has no dynamics between its steady
states, so the time is an estimate and not a bound; the minimum time must be below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from racer.drivers.circuit.car_model import CarModel
from racer.drivers.circuit.racing_line import plan_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from racer import _core

MARGIN = 0.05  # [m] between tyre and edge


@dataclass(frozen=True)
class QuasiSteadyLap:
    """A flying lap of steady states, over the stations of a track.

    Attributes:
        time_s: lap time [s].
        s: along the centre line (S,) [m].
        states: (S, 7), as `racer.optimal.solver.model.STATES`.
        drive, brake: forces (S,) [N].
    """

    time_s: float
    s: NDArray[np.float64]
    states: NDArray[np.float64]
    drive: NDArray[np.float64]
    brake: NDArray[np.float64]


def quasi_steady_lap(
    track: _core.circuit.Track, vehicle: str = "gt", *, grip: float = 1.0
) -> QuasiSteadyLap:
    """Plans the lap, by default with all of the tyres' grip.

    Args:
        track: the circuit.
        vehicle: name of the vehicle.
        grip: share of the tyres' and brakes' force to plan with.
    """
    car = CarModel(vehicle)
    line = plan_line(track, smooth=True, grip=grip, margin=MARGIN, vehicle=vehicle)
    at = track.stations
    points = at["x"] + 1j * at["y"] + 1j * line.offset * (at["tangent_x"] + 1j * at["tangent_y"])
    step = np.abs(np.roll(points, -1) - points)
    time = float(np.sum(2.0 * step / (line.speed + np.roll(line.speed, -1))))
    corner = car.corner(line.curvature, line.speed)
    states = np.column_stack(
        [
            line.offset,
            line.heading - corner.body_slip,
            line.speed * np.cos(corner.body_slip),
            line.speed * np.sin(corner.body_slip),
            line.speed * line.curvature,
            corner.steer,
            line.acceleration,
        ]
    )
    force = car.mass * line.acceleration + car.resistance(line.speed)
    drive = np.clip(force, 0.0, car.drive_limit(line.speed))
    brake = np.clip(-force, 0.0, car.brake_force)
    s = np.arange(track.station_count, dtype=np.float64) * track.spacing
    return QuasiSteadyLap(time, s, states, drive, brake)
