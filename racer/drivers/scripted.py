"""Drivers that follow a planned line: `casual` and `good`.

Steering is feedforward for the line's curvature plus feedback on the lateral error some way ahead
(after Kapania and Gerdes, Design of a feedback-feedforward steering controller for accurate path
tracking and stability at the limits of handling, 2015); the pedals follow the speed profile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from racer.drivers.car_model import CarModel
from racer.drivers.observed import ObservationReader
from racer.drivers.racing_line import plan_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from racer import _core

PREVIEW = 0.08  # [s] ahead at which curvature and speed are read: the steering's lag
LOOK_AHEAD = 6.0, 0.20  # [m], [s]: distance at which the lateral error counts
STEEPEST = 0.2  # [rad] angle at which a line that is far away is approached
STEER_GAIN = 0.030  # [rad/m]
FEEDBACK_LIMIT = 0.20  # [rad]
YAW_DAMPING = 0.04  # [s]
SPEED_GAIN = 2.5  # [1/s]
CALM_ERROR = 1.2  # [m]; further off the line than this the driver slows down
LOST_SPEED = 7.0  # [m/s] while pointing far away from the line


class ScriptedDriver:
    """Follows a line at a share of the grip.

    Args:
        name: as shown to people.
        track: the circuit that it will drive on, and no other.
        smooth: whether it takes the line of least curvature or the centre line.
        grip: share of the grip that it plans with.
        vehicle: name of the vehicle.
    """

    observation = "track"
    action = "pedals"
    ticks_per_action = 2

    def __init__(
        self, name: str, track: _core.Track, *, smooth: bool, grip: float, vehicle: str = "gt"
    ) -> None:
        self.name = name
        self._car = CarModel(vehicle)
        self._read = ObservationReader("track")
        self._length = track.length
        self._count = track.station_count
        line = plan_line(track, smooth=smooth, grip=grip, margin=0.6, vehicle=vehicle)
        self.line = line
        heading = np.unwrap(line.heading)
        fields = [line.offset, heading, line.curvature, line.speed, line.acceleration]
        self._table = np.stack(fields, axis=1)

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Does nothing: the line is all that this driver knows."""

    def _at(self, s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The line's fields (5, M) at distances s (M,) [m]."""
        place = s * (self._count / self._length)
        index = np.floor(place).astype(np.int64)
        share = (place - index)[:, None]
        first = self._table[index % self._count]
        second = self._table[(index + 1) % self._count]
        fields: NDArray[np.float64] = (first + share * (second - first)).T
        return fields

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pedals (M, 3) for `track` observations (M, D)."""
        read = self._read
        s = read(obs, "progress") * self._length
        speed = np.maximum(read(obs, "speed"), 0.1)
        offset, line_heading, *_ = self._at(s)
        error = read(obs, "lateral_offset") - offset
        heading = np.arctan2(read(obs, "sin_heading"), read(obs, "cos_heading")) - line_heading
        heading = np.angle(np.exp(1j * heading))
        _, _, curvature, target, planned = self._at(s + PREVIEW * speed)

        corner = self._car.corner(curvature, np.minimum(speed, target + 1.0))
        reach = LOOK_AHEAD[0] + LOOK_AHEAD[1] * speed
        # A far line is approached at a small angle, not reached at once and overshot.
        near = np.clip(error, -STEEPEST * reach, STEEPEST * reach)
        miss = near + reach * np.sin(heading + corner.body_slip)
        feedback = np.clip(-STEER_GAIN * miss, -FEEDBACK_LIMIT, FEEDBACK_LIMIT)
        damping = YAW_DAMPING * (curvature * speed - read(obs, "yaw_rate"))
        steer = corner.steer + feedback + damping
        lost = np.abs(heading) > 1.0
        steer = np.where(lost, -np.sign(heading) * self._car.max_steer, steer)

        calm = np.clip(1.0 - 0.1 * (np.abs(error) - CALM_ERROR), 0.5, 1.0)
        target = np.where(lost, LOST_SPEED, target * calm)
        force = self._car.mass * (planned + SPEED_GAIN * (target - speed))
        force += self._car.resistance(speed)
        pedals = np.empty((len(obs), 3), np.float32)
        pedals[:, 0] = np.clip(steer / self._car.max_steer, -1.0, 1.0)
        pedals[:, 1] = np.clip(force / self._car.drive_limit(speed), 0.0, 1.0)
        pedals[:, 2] = np.clip(-force / self._car.brake_force, 0.0, 1.0)
        return pedals


def casual_driver(track: _core.Track, vehicle: str = "gt") -> ScriptedDriver:
    """A careful driver: the centre line at 70 % of the grip."""
    return ScriptedDriver("casual", track, smooth=False, grip=0.70, vehicle=vehicle)


def good_driver(track: _core.Track, vehicle: str = "gt") -> ScriptedDriver:
    """A good driver: the line of least curvature at 85 % of the grip."""
    return ScriptedDriver("good", track, smooth=True, grip=0.85, vehicle=vehicle)
