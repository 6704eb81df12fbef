"""Where the cars of an evaluation begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from racer import _core
    from racer.envs.circuit.session import Session

STARTS: Final = ("rest", "rolling", "standing")
RUN_UP = 0.4  # of the lap, at least, from a start at rest to the line
GRID = 0.6  # of the way from the centre line to the edge, where the outermost cars stand


def place_cars(
    session: Session,
    track: _core.circuit.Track,
    first: int,
    count: int,
    seed: int,
    start: str,
) -> None:
    """Places the first car of each of `count` worlds, from world `first` on.

    At "rest" or "rolling", one car is on the line and the others one in each equal part of the
    beginning of the lap, or of the whole of it. "standing" puts all on the line, at rest, spread
    evenly across the road: worlds do not see each other.
    """
    if start == "standing":
        station = track.stations[0]
        for world in range(count):
            share = GRID * (1.0 - (2.0 * world + 1.0) / count)
            width = station["width_left"] if share > 0.0 else station["width_right"]
            session.place(first + world, 0, 0.0, share * width)
        return
    random = np.random.default_rng(seed)
    rolling = start == "rolling"
    for world in range(1, count):
        s = (world - 1 + random.random()) / (count - 1) * track.length
        s *= 1.0 if rolling else 1.0 - RUN_UP
        station = track.stations[int(s / track.spacing) % track.station_count]
        share = random.uniform(-0.3, 0.3)
        width = station["width_left"] if share > 0.0 else station["width_right"]
        speed = random.uniform(0.3, 0.8) * station["spawn_speed"] if rolling else 0.0
        session.place(first + world, 0, s, share * width, 0.0, speed)
    session.place(first, 0, 0.0)
