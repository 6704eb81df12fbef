"""The human driver on the highway: keys become what an agent would send."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from racer.drivers.highway.drivers import IDLE
from racer.drivers.keys import Keys, steered
from racer.envs.highway.worlds import action_meanings
from racer.play.highway.views import LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from racer.envs.highway.settings import HighwaySettings
    from racer.play.keyboard import Keyboard

# These vehicles turn without a limit of grip, a degree of the wheels at 25 m/s changes the heading
# by 5 degrees per second. So keys ask for a direction across the road, and released for the road's.
_ASIDE: Final = 4.2  # [m/s] across the road with a key held
_WIDEST: Final = 0.5  # [rad] most off the road's direction, when slow
_TURN: Final = 4.0  # [1/s] how quickly the heading follows
_SLOWEST: Final = 3.0  # [m/s] below which the wheels are turned as at this speed
_MOST: Final = 0.6  # [rad] of the wheels


def _either(a: Keys, b: Keys) -> Keys:
    return Keys(a.left or b.left, a.right or b.right, a.up or b.up, a.down or b.down)


def driving_keys(keys: Keys, *, along: bool) -> Keys:
    """What keys mean on a picture: on one along the road, to the right is ahead."""
    if not along:
        return keys
    return Keys(left=keys.up, right=keys.down, up=keys.right, down=keys.left)


class HighwayPerson:
    """A person at a keyboard, as a driver of one vehicle.

    Attributes:
        name: as shown to people.
        settings: nothing that the environment must have.
        outcome: the ego vehicle as it is; whoever steps the world keeps it up to date.
        along: whether the picture has the road from left to right.
    """

    def __init__(self, keyboard: Keyboard, settings: HighwaySettings, name: str = "you") -> None:
        self.name = name
        self.settings: Mapping[str, Any] = {}
        self.outcome: np.void | None = None
        self.along = True
        self._keyboard = keyboard
        self._action = settings["action"]
        self._meanings = action_meanings(settings)
        self._seconds = 1.0 / float(settings["policy_frequency"])
        self._tapped = Keys()
        self._aside = 0.0

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:  # noqa: ARG002  of drivers
        """Hands off the wheel."""
        self._aside = 0.0
        self._tapped = Keys()

    def tap(self, keys: Keys) -> None:
        """A key went down; if it is up again before the next action, it counts all the same."""
        self._tapped = _either(self._tapped, keys)

    def act(self, obs: NDArray[np.float32]) -> NDArray[Any]:
        """The action of the keys that are down, for observations (1, ...)."""
        keys = driving_keys(_either(self._keyboard.read(), self._tapped), along=self.along)
        self._tapped = Keys()
        if self._action["type"] != "ContinuousAction":
            return np.full(len(obs), meta_action(keys, self._meanings), np.int64)
        return self._continuous(keys)[None]

    def _continuous(self, keys: Keys) -> NDArray[np.float32]:
        self._aside = steered(self._aside, float(keys.right) - float(keys.left), self._seconds)
        speed = 0.0 if self.outcome is None else float(self.outcome["speed"])
        heading = 0.0 if self.outcome is None else float(self.outcome["heading"])
        wanted = {
            "acceleration": (float(keys.up) - float(keys.down), self._action["acceleration_range"]),
            "steering": (wheel_angle(self._aside, speed, heading), self._action["steering_range"]),
        }
        pedal, _ = wanted["acceleration"]
        angle, (low, high) = wanted["steering"]
        values = {"acceleration": pedal, "steering": 2.0 * (angle - low) / (high - low) - 1.0}
        action = [values[name] for name in self._meanings]
        clipped: NDArray[np.float32] = np.clip(np.array(action, np.float32), -1.0, 1.0)
        return clipped


def wheel_angle(aside: float, speed: float, heading: float) -> float:
    """The wheels' angle [rad] that takes the heading where the keys point, right positive.

    Args:
        aside: [-1, 1], across the road to the right.
        speed: [m/s], negative backwards.
        heading: [rad] off the road's direction, right positive.
    """
    pace = math.copysign(max(abs(speed), _SLOWEST), speed)
    wanted = aside * min(_WIDEST, _ASIDE / abs(pace))
    rate = _TURN * math.remainder(wanted - heading, math.tau)
    slip = math.asin(max(-0.9, min(0.9, rate * LENGTH / 2 / pace)))
    return max(-_MOST, min(_MOST, math.atan(2.0 * math.tan(slip))))


def meta_action(keys: Keys, meanings: tuple[str, ...]) -> int:
    """The number of the action that keys ask for, out of those there are; idle without one."""
    wanted = (
        ("LANE_LEFT", keys.left and not keys.right),
        ("LANE_RIGHT", keys.right and not keys.left),
        ("FASTER", keys.up and not keys.down),
        ("SLOWER", keys.down and not keys.up),
    )
    for name, pressed in wanted:
        if pressed and name in meanings:
            return meanings.index(name)
    return min(IDLE, len(meanings) - 1)
