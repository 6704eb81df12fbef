"""Driving tick by tick, with laps recorded: the loop under the viewer, evaluation and recording.

A `Session` steps worlds of cars by single ticks with pedal inputs and hands out every lap that
ends, together with all that is needed to prove it: where its car stood last, and every input since.
A `Seat` puts a driver into a car: it
asks the driver at the driver's own rate and holds the answer in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from racer import _core
from racer.envs.circuit.conditions import FROZEN, CarConditions
from racer.errors import LapError
from racer.laps import MAX_TICKS, LapRecord, Placement, grid_slot, record_lap
from racer.laps.input_log import CHUNK, InputLog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

NEAR_LINE = 5.0  # [m]; further than any car moves in a tick
CHEAPEST = "road"  # what the batch computes in every tick; it casts no rays


@dataclass(frozen=True)
class FinishedLap:
    """A lap that just ended.

    Attributes:
        world, car: who drove it.
        event: the lap event, see `_core.circuit.Batch.lap_events`.
        begin: where the car stood before the first of the inputs. If it was placed at speed: its
            state before the tick in which the clock started, which proves nothing.
        inputs: int16 (T, 3), all inputs from there to the tick in which the lap ended; none if they
            were not recorded.
        conditions: of the car; unless it is the frozen one, the lap proves nothing.
    """

    world: int
    car: int
    event: np.void
    begin: Placement | NDArray[np.void]
    inputs: NDArray[np.int16]
    track: _core.circuit.Track
    vehicle: str
    conditions: CarConditions = FROZEN

    @property
    def time_s(self) -> float:
        """Lap time [s]."""
        return float(self.event["time"])

    @property
    def valid(self) -> bool:
        """Whether the lap broke no rule."""
        return bool(self.event["valid"])

    @property
    def standing(self) -> bool:
        """Whether the lap began at rest on the line."""
        return bool(self.event["standing"])

    @property
    def proved(self) -> bool:
        """Whether its inputs begin at rest, so that its record is a proof."""
        placed = isinstance(self.begin, Placement) and len(self.inputs) > 0
        return placed and self.conditions.frozen

    def record(self, driver: str = "", device: str = "") -> LapRecord:
        """The lap as a record to save; drives it again first, as proof.

        Raises:
            LapError: driving it again did not give the same lap, or its car was not the frozen one.
        """
        if not self.conditions.frozen:
            raise LapError(
                f"the lap was driven with {self.conditions}: only one of the frozen physics "
                "(grip 1, mass 1) can be recorded."
            )
        return record_lap(
            self.track,
            self.begin,
            self.inputs,
            self.event,
            vehicle=self.vehicle,
            driver=driver,
            device=device,
        )


class Session:
    """Worlds of cars, stepped tick by tick.

    Args:
        track: the circuit; or one for each world.
        worlds: number of worlds N, if there is one circuit.
        cars: cars per world K; they do not touch each other.
        vehicle: name of the vehicle.
        record: whether to keep the inputs, so that laps can be recorded.
        threads: threads of the engine.
        conditions: of the cars.

    Raises:
        ConfigError: the inputs shall be kept of cars that are not the frozen ones.
    """

    def __init__(
        self,
        track: _core.circuit.Track | Sequence[_core.circuit.Track],
        *,
        worlds: int = 1,
        cars: int = 1,
        vehicle: str = "gt",
        record: bool = True,
        threads: int = 1,
        conditions: CarConditions = FROZEN,
    ) -> None:
        if record:
            conditions.refuse_records()
        self.conditions = conditions
        config = _core.circuit.Config()
        config.max_steps = 0
        config.stillness_timeout_ticks = 0
        self.tracks: list[_core.circuit.Track] = (
            [track] * worlds if isinstance(track, _core.circuit.Track) else list(track)
        )  # of each world
        worlds = len(self.tracks)
        several = list({id(each): each for each in self.tracks}.values())
        numbers = {id(each): i for i, each in enumerate(several)}
        self._lengths = np.array([[each.length] for each in self.tracks])
        self.vehicle = vehicle
        self.batch = _core.circuit.Batch(
            several,
            worlds,
            world_tracks=np.array([numbers[id(each)] for each in self.tracks], np.int32),
            cars_per_world=cars,
            vehicle=vehicle,
            observation=CHEAPEST,
            autoreset="disabled",
            threads=threads,
            config=config,
            grip=conditions.grip,
            mass=conditions.mass,
        )
        self.telemetry: Mapping[str, NDArray[Any]] = self.batch.facts
        self._seen: dict[str, NDArray[np.float32]] = {}  # observations of this tick
        self.ticks = 0
        self._record = record
        self._log = InputLog((worlds, cars))
        # The tick from which a car's inputs are kept, or -1; and what they begin with.
        self._since = np.full((worlds, cars), -1)
        self._begin: dict[tuple[int, int], Placement | NDArray[np.void]] = {}
        self._rolling = np.zeros((worlds, cars), bool)  # not placed at rest
        self.start()

    @property
    def facts(self) -> Mapping[str, NDArray[Any]]:
        """The old name of `telemetry`."""
        return self.telemetry

    @property
    def track(self) -> _core.circuit.Track:
        """The circuit of the first world."""
        return self.tracks[0]

    @property
    def shape(self) -> tuple[int, int]:
        """Worlds and cars per world, (N, K)."""
        return self.batch.num_worlds, self.batch.cars_per_world

    def start(self) -> None:
        """Puts every car at rest on the line, side by side: a standing start."""
        self.batch.reset()
        self._seen.clear()
        self.ticks = 0
        self._log.clear()
        cars = self.shape[1]
        for world, car in np.ndindex(*self.shape):
            slot = grid_slot(self.tracks[world], car, cars)
            if cars > 1:
                slot.put(self.batch, world, car)
            self._note_placement(world, car, slot)

    def place(
        self,
        world: int,
        car: int,
        s: float,
        n: float = 0.0,
        heading_error: float = 0.0,
        speed: float = 0.0,
    ) -> None:
        """Puts one car at (s, n) [m] with a heading error [rad] and a speed [m/s].

        At rest it stands on the nearest millimetre, and its laps from there are proofs. Laps of a
        car that was placed at speed are not.
        """
        self._seen.clear()
        if speed == 0.0:
            there = Placement.near(self.tracks[world], s, n, heading_error)
            there.put(self.batch, world, car)
            self._note_placement(world, car, there)
        else:
            self.batch.place(world, car, s, n, heading_error, speed)
            self._note_placement(world, car, None)

    def observation(self, kind: str = "track", car: int = 0) -> NDArray[np.float32]:
        """The observations (N, D) float32 of one car of each world, of any kind.

        They hold until the next tick or placement.
        """
        if kind not in self._seen:
            self._seen[kind] = self.batch.observe(kind)
        return self._seen[kind][:, car]

    def tick(self, pedals: NDArray[np.float32]) -> list[FinishedLap]:
        """One tick of every car.

        Args:
            pedals: float32 (N, K, 3), steer [-1, 1], throttle and brake [0, 1].

        Returns:
            The laps that ended in this tick.
        """
        batch = self.batch
        self._seen.clear()
        if not self._record:
            batch.step(pedals)
            self.ticks += 1
            return self._finished()
        near = self._rolling & (self.telemetry["s"] > self._lengths - NEAR_LINE)
        before = self._snapshots(np.flatnonzero(near.any(axis=1))) if near.any() else {}
        laps_before = self._clocks() if before else None
        batch.step(pedals)
        if self.ticks % CHUNK == 0:
            self._forget()
        self._log.add(self.ticks, batch.inputs)
        self.ticks += 1
        finished = self._finished()
        if laps_before is not None:
            for world, car in np.argwhere(near & (self._clocks() != laps_before)):
                key = (int(world), int(car))
                self._begin[key] = before[key]
                self._since[key] = self.ticks - 1
        return finished

    def _clocks(self) -> NDArray[np.int64]:
        """A number (N, K) that changes whenever a lap clock starts afresh."""
        clocks: NDArray[np.int64] = (
            self.telemetry["lap"].astype(np.int64) + self.telemetry["lap_running"]
        )
        return clocks

    def _finished(self) -> list[FinishedLap]:
        events = self.batch.lap_events
        completed = events["completed"]
        if not completed.any():
            return []
        laps = []
        for world, car in np.argwhere(completed):
            key = (int(world), int(car))
            first = int(self._since[key])
            begin = self._begin.get(key, Placement())
            inputs = np.zeros((0, 3), np.int16)
            if self._record and first >= 0:
                inputs = self._log.between(first, self.ticks, *key)
            laps.append(
                FinishedLap(
                    *key,
                    events[key].copy(),
                    begin,
                    inputs,
                    self.tracks[key[0]],
                    self.vehicle,
                    self.conditions,
                )
            )
        return laps

    def _snapshots(self, worlds: NDArray[np.intp]) -> dict[tuple[int, int], NDArray[np.void]]:
        records = self.batch.snapshot([int(w) for w in worlds])
        return {
            (int(world), car): records[i, car].copy()
            for i, world in enumerate(worlds)
            for car in range(self.shape[1])
        }

    def _note_placement(self, world: int, car: int, at: Placement | None) -> None:
        """A car at rest begins a drive; one that was placed at speed must first reach the line."""
        key = (world, car)
        self._rolling[key] = at is None
        self._since[key] = self.ticks if at is not None else -1
        if at is not None:
            self._begin[key] = at

    def _forget(self) -> None:
        """Frees inputs that no lap needs; gives up the proof of cars that drive on for hours."""
        long = (self._since >= 0) & (self.ticks - self._since > MAX_TICKS - 2 * CHUNK)
        self._since[long] = -1
        self._rolling[long] = True
        needed = np.where(self._since < 0, self.ticks, self._since)
        self._log.forget_before(int(needed.min()))


class SeatedDriver(Protocol):
    """What a seat needs of a driver; see `racer.drivers`."""

    observation: str
    action: str
    ticks_per_action: int

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Forgets the past of the masked worlds (of all, without a mask)."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Actions (N, A) for observations (N, D)."""


class Seat:
    """A driver in the same car of every world of a session.

    Asks the driver every `ticks_per_action` ticks and holds the pedals in between.
    """

    def __init__(self, driver: SeatedDriver, session: Session, car: int = 0) -> None:
        self.driver = driver
        self._session = session
        self._car = car
        self._pedals = np.zeros((session.shape[0], 3), np.float32)
        self._age = 0
        driver.reset()

    def reset(self) -> None:
        """The driver starts afresh and is asked in the next tick."""
        self.driver.reset()
        self._age = 0

    def pedals(self) -> NDArray[np.float32]:
        """Pedals (N, 3) for the coming tick."""
        if self._age % self.driver.ticks_per_action == 0:
            action = self.driver.act(self._session.observation(self.driver.observation, self._car))
            if self.driver.action == "axis":
                speed = self._session.telemetry["v_x"][:, self._car]
                self._pedals = _core.axis_to_pedals(action, speed, self._session.vehicle)
            else:
                self._pedals = np.asarray(action, np.float32)
        self._age += 1
        return self._pedals


def drive(session: Session, seats: Sequence[Seat], ticks: int) -> list[FinishedLap]:
    """Lets one seat per car drive for some ticks; returns the laps that ended."""
    laps: list[FinishedLap] = []
    for _ in range(ticks):
        laps += session.tick(np.stack([seat.pedals() for seat in seats], axis=1))
    return laps
