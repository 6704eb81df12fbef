"""A network's first layers for observations that are rows of vehicles.

Which row a vehicle stands in says little, so every row goes through the same small network and the
largest answers count, as in M. Zaheer et al., "Deep Sets" (2017). A network that looks at all rows
at once has to learn the same about each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gymnasium.spaces import Box

# What brings HighwayEnv's normalised numbers to about 1 where it matters: 50 m, a lane, 5 m/s.
SCALES = {"x": 4.0, "y": 4.0, "vx": 16.0, "vy": 16.0, "heading": 10.0, "sin_h": 10.0}


class RowExtractor(BaseFeaturesExtractor):
    """From flattened rows (M, V F), the ego vehicle's first, to features (M, D).

    Args:
        space: of the observations.
        features: names of the F columns.
        width: of the network of a row.
    """

    scale: torch.Tensor

    def __init__(self, space: Box, features: Sequence[str], width: int = 32) -> None:
        size = len(features)
        super().__init__(space, width + size)
        self._size = size
        self.register_buffer("scale", torch.tensor([SCALES.get(name, 1.0) for name in features]))
        self.row = torch.nn.Sequential(
            torch.nn.Linear(size, width),
            torch.nn.ReLU(),
            torch.nn.Linear(width, width),
            torch.nn.ReLU(),
        )

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        """The ego vehicle's row and what stands out among the others."""
        rows = observations.reshape(observations.shape[0], -1, self._size)
        others = self.row(rows[:, 1:] * self.scale)
        # An empty row counts for nothing: answers are not negative.
        others = others * rows[:, 1:, :1]
        return torch.cat([rows[:, 0] * self.scale, others.amax(dim=1)], dim=1)
