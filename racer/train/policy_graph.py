"""The torch module that an exported policy is traced from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from gymnasium.spaces import Discrete

if TYPE_CHECKING:
    from collections.abc import Sequence


class PolicyGraph(torch.nn.Module):
    """From raw observations (M, D) float32 to actions, deterministically.

    Rows of vehicles come one after the other. Actions are (M, A) float32, or (M,) int64 if they are
    numbers of discrete ones.

    Args:
        model: a model of Stable-Baselines3 without memory.
        actor: its part that acts, from normalised observations to what its policy's `predict`
            makes actions of: squashed or unbounded numbers, or a value for each action.
        normalise: the `VecNormalize` it was trained with, or None.
        action_scale: what its actions are multiplied by; empty: nothing.
    """

    low: torch.Tensor
    high: torch.Tensor
    mean: torch.Tensor
    scale: torch.Tensor
    action_scale: torch.Tensor

    def __init__(
        self,
        model: Any,
        actor: torch.nn.Module,
        normalise: Any,
        action_scale: Sequence[float] = (),
    ) -> None:
        super().__init__()
        space = model.action_space
        self.network = actor
        self.discrete = isinstance(space, Discrete)
        if not self.discrete:
            self.register_buffer("low", torch.from_numpy(np.array(space.low, np.float32)))
            self.register_buffer("high", torch.from_numpy(np.array(space.high, np.float32)))
        self.scaled = bool(action_scale)
        self.register_buffer("action_scale", torch.tensor(list(action_scale), dtype=torch.float32))
        self.squashed = bool(model.policy.squash_output)
        self.rows = tuple(model.observation_space.shape)
        self.limit: float | None = None
        if normalise is not None and normalise.norm_obs:
            statistics = normalise.obs_rms
            spread = np.sqrt(statistics.var + normalise.epsilon)
            self.register_buffer("mean", torch.from_numpy(np.array(statistics.mean, np.float64)))
            self.register_buffer("scale", torch.from_numpy(np.array(spread, np.float64)))
            self.limit = float(normalise.clip_obs)

    def forward(self, observation: torch.Tensor) -> torch.Tensor:
        """Actions for observations."""
        x = observation if len(self.rows) == 1 else observation.reshape(-1, *self.rows)
        if self.limit is not None:
            # In double precision, as the training has it.
            x = (x.double() - self.mean) / self.scale
            x = torch.clamp(x, -self.limit, self.limit).float()
        action: torch.Tensor = self.network(x)
        if self.discrete:
            return torch.argmax(action, dim=1)
        if self.squashed:
            action = self.low + 0.5 * (action + 1.0) * (self.high - self.low)
        else:
            action = torch.maximum(torch.minimum(action, self.high), self.low)
        return action * self.action_scale if self.scaled else action
