"""The human driver: keys, which are on or off, become steering and pedals, which are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.drivers.keys import KeyFilter, Keys

__all__ = ["HumanDriver", "KeyFilter", "Keyboard", "Keys", "ScriptedKeyboard"]


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
        (row,) = (f for f in _core.circuit.observation_layout("lidar") if f["name"] == "speed")
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
