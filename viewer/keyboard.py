"""The human driver: keys, which are on or off, become steering and pedals, which are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from racer import _core


@dataclass(frozen=True)
class Keys:
    """Which of the four driving keys are down."""

    left: bool = False
    right: bool = False
    up: bool = False
    down: bool = False


class Keyboard(Protocol):
    """Something that knows which keys are down now: a real keyboard, or a script."""

    def read(self) -> Keys:
        """The keys that are down at this moment."""
        ...


class ScriptedKeyboard:
    """A keyboard whose keys are pressed by a function of the last observation, or by nobody."""

    def __init__(self, script: Callable[[], Keys] = Keys) -> None:
        self._script = script

    def read(self) -> Keys:
        """The keys that the script holds down."""
        return self._script()


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

    def __init__(self) -> None:
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
        wanted = float(keys.left) - float(keys.right)
        if wanted * self.steer < 0 or wanted == 0.0:
            self.steer = _towards(self.steer, 0.0, _STEER_RETURN * seconds)
        if wanted != 0.0 and wanted * self.steer >= 0:
            rate = _STEER_START + (_STEER_BUILD - _STEER_START) * min(1.0, abs(self.steer) * 2)
            self.steer = _towards(self.steer, wanted, rate * seconds)
        self.throttle = _pedal(self.throttle, keys.up, _THROTTLE_PRESS, _THROTTLE_LIFT, seconds)
        self.brake = _pedal(self.brake, keys.down, _BRAKE_PRESS, _BRAKE_LIFT, seconds)
        axis = np.array([self.steer, 0.0], np.float32)
        steer = float(_core.axis_to_pedals(axis, np.float32(speed))[0])
        # Left-foot braking with the throttle held confuses more than it helps.
        throttle = 0.0 if self.brake > 0.0 and keys.down else self.throttle
        return np.array([steer, throttle, self.brake], np.float32)


def _towards(value: float, target: float, step: float) -> float:
    return min(value + step, target) if value < target else max(value - step, target)


def _pedal(value: float, pressed: bool, press: float, lift: float, seconds: float) -> float:
    return (
        _towards(value, 1.0, press * seconds) if pressed else _towards(value, 0.0, lift * seconds)
    )


class HumanDriver:
    """A person, as a driver like all others (see `racer.drivers`).

    Attributes:
        name: who drives.
        device: what with; laps are filed by it.
    """

    observation = "lidar"
    action = "pedals"
    ticks_per_action = 1

    def __init__(self, keyboard: Keyboard, name: str = "you", device: str = "keyboard") -> None:
        self.name = name
        self.device = device
        self._keyboard = keyboard
        self._filters: list[KeyFilter] = []
        (row,) = (f for f in _core.observation_layout("lidar") if f["name"] == "speed")
        self._speed_at, self._speed_scale = int(row["offset"]), float(row["scale"])

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Hands and feet off, in the worlds of the mask (all without one)."""
        for i, key_filter in enumerate(self._filters):
            if mask is None or mask[i]:
                key_filter.reset()

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pedals (M, 3) for observations (M, D); the same keys drive every row."""
        while len(self._filters) < len(obs):
            self._filters.append(KeyFilter())
        keys = self._keyboard.read()
        speeds = (obs[:, self._speed_at] / self._speed_scale).tolist()
        rows = [f.step(keys, v) for f, v in zip(self._filters, speeds, strict=False)]
        return np.stack(rows) if rows else np.zeros((0, 3), np.float32)
