"""What every driver can do, so that people, scripts and policies can take each other's seat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Driver(Protocol):
    """Turns observations into actions, for any number of cars at once.

    Attributes:
        name: as shown to people.
        observation: the observation it wants, "lidar" or "track".
        action: the action it gives, "axis" (2 numbers) or "pedals" (3 numbers).
        ticks_per_action: for how many ticks of 1/60 s one action holds.
    """

    name: str
    observation: str
    action: str
    ticks_per_action: int

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Forgets the past of the masked cars (M,) bool; of all of them without a mask."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Actions (M, A) float32 for observations (M, D) float32. Keeps no reference to either."""
