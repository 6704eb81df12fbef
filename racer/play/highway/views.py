"""From the engine's telemetry to what a picture shows of a highway. No pixels.

HighwayEnv's y points right; pictures want it to point left of the direction of travel, as on
circuits, so y and headings change sign here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.envs.highway.settings import HighwaySettings

Telemetry = Mapping[str, NDArray[Any]]
LANE_WIDTH: Final = _core.highway.LANE_WIDTH
LENGTH: Final = float(_core.highway.VEHICLE_SIZE[0])
WIDTH: Final = float(_core.highway.VEHICLE_SIZE[1])
FAR: Final = 1e8  # the engine says 1e9 where there is nobody
# What the observation's rules say about who is seen [m].
PERCEPTION: Final = 200.0
_SEEN_BEHIND: Final = 2.0 * LENGTH
_MOVED: Final = ("x", "y", "heading", "speed", "acceleration")


@dataclass(frozen=True)
class TrafficView:
    """All vehicles of a highway at one moment, the ego vehicle first, in a picture's axes.

    Attributes:
        x, y: (K,) positions [m], x along the road, y to the left.
        heading: (K,) [rad], counterclockwise.
        speed: (K,) [m/s].
        acceleration: (K,) [m/s^2].
        crashed: (K,) bool.
        signal: (K,) 1 if it is about to change to the left, -1 to the right, 0.
        observed: (R,) numbers of the vehicles that the ego vehicle observes, nearest first.
        lanes: how many the road has.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    heading: NDArray[np.float64]
    speed: NDArray[np.float64]
    acceleration: NDArray[np.float64]
    crashed: NDArray[np.bool_]
    signal: NDArray[np.int64]
    observed: NDArray[np.int64]
    lanes: int


def frozen(telemetry: Telemetry, world: int = 0) -> dict[str, NDArray[Any]]:
    """A copy of what a picture needs of the vehicles (K,) of one world."""
    names = (*_MOVED, "crashed", "lane", "target_lane")
    return {name: np.array(telemetry[name][world]) for name in names}


def between(before: Telemetry, after: Telemetry, share: float) -> dict[str, NDArray[Any]]:
    """Telemetry (K,) ``share`` of the way from one frame to the next."""
    mixed = dict(after)
    for name in _MOVED:
        mixed[name] = before[name] + (after[name] - before[name]) * share
    return mixed


def traffic_view(row: Telemetry, settings: HighwaySettings) -> TrafficView:
    """What a picture shows of vehicles (K,), as `frozen` or `between` give them."""
    return TrafficView(
        x=row["x"],
        y=-row["y"],
        heading=-row["heading"],
        speed=row["speed"],
        acceleration=row["acceleration"],
        crashed=row["crashed"] != 0,
        signal=np.sign(row["lane"].astype(np.int64) - row["target_lane"]),
        observed=observed_vehicles(row["x"], row["y"], settings),
        lanes=int(settings["lanes_count"]),
    )


def observed_vehicles(
    x: NDArray[np.float64], y: NDArray[np.float64], settings: HighwaySettings
) -> NDArray[np.int64]:
    """Numbers (R,) of the vehicles in the rows of an observation, in their order."""
    table = settings["observation"]
    dx, dy = x[1:] - x[0], y[1:] - y[0]
    seen = np.hypot(dx, dy) < PERCEPTION
    if not table["see_behind"]:
        seen &= dx > -_SEEN_BEHIND
    found = np.flatnonzero(seen)
    if table["order"] == "sorted":
        found = found[np.argsort(np.abs(dx[found]), kind="stable")]
    return found[: table["vehicles_count"] - 1] + 1


def leader_of(row: Telemetry) -> tuple[int, float] | None:
    """The next vehicle ahead on the ego vehicle's lane and the gap between bumpers [m].

    Nobody, if there is none as near as the ego vehicle can see.
    """
    x, lane = row["x"], row["lane"]
    ahead = np.flatnonzero((lane == lane[0]) & (x > x[0]) & (x < x[0] + PERCEPTION))
    if not len(ahead):
        return None
    leader = int(ahead[np.argmin(x[ahead])])
    return leader, max(0.0, float(x[leader] - x[0]) - LENGTH)


def weighted_terms(
    names: Sequence[str], values: NDArray[np.float64], settings: HighwaySettings
) -> dict[str, float]:
    """The reward's terms (T,) that have a weight, by name."""
    pairs = zip(names, values.tolist(), strict=True)
    return {n: v for n, v in pairs if n == "base" or settings[f"{n}_reward"] != 0.0}


def base_terms(
    names: Sequence[str], values: NDArray[np.float64], settings: HighwaySettings
) -> dict[str, float]:
    """What the base of the reward is made of (4,), with weights, by short name."""
    pairs = zip(names, values.tolist(), strict=True)
    weighted = {n: settings[n] * value for n, value in pairs if n != "on_road_reward"}
    return {name.removesuffix("_reward"): value for name, value in weighted.items()}
