"""What a recorder's own start state (lap files of format 1) may be, and whether it proves anything.

Such a state is a claim: everything in it that a lap's time, sectors or validity depend on must be
what the engine has at the start of a lap. The speed of a flying start cannot be checked, so those
laps are never proved. A standing start can be: the engine makes the same state again.
"""

from __future__ import annotations

import numpy as np

from racer import _core
from racer.laps.record import grid_slot

SAME_PLACE = 1e-6  # [m]
MOST_CARS = 64  # of a grid whose slots are tried
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

# Fields that no step reads, or that only number things: they decide nothing.
_IDLE = frozenset(("seed", "episode", "nan_actions", "reserved"))
# Fields that the pose on the line decides; all others are the same at every standing start.
_POSE = frozenset(
    (
        *("x", "y", "cos_yaw", "sin_yaw", "n", "cos_heading", "sin_heading"),
        *("grip_front", "grip_rear", "surface_drag", "wheels_off"),
    )
)


def doubt_about_start(
    before: np.void, after: np.void, standing: np.void, track: _core.circuit.Track
) -> str:
    """Why these states around the first tick are not the start of a lap; "" if they are.

    A standing lap begins in the state that the engine gives a car at rest on the line, but for
    where it stands across the road. A flying lap begins with the tick that crosses the line and
    starts the clock there.

    Args:
        before: the recorder's state.
        after: the state after its first tick.
        standing: what the engine makes of a car in the middle of the line.
        track: the circuit.
    """
    s, n = track.locate([before["x"]], [before["y"]])
    apart = abs(s[0] - before["s"])
    if min(apart, track.length - apart) > SAME_PLACE or abs(n[0] - before["n"]) > SAME_PLACE:
        return "x, y and s, n are different places"
    for name, (low, high) in PLAUSIBLE.items():
        if not low <= before[name] <= high:
            return f"{name} is {before[name]:g}, it must be {low:g} to {high:g}"
    if after["lap_standing"]:
        return _doubt_about_standing(before, standing)
    crossed = after["s"] < before["s"] and after["progress"] > 0.0
    started = before["episode_ticks"] <= after["lap_start"] <= after["episode_ticks"]
    new = not before["lap_running"] or after["lap"] == before["lap"] + 1
    if not (crossed and started and new):
        return "a flying lap starts in the tick that crosses the line"
    fresh = ("lap_reasons", "sector", "checkpoint", "sector_time_1", "sector_time_2")
    same = after["sector_start"] == after["lap_start"]
    if not after["lap_running"] or not same or any(after[name] != 0 for name in fresh):
        return "its first tick does not belong to the start of a lap"
    return ""


def _doubt_about_standing(before: np.void, standing: np.void) -> str:
    """Every field but the pose must be what the engine puts there."""
    for name in before.dtype.names or ():
        if name in _POSE or name in _IDLE:
            continue
        if before[name] != standing[name]:
            return (
                f"a standing lap starts at rest on the line with {name} {standing[name]:g},"
                f" not {before[name]:g}"
            )
    with np.errstate(over="ignore"):
        unit = before["cos_heading"] ** 2 + before["sin_heading"] ** 2
    if not abs(unit - 1.0) < 1e-9:
        return "its heading is not a direction"
    return ""


def engine_placed(before: np.void, car: _core.circuit.Batch, track: _core.circuit.Track) -> bool:
    """Whether the engine itself puts a car into this state at rest on the line.

    Tries the middle of the road and the grid slots of several cars, as they were when such files
    were written.

    Args:
        before: structured (), the car's recorded state.
        car: a batch of one car on the track, as `open_car` makes it; it is moved.
        track: the circuit.
    """
    names = [name for name in before.dtype.names or () if name not in _IDLE]
    here = track.stations[0]
    left, right = float(here["width_left"]), float(here["width_right"])
    offsets = {0.0}
    for cars in range(2, MOST_CARS + 1):
        offsets |= {left - (i + 0.5) / cars * (left + right) for i in range(cars)}
        offsets |= {grid_slot(track, i, cars).n for i in range(cars)}
    near = [n for n in offsets if abs(n - float(before["n"])) < 1e-3]
    for n in near:
        car.place(0, 0, 0.0, n)
        state = car.snapshot()[0, 0]
        if all(state[name] == before[name] for name in names):
            return True
    return False
