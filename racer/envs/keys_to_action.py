"""Keys for `gymnasium.utils.play`: which action each combination of them means."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Keys: TypeAlias = "dict[tuple[int, ...], Any]"

# Codes of W, S, A, D and of the arrow keys, as pygame (SDL) has them.
_LETTERS = (ord("w"), ord("s"), ord("a"), ord("d"))
_ARROWS = (1073741906, 1073741905, 1073741904, 1073741903)


def circuit_keys(action: str) -> Keys:
    """Keys of a circuit: up and down drive and brake, left and right steer.

    Args:
        action: "pedals" or "axis".
    """

    def meaning(drive: int, steer: int) -> Any:
        values = [steer, max(drive, 0), max(-drive, 0)] if action == "pedals" else [steer, drive]
        return np.array(values, np.float32)

    return _combinations(meaning)


def highway_keys(meanings: tuple[str, ...], *, discrete: bool) -> Keys:
    """Keys of a highway: up and down change the speed, left and right the lane or the heading.

    Args:
        meanings: names of the axes of an action, or of the meta-actions.
        discrete: whether they are meta-actions.
    """
    if not discrete:

        def axes(drive: int, steer: int) -> Any:
            parts = {"acceleration": drive, "steering": -steer}  # positive steering turns right
            return np.array([parts[name] for name in meanings], np.float32)

        return _combinations(axes)
    names = (("FASTER", 0), ("SLOWER", 1), ("LANE_LEFT", 2), ("LANE_RIGHT", 3))
    return {
        (codes[place],): meanings.index(name)
        for codes in (_LETTERS, _ARROWS)
        for name, place in names
        if name in meanings
    }


def _combinations(meaning: Any) -> Keys:
    keys: Keys = {}
    for up, down, left, right in (_LETTERS, _ARROWS):
        for drive, first in ((0, ()), (1, (up,)), (-1, (down,))):
            for steer, second in ((0, ()), (1, (left,)), (-1, (right,))):
                if first or second:
                    keys[tuple(sorted((*first, *second)))] = meaning(drive, steer)
    return keys
