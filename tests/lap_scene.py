"""Laps for tests: driven once per test run by a simple careful driver, in a session."""

from functools import cache

import numpy as np

from racer import _core
from racer.laps import LapRecord
from racer.session import FinishedLap, Session
from racer.tools.bench.engine import drive
from racer.tracks import list_tracks, load_track


@cache
def egg() -> _core.Track:
    """A short imported circuit that is in no catalogue."""
    angle = np.linspace(0.0, 2.0 * np.pi, 120, endpoint=False)
    x = 90.0 * np.cos(angle) + 15.0 * np.cos(2.0 * angle)
    y = 60.0 * np.sin(angle)
    width = np.full(120, 6.0)
    return _core.Track(x, y, width, width, name="egg", start_offset=12.5)


@cache
def circuit() -> _core.Track:
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
