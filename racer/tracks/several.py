"""Names that mean several circuits: `all`, and ranges of random ones."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from racer.errors import TrackError
from racer.formats.text import shown
from racer.tracks.catalogue import list_tracks
from racer.tracks.random_tracks import KINDS, PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 10_000  # each takes two megabytes and a twentieth of a second
_RANGE = re.compile(re.escape(PREFIX) + r"([0-9]{1,19})-([0-9]{1,19})(?:-([a-z]+))?")


def track_names(names: Iterable[str | os.PathLike[str]]) -> list[str]:
    """The circuits that some names mean, one name each, in order.

    Args:
        names: what `load_track` takes; `all`, the catalogue; `random:A-B` or `random:A-B-KIND`,
            the random circuits of the seeds A to B, both included.

    Raises:
        TrackError: a range runs backwards, has no such kind, or all of them are too many.
    """
    found: list[str] = []
    for each in names:
        name = os.fspath(each)
        ranged = _RANGE.fullmatch(name)
        if name == "all":
            found += list_tracks()
        elif ranged is None:
            found.append(name)
        else:
            found += _of_range(name, int(ranged[1]), int(ranged[2]), ranged[3])
        if len(found) > MOST:
            raise TrackError(f"{shown(name, 60)} makes {len(found):,} circuits; {MOST:,} can be.")
    return found


def _of_range(name: str, first: int, last: int, kind: str | None) -> list[str]:
    if last < first or (kind is not None and kind not in KINDS):
        raise TrackError(
            f"there are no random tracks '{shown(name, 60)}'; it must be {PREFIX}FIRST-LAST or "
            f"{PREFIX}FIRST-LAST-KIND, where FIRST is not above LAST and KIND is one of "
            f"{', '.join(KINDS)}."
        )
    if last - first >= MOST:
        raise TrackError(f"{shown(name, 60)} means {last - first + 1:,} circuits; {MOST:,} can be.")
    ending = f"-{kind}" if kind else ""
    return [f"{PREFIX}{seed}{ending}" for seed in range(first, last + 1)]
