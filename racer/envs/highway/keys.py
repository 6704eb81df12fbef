"""Keys for `gymnasium.utils.play` on a highway."""

from __future__ import annotations

from typing import Any

import numpy as np

from racer.envs.keys_to_action import ARROWS, LETTERS, Keys, combinations


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

        return combinations(axes)
    names = (("FASTER", 0), ("SLOWER", 1), ("LANE_LEFT", 2), ("LANE_RIGHT", 3))
    return {
        (codes[place],): meanings.index(name)
        for codes in (LETTERS, ARROWS)
        for name, place in names
        if name in meanings
    }
