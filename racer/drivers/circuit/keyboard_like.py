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
DELAY_TICKS = 6, 12  # reaction: 100 to 200 ms
BLUR_STEER = 0.05  # of the axis: how far off the wanted steering is seen
BLUR_PEDALS = 0.6  # [m/s2]
BLUR_STAYS = 0.8  # share of the blur that stays from look to look
EASE = 0.5  # [m/s2]: pedals wanted less than this are not worth a key
MOST_OWED = 0.3  # of the axis, and of the brake pedal
HANDS = Hands(near=8.0, ahead=0.35, gain=0.025, damping=0.0, calm_speed=25.0, caution=0.03)
YAW_LAG = 0.10  # [s] in which the car follows the steering, as the driver expects
UNDERSTEER = 0.0015  # [rad s2/m] as the driver expects
TICK = _core.TICK_SECONDS
LOOK_SECONDS = LOOK_TICKS * TICK


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
        self._keys = Keys()
        self._axis = 0.0
        self._brake = 0.0
        self._owed = 0.0
        self._brake_owed = 0.0
        self._blur = self._random.standard_normal(2)
        self._age = 0

    def foresee(self, car: CarModel, speed: float, yaw_rate: float) -> tuple[float, ...]:
        """What the keys on their way will do, by a bicycle model.

        Returns:
            Time until the last of them [s], and then speed [m/s], yaw rate [rad/s], the angle
            turned [rad] and the way to the left [m].
        """
        ahead = KeyFilter(self._vehicle)
        ahead.steer, ahead.throttle, ahead.brake = (
            self._filter.steer, self._filter.throttle, self._filter.brake,
        )  # fmt: skip
        angle = left = 0.0
        for keys in self._coming:
            steer, throttle, brake = ahead.step(keys, speed).tolist()
            push = throttle * min(
                car.parameters["drive_force"], car.parameters["power"] / max(speed, 1.0)
            )
            speed = max(speed + (push - brake * car.brake_force) / car.mass * TICK, 0.1)
            path = steer * car.max_steer / (car.wheelbase + UNDERSTEER * speed * speed)
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
        half = 0.5 * LOOK_SECONDS
        # The key whose effect comes closest; what is missing is owed to the next look.
        wanted = axis + BLUR_STEER * self._blur[0]
        turns = []
        for key in (0.0, -1.0, 1.0):
            middle = steered(self._axis, key, half)
            turns.append((abs(wanted + self._owed - middle), key, middle))
        _, key, middle = min(turns)
        self._axis = steered(middle, key, half)
        self._owed = float(np.clip(self._owed + wanted - middle, -MOST_OWED, MOST_OWED))
        # Brakes are tapped in the same way: held down, they take the grip that the corner needs.
        push = force + BLUR_PEDALS * mass * self._blur[1]
        braking = max(-push, 0.0) / brake_force
        stops = []
        for pressed in (False, True):
            middle = braked(self._brake, pressed, half)
            stops.append((abs(braking + self._brake_owed - middle), pressed, middle))
        _, pressed, middle = min(stops)
        pressed = pressed and braking > 0.0
        self._brake = braked(braked(self._brake, pressed, half), pressed, half)
        owed = self._brake_owed + braking - middle
        self._brake_owed = float(np.clip(owed, -MOST_OWED, MOST_OWED)) if braking > 0.0 else 0.0
        self._keys = Keys(key > 0.0, key < 0.0, push > EASE * mass, pressed)

    def step(self, speed: float) -> NDArray[np.float32]:
        """Pedals (3,) for the coming tick at a speed [m/s]."""
        self._age += 1
        self._coming.append(self._keys)
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
        track: _core.Track,
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
            pace = soon.speed
            ones = np.stack([np.ones_like(pace), np.zeros_like(pace)], axis=1)
            reach = _core.axis_to_pedals(ones, pace, self._vehicle)[:, 0] * car.max_steer
            axis = np.clip(steer / reach, -1.0, 1.0)
            for i, row in enumerate(places):
                hands[row].look(float(axis[i]), float(force[i]), car.brake_force, car.mass)
        rows = [h.step(float(v)) for h, v in zip(hands, now.speed, strict=True)]
        return np.stack(rows) if rows else np.zeros((0, 3), np.float32)

    def _foreseen(self, hands: list[_Hands], rows: NDArray[np.intp], now: Motion) -> Motion:
        """The motion of some rows when the keys pressed now will take effect."""
        car = self._follower.car
        ahead = [hands[i].foresee(car, float(now.speed[i]), float(now.yaw_rate[i])) for i in rows]
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
