"""From keys to pedals: keys are on or off, steering and pedals are not.

One text for the person at the viewer's keyboard and for the scripted driver that stands in for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from racer import _core

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Keys:
    """Which of the four driving keys are down."""

    left: bool = False
    right: bool = False
    up: bool = False
    down: bool = False


# Rates of the filter [1/s]: a wheel takes time to turn, springs back faster, and a foot on a brake
# is quicker than one on the throttle. Found by driving.
_STEER_START: Final = 2.2
_STEER_BUILD: Final = 3.6
_STEER_RETURN: Final = 6.5
_THROTTLE_PRESS: Final = 5.0
_THROTTLE_LIFT: Final = 12.0
_BRAKE_PRESS: Final = 6.0
_BRAKE_LIFT: Final = 14.0


class KeyFilter:
    """Turns keys into pedals, one call per tick.

    Steering builds up while a key is held, slowly at first so that taps are fine corrections, and
    returns faster than it builds. How far the wheel turns at a speed is the engine's own mapping of
    the axis action, the same for a keyboard and an agent.
    """

    def __init__(self, vehicle: str = "gt") -> None:
        self._vehicle = vehicle
        self.steer = 0.0
        self.throttle = 0.0
        self.brake = 0.0

    def reset(self) -> None:
        """Hands and feet off."""
        self.steer = self.throttle = self.brake = 0.0

    def step(
        self, keys: Keys, speed: float, seconds: float = _core.TICK_SECONDS
    ) -> NDArray[np.float32]:
        """The pedals (3,) after ``seconds`` with these keys down, at ``speed`` [m/s]."""
        axis, throttle, brake = self.move(keys, seconds)
        turned = np.array([axis, 0.0], np.float32)
        steer = float(_core.axis_to_pedals(turned, np.float32(speed), self._vehicle)[0])
        return np.array([steer, throttle, brake], np.float32)

    def move(self, keys: Keys, seconds: float = _core.TICK_SECONDS) -> tuple[float, float, float]:
        """Axis [-1, 1], throttle and brake after ``seconds`` with these keys down."""
        self.steer = steered(self.steer, float(keys.left) - float(keys.right), seconds)
        self.throttle = _pedal(self.throttle, keys.up, _THROTTLE_PRESS, _THROTTLE_LIFT, seconds)
        self.brake = braked(self.brake, keys.down, seconds)
        # Left-foot braking with the throttle held confuses more than it helps.
        throttle = 0.0 if self.brake > 0.0 and keys.down else self.throttle
        return self.steer, throttle, self.brake


def steered(steer: float, wanted: float, seconds: float) -> float:
    """The axis [-1, 1] after `seconds` with a key held: `wanted` is 1 left, -1 right, 0 none."""
    if wanted * steer < 0 or wanted == 0.0:
        steer = _towards(steer, 0.0, _STEER_RETURN * seconds)
    if wanted != 0.0 and wanted * steer >= 0:
        rate = _STEER_START + (_STEER_BUILD - _STEER_START) * min(1.0, abs(steer) * 2)
        steer = _towards(steer, wanted, rate * seconds)
    return steer


def braked(brake: float, pressed: bool, seconds: float) -> float:
    """The brake pedal [0, 1] after `seconds` with its key down or up."""
    return _pedal(brake, pressed, _BRAKE_PRESS, _BRAKE_LIFT, seconds)


def _towards(value: float, target: float, step: float) -> float:
    return min(value + step, target) if value < target else max(value - step, target)


def _pedal(value: float, pressed: bool, press: float, lift: float, seconds: float) -> float:
    return (
        _towards(value, 1.0, press * seconds) if pressed else _towards(value, 0.0, lift * seconds)
    )
