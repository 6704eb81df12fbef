"""What a recorded lap is, and with which physics it can be driven again."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Final

import numpy as np
from numpy.typing import NDArray

import racer
from racer import _core
from racer.errors import LapError
from racer.formats.text import MAX_NAME, is_plain, shown

TICKS_PER_SECOND = round(1.0 / _core.TICK_SECONDS)
MAX_TEXT = MAX_NAME  # letters of a name in a lap file
MAX_TICKS = 1_000_000  # of one drive; about four and a half hours
HALF_TURN: Final = 3_141_593  # [urad]


@dataclass(frozen=True)
class Placement:
    """A car at rest on the road: where every proof of a lap begins.

    Whole numbers, so that one place has one spelling. The engine derives all other fields of the
    car's state from it (`_core.circuit.Batch.place`).

    Attributes:
        s_mm: distance from the start line along the centre line [mm]; 0 is a standing start.
        n_mm: offset from the centre line, left positive [mm].
        heading_urad: heading error to the centre line, left positive [1e-6 rad].
    """

    s_mm: int = 0
    n_mm: int = 0
    heading_urad: int = 0

    @classmethod
    def near(
        cls, track: _core.circuit.Track, s: float, n: float = 0.0, heading_error: float = 0.0
    ) -> Placement:
        """The placement next to a place, on whole millimetres and microradians.

        Args:
            track: the circuit.
            s: distance from the start line [m]; any lap's.
            n: offset from the centre line [m], positive to the left.
            heading_error: angle to the tangent of the centre line [rad], positive to the left.

        Raises:
            ValueError: a number is not finite.
        """
        if not all(math.isfinite(value) for value in (s, n, heading_error)):
            raise ValueError("s, n and heading_error must be finite")
        s_mm = round(math.fmod(s, track.length) * 1000.0)
        if s_mm < 0:
            s_mm = round((math.fmod(s, track.length) + track.length) * 1000.0)
        if s_mm / 1000.0 >= track.length:
            s_mm = 0
        turn = math.remainder(heading_error, 2.0 * math.pi)
        heading = max(-HALF_TURN, min(HALF_TURN, round(turn * 1e6)))
        return cls(s_mm, round(n * 1000.0), heading)

    @property
    def s(self) -> float:
        """Distance from the start line [m]."""
        return self.s_mm / 1000.0

    @property
    def n(self) -> float:
        """Offset from the centre line [m]."""
        return self.n_mm / 1000.0

    @property
    def heading_error(self) -> float:
        """Heading error [rad]."""
        return self.heading_urad / 1e6

    def put(self, batch: _core.circuit.Batch, world: int = 0, car: int = 0) -> None:
        """Puts a car there, at rest.

        Args:
            batch: the cars.
            world: index of the car's world.
            car: its index in that world.

        Raises:
            ValueError: there is no road.
        """
        batch.place(world, car, self.s, self.n, self.heading_error, 0.0)


def grid_slot(track: _core.circuit.Track, car: int, cars: int) -> Placement:
    """Where one of several cars stands on the line: evenly over the width, the first on the left.

    Args:
        track: the circuit.
        car: its number, from 0.
        cars: how many there are.
    """
    if cars == 1:
        return Placement()
    here = track.stations[0]
    left, right = float(here["width_left"]), float(here["width_right"])
    return Placement(n_mm=round(1000.0 * (left - (car + 0.5) / cars * (left + right))))


@dataclass(frozen=True, eq=False)
class LapRecord:
    """One lap, complete enough to be driven again bit for bit.

    A lap that can be proved has a `placement` and all inputs since the car stood there. One that
    cannot (files of format 1, cars that were placed at speed) has a `start` instead: a state that
    only its recorder knows.

    Attributes:
        track: the circuit it was driven on.
        inputs: int16 (T, 3), steer, throttle and brake of each tick in 1/32767.
        hashes: uint64 (ceil(T / 60),), state hash after each second and after the last tick.
        lap_time_s: interpolated inside the first and the last tick of the lap [s].
        sectors_s: the three sector times [s].
        valid: the lap broke no rule.
        reasons: names of the rules that it broke.
        standing: it began at rest on the line.
        placement: where the car stood before the first of these ticks, or None.
        start: structured (), the car's state before the first of these ticks, or None.
        first_tick: the tick in which the lap's clock started; what comes before is the run-up.
        vehicle: name of the vehicle.
        physics: fingerprint of the physics it was driven with.
        driver: who drove, as claimed.
        device: what the driver steered with, as claimed ("keyboard", "gamepad", "agent").
        created: time of recording as claimed, ISO 8601 in UTC.
        package_version: version of Racer that recorded it, as claimed.
    """

    track: _core.circuit.Track
    inputs: NDArray[np.int16]
    hashes: NDArray[np.uint64]
    lap_time_s: float
    sectors_s: tuple[float, float, float]
    valid: bool
    reasons: tuple[str, ...]
    standing: bool
    placement: Placement | None = None
    start: NDArray[np.void] | None = None
    first_tick: int = 0
    vehicle: str = "gt"
    physics: str = ""
    driver: str = ""
    device: str = ""
    created: str = field(default_factory=lambda: now())
    package_version: str = field(default_factory=lambda: racer.__version__)

    @property
    def ticks(self) -> int:
        """Number of ticks of inputs, run-up included."""
        return len(self.inputs)

    @property
    def begin(self) -> Placement | NDArray[np.void]:
        """What the inputs are driven from: the placement, or the recorder's state, structured ().

        Raises:
            LapError: the lap has neither.
        """
        if self.placement is not None:
            return self.placement
        if self.start is None:
            raise LapError("the lap has neither a placement nor a start state.")
        return self.start

    def driven_by(self, driver: str, device: str = "") -> LapRecord:
        """The same lap with a driver's name and device on it, hidden characters escaped."""
        return replace(self, driver=shown(driver, MAX_TEXT), device=shown(device, MAX_TEXT))


def check_claim(text: str, what: str) -> None:
    """Raises LapError unless a lap file can say a text, such as a driver's name, as it is."""
    if len(text) > MAX_TEXT:
        raise LapError(
            f"{what} {shown(text, 40)!r} has {len(text)} characters; a lap file takes at most "
            f"{MAX_TEXT}."
        )
    if not is_plain(text):
        raise LapError(
            f"{what} '{shown(text, 80)}' has hidden characters; a lap file takes printable ones."
        )


def now() -> str:
    """The time now, ISO 8601 in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def check_physics(record: LapRecord, label: str = "lap") -> None:
    """Raises LapError if the lap was driven with a physics that this installation does not have."""
    if record.vehicle not in _core.vehicles():
        known = ", ".join(_core.vehicles())
        raise LapError(f"{label}: vehicle {record.vehicle!r} is unknown here (known: {known}).")
    here = _core.physics_fingerprint(record.vehicle)
    if record.physics != here:
        raise LapError(
            f"{label}: was driven with physics {record.physics} (Racer {record.package_version}),"
            f" this Racer {racer.__version__} has {here}: use that version, or drive the lap again."
        )
