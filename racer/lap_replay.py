"""Drives recorded inputs again, tick by tick through the same engine as everything else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.errors import LapError
from racer.lap_record import TICKS_PER_SECOND

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
