"""What the car is like to drive with four keys, for docs/physics.md (see physics_report.py).

Eight keyboard-like drivers, each with a reaction time and draws of its own, drive four situations.
They are scripted, not people; see `racer/drivers/circuit/keyboard_like.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from racer import _core
from racer.drivers.circuit.keyboard_like import KeyboardDriver
from racer.envs.circuit.session import Seat, Session
from racer.tracks import load_track

TRACK: Final = "harbour"
DRIVERS: Final = 8
TICKS: Final = 60


@dataclass(frozen=True)
class Run:
    """One situation.

    Attributes:
        name: what it is.
        clean: drivers who kept a wheel on the road and off the walls.
        off_line: largest distance from the driver's own line in the end [m], the median driver's.
        slowest: speed [m/s], the median driver's.
        sideslip: largest [rad], the median driver's.
    """

    name: str
    clean: int
    off_line: float
    slowest: float
    sideslip: float


def runs() -> list[Run]:
    """All four situations."""
    track = load_track(TRACK)
    curvature = track.stations["curvature"].astype(np.float64)
    hairpin = int(np.argmax(np.abs(curvature)))
    # The quickest change from one side to the other: curvatures 40 m apart.
    there = np.roll(curvature, -int(40.0 / track.spacing))
    chicane = int(np.argmin(curvature * there))
    metres = track.spacing
    return [
        _run(track, "standing start", 0.0, 0.0, 0.0, 8.0),
        _run(track, "hairpin", hairpin * metres - 120.0, 0.8, 0.0, 10.0),
        _run(track, "chicane", chicane * metres - 100.0, 0.8, 0.0, 10.0),
        _run(track, "recovery from a slide of 20 degrees", 60.0, 0.7, np.radians(20.0), 6.0),
    ]


def _run(
    track: _core.circuit.Track, name: str, s: float, pace: float, askew: float, seconds: float
) -> Run:
    """Drivers on their line at `s` [m] at a share of its speed, sliding `askew` [rad]."""
    session = Session(track, worlds=DRIVERS, record=False)
    driver = KeyboardDriver(track)
    seat = Seat(driver, session)
    telemetry = session.telemetry
    if pace > 0.0:
        line = driver.line
        i = int(s / track.spacing) % track.station_count
        heading = float(line.heading[i]) + askew
        for world in range(DRIVERS):
            offset, speed = float(line.offset[i]), pace * float(line.speed[i])
            session.place(world, 0, s % track.length, offset, heading, speed)
        if askew:  # the car slides: it still moves along its line
            states = session.batch.snapshot()
            along = states["v_x"].copy()
            states["v_x"], states["v_y"] = along * np.cos(askew), -along * np.sin(askew)
            session.batch.restore(states)
    clean = np.ones(DRIVERS, np.bool_)
    slowest = np.full(DRIVERS, np.inf)
    slip = np.zeros(DRIVERS)
    away = np.zeros(DRIVERS)
    ticks = int(seconds * TICKS)
    for tick in range(ticks):
        session.tick(seat.pedals()[:, None])
        clean &= (telemetry["wheels_off"][:, 0] < 4) & (telemetry["wall_contact"][:, 0] == 0)
        v_x, v_y = telemetry["v_x"][:, 0], telemetry["v_y"][:, 0]
        slowest = np.minimum(slowest, v_x)
        slip = np.maximum(slip, np.where(v_x > 5.0, np.abs(np.arctan2(v_y, v_x)), 0.0))
        if tick > ticks // 2:
            away = np.maximum(
                away, np.abs(telemetry["n"][:, 0] - driver.offset(telemetry["s"][:, 0]))
            )
    middle = [float(np.median(values)) for values in (away, slowest, slip)]
    return Run(name, int(clean.sum()), *middle)
