"""What a recorded lap looked like: position, speed and pedals at every tick.

A lap file holds inputs only. `trace_lap` drives them again through the engine and keeps the
telemetry, for replays, comparisons and pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.errors import LapError
from racer.laps.record import LapRecord
from racer.laps.replay import states_of
from racer.laps.verify import LapCheck, verify_lap

Floats = NDArray[np.float64]

_FACTS = (
    "x", "y", "cos_yaw", "sin_yaw", "v_x", "v_y", "yaw_rate", "steer", "s", "n", "wheels_off"
)  # fmt: skip


@dataclass(frozen=True)
class LapTrace:
    """One lap, tick by tick; every array is float64 (T,), SI units.

    Attributes:
        record: the lap.
        check: the verification of the lap; `check.proved` says whether it may be compared.
        time: lap time after each tick [s]; the first and last tick reach over the line.
        place: distance from the start line along the centre line [m], not wrapped: just below 0 and
            just above the length of the lap at its ends.
        x, y, cos_yaw, sin_yaw: pose [m].
        v_x, v_y, yaw_rate: velocities in the car's axes [m/s, rad/s].
        steer: angle of the front wheels [rad].
        s, n: place on the track, left positive [m].
        wheels_off: wheels off the track, 0 to 4.
        throttle, brake: inputs, 0 to 1.
    """

    record: LapRecord
    check: LapCheck
    time: Floats
    place: Floats
    x: Floats
    y: Floats
    cos_yaw: Floats
    sin_yaw: Floats
    v_x: Floats
    v_y: Floats
    yaw_rate: Floats
    steer: Floats
    s: Floats
    n: Floats
    wheels_off: Floats
    throttle: Floats
    brake: Floats

    @property
    def counts(self) -> bool:
        """Whether others are compared with the lap: it is proved and broke no rule."""
        return self.check.proved and self.record.valid

    @property
    def speed(self) -> Floats:
        """Speed over the ground [m/s]."""
        return np.hypot(self.v_x, self.v_y)

    def __len__(self) -> int:
        """Number of ticks."""
        return len(self.time)


def trace_lap(record: LapRecord, label: str = "lap") -> LapTrace:
    """Drives a recorded lap again and returns what happened.

    Args:
        record: the lap.
        label: what messages call it, such as its file.

    Raises:
        LapError: the lap is not what it says, or of a physics that this installation does not have.
    """
    check = verify_lap(record, label=label)
    if not check.ok:
        raise LapError(check.reason)
    before, states = states_of(record)
    ticks = len(states)
    start = 0.0 if record.standing else float(before["s"]) - record.track.length
    time: Floats = np.arange(1, ticks + 1, dtype=np.float64) * _core.TICK_SECONDS
    time -= _clock_offset(states[-1], record, ticks)
    pedals = record.inputs[record.first_tick :, 1:].T / 32767.0
    named: dict[str, Floats] = {
        name: np.ascontiguousarray(states[name], np.float64) for name in _FACTS
    }
    return LapTrace(
        record=record,
        check=check,
        time=time,
        place=start + np.cumsum(states["progress"]),
        throttle=pedals[0],
        brake=pedals[1],
        **named,
    )


def _clock_offset(last: np.void, record: LapRecord, ticks: int) -> float:
    """Seconds from the beginning of the first tick to the start of the lap's clock."""
    if record.standing:
        return 0.0
    finish = float(last["lap_start"])  # the next lap began when this one ended
    after = float(last["episode_ticks"]) - finish
    return (ticks - after) * _core.TICK_SECONDS - record.lap_time_s


def gap_over_distance(lap: LapTrace, reference: LapTrace, places: Floats) -> Floats:
    """Seconds that ``lap`` is behind ``reference`` at each of the ``places`` (P,) [m]; (P,)."""
    return time_at(lap, places) - time_at(reference, places)


def time_at(lap: LapTrace, places: Floats) -> Floats:
    """Lap time [s] at which each of the ``places`` (P,) [m] was passed first; (P,)."""
    forward = np.maximum.accumulate(lap.place)
    return np.interp(places, forward, lap.time)
