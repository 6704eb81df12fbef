"""Keys for `gymnasium.utils.play` on a circuit."""

from __future__ import annotations

from typing import Any

import numpy as np

from racer.envs.keys_to_action import Keys, combinations


def circuit_keys(action: str) -> Keys:
    """Keys of a circuit: up and down drive and brake, left and right steer.

    Args:
        action: "pedals" or "axis".
    """

    def meaning(drive: int, steer: int) -> Any:
        values = [steer, max(drive, 0), max(-drive, 0)] if action == "pedals" else [steer, drive]
        return np.array(values, np.float32)

    return combinations(meaning)
