"""A short circuit, laps on it, and a person who drives with four keys: for the viewer's tests."""

from __future__ import annotations

import functools
import math
import os

import numpy as np

from racer import _core
from racer.drivers import make_driver
from racer.envs.circuit.session import FinishedLap, Seat, Session, drive
from racer.laps import LapRecord
from racer.play.keyboard import HumanDriver, Keys, ScriptedKeyboard

os.environ["SDL_VIDEODRIVER"] = "dummy"  # the viewer's tests open no real window


@functools.cache
def short_track() -> _core.circuit.Track:
    """About 600 m with a left and right bend."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = 85 + 22 * np.cos(2 * turn) + 8 * np.sin(3 * turn)
    width = np.full(60, 6.0)
    return _core.circuit.Track(
        1.2 * radius * np.cos(turn), radius * np.sin(turn), width, width, name="Short"
    )


@functools.cache
def agent_laps(name: str = "good") -> tuple[FinishedLap, FinishedLap]:
    """A standing and a flying lap of an agent."""
    track = short_track()
    session = Session(track)
    seat = Seat(make_driver(name, track), session)
    laps: list[FinishedLap] = []
    while len(laps) < 2 and session.ticks < 10_000:
        laps += drive(session, [seat], 60)
    return laps[0], laps[1]


@functools.cache
def agent_records(name: str = "good") -> tuple[LapRecord, LapRecord]:
    """The laps as records."""
    standing, flying = agent_laps(name)
    return standing.record(name, "agent"), flying.record(name, "agent")


class Person:
    """A careful beginner: sees the rays, holds keys down or not, decides ten times a second."""

    def __init__(self, pace: float = 1.0) -> None:
        self.pace = pace
        self.keys = Keys()
        self.driver = HumanDriver(ScriptedKeyboard(lambda: self.keys), "Ada")
        rows = {row["name"]: row for row in _core.circuit.observation_layout("lidar")}
        self._speed = rows["speed"]

    def look(self, observation: np.ndarray) -> None:
        rays = np.maximum(observation[:9] * _core.circuit.RAY_RANGE, 0.1)
        speed = float(observation[self._speed["offset"]]) / self._speed["scale"]
        side = (rays[5] - rays[3]) / (rays[5] + rays[3])
        side += 0.6 * (rays[6] - rays[2]) / (rays[6] + rays[2])
        dare = self.pace * math.sqrt(2 * 7.0 * max(rays[4] - 6.0, 0.0) + 11.0**2)
        self.keys = Keys(
            left=bool(side > 0.12),
            right=bool(side < -0.12),
            up=bool(speed < dare),
            down=bool(speed > dare + 2.5),
        )
