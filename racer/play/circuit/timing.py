"""Live timing: what a timing screen shows while a lap runs.

Lap and sector times come from the engine's own clock (telemetry and lap events); nothing here
measures time again. What is computed here is what compares: colours of sectors, gaps.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

from racer._core import TICK_SECONDS
from racer.laps.traces import LapTrace

SplitColour = Literal["purple", "green", "yellow", "none"]
Telemetry = Mapping[str, NDArray[Any]]

_SECTORS = 3


@dataclass(frozen=True)
class LapResult:
    """A lap that ended: times in seconds, and why it does not count (empty if it does)."""

    time: float
    sectors: tuple[float, float, float]
    valid: bool
    standing: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Split:
    """One sector on the screen: its time [s], how it compares, whether it is of the running lap."""

    time: float | None = None
    colour: SplitColour = "none"
    fresh: bool = False


@dataclass
class _Trace:
    """A growing curve of time over distance, to compare two cars at the same place."""

    places: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def add(self, place: float, time: float) -> None:
        if not self.places or place > self.places[-1]:
            self.places.append(place)
            self.times.append(time)

    def time_at(self, place: float) -> float | None:
        """When ``place`` was passed; None if it was not yet."""
        if not self.places or place > self.places[-1]:
            return None
        i = bisect.bisect_left(self.places, place)
        if i == 0:
            return self.times[0]
        a, b = self.places[i - 1], self.places[i]
        share = (place - a) / (b - a)
        return self.times[i - 1] + share * (self.times[i] - self.times[i - 1])


class CarTiming:
    """The timing screen's row of one car."""

    def __init__(self) -> None:
        self.time: float | None = None
        self.lap = 0
        self.last: LapResult | None = None
        self.best: float | None = None
        self.best_sectors: list[float | None] = [None] * _SECTORS
        self.splits: list[Split] = [Split()] * _SECTORS
        self.reasons = 0
        self.delta: float | None = None
        self.now = 0.0
        self.distance = _Trace()
        self._offset = 0.0
        self._tick_offset = 0.0
        self._lap_trace = _Trace()
        self._best_trace: _Trace | None = None

    def set_best(self, lap: LapTrace) -> None:
        """Takes a lap of an earlier day as the best, to compare with."""
        self.best = lap.record.lap_time_s
        self.best_sectors = list(lap.record.sectors_s)
        self._best_trace = _Trace(lap.place.tolist(), lap.time.tolist())

    def new_run(self) -> None:
        """A restart: bests stay, what runs is forgotten."""
        self.time = self.delta = None
        self.splits = [Split()] * _SECTORS
        self.distance, self._lap_trace = _Trace(), _Trace()
        self.now = self._offset = self._tick_offset = 0.0

    def moved(self, distance: float, ticks: float) -> None:
        """The car is about to be put somewhere else after this distance [m] and these ticks."""
        self._offset += distance
        self._tick_offset += ticks
        self._lap_trace = _Trace()
        self.splits = [Split()] * _SECTORS

    def tick(self, telemetry: Telemetry, car: int, overall: list[float | None]) -> None:
        """Reads one car of the telemetry (K,) after a tick; ``overall``: best sectors of all."""
        ticks = float(telemetry["episode_ticks"][car])
        distance = self._offset + float(telemetry["distance"][car])
        self.now = (self._tick_offset + ticks) * TICK_SECONDS
        self.distance.add(distance, self.now)
        self.lap = int(telemetry["lap"][car])
        self.reasons = int(telemetry["lap_reasons"][car])
        if not telemetry["lap_running"][car]:
            self.time = self.delta = None
            return
        self.time = max(0.0, (ticks - float(telemetry["lap_start"][car])) * TICK_SECONDS)
        s = float(telemetry["s"][car])
        self._lap_trace.add(s, self.time)
        done = min(int(telemetry["sector"][car]), _SECTORS - 1)
        for i in range(done):
            if not self.splits[i].fresh:
                time = float(telemetry[f"sector_time_{i + 1}"][car])
                self.splits[i] = Split(time, self._colour(i, time, overall), fresh=True)
                if self.reasons == 0:
                    self._improve(i, time)
        if self._best_trace is not None:
            reference = self._best_trace.time_at(s)
            self.delta = None if reference is None or s <= 0.0 else self.time - reference

    def finish(self, result: LapResult, overall: list[float | None]) -> None:
        """Notes a lap that ended in the tick that `tick` is told of next."""
        last = _SECTORS - 1
        self.splits = [
            Split(
                time,
                self.splits[i].colour if i < last else self._colour(i, time, overall),
                fresh=False,
            )
            for i, time in enumerate(result.sectors)
        ]
        self.last = result
        if result.valid:
            self._improve(last, result.sectors[last])
            if self.best is None or result.time < self.best:
                self.best = result.time
                self._best_trace = self._lap_trace
        self._lap_trace = _Trace()

    def _colour(self, i: int, time: float, overall: list[float | None]) -> SplitColour:
        best, mine = overall[i], self.best_sectors[i]
        if best is None or time < best:
            return "purple"
        return "green" if mine is None or time < mine else "yellow"

    def _improve(self, i: int, time: float) -> None:
        mine = self.best_sectors[i]
        if mine is None or time < mine:
            self.best_sectors[i] = time


class Timing:
    """The timing screen of one world."""

    def __init__(self, cars: int) -> None:
        self.cars = [CarTiming() for _ in range(cars)]

    def new_run(self) -> None:
        """A restart of all cars."""
        for car in self.cars:
            car.new_run()

    def tick(self, telemetry: Telemetry, results: Mapping[int, LapResult]) -> None:
        """Reads one tick: telemetry (K,) of a world and the laps that ended, by car number."""
        for index, car in enumerate(self.cars):
            if index in results:
                car.finish(results[index], self._best_sectors())
            car.tick(telemetry, index, self._best_sectors())

    def gap(self, car: int, other: int) -> float | None:
        """Seconds that ``car`` is behind ``other`` (negative: ahead).

        It is how long ago the one in front passed the place that the other has reached, so that
        the gap to a car that stands grows.
        """
        me, them = self.cars[car], self.cars[other]
        if not me.distance.places or not them.distance.places:
            return None
        mine, theirs = me.distance.places[-1], them.distance.places[-1]
        if mine == theirs:
            return me.distance.times[-1] - them.distance.times[-1]
        behind, ahead = (me, them) if mine < theirs else (them, me)
        passed = ahead.distance.time_at(min(mine, theirs))
        if passed is None:
            return None
        return behind.now - passed if behind is me else passed - behind.now

    def _best_sectors(self) -> list[float | None]:
        best: list[float | None] = []
        for i in range(_SECTORS):
            times = [t for car in self.cars if (t := car.best_sectors[i]) is not None]
            best.append(min(times, default=None))
        return best
