"""A driver with a keyboard: on/off keys, slow hands, imprecise eyes.

An honest stand-in for a casual human at the viewer's keyboard, and nothing more: its keys go
through the very filter that a person's keys go through (`keys.py`), but no person drove. It looks
ten times a second, its keys answer 100 to 200 ms later, and what it sees is blurred.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from racer import _core
from racer.drivers.circuit.scripted import ROAD, Hands, LineFollower, Motion
from racer.drivers.keys import KeyFilter, Keys, braked, steered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from racer.drivers.circuit.car_model import CarModel
    from racer.drivers.circuit.racing_line import RacingLine

KEYBOARD_GRIP, KEYBOARD_MARGIN = 0.61, 2.0  # share of the grip; [m] beside the car
LOOK_TICKS = 6  # ticks between looks: 10 Hz
TAP_TICKS = 3  # a key is held until the next look, or tapped for 50 ms
DELAY_TICKS = 6, 12  # reaction: 100 to 200 ms
BLUR_STEER = 0.05  # of the axis: how far off the wanted steering is seen
BLUR_PEDALS = 0.6  # [m/s2]
BLUR_STAYS = 0.8  # share of the blur that stays from look to look
EASE = 0.5  # [m/s2]: pedals wanted less than this are not worth a key
MOST_OWED = 0.3  # of the axis, and of the brake pedal
HANDS = Hands(near=8.0, ahead=0.35, gain=0.025, damping=0.0, calm_speed=25.0, caution=0.03,
              return_grip=KEYBOARD_GRIP)  # fmt: skip
YAW_LAG = 0.10  # [s] in which the car follows the steering, as the driver expects
UNDERSTEER = 0.0015  # [rad s2/m] as the driver expects
ON_THE_GRID = 0.5  # [m/s]
TICK = _core.TICK_SECONDS
# Which key is pressed from a look to the next, for how many ticks; and the brakes'.
TURNS = ((0.0, 0), *((key, ticks) for ticks in (TAP_TICKS, LOOK_TICKS) for key in (-1.0, 1.0)))
STOPS = 0, TAP_TICKS, LOOK_TICKS


def _steered_look(axis: float, key: float, ticks: int) -> tuple[float, float]:
    """The axis between two looks, mean and at the end, with a key pressed for some ticks."""
    total = 0.0
    for tick in range(LOOK_TICKS):
        axis = steered(axis, key if tick < ticks else 0.0, TICK)
        total += axis
    return total / LOOK_TICKS, axis


def _braked_look(brake: float, ticks: int) -> tuple[float, float]:
    """The brake pedal between two looks, mean and at the end, pressed for some ticks."""
    total = 0.0
    for tick in range(LOOK_TICKS):
        brake = braked(brake, tick < ticks, TICK)
        total += brake
    return total / LOOK_TICKS, brake


class _Hands:
    """The eyes, hands and keys of one car's driver."""

    def __init__(self, seed: int, row: int, vehicle: str) -> None:
        self._seed = (seed, row)
        self._vehicle = vehicle
        self._filter = KeyFilter(vehicle)
        self.start()

    def start(self) -> None:
        """A new drive: the same draws again."""
        self._random = np.random.default_rng(self._seed)
        self.delay = int(self._random.integers(DELAY_TICKS[0], DELAY_TICKS[1] + 1))
        self._coming = deque([Keys()] * self.delay)
        self._filter.reset()
        self.keys = [Keys()] * LOOK_TICKS  # from the last look to the next, tick by tick
        self._axis = 0.0
        self._brake = 0.0
        self._owed = 0.0
        self._brake_owed = 0.0
        self._blur = self._random.standard_normal(2)
        self._age = 0

    def foresee(
        self, car: CarModel, speed: float, yaw_rate: float, lock: float
    ) -> tuple[float, ...]:
        """What the keys on their way will do, by a bicycle model.

        Args:
            car: the car.
            speed: [m/s].
            yaw_rate: [rad/s].
            lock: road-wheel angle of the whole axis at this speed [rad].

        Returns:
            Time until the last of them [s], and then speed [m/s], yaw rate [rad/s], the angle
            turned [rad] and the way to the left [m].
        """
        ahead = KeyFilter(self._vehicle)
        ahead.steer, ahead.throttle, ahead.brake = (
            self._filter.steer, self._filter.throttle, self._filter.brake,
        )  # fmt: skip
        angle = left = 0.0
        most, power = car.parameters["drive_force"], car.parameters["power"]
        for keys in self._coming:
            axis, throttle, brake = ahead.move(keys)
            push = throttle * min(most, power / max(speed, 1.0))
            speed = max(speed + (push - brake * car.brake_force) / car.mass * TICK, 0.1)
            path = axis * lock / (car.wheelbase + UNDERSTEER * speed * speed)
            yaw_rate += (path * speed - yaw_rate) * TICK / YAW_LAG
            angle += yaw_rate * TICK
            left += speed * angle * TICK
        return self.delay * TICK, speed, yaw_rate, angle, left

    @property
    def looks(self) -> bool:
        """Whether it looks in this tick."""
        return self._age % LOOK_TICKS == 0

    def look(self, axis: float, force: float, brake_force: float, mass: float) -> None:
        """Chooses keys for a wanted axis [-1, 1] and a force of the pedals [N]."""
        fresh = self._random.standard_normal(2)
        self._blur = BLUR_STAYS * self._blur + (1.0 - BLUR_STAYS**2) ** 0.5 * fresh
        # The keys whose effect comes closest; what is missing is owed to the next look.
        wanted = axis + BLUR_STEER * self._blur[0] + self._owed
        turns = []
        for key, ticks in TURNS:
            mean, end = _steered_look(self._axis, key, ticks)
            turns.append((abs(wanted - mean), key, ticks, mean, end))
        _, key, key_ticks, mean, self._axis = min(turns)
        self._owed = float(np.clip(wanted - mean, -MOST_OWED, MOST_OWED))
        # Brakes are tapped in the same way: held down, they take the grip that the corner needs.
        push = force + BLUR_PEDALS * mass * self._blur[1]
        braking = max(-push, 0.0) / brake_force
        wanted = braking + self._brake_owed
        stops = []
        for ticks in STOPS if braking > 0.0 else STOPS[:1]:
            mean, end = _braked_look(self._brake, ticks)
            stops.append((abs(wanted - mean), ticks, mean, end))
        _, brake_ticks, mean, self._brake = min(stops)
        owed = float(np.clip(wanted - mean, -MOST_OWED, MOST_OWED))
        self._brake_owed = owed if braking > 0.0 else 0.0
        up = push > EASE * mass
        for tick in range(LOOK_TICKS):
            turn = key if tick < key_ticks else 0.0
            self.keys[tick] = Keys(turn > 0.0, turn < 0.0, up, tick < brake_ticks)

    def step(self, speed: float) -> NDArray[np.float32]:
        """Pedals (3,) for the coming tick at a speed [m/s]."""
        if self._age == 0 and speed < ON_THE_GRID:  # waits for the start with the key held down
            self._coming = deque([Keys(up=True)] * self.delay)
        self._coming.append(self.keys[self._age % LOOK_TICKS])
        self._age += 1
        return self._filter.step(self._coming.popleft(), speed)


class KeyboardDriver:
    """Follows a line with four keys: a script, and so labelled, never human data.

    Attributes:
        device: what its laps are filed under.

    Args:
        track: the circuit that it will drive on, and no other.
        vehicle: name of the vehicle.
        seed: of its reaction time and its blur; each row of a batch draws its own.
        grip: share of the grip that it plans with.
    """

    name = "keyboard (scripted)"
    device = "scripted"
    observation = "track"
    action = "pedals"
    ticks_per_action = 1

    def __init__(
        self,
        track: _core.circuit.Track,
        vehicle: str = "gt",
        seed: int = 0,
        *,
        grip: float = KEYBOARD_GRIP,
    ) -> None:
        self._follower = LineFollower(
            track, smooth=True, grip=grip, margin=KEYBOARD_MARGIN, vehicle=vehicle, hands=HANDS
        )
        self._vehicle = vehicle
        self._seed = seed
        self._hands: list[_Hands] = []

    @property
    def line(self) -> RacingLine:
        """The line that it means to follow."""
        return self._follower.line

    def offset(self, s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where its line is at distances s (M,) [m]: metres to the left of the centre line."""
        return np.asarray(self._follower.at(np.asarray(s, np.float64))[0])

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Starts the masked drives anew, all of them without a mask."""
        for row, hands in enumerate(self._hands):
            if mask is None or mask[row]:
                hands.start()

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pedals (M, 3) for `track` observations (M, D)."""
        while len(self._hands) < len(obs):
            self._hands.append(_Hands(self._seed, len(self._hands), self._vehicle))
        hands = self._hands[: len(obs)]
        now = self._follower.see(obs)
        looking = np.array([h.looks for h in hands], np.bool_)
        if looking.any():
            car = self._follower.car
            places = np.flatnonzero(looking)
            soon = self._foreseen(hands, places, now)
            steer, force = self._follower.wanted(soon)
            axis = np.clip(steer / self._lock(soon.speed), -1.0, 1.0)
            for i, row in enumerate(places):
                hands[row].look(float(axis[i]), float(force[i]), car.brake_force, car.mass)
        rows = [h.step(float(v)) for h, v in zip(hands, now.speed, strict=True)]
        return np.stack(rows) if rows else np.zeros((0, 3), np.float32)

    def _lock(self, speed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Road-wheel angles (M,) [rad] of the whole axis at speeds (M,) [m/s]."""
        ones = np.stack([np.ones_like(speed), np.zeros_like(speed)], axis=1)
        lock = _core.axis_to_pedals(ones, speed, self._vehicle)[:, 0] * self._follower.car.max_steer
        return np.asarray(lock, np.float64)

    def _foreseen(self, hands: list[_Hands], rows: NDArray[np.intp], now: Motion) -> Motion:
        """The motion of some rows when the keys pressed now will take effect."""
        car = self._follower.car
        looks = zip(rows, now.speed[rows].tolist(), now.yaw_rate[rows].tolist(),
                    self._lock(now.speed[rows]).tolist(), strict=True)  # fmt: skip
        ahead = [hands[i].foresee(car, speed, yaw, lock) for i, speed, yaw, lock in looks]
        delay, speed, yaw_rate, angle, left = np.array(ahead).T
        mean = 0.5 * (now.speed[rows] + speed)
        way = now.heading[rows] + np.arctan2(now.slide[rows], now.speed[rows])
        road = self._follower.at(self._follower.ahead(now.s[rows], 0.5 * delay * mean))[ROAD]
        bend = road * mean * delay  # the road turns away by
        return Motion(
            s=self._follower.ahead(now.s[rows], delay * mean),
            offset=now.offset[rows] + delay * mean * np.sin(way) + left - 0.5 * bend * mean * delay,
            heading=now.heading[rows] + angle - bend,
            speed=speed,
            slide=now.slide[rows],
            yaw_rate=yaw_rate,
        )
