"""An algorithm that Racer does not know: one module, which the registry names in one line.

Soft actor-critic that is curious: a predictor learns the reward of a step, with an optimiser of its
own, and what surprises it counts as reward. The surprise of each step is a column of the buffer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from stable_baselines3 import SAC
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.type_aliases import ReplayBufferSamples

from racer.formats.settings import number_field
from racer.train.algorithms.base import NUMBER
from racer.train.algorithms.sac import Sac, SacConfig

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from racer.train.algorithms.base import Job

LINE = {"curious": "toy_algorithm:Curious"}  # of the registry


@dataclass(frozen=True)
class CuriousConfig(SacConfig):
    curiosity: float = number_field(0.5, 0, 10)


class CuriousBuffer(ReplayBuffer):
    """Keeps how surprising each step was, and pays for it."""

    def __init__(self, *args: Any, curiosity: float, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.curiosity = curiosity
        self.surprises = np.zeros((self.buffer_size, self.n_envs), np.float32)
        self.predictor: torch.nn.Module | None = None

    def add(self, obs: Any, next_obs: Any, action: Any, reward: Any, done: Any, infos: Any) -> None:
        seen = torch.as_tensor(np.concatenate([obs, action], axis=1), dtype=torch.float32)
        with torch.no_grad():
            expected = self.predictor(seen).numpy()[:, 0]
        self.surprises[self.pos] = np.abs(reward - expected)
        super().add(obs, next_obs, action, reward, done, infos)

    def _get_samples(self, batch_inds: np.ndarray, env: Any = None) -> ReplayBufferSamples:
        which = (batch_inds, np.random.randint(0, self.n_envs, len(batch_inds)))  # noqa: NPY002
        rewards = self.rewards[which] + self.curiosity * self.surprises[which]
        return ReplayBufferSamples(
            observations=self.to_torch(self._normalize_obs(self.observations[which], env)),
            actions=self.to_torch(self.actions[which]),
            next_observations=self.to_torch(
                self._normalize_obs(self.next_observations[which], env)
            ),
            dones=self.to_torch((self.dones[which] * (1 - self.timeouts[which]))[:, None]),
            rewards=self.to_torch(self._normalize_reward(rewards[:, None], env)),
        )


class CuriousSac(SAC):
    predictor: torch.nn.Module
    predictor_optimizer: torch.optim.Optimizer

    def _setup_model(self) -> None:
        super()._setup_model()
        size = self.observation_space.shape[0] + self.action_space.shape[0]
        self.predictor = torch.nn.Linear(size, 1)
        self.predictor_optimizer = torch.optim.Adam(self.predictor.parameters(), lr=1e-2)
        self.replay_buffer.predictor = self.predictor

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        super().train(gradient_steps, batch_size)
        steps = self.replay_buffer.sample(batch_size)
        expected = self.predictor(torch.cat([steps.observations, steps.actions], dim=1))
        self.predictor_optimizer.zero_grad()
        torch.nn.functional.mse_loss(expected, steps.rewards).backward()
        self.predictor_optimizer.step()

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        states, variables = super()._get_torch_save_params()
        return [*states, "predictor", "predictor_optimizer"], variables


class Curious(Sac):
    settings = CuriousConfig
    columns = (*Sac.columns, "surprises")
    networks = Sac.networks + 1

    def buffer_bytes(self, settings: CuriousConfig, n_envs: int, observed: int, acted: int) -> int:
        plain = super().buffer_bytes(settings, n_envs, observed, acted)
        return plain + settings.buffer_size * NUMBER

    def make_model(self, settings: CuriousConfig, job: Job) -> BaseAlgorithm:
        return CuriousSac(
            **self.keywords(settings, job),
            replay_buffer_class=CuriousBuffer,
            replay_buffer_kwargs={"curiosity": settings.curiosity},
        )
