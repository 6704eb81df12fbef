"""Laps as proofs: record one, drive it again, compare.

A lap is its inputs since the car stood still. `verify_lap` places a car there, feeds it the inputs
tick by tick through the same engine as everything else, and compares the state hash of every
second, the times to the last bit and the validity with what the record claims.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.errors import LapError
from racer.formats.files import MAX_LAP_BYTES, read_bytes
from racer.formats.text import show_path
from racer.laps.file import decode_lap, pack_inputs
from racer.laps.format1 import car_state
from racer.laps.names import check_track_name
from racer.laps.record import TICKS_PER_SECOND, LapRecord, Placement, check_physics
from racer.laps.replay import Replay, drive_again

_ROUNDING = 1e-6  # [s], of three sector times and their sum


@dataclass(frozen=True, eq=False)
class LapCheck:
    """The answer of `verify_lap`.

    Attributes:
        file: name of the file, or "" for a record in memory.
        ok: driving the lap again gave the recorded lap, bit for bit.
        proved: it is ok, and was driven again from rest: the time is what this car can do. A lap
            that is ok and not proved began in a state that only its recorder knows.
        reason: "" if ok, else one sentence.
        lap_time_s: the lap time as driven again; None if not ok.
        valid: whether the lap broke no rule, as driven again; None if not ok.
        wrong_second: first second (from 0) whose state differs from the record, or None.
        record: the lap, if it could be read.
        identity: SHA-256 of what was driven, whoever claims it (see `identity_of`); "" if not ok.
        motion: hash of the way that the car took during the lap; "" if not ok.
    """

    file: str
    ok: bool
    reason: str
    lap_time_s: float | None = None
    valid: bool | None = None
    wrong_second: int | None = None
    record: LapRecord | None = None
    proved: bool = False
    identity: str = ""
    motion: str = ""


def reason_names(reasons: int) -> tuple[str, ...]:
    """Names of the rules that a lap broke, from the bits of a lap event."""
    return tuple(name for name, bit in _core.circuit.LAP_REASONS.items() if reasons & bit)


def identity_of(record: LapRecord) -> str:
    """SHA-256 of a lap's canonical content, as 64 hex digits: what was driven, with what, where.

    Who drove, with which device, when and what the track is called are claims and do not count:
    copies of a lap share their identity.
    """
    digest = hashlib.sha256(
        f"racer-lap {record.physics} {record.vehicle} {record.track.fingerprint}"
        f" {record.placement} {record.first_tick}".encode()
    )
    inputs, held = pack_inputs(record.inputs)
    for array in (inputs, held):
        digest.update(array.tobytes())
    if record.placement is None:
        digest.update(car_state(record.start).tobytes())
    return digest.hexdigest()


def record_lap(
    track: _core.circuit.Track,
    begin: Placement | NDArray[np.void],
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
        begin: where the car stood before the first input; or its state before the tick in which
            the lap's clock started, of a lap that cannot be proved.
        inputs: int16 (T, 3), all inputs from there to the tick in which the lap ended.
        event: the lap event of that last tick.
        vehicle: name of the vehicle.
        driver: who drove.
        device: what the driver steered with.

    Raises:
        LapError: driving it again did not give the same lap, or its circuit has a name that no
            lap file may say; nothing of it should be kept.
    """
    if not len(inputs):
        raise LapError("the lap that was just driven was not recorded from its start.")
    check_track_name(track, "the lap that was just driven")  # nobody would believe its file
    inputs = np.array(inputs, np.int16)
    placed = isinstance(begin, Placement)
    replay = drive_again(track, vehicle, begin, inputs)
    first, second, third = (float(time) for time in event["sectors"])
    record = LapRecord(
        track=track,
        inputs=inputs,
        placement=begin if isinstance(begin, Placement) else None,
        start=None if placed else np.array(begin),
        first_tick=max(replay.first_tick, 0),
        hashes=replay.hashes,
        lap_time_s=float(event["time"]),
        sectors_s=(first, second, third),
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
    if record.first_tick != replay.first_tick:
        return (
            f"field first_tick says {record.first_tick}, driving it again starts the lap's clock in"
            f" tick {replay.first_tick}"
        )
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
    apart = abs(sum(record.sectors_s) - record.lap_time_s)
    if not apart <= _ROUNDING:
        return f"the sectors add up to {sum(record.sectors_s):.6f} s, not to the lap time"
    return ""


def wrong_second(record: LapRecord, replay: Replay) -> int | None:
    """First second whose state hash differs, or None."""
    different = np.flatnonzero(record.hashes != replay.hashes)
    return int(different[0]) if different.size else None


def verify_lap(lap: LapRecord | str | os.PathLike[str], *, label: str = "lap") -> LapCheck:
    """Drives a lap again and compares.

    A damaged file is still driven as far as it can be read, to say in which second the damage lies.
    Never raises for what a file holds.

    Args:
        lap: a lap, or its file.
        label: what messages call a lap that is not a file.
    """
    file = "" if isinstance(lap, LapRecord) else os.fspath(lap)
    label = show_path(file) if file else label
    damaged: list[str] = []
    try:
        if isinstance(lap, LapRecord):
            record = lap
        else:
            data = read_bytes(lap, limit=MAX_LAP_BYTES, error=LapError, what="lap file")
            record, damaged = decode_lap(data, label)
        check_physics(record, label)
        check_track_name(record.track, label)
    except LapError as problem:
        return LapCheck(file, ok=False, reason=str(problem))
    try:
        replay = drive_again(
            record.track,
            record.vehicle,
            record.begin,
            record.inputs,
            first_tick=record.first_tick,
        )
    except LapError as problem:
        reason = str(problem).removesuffix(".")
        return LapCheck(file, ok=False, reason=f"{label}: {reason}.", record=record)
    wrong = wrong_second(record, replay)
    reason = _difference(record, replay)
    if damaged:
        where = reason or "driving it again gives the recorded lap all the same"
        reason = f"entry {damaged[0]!r} is damaged, its check sum is wrong: {where}"
    if reason:
        return LapCheck(
            file, ok=False, reason=f"{label}: {reason}.", wrong_second=wrong, record=record
        )
    return LapCheck(
        file,
        ok=True,
        reason="",
        lap_time_s=float(replay.event["time"]),
        valid=bool(replay.event["valid"]),
        record=record,
        proved=replay.proved,
        identity=identity_of(record),
        motion=replay.motion,
    )
