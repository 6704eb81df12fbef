"""What a recorded lap is, and with which physics it can be driven again."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

import numpy as np
from numpy.typing import NDArray

import racer
from racer import _core
from racer.errors import LapError

TICKS_PER_SECOND = round(1.0 / _core.TICK_SECONDS)
MAX_TEXT = 200  # letters of a name in a lap file


@dataclass(frozen=True, eq=False)
class LapRecord:
    """One lap, complete enough to be driven again bit for bit.

    Attributes:
        track: the circuit it was driven on.
        inputs: int16 (T, 3), steer, throttle and brake of each tick in 1/32767.
        start: structured (), the car's state before the first of these ticks.
        hashes: uint64 (ceil(T / 60),), state hash after each second and after the last tick.
        lap_time_s: interpolated inside the first and the last tick [s].
        sectors_s: the three sector times [s].
        valid: the lap broke no rule.
        reasons: names of the rules that it broke.
        standing: it began at rest on the line.
        vehicle: name of the vehicle.
        physics: fingerprint of the physics it was driven with.
        driver: who drove, as shown to people.
        device: what the driver steered with ("keyboard", "gamepad", "agent").
        created: time of recording, ISO 8601 in UTC.
        package_version: version of Racer that recorded it.
    """

    track: _core.Track
    inputs: NDArray[np.int16]
    start: NDArray[np.void]
    hashes: NDArray[np.uint64]
    lap_time_s: float
    sectors_s: tuple[float, float, float]
    valid: bool
    reasons: tuple[str, ...]
    standing: bool
    vehicle: str = "gt"
    physics: str = ""
    driver: str = ""
    device: str = ""
    created: str = field(default_factory=lambda: now())
    package_version: str = field(default_factory=lambda: racer.__version__)

    @property
    def ticks(self) -> int:
        """Number of ticks that were driven."""
        return len(self.inputs)

    def driven_by(self, driver: str, device: str = "") -> "LapRecord":
        """The same lap with a driver's name and device on it."""
        return replace(self, driver=driver[:MAX_TEXT], device=device[:MAX_TEXT])


def now() -> str:
    """The time now, ISO 8601 in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def check_physics(record: LapRecord, shown: str = "lap") -> None:
    """Raises LapError if the lap was driven with a physics that this installation does not have."""
    if record.vehicle not in _core.vehicles():
        known = ", ".join(_core.vehicles())
        raise LapError(f"{shown}: vehicle {record.vehicle!r} is unknown here (known: {known}).")
    here = _core.physics_fingerprint(record.vehicle)
    if record.physics != here:
        raise LapError(
            f"{shown}: was driven with physics {record.physics} (Racer {record.package_version}),"
            f" this Racer {racer.__version__} has {here}: use that version, or drive the lap again."
        )
