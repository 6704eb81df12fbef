"""Drivers that follow a planned line: `casual` and `good`.

Steering is feedforward for the line's curvature plus feedback on the lateral error some way ahead
(after Kapania and Gerdes, Design of a feedback-feedforward steering controller for accurate path
tracking and stability at the limits of handling, 2015); the pedals follow the speed profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from racer.drivers.circuit.car_model import CarModel
from racer.drivers.circuit.driven_line import averaged, driven_line
from racer.drivers.circuit.observed import ObservationReader
from racer.drivers.circuit.racing_line import line_points, line_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from racer import _core
    from racer.drivers.circuit.racing_line import RacingLine

PREVIEW = 0.08  # [s] ahead at which curvature is read: the steering's lag
PEDAL_PREVIEW = 0.03  # [s] ahead at which speeds are read: half an action and the pedals' effect
STEEPEST = 0.2  # [rad] angle at which a line that is far away is approached
STEEPEST_OF_ALL = 0.7  # [rad], where the road would end before
LOOKS = 1.0, 2.0, 3.0  # reaches ahead at which the road's edge is looked for
FEEDBACK_LIMIT = 0.20  # [rad]
SPEED_GAIN = 2.5  # [1/s]
CALM_ERROR = 1.2  # [m]; further off the line than this the driver slows down
LEAST_BRAKING = 0.4  # share of the grip that pedals may take in any corner
SLOWER = 1.0  # [m/s] than planned: not worth another plan
CRAWL = 3.0  # [m/s]; slower, slip angles mean nothing
ROAD = 7  # the centre line's curvature among the line's fields
LOST_SPEED = 7.0  # [m/s] while pointing far away from the line


@dataclass(frozen=True)
class Hands:
    """How a driver steers back to the line.

    Attributes:
        near, ahead: the distance ahead at which the error counts, [m] and [s].
        gain: steering per error there [rad/m].
        damping: steering per yaw rate too much [s].
        calm_speed: above this speed the gain falls in proportion to it [m/s].
        caution: share of the speed given up per metre off the line beyond `CALM_ERROR` [1/m].
        return_grip: share of the grip that may be needed to turn back before the road's edge: a car
            that would need more slows down.
    """

    near: float = 6.0
    ahead: float = 0.30
    gain: float = 0.050
    damping: float = 0.04
    calm_speed: float = 100.0
    caution: float = 0.1
    return_grip: float = np.inf


@dataclass(frozen=True)
class Motion:
    """How cars move, (M,) each.

    Attributes:
        s, offset: along the centre line and to the left of it [m].
        heading: against its tangent [rad].
        speed, slide: forward and to the left [m/s].
        yaw_rate: [rad/s].
    """

    s: NDArray[np.float64]
    offset: NDArray[np.float64]
    heading: NDArray[np.float64]
    speed: NDArray[np.float64]
    slide: NDArray[np.float64]
    yaw_rate: NDArray[np.float64]


class LineFollower:
    """What a car needs to follow a line at a share of the grip.

    Args:
        track: the circuit, and no other.
        smooth: whether the line is a fast one or the centre line.
        grip: share of the grip that it is planned with.
        margin: room that the line leaves beside the car [m].
        vehicle: name of the vehicle.
        hands: how it steers.
    """

    def __init__(
        self,
        track: _core.circuit.Track,
        *,
        smooth: bool,
        grip: float,
        margin: float,
        vehicle: str,
        hands: Hands | None = None,
    ) -> None:
        self._hands = hands or Hands()
        self.car = CarModel(vehicle)
        self._read = ObservationReader("track")
        self._length = track.length
        self._count = track.station_count
        line = driven_line(track, smooth=smooth, grip=grip, margin=margin, vehicle=vehicle)
        self.line = line
        # Yaw rate per speed: the path's curvature less the change of the body's slip angle.
        slip = self.car.corner(line.curvature, line.speed, line.acceleration).body_slip
        step = track.spacing * (1.0 - line.offset * track.stations["curvature"])
        turn = averaged(line.curvature - np.gradient(averaged(slip, 4)) / step, 4)
        change = np.gradient(turn) / step
        heading = np.unwrap(line.heading)
        fields = [line.offset, heading, line.curvature, line.speed, line.acceleration]
        fields += [turn, change, track.stations["curvature"].astype(np.float64)]
        fields += [
            track.stations[f"width_{side}"] - self.car.half_width for side in ("left", "right")
        ]
        self._table = np.stack(fields, axis=1)
        # Metres along the line: outside of a bend they are fewer of the centre line's, inside more.
        self._way = np.concatenate(
            [[0.0], np.cumsum(line_shape(line_points(track, line.offset))[2])]
        )
        self._places = np.linspace(0.0, self._length, self._count + 1)

    def at(self, s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The line's fields (10, M) at distances s (M,) [m]."""
        place = s * (self._count / self._length)
        index = np.floor(place).astype(np.int64)
        share = (place - index)[:, None]
        first = self._table[index % self._count]
        second = self._table[(index + 1) % self._count]
        fields: NDArray[np.float64] = (first + share * (second - first)).T
        return fields

    def ahead(self, s: NDArray[np.float64], metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """The place (M,) [m] that lies so many metres (M,) along the line ahead of s (M,) [m]."""
        way = np.interp(s % self._length, self._places, self._way) + metres
        place: NDArray[np.float64] = np.interp(way % self._way[-1], self._way, self._places)
        return place

    def see(self, obs: NDArray[np.float32]) -> Motion:
        """The motion of the cars of `track` observations (M, D)."""
        read = self._read
        return Motion(
            s=read(obs, "progress") * self._length,
            offset=read(obs, "lateral_offset"),
            heading=np.arctan2(read(obs, "sin_heading"), read(obs, "cos_heading")),
            speed=np.maximum(read(obs, "speed"), 0.1),
            slide=read(obs, "v_y"),
            yaw_rate=read(obs, "yaw_rate"),
        )

    def _steepest(
        self, s: NDArray[np.float64], error: NDArray[np.float64], reach: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The angle (M,) [rad] at which the line is approached from so far (M,) [m] to its left.

        Where the line crosses the road towards an apex, a way beside it would cross the edge.
        """
        steepest = np.full(len(s), STEEPEST)
        for look in LOOKS:
            offset, *_, room_left, room_right = self.at(self.ahead(s, look * reach))
            beside = offset + error
            beyond = np.where(error > 0.0, beside - room_left, -beside - room_right)
            steepest = np.maximum(steepest, beyond / (look * reach))
        return np.asarray(np.minimum(steepest, STEEPEST_OF_ALL))

    def _return_speed(
        self,
        now: Motion,
        error: NDArray[np.float64],
        heading: NDArray[np.float64],
        curvature: NDArray[np.float64],
        reach: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """The speed (M,) [m/s] at which a car off the line can turn back before the road's edge.

        Args:
            now: the motion.
            error: how far to the left of the line (M,) [m].
            heading: of the motion against the line (M,) [rad].
            curvature: of the line (M,) [1/m].
            reach: (M,) [m], see `Hands`.
        """
        left = right = np.zeros(len(error))  # what it must turn more than the line [1/m]
        for look in LOOKS:
            way = look * reach
            offset, *_, room_left, room_right = self.at(self.ahead(now.s, way))
            there = offset + error + way * np.sin(heading)
            left = np.maximum(left, 2.0 * (-there - room_right) / np.square(way))
            right = np.maximum(right, 2.0 * (there - room_left) / np.square(way))
        turn = np.abs(curvature + left - right)
        most = self._hands.return_grip * self.car.lateral_limit(now.speed)
        fast = np.sqrt(most / np.maximum(turn, 1e-6))
        return np.asarray(np.where((left > 0.0) | (right > 0.0), fast, np.inf))

    def wanted(self, now: Motion) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Steering [rad] and force of the pedals [N], (M,) each, for cars that move so."""
        car, hands = self.car, self._hands
        s, speed = now.s, now.speed
        offset, line_heading, _, _, _, turn, *_ = self.at(s)
        error = now.offset - offset
        heading = np.angle(np.exp(1j * (now.heading - line_heading)))

        _, _, curvature, fastest, planned, turn_ahead, change, *_ = self.at(
            self.ahead(s, PREVIEW * speed)
        )
        pace = np.minimum(speed, fastest + 1.0)
        # Slower than planned, it will brake later or not as hard.
        spare = SPEED_GAIN * np.maximum(fastest - speed - SLOWER, 0.0)
        planned = np.minimum(planned + spare, np.maximum(planned, 0.0))
        turning = change * np.square(pace) + turn_ahead * planned
        corner = car.corner(curvature, pace, planned, turning)
        reach = hands.near + hands.ahead * speed
        gain = hands.gain * np.minimum(1.0, hands.calm_speed / speed)
        # A far line is approached at a small angle, not reached at once and overshot.
        most = self._steepest(s, error, reach) * reach
        near = np.clip(error, -most, most)
        miss = near + reach * np.sin(heading + corner.body_slip)
        feedback = np.clip(-gain * miss, -FEEDBACK_LIMIT, FEEDBACK_LIMIT)
        damping = hands.damping * (turn * speed - now.yaw_rate)
        # Beyond the slip of their largest force front tyres give less: more lock would push wide.
        front = np.arctan2(now.slide + car.parameters["cg_to_front"] * now.yaw_rate, speed)
        most = np.where(speed > CRAWL, car.peak_slip[0], np.inf)
        steer = np.clip(corner.steer + feedback + damping, front - most, front + most)
        lost = np.abs(heading) > 1.0
        steer = np.where(lost, -np.sign(heading) * car.max_steer, steer)

        _, _, curvature, target, planned, *_ = self.at(self.ahead(s, PEDAL_PREVIEW * speed))
        calm = np.clip(1.0 - hands.caution * (np.abs(error) - CALM_ERROR), 0.5, 1.0)
        target = np.where(lost, LOST_SPEED, target * calm)
        if np.isfinite(hands.return_grip):
            back = self._return_speed(now, error, heading + corner.body_slip, curvature, reach)
            planned = np.where(back < target, np.minimum(planned, 0.0), planned)
            target = np.minimum(target, back)
        force = car.mass * (planned + SPEED_GAIN * (target - speed)) + car.resistance(speed)
        capacity = car.capacity(speed, -car.transfer * planned)
        lateral = car.mass * np.abs(curvature * np.square(pace))
        inwards = lateral[:, None] * car.share
        braked = car.braked(inwards, np.maximum(-force, 0.0), capacity)
        pushed = force + car.slip_drag(inwards / capacity, capacity)
        # A car that is wide in a corner must not brake away the grip that turns it.
        left = np.maximum(braked.left, LEAST_BRAKING * capacity)
        brakes = np.min(left / car.brake_share, axis=-1)
        needed = braked.brake[:, 0] / car.brake_share[0]
        return steer, np.where(force < 0.0, -np.minimum(needed, brakes), pushed)


class ScriptedDriver:
    """Follows a line at a share of the grip.

    Args:
        name: as shown to people.
        track: the circuit that it will drive on, and no other.
        smooth: whether it takes a fast line or the centre line.
        grip: share of the grip that it plans with.
        margin: room that its line leaves beside the car [m].
        vehicle: name of the vehicle.
    """

    observation = "track"
    action = "pedals"
    ticks_per_action = 2

    def __init__(
        self,
        name: str,
        track: _core.circuit.Track,
        *,
        smooth: bool = True,
        grip: float,
        margin: float = 0.5,
        vehicle: str = "gt",
    ) -> None:
        self.name = name
        self._follower = LineFollower(
            track, smooth=smooth, grip=grip, margin=margin, vehicle=vehicle
        )
        self._car = self._follower.car

    @property
    def line(self) -> RacingLine:
        """The line that it follows."""
        return self._follower.line

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Does nothing: the line is all that this driver knows."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pedals (M, 3) for `track` observations (M, D)."""
        car = self._car
        now = self._follower.see(obs)
        steer, force = self._follower.wanted(now)
        pedals = np.empty((len(obs), 3), np.float32)
        pedals[:, 0] = np.clip(steer / car.max_steer, -1.0, 1.0)
        pedals[:, 1] = np.clip(force / car.drive_limit(now.speed), 0.0, 1.0)
        pedals[:, 2] = np.clip(-force / car.brake_force, 0.0, 1.0)
        return pedals


GOOD_GRIP, GOOD_MARGIN = 0.90, 0.5  # share of the grip; [m] beside the car
GOOD_GRIP_OF = {"formula": 0.87}  # loses its rear from rest with more
CASUAL_GRIP, CASUAL_MARGIN = 0.665, 1.5


def casual_driver(track: _core.circuit.Track, vehicle: str = "gt") -> ScriptedDriver:
    """A careful driver: a line well inside the edges at 66 % of the grip."""
    return ScriptedDriver("casual", track, grip=CASUAL_GRIP, margin=CASUAL_MARGIN, vehicle=vehicle)


def good_driver(track: _core.circuit.Track, vehicle: str = "gt") -> ScriptedDriver:
    """A good driver: a fast line at 90 % of the grip, or what the vehicle lets it use."""
    grip = GOOD_GRIP_OF.get(vehicle, GOOD_GRIP)
    return ScriptedDriver("good", track, grip=grip, margin=GOOD_MARGIN, vehicle=vehicle)
