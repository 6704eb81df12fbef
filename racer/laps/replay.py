"""Drives recorded inputs again through the same engine as everything else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.errors import LapError
from racer.laps.doubts import doubt_about_start, engine_placed
from racer.laps.record import MAX_TICKS, TICKS_PER_SECOND, Placement

if TYPE_CHECKING:
    from racer.laps.record import LapRecord

INPUT_SCALE = 32767.0
_CHUNK = 60 * TICKS_PER_SECOND  # ticks at once: bounds the memory, and lets Ctrl-C through


@dataclass(frozen=True, eq=False)
class Replay:
    """What happened when recorded inputs were driven again.

    Attributes:
        hashes: uint64, state hash after each second and after the last tick.
        event: the lap event of the last tick (see `_core.circuit.Batch.lap_events`); not
            completed if no lap ended there.
        first_tick: the tick in which that lap's clock started, or -1.
        proved: the car began at rest, in a state that the engine made.
        doubt: why a recorder's state is not the start of a lap, or "".
        early_tick: a tick before the last in which a lap ended that began in a recorder's state,
            or -1. After a placement laps may have ended before: they are the run-up.
        motion: hash of the car's way during the lap, or "" if it was not wanted. Laps with the same
            motion are the same drive, whatever else their files say.
    """

    hashes: NDArray[np.uint64]
    event: np.void
    first_tick: int
    proved: bool
    doubt: str = ""
    early_tick: int = -1
    motion: str = ""


@dataclass
class _Driven:
    """What a stretch of driving gave: hashes, laps with their ticks."""

    hashes: list[NDArray[np.uint64]] = field(default_factory=list)
    events: list[np.void] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)


def open_car(
    track: _core.circuit.Track, vehicle: str = "gt", observation: str = "lidar"
) -> _core.circuit.Batch:
    """One car alone on a track that takes one action of pedals per tick and never ends its episode.

    Recording, verification and replays use it, because the rules of an episode (time limits,
    restarts) are part of the state that the hashes cover.

    Args:
        track: the circuit.
        vehicle: name of the vehicle.
        observation: name of the observation: "lidar", "track" or "road".
    """
    config = _core.circuit.Config()
    config.max_steps = 0
    config.stillness_timeout_ticks = 0
    return _core.circuit.Batch(
        [track],
        1,
        vehicle=vehicle,
        action="pedals",
        observation=observation,
        ticks_per_action=1,
        autoreset="disabled",
        config=config,
    )


def put_in_state(car: _core.circuit.Batch, start: NDArray[np.void]) -> None:
    """Puts the car of `open_car` into a recorded state.

    Args:
        car: the batch of that car.
        start: structured (), the state; fields that it lacks stay as they are.

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


def put_at_start(car: _core.circuit.Batch, begin: Placement | NDArray[np.void]) -> None:
    """Puts the car of `open_car` where a lap's inputs begin.

    Args:
        car: the batch of that car.
        begin: a placement, where it is put at rest, or a state, structured ().

    Raises:
        LapError: there is no road, or the engine refuses the state.
    """
    if not isinstance(begin, Placement):
        put_in_state(car, begin)
        return
    try:
        begin.put(car)
    except ValueError as problem:
        raise LapError(f"the car cannot stand where the lap begins: {problem}") from None


def pedals_of(inputs: NDArray[np.int16]) -> NDArray[np.float32]:
    """Recorded inputs (T, 3) as float32 actions (T, 3) that are quantised to the same inputs."""
    return inputs.astype(np.float32) / np.float32(INPUT_SCALE)


def drive_again(
    track: _core.circuit.Track,
    vehicle: str,
    begin: Placement | NDArray[np.void],
    inputs: NDArray[np.int16],
    *,
    first_tick: int | None = None,
) -> Replay:
    """Drives recorded inputs from where they begin.

    Args:
        track: the circuit.
        vehicle: name of the vehicle.
        begin: a placement at rest, or a recorder's state before the first tick.
        inputs: int16 (T, 3).
        first_tick: where the lap itself begins, as claimed; gives the replay a `motion`.

    Raises:
        LapError: the inputs cannot be driven from there.
    """
    inputs = _checked(inputs)
    car = open_car(track, vehicle)
    put_at_start(car, begin)
    before = car.snapshot()[0, 0]
    placed = isinstance(begin, Placement)
    wanted = first_tick is not None
    since = first_tick if first_tick is not None else len(inputs)
    motion = hashlib.sha256()
    motion.update(f"{_core.physics_fingerprint(vehicle)} {vehicle} {track.fingerprint}".encode())
    after = before
    driven = _Driven()
    for tick, records in _chunks(car, inputs, driven, since, first=not placed):
        if tick == 0 and len(records):
            after = records[0]
        lap = records[max(0, since - tick) :]
        motion.update(np.stack([lap["x"], lap["y"]], axis=1).tobytes())
    last = len(inputs) - 1
    ended = bool(driven.ends) and driven.ends[-1] == last
    event = driven.events[-1] if ended else np.zeros(1, car.lap_events.dtype)[0]
    start, doubt, early, proved = driven.starts[-1] if ended else -1, "", -1, placed
    if not placed:
        other = open_car(track, vehicle)
        other.place(0, 0, 0.0)
        doubt = doubt_about_start(before, after, other.snapshot()[0, 0], track)
        if not doubt and not last:
            doubt = "it ends in its first tick"
        early = next((tick for tick in driven.ends if 0 < tick < last), -1)
        start = 0
        proved = not doubt and bool(event["standing"]) and engine_placed(before, other, track)
    return Replay(
        hashes=np.concatenate(driven.hashes),
        event=event,
        first_tick=start,
        proved=proved,
        doubt=doubt,
        early_tick=early,
        motion=motion.hexdigest() if wanted else "",
    )


def states_of(record: LapRecord) -> tuple[NDArray[Any], NDArray[Any]]:
    """Drives a recorded lap and returns the state before it and after each of its ticks.

    Returns:
        Structured () and (T,), T ticks from the one in which the lap's clock started.

    Raises:
        LapError: the inputs cannot be driven.
    """
    inputs = _checked(record.inputs)
    car = open_car(record.track, record.vehicle)
    put_at_start(car, record.begin)
    if record.first_tick:
        car.drive(np.ascontiguousarray(inputs[: record.first_tick]))
    before = car.snapshot()[0, 0]
    rest = np.ascontiguousarray(inputs[record.first_tick :])
    return before, car.drive(rest, records=True)["records"]


def _checked(inputs: NDArray[np.int16]) -> NDArray[np.int16]:
    if not 1 <= len(inputs) <= MAX_TICKS:
        raise LapError(f"a lap has 1 to {MAX_TICKS:,} ticks of inputs, not {len(inputs):,}.")
    return np.ascontiguousarray(inputs, np.int16)


def _chunks(
    car: _core.circuit.Batch, inputs: NDArray[np.int16], driven: _Driven, since: int, *, first: bool
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Drives piece by piece; yields each piece's first tick and its states (none if not wanted)."""
    running = 0 if car.facts["lap_running"][0, 0] else -1
    for tick in range(0, len(inputs), _CHUNK):
        piece = inputs[tick : tick + _CHUNK]
        records = tick + len(piece) > since or (first and tick == 0)
        answer = car.drive(piece, records=records, hash_every=TICKS_PER_SECOND)
        driven.hashes.append(answer["hashes"])
        for event, end, start in zip(
            answer["events"], answer["ends"], answer["starts"], strict=True
        ):
            driven.events.append(event.copy())
            driven.ends.append(tick + int(end))
            driven.starts.append(running if start < 0 else tick + int(start))
        if answer["running_since"] >= 0:
            running = tick + int(answer["running_since"])
        yield tick, answer["records"]
