"""Laps for tests: driven once per test run by a simple careful driver, in a session."""

import dataclasses
from functools import cache

import numpy as np

from racer import _core
from racer.envs.circuit.session import FinishedLap, Session
from racer.laps import LapRecord, drive_again, open_car
from racer.tools.bench.engine import drive
from racer.tracks import list_tracks, load_track


@cache
def egg() -> _core.circuit.Track:
    """A short imported circuit that is in no catalogue."""
    angle = np.linspace(0.0, 2.0 * np.pi, 120, endpoint=False)
    x = 90.0 * np.cos(angle) + 15.0 * np.cos(2.0 * angle)
    y = 60.0 * np.sin(angle)
    width = np.full(120, 6.0)
    return _core.circuit.Track(x, y, width, width, name="egg", start_offset=12.5)


@cache
def circuit() -> _core.circuit.Track:
    """The first circuit of the catalogue."""
    return load_track(list_tracks()[0])


def pedals(session: Session) -> np.ndarray:
    """Pedals (N, K, 3) of the careful driver in every car of a session."""
    both = drive(session.batch, session.track)
    return np.ascontiguousarray(both.reshape(*session.shape, 3))


def laps_of(session: Session, count: int) -> list[FinishedLap]:
    """Drives until `count` laps ended."""
    laps: list[FinishedLap] = []
    for _ in range(60 * 600):
        laps += session.tick(pedals(session))
        if len(laps) >= count:
            return laps
    raise AssertionError("the careful driver did not finish its laps")


@cache
def egg_laps() -> tuple[LapRecord, LapRecord]:
    """A standing and a flying lap."""
    standing, flying = laps_of(Session(egg()), 2)
    return standing.record("careful", "agent"), flying.record("careful", "agent")


@cache
def old_laps() -> tuple[LapRecord, LapRecord]:
    """The same laps as files of format 1 hold them: from a state, without the run-up."""
    return old_form(egg_laps()[0]), old_form(egg_laps()[1])


def old_form(record: LapRecord) -> LapRecord:
    """A lap in format 1: the state before its clock started, and no run-up."""
    car = open_car(record.track, record.vehicle)
    record.placement.put(car)
    if record.first_tick:
        car.drive(record.inputs[: record.first_tick])
    return from_state(record, car.snapshot()[0, 0].copy(), record.inputs[record.first_tick :])


def from_state(record: LapRecord, start: np.ndarray, inputs: np.ndarray) -> LapRecord:
    """A record in format 1 with right hashes and claims for a state that somebody made up."""
    replay = drive_again(record.track, record.vehicle, start, inputs)
    return dataclasses.replace(
        record,
        placement=None,
        start=start,
        first_tick=0,
        inputs=inputs,
        hashes=replay.hashes,
        lap_time_s=float(replay.event["time"]),
        sectors_s=tuple(float(t) for t in replay.event["sectors"]),
        valid=bool(replay.event["valid"]),
        standing=bool(replay.event["standing"]),
    )


@cache
def rolling_lap() -> LapRecord:
    """A flying lap of a car that was placed at speed: not proved."""
    session = Session(egg())
    session.place(0, 0, egg().length - 60.0, 0.0, 0.0, 20.0)
    return laps_of(session, 1)[0].record("careful", "agent")
