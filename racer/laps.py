"""Laps as proofs: record one, drive it again, compare.

A lap is its inputs. `drive_again` feeds them to a car that begins in the recorded state, tick by
tick through the same engine as everything else; `verify_lap` compares the state hash of every
second, the lap time to the last bit and the validity with what the record claims.
"""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.errors import LapError
from racer.files import MAX_LAP_BYTES, read_bytes
from racer.lap_file import (
    SUFFIX,
    TICKS_PER_SECOND,
    LapRecord,
    check_physics,
    decode_lap,
    load_lap,
    now,
    save_lap,
    start_dtype,
)
from racer.tracks import list_tracks, load_track

__all__ = [
    "SUFFIX",
    "LapCheck",
    "LapRecord",
    "Replay",
    "check_physics",
    "drive_again",
    "load_lap",
    "now",
    "open_car",
    "pedals_of",
    "put_in_state",
    "record_lap",
    "save_lap",
    "start_dtype",
    "verify_lap",
]

INPUT_SCALE = 32767.0
SAME_PLACE = 1e-6  # [m]
PLAUSIBLE = {
    "v_x": (-150.0, 150.0),
    "v_y": (-150.0, 150.0),
    "yaw_rate": (-50.0, 50.0),
    "steer": (-1.0, 1.0),
    "a_x": (-100.0, 100.0),
    "grip_front": (0.0, 1.0),
    "grip_rear": (0.0, 1.0),
    "surface_drag": (0.0, 1e5),
}
"""What no car ever leaves [SI units]; a start state beyond it was made up."""


@dataclass(frozen=True, eq=False)
class Replay:
    """What happened when recorded inputs were driven again.

    Attributes:
        hashes: uint64, state hash after each second and after the last tick.
        event: the lap event of the last tick (see `_core.Batch.lap_events`).
        doubt: why the start state is not the start of a lap, or "".
        early_tick: a tick before the last in which a lap ended already, or -1.
    """

    hashes: NDArray[np.uint64]
    event: np.void
    doubt: str
    early_tick: int


@dataclass(frozen=True, eq=False)
class LapCheck:
    """The answer of `verify_lap`.

    Attributes:
        file: name of the file, or "" for a record in memory.
        ok: driving the lap again gave the recorded lap, bit for bit.
        reason: "" if ok, else one sentence.
        lap_time_s: the lap time as driven again; None if not ok.
        valid: whether the lap broke no rule, as driven again; None if not ok.
        wrong_second: first second (from 0) whose state differs from the record, or None.
        record: the lap, if it could be read.
    """

    file: str
    ok: bool
    reason: str
    lap_time_s: float | None = None
    valid: bool | None = None
    wrong_second: int | None = None
    record: LapRecord | None = None


def open_car(track: _core.Track, vehicle: str = "gt", observation: str = "lidar") -> _core.Batch:
    """One car alone on a track that takes one action of pedals per tick and never ends its episode.

    Recording, verification and replays use it, because the rules of an episode (time limits,
    restarts) are part of the state that the hashes cover.
    """
    config = _core.BatchConfig()
    config.max_steps = 0
    config.stillness_timeout_ticks = 0
    return _core.Batch(
        [track],
        1,
        vehicle=vehicle,
        action="pedals",
        observation=observation,
        ticks_per_action=1,
        autoreset="disabled",
        config=config,
    )


def put_in_state(car: _core.Batch, start: NDArray[np.void]) -> None:
    """Puts the car of `open_car` into a recorded state.

    Raises:
        LapError: the engine refuses the state.
    """
    state = car.snapshot()
    for name in start.dtype.names or ():
        state[name] = start[name]
    try:
        car.restore(state)
    except ValueError as problem:
        raise LapError(f"the start state cannot be driven: {problem}") from None


def pedals_of(inputs: NDArray[np.int16]) -> NDArray[np.float32]:
    """Recorded inputs (T, 3) as float32 actions (T, 3) that are quantised to the same inputs."""
    return inputs.astype(np.float32) / np.float32(INPUT_SCALE)


def drive_again(
    track: _core.Track, vehicle: str, start: NDArray[np.void], inputs: NDArray[np.int16]
) -> Replay:
    """Drives recorded inputs from a recorded state.

    Args:
        track: the circuit.
        vehicle: name of the vehicle.
        start: structured (), state before the first tick.
        inputs: int16 (T, 3).

    Raises:
        LapError: the engine refuses the state.
    """
    car = open_car(track, vehicle)
    put_in_state(car, start)
    actions = pedals_of(inputs).reshape(len(inputs), 1, 1, 3)
    before = car.snapshot()[0, 0]
    hashes = np.zeros(-(-len(inputs) // TICKS_PER_SECOND), np.uint64)
    doubt = ""
    early = -1
    event = car.lap_events[0, 0].copy()
    for tick, action in enumerate(actions):
        car.step(action)
        event = car.lap_events[0, 0]
        if tick == 0:
            doubt = _doubt_about_start(before, car.snapshot()[0, 0], track)
        elif event["completed"] and tick + 1 < len(inputs) and early < 0:
            early = tick
        if (tick + 1) % TICKS_PER_SECOND == 0 or tick + 1 == len(inputs):
            hashes[tick // TICKS_PER_SECOND] = car.state_hash()[0]
    return Replay(hashes, event.copy(), doubt, early)


def _doubt_about_start(before: np.void, after: np.void, track: _core.Track) -> str:
    """Why these states around the first tick are not the start of a lap; "" if they are.

    A standing lap begins at rest on the line. A flying lap begins with the tick that crosses the
    line and starts the clock there. The flying speed itself is what the recorder claims.
    """
    s, n = track.locate([before["x"]], [before["y"]])
    apart = abs(s[0] - before["s"])
    if min(apart, track.length - apart) > SAME_PLACE or abs(n[0] - before["n"]) > SAME_PLACE:
        return "x, y and s, n are different places"
    for name, (low, high) in PLAUSIBLE.items():
        if not low <= before[name] <= high:
            return f"{name} is {before[name]:g}, it must be {low:g} to {high:g}"
    if after["lap_standing"]:
        at_rest = before["v_x"] == 0.0 and before["v_y"] == 0.0 and before["yaw_rate"] == 0.0
        on_line = before["s"] == 0.0
        fresh = before["episode_ticks"] == 0 and before["lap_start"] == 0.0
        if not (at_rest and on_line and fresh):
            return "a standing lap starts at rest on the line"
    else:
        crossed = after["s"] < before["s"] and after["progress"] > 0.0
        started = before["episode_ticks"] <= after["lap_start"] <= after["episode_ticks"]
        new = not before["lap_running"] or after["lap"] == before["lap"] + 1
        if not (crossed and started and new):
            return "a flying lap starts in the tick that crosses the line"
    clean = after["lap_running"] and after["sector"] == 0 and after["checkpoint"] == 0
    if not clean:
        return "its first tick does not belong to the start of a lap"
    return ""


def reason_names(reasons: int) -> tuple[str, ...]:
    """Names of the rules that a lap broke, from the bits of a lap event."""
    return tuple(name for name, bit in _core.LAP_REASONS.items() if reasons & bit)


def record_lap(
    track: _core.Track,
    start: NDArray[np.void],
    inputs: NDArray[np.int16],
    event: np.void,
    *,
    vehicle: str = "gt",
    driver: str = "",
    device: str = "",
) -> LapRecord:
    """Makes the record of a lap that just ended, and proves it by driving it again.

    Args:
        track: the circuit.
        start: structured (), the car's state before the tick in which the lap's clock started.
        inputs: int16 (T, 3), the inputs from that tick to the tick in which the lap ended.
        event: the lap event of that last tick.
        vehicle: name of the vehicle.
        driver: who drove.
        device: what the driver steered with.

    Raises:
        LapError: driving it again did not give the same lap; nothing of it should be kept.
    """
    if not len(inputs):
        raise LapError("the lap that was just driven was not recorded from its start.")
    inputs = np.array(inputs, np.int16)
    start = np.array(start)
    replay = drive_again(track, vehicle, start, inputs)
    record = LapRecord(
        track=track,
        inputs=inputs,
        start=start,
        hashes=replay.hashes,
        lap_time_s=float(event["time"]),
        sectors_s=(
            float(event["sectors"][0]),
            float(event["sectors"][1]),
            float(event["sectors"][2]),
        ),
        valid=bool(event["valid"]),
        reasons=reason_names(int(event["reasons"])),
        standing=bool(event["standing"]),
        vehicle=vehicle,
        physics=_core.physics_fingerprint(vehicle),
    ).driven_by(driver, device)
    problem = _difference(record, replay)
    if problem:
        raise LapError(f"the lap that was just driven does not replay: {problem}.")
    return record


def _difference(record: LapRecord, replay: Replay) -> str:
    """The first thing in which a replay differs from the record's claims; "" if nothing does."""
    wrong = wrong_second(record, replay)
    if wrong is not None:
        first = wrong * TICKS_PER_SECOND
        last = min(first + TICKS_PER_SECOND, record.ticks) - 1
        return (
            f"second {wrong} (ticks {first} to {last}) is the first whose state is not the recorded"
            f" one ({record.hashes[wrong]:016x} recorded, {replay.hashes[wrong]:016x} driven)"
        )
    if replay.doubt:
        return f"the start state is not the start of a lap: {replay.doubt}"
    if replay.early_tick >= 0:
        return f"a lap ends in tick {replay.early_tick}, before the last tick"
    event = replay.event
    if not event["completed"]:
        return "no lap ends in the last tick"
    claims: dict[str, tuple[Any, Any]] = {
        "lap_time_s": (record.lap_time_s, float(event["time"])),
        "sectors_s": (record.sectors_s, tuple(float(t) for t in event["sectors"])),
        "valid": (record.valid, bool(event["valid"])),
        "reasons": (record.reasons, reason_names(int(event["reasons"]))),
        "standing": (record.standing, bool(event["standing"])),
    }
    for name, (claimed, driven) in claims.items():
        if claimed != driven:
            return f"field {name} says {claimed!r}, driving it again gives {driven!r}"
    return ""


def wrong_second(record: LapRecord, replay: Replay) -> int | None:
    """First second whose state hash differs, or None."""
    different = np.flatnonzero(record.hashes != replay.hashes)
    return int(different[0]) if different.size else None


def verify_lap(lap: LapRecord | str | os.PathLike[str]) -> LapCheck:
    """Drives a lap again and compares.

    A damaged file is still driven as far as it can be read, to say in which second the damage lies.
    Never raises for what a file holds.
    """
    shown = "" if isinstance(lap, LapRecord) else os.fspath(lap)
    label = shown or "lap"
    damaged: list[str] = []
    try:
        if isinstance(lap, LapRecord):
            record = lap
        else:
            data = read_bytes(lap, limit=MAX_LAP_BYTES, error=LapError, what="lap file")
            record, damaged = decode_lap(data, shown)
        check_physics(record, label)
        _check_catalogue(record, label)
    except LapError as problem:
        return LapCheck(shown, ok=False, reason=str(problem))
    try:
        replay = drive_again(record.track, record.vehicle, record.start, record.inputs)
    except LapError as problem:
        return LapCheck(shown, ok=False, reason=f"{label}: {problem}.", record=record)
    wrong = wrong_second(record, replay)
    reason = _difference(record, replay)
    if damaged:
        where = reason or "driving it again gives the recorded lap all the same"
        reason = f"entry {damaged[0]!r} is damaged, its check sum is wrong: {where}"
    if reason:
        return LapCheck(
            shown, ok=False, reason=f"{label}: {reason}.", wrong_second=wrong, record=record
        )
    time = float(replay.event["time"])
    valid = bool(replay.event["valid"])
    return LapCheck(shown, ok=True, reason="", lap_time_s=time, valid=valid, record=record)


@cache
def _catalogue() -> dict[str, str]:
    """Fingerprints of the circuits that come with Racer, by file name and by shown name."""
    tracks = {name: load_track(name) for name in list_tracks()}
    by_file = {name: track.fingerprint for name, track in tracks.items()}
    return by_file | {track.name.casefold(): track.fingerprint for track in tracks.values()}


def _check_catalogue(record: LapRecord, shown: str) -> None:
    """A lap that names a circuit of the catalogue must have been driven on that circuit."""
    name = record.track.name
    ours = _catalogue().get(name.casefold(), record.track.fingerprint)
    if ours != record.track.fingerprint:
        raise LapError(
            f"{shown}: was driven on a track called {name!r} with fingerprint"
            f" {record.track.fingerprint}, but {name!r} has {ours} in this Racer."
        )
