"""The circuits that an environment is given, by name, as files or as they are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from racer import _core
from racer.errors import ConfigError
from racer.tracks import load_track

TrackLike: TypeAlias = "str | os.PathLike[str] | _core.circuit.Track"


def listed_circuits(
    track: TrackLike | Sequence[TrackLike], num_envs: int, *, spare: bool = False
) -> list[_core.circuit.Track]:
    """The circuits of `track`; every one gets a world, unless there may be some to spare."""
    one = (str, os.PathLike, _core.circuit.Track)
    listed = [track] if isinstance(track, one) else track
    if not isinstance(listed, Iterable) or isinstance(listed, (bytes, Mapping)):
        raise ConfigError(
            f"track is {listed!r}, but it must be a name of the catalogue, a path or a Track."
        )
    found = list(listed)
    for item in found:
        if not isinstance(item, one):
            raise ConfigError(
                f"track holds {item!r}, but it must hold names of the catalogue, paths or Tracks."
            )
    if not found:
        raise ConfigError("an environment needs at least one track.")
    if len(found) > max(num_envs, 1) and not spare:
        raise ConfigError(
            f"track lists {len(found)} circuits, but there "
            f"{'is one world' if num_envs == 1 else f'are {num_envs} worlds'}; "
            "a vector environment with a world for each takes them all: "
            f"gymnasium.make_vec(..., num_envs={len(found)}, track=[...])."
        )
    return [item if isinstance(item, _core.circuit.Track) else load_track(item) for item in found]
