"""What every driver can do, so that people, scripts and policies can take each other's seat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from racer.laps.record import Placement


class AnyDriver(Protocol):
    """Turns observations into actions, for any number of worlds at once, of any kind.

    Attributes:
        name: as shown to people.
    """

    name: str

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Forgets the past of the masked worlds (M,) bool; of all of them without a mask."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[Any]:
        """Actions (M, A) float32 or numbers (M,) int64 for observations (M, ...).

        Keeps no reference to either.
        """


class Driver(AnyDriver, Protocol):
    """A driver for circuits, which brings its own sensors, pedals and rate.

    Attributes:
        name: as shown to people.
        observation: the observation it wants, "lidar", "track" or "road".
        action: the action it gives, "axis" (2 numbers) or "pedals" (3 numbers).
        ticks_per_action: for how many ticks of 1/60 s one action holds.
    """

    observation: str
    action: str
    ticks_per_action: int


class SettledDriver(AnyDriver, Protocol):
    """A driver for worlds whose settings say what it sees and does.

    Attributes:
        settings: settings that the environment must have for it, beyond those it was made for.
    """

    settings: Mapping[str, Any]


@runtime_checkable
class CountsFaults(Protocol):
    """A driver that cannot always act, such as a policy that answers NaN.

    Attributes:
        faults: actions so far that the neutral one stood in for.
    """

    @property
    def faults(self) -> int:
        """See `CountsFaults`."""


@runtime_checkable
class HasDevice(Protocol):
    """A driver whose laps are filed under a device; those of others are an agent's.

    Attributes:
        device: as in lap files, such as "keyboard".
    """

    device: str


@runtime_checkable
class HasPlacement(Protocol):
    """A driver for circuits that repeats itself only from one place, such as a replay.

    Attributes:
        placement: where its car must stand to begin with; None: anywhere.
    """

    placement: Placement | None


class Drivers(Protocol):
    """Who can drive in worlds of a kind: the entry point `drivers` of `racer.kinds`."""

    def names(self) -> tuple[str, ...]:
        """What people may type beside files and runs."""

    def policy(self, path: Path, env_id: str, settings: Any) -> Any:
        """The driver of a policy's file in an environment with these settings.

        It has `metadata`, which its file says, and counts its `faults`.

        Raises:
            PolicyError: the file cannot be read, is no policy, or was trained for something else.
        """

    def try_out(self, path: Path, metadata: Any, seconds: float) -> int:
        """Lets a policy drive for some seconds; actions that could not be used.

        Raises:
            PolicyError: it cannot be loaded.
        """
