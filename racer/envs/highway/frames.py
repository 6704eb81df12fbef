"""The frames between two policy steps of a highway world, for those who want to see them all.

The engine answers once per policy step. A second world, whose policy step is one frame long, drives
the same way again from the same state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from racer.envs.highway.worlds import HighwayWorlds
from racer.envs.pictures import painter_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from racer.envs.worlds import Painter


class HighwayFrames:
    """Repeats the steps of one world frame by frame.

    Args:
        worlds: the world, N = 1.
    """

    def __init__(self, worlds: HighwayWorlds) -> None:
        rates = worlds.settings["simulation_frequency"], worlds.settings["policy_frequency"]
        self.frames_per_action = int(rates[0] // rates[1])
        self.frames_per_second = float(rates[0])
        single = {"policy_frequency": rates[0]}
        self._worlds = HighwayWorlds(
            1, worlds.settings, settings=single, autoreset="disabled", seed=0
        )
        self._idle = worlds.idle_action
        self._painter: Painter | None = None

    def between(self, states: Sequence[NDArray[np.void]], action: Any) -> Iterator[None]:
        """Drives for one action from `states`, and stops at each frame but the last."""
        worlds = self._worlds
        worlds.set_states(states)
        for _ in range(self.frames_per_action - 1):
            worlds.step(action)
            if worlds.discrete:  # an order, given once
                action = np.full_like(action, self._idle)
            yield

    def paint(self) -> NDArray[np.uint8]:
        """A picture of the frame at which `between` stopped."""
        if self._painter is None:
            self._painter = painter_of(self._worlds, 0)
        return self._painter()
