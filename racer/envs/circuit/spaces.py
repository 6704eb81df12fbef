"""Spaces of observations and actions, from the engine's tables."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from gymnasium.spaces import Box, Space
from numpy.typing import NDArray

from racer import _core

FloatSpace: TypeAlias = "Space[NDArray[np.float32]]"


def observation_space(observation: str) -> FloatSpace:
    """The space of one observation, "lidar" (14,), "track" or "road" (D,); float32."""
    fields = _core.circuit.observation_layout(observation)
    sizes = [field["size"] for field in fields]
    low, high = (np.repeat([field[side] for field in fields], sizes) for side in ("low", "high"))
    return _box(low, high)


def action_space(action: str) -> FloatSpace:
    """The space of one action; float32.

    Args:
        action: "pedals" (3,): steering in [-1, 1], left positive, throttle and brake in [0, 1];
            or "axis" (2,): steering, and drive (+) or brake (-), both in [-1, 1].
    """
    low = [-1.0, 0.0, 0.0] if action == "pedals" else [-1.0, -1.0]
    return _box(np.array(low), np.ones(len(low)))


def _box(low: NDArray[np.float64], high: NDArray[np.float64]) -> FloatSpace:
    space: Any = Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)
    return space  # type: ignore[no-any-return]
