"""Keys for `gymnasium.utils.play`: which action each combination of them means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Keys: TypeAlias = "dict[tuple[int, ...], Any]"

# Codes of W, S, A, D and of the arrow keys, as pygame (SDL) has them.
LETTERS = (ord("w"), ord("s"), ord("a"), ord("d"))
ARROWS = (1073741906, 1073741905, 1073741904, 1073741903)


def combinations(meaning: Callable[[int, int], Any]) -> Keys:
    """What each combination of driving and steering keys means.

    Args:
        meaning: the action for driving (1, or -1 for braking) and steering (1 is left).
    """
    keys: Keys = {}
    for up, down, left, right in (LETTERS, ARROWS):
        for drive, first in ((0, ()), (1, (up,)), (-1, (down,))):
            for steer, second in ((0, ()), (1, (left,)), (-1, (right,))):
                if first or second:
                    keys[tuple(sorted((*first, *second)))] = meaning(drive, steer)
    return keys
