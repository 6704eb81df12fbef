"""Deep Q-learning: V. Mnih et al., Nature 518, 529-533 (2015)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from racer.formats.settings import Checked, choice_field, list_field, number_field
from racer.train.algorithms.base import ACTIVATIONS, DISCRETE, Job, common_keywords, linear
from racer.train.algorithms.replay import ReplayAlgorithm
from racer.train.algorithms.space import Between, OneOf, Space

if TYPE_CHECKING:
    import torch
    from stable_baselines3.common.base_class import BaseAlgorithm


@dataclass(frozen=True)
class DqnConfig(Checked):
    """Settings of deep Q-learning; names as in Stable-Baselines3.

    Attributes:
        learning_rate, final_learning_rate: at the beginning and the end, linear in between.
        train_freq: steps of each environment between updates.
        gradient_steps: gradient steps per update.
        target_update_interval: environment steps between updates of the target network.
        exploration_fraction: share of the run in which random actions get rarer.
        exploration_final: share of random actions after that.
        net_arch: widths of the hidden layers.
    """

    learning_rate: float = number_field(5e-4, 0, 1)
    final_learning_rate: float = number_field(1e-4, 0, 1)
    buffer_size: int = number_field(200_000, 1, 100_000_000)
    learning_starts: int = number_field(2_000, 0, 100_000_000)
    batch_size: int = number_field(256, 2, 1_000_000)
    tau: float = number_field(1.0, 0, 1)
    gamma: float = number_field(0.9, 0, 1)
    train_freq: int = number_field(1, 1, 100_000)
    gradient_steps: int = number_field(2, 1, 100_000)
    target_update_interval: int = number_field(2_000, 1, 100_000_000)
    exploration_fraction: float = number_field(0.5, 0, 1)
    exploration_final: float = number_field(0.05, 0, 1)
    net_arch: tuple[int, ...] = list_field((128, 128), 1, 8192, "layer widths")
    activation: str = choice_field("relu", ACTIVATIONS)


class Dqn(ReplayAlgorithm[DqnConfig]):
    """A value for each action; random actions get rarer during the run."""

    settings = DqnConfig
    actions = (DISCRETE,)
    counters = (*ReplayAlgorithm.counters, "_n_calls")  # the target network follows it
    networks = 2
    library_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 1e-4,
        "final_learning_rate": 1e-4,
        "buffer_size": 1_000_000,
        "learning_starts": 100,
        "batch_size": 32,
        "gamma": 0.99,
        "train_freq": 4,
        "gradient_steps": 1,
        "target_update_interval": 10_000,
        "exploration_fraction": 0.1,
        "net_arch": (64, 64),
    }
    space: ClassVar[Space] = {
        "learning_rate": Between(1e-4, 4e-3, log=True),
        "batch_size": OneOf((64, 128, 256, 512)),
        "gamma": OneOf((0.8, 0.9, 0.95, 0.98, 0.99)),
        "gradient_steps": OneOf((1, 2, 4, 8)),
        "target_update_interval": OneOf((500, 1_000, 2_000, 5_000)),
        "exploration_fraction": Between(0.1, 0.8),
        "exploration_final": OneOf((0.01, 0.02, 0.05, 0.1)),
        "net_arch": OneOf(((64, 64), (128, 128), (256, 256))),
    }

    def make_model(self, settings: DqnConfig, job: Job) -> BaseAlgorithm:
        """A model of Stable-Baselines3."""
        from stable_baselines3 import DQN

        model = DQN(
            "MlpPolicy",
            job.env,
            buffer_size=settings.buffer_size,
            learning_starts=settings.learning_starts,
            tau=settings.tau,
            train_freq=settings.train_freq,
            gradient_steps=settings.gradient_steps,
            target_update_interval=settings.target_update_interval,
            **common_keywords(settings, job),
        )
        # It follows steps or time, whichever ends the run.
        model.exploration_schedule = linear(
            1.0, settings.exploration_final, job, settings.exploration_fraction
        )
        return model

    def advance(self, model: BaseAlgorithm, settings: DqnConfig, done: float) -> None:
        """Nothing: the model has its schedules."""

    def actor(self, model: BaseAlgorithm) -> torch.nn.Module:
        """Features and the values of the actions."""
        return actor(model.policy)


def actor(policy: Any) -> torch.nn.Module:
    """The acting part of a `DQNPolicy`."""
    import torch

    return torch.nn.Sequential(policy.q_net.features_extractor, policy.q_net.q_net)
