"""Who drives what: a session, a driver in every car, and the timing screen. No pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from racer._core import TICK_SECONDS
from racer._core.circuit import Track
from racer.drivers import Driver
from racer.drivers.protocol import HasPlacement
from racer.envs.circuit.session import FinishedLap, Seat, Session
from racer.formats.text import shown
from racer.laps import reason_names
from racer.play.circuit.timing import LapResult, Telemetry, Timing

# An agent that stands still for this long is put back on the road.
_STUCK_TICKS: Final = round(4.0 / TICK_SECONDS)


class Race:
    """Cars side by side in one world; they do not touch each other.

    Attributes:
        session: the engine, one world.
        drivers: one per car; the first is the one that pictures follow.
        names: of the drivers, told apart if two are the same.
        timing: the timing screen.
        row: live telemetry (K,) of the world.
    """

    def __init__(self, track: Track, drivers: Sequence[Driver], vehicle: str = "gt") -> None:
        self.session = Session(track, cars=len(drivers), vehicle=vehicle)
        self.drivers = list(drivers)
        self.names = _told_apart([driver.name for driver in drivers])
        self.timing = Timing(len(drivers))
        self.row: dict[str, NDArray[Any]] = row_of(self.session.telemetry)
        self._seats = [Seat(driver, self.session, car) for car, driver in enumerate(drivers)]

    def restart(self) -> None:
        """Everybody back to the line, at rest; best times stay."""
        self.session.start()
        for car in range(len(self.drivers)):
            self._place_as_recorded(car)
        self.timing.new_run()
        self.timing.tick(self.row, {})
        for seat in self._seats:
            seat.reset()

    def tick(self) -> list[FinishedLap]:
        """One tick of everybody; returns the laps that ended."""
        pedals = np.stack([seat.pedals() for seat in self._seats], axis=1)
        finished = self.session.tick(pedals)
        self.timing.tick(self.row, {lap.car: result_of(lap) for lap in finished})
        for car in range(1, len(self.drivers)):
            if self.row["stillness_ticks"][car] > _STUCK_TICKS:
                self.put_back(car)
        return finished

    def put_back(self, car: int) -> None:
        """Puts a stuck car on the centre line where it is, at rest; its lap starts anew.

        A recorded lap goes back to where it began.
        """
        distance, ticks = self.row["distance"][car], self.row["episode_ticks"][car]
        self.timing.cars[car].moved(float(distance), float(ticks))
        if not self._place_as_recorded(car):
            self.session.place(0, car, float(self.row["s"][car]))
        self._seats[car].reset()

    def _place_as_recorded(self, car: int) -> bool:
        """Puts a car where its recorded lap began: from there alone it repeats itself."""
        driver = self.drivers[car]
        place = driver.placement if isinstance(driver, HasPlacement) else None
        if place is None:
            return False
        self.session.place(0, car, place.s, place.n, place.heading_error)
        return True

    def invalid_reason(self, car: int = 0) -> str:
        """Why the running lap of a car does not count, in words; "" if it does."""
        names = reason_names(int(self.row["lap_reasons"][car]))
        return ", ".join(name.replace("_", " ") for name in names)

    def gap(self) -> tuple[str, float | None]:
        """The nearest rival's name and the seconds that the first car is behind it."""
        gaps = [(self.names[i], self.timing.gap(0, i)) for i in range(1, len(self.names))]
        known = [(name, gap) for name, gap in gaps if gap is not None]
        return min(known, key=lambda pair: abs(pair[1]), default=("", None))


def row_of(telemetry: Telemetry, world: int = 0) -> dict[str, NDArray[Any]]:
    """The telemetry (K,) of one world from that of a batch (N, K); live views stay live."""
    return {
        name: values[world] if values.ndim > 1 else values for name, values in telemetry.items()
    }


def result_of(lap: FinishedLap) -> LapResult:
    """What the timing screen notes of a finished lap."""
    event = lap.event
    first, second, third = (float(time) for time in event["sectors"])
    reasons = reason_names(int(event["reasons"]))
    return LapResult(lap.time_s, (first, second, third), lap.valid, lap.standing, reasons)


def _told_apart(names: Sequence[str]) -> list[str]:
    names = [shown(name, 40) for name in names]  # a policy's comes from a file
    return [name if names.count(name) == 1 else f"{name} {i + 1}" for i, name in enumerate(names)]
