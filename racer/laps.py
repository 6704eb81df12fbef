"""Laps as proofs: record one, drive it again, compare.

A lap is its inputs. `drive_again` feeds them to a car that begins in the recorded state, tick by
tick through the same engine as everything else; `verify_lap` compares the state hash of every
second, the lap time to the last bit and the validity with what the record claims.
"""

import os
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.errors import LapError
from racer.formats.files import MAX_LAP_BYTES, read_bytes
from racer.lap_file import SUFFIX, decode_lap, load_lap, save_lap
from racer.lap_record import TICKS_PER_SECOND, LapRecord, check_physics
from racer.lap_replay import Replay, drive_again, open_car, pedals_of, put_in_state
from racer.tracks import list_tracks, load_track
from racer.tracks.random_tracks import PREFIX

__all__ = [
    "SUFFIX",
    "LapCheck",
    "LapRecord",
    "Replay",
    "check_physics",
    "drive_again",
    "load_lap",
    "open_car",
    "pedals_of",
    "put_in_state",
    "reason_names",
    "record_lap",
    "save_lap",
    "verify_lap",
]


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
    if re.fullmatch(rf"{PREFIX}[0-9]{{1,18}}", name):
        ours = load_track(name).fingerprint
    if ours != record.track.fingerprint:
        raise LapError(
            f"{shown}: was driven on a track called {name!r} with fingerprint"
            f" {record.track.fingerprint}, but {name!r} has {ours} in this Racer."
        )
