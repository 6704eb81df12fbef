"""Reading observations by name: the engine's layout, turned back into SI units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from racer import _core

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ObservationReader:
    """Reads named fields out of observations.

    Args:
        observation: "lidar", "track" or "road".
    """

    def __init__(self, observation: str) -> None:
        self._fields = {
            field["name"]: (field["offset"], field["size"], 1.0 / field["scale"])
            for field in _core.circuit.observation_layout(observation)
        }
        self.size = sum(size for _, size, _ in self._fields.values())

    def __call__(self, obs: NDArray[np.float32], name: str) -> NDArray[np.float64]:
        """The field `name` of observations (M, D) in its own unit, float64 (M,) or (M, size).

        What lay outside the field's range was clipped by the engine and stays clipped.
        """
        offset, size, unscale = self._fields[name]
        values: NDArray[np.float64] = obs[:, offset : offset + size].astype(np.float64) * unscale
        return values.reshape(len(obs)) if size == 1 else values
