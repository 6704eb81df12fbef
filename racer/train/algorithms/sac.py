"""Soft actor-critic: T. Haarnoja et al., arXiv:1812.05905 (2018)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from racer.errors import ConfigError
from racer.formats.settings import Checked, choice_field, flag_field, list_field, number_field
from racer.train.algorithms.base import ACTIVATIONS, CONTINUOUS, Job, common_keywords
from racer.train.algorithms.replay import ReplayAlgorithm
from racer.train.algorithms.space import Between, OneOf, Space

if TYPE_CHECKING:
    import torch
    from stable_baselines3.common.base_class import BaseAlgorithm


@dataclass(frozen=True)
class SacConfig(Checked):
    """Settings of soft actor-critic; names as in Stable-Baselines3.

    Attributes:
        learning_rate, final_learning_rate: at the beginning and the end, linear in between.
        train_freq: steps of each environment between updates.
        gradient_steps: gradient steps per update.
        n_steps: rewards that a critic's target counts before it asks the critic.
        target_entropy, final_target_entropy: of the policy, per number of an action, at the
            beginning and the end, linear in between.
        ent_coef_init: weight of the entropy at the beginning; then it learns by itself. What it
            ends at is in proportion to the rewards, so choose a small one for small rewards.
        net_arch: widths of the hidden layers, of the actor and of the critics.
        fast: take the update of `racer.train.algorithms.fast`; results differ by rounding alone.
        actor_every: actor and weight of the entropy learn from every so manieth batch of the
            critics; more than 1 needs `fast`.
    """

    learning_rate: float = number_field(7e-4, 0, 1)
    final_learning_rate: float = number_field(1e-4, 0, 1)
    buffer_size: int = number_field(300_000, 1, 100_000_000)
    learning_starts: int = number_field(5_000, 0, 100_000_000)
    batch_size: int = number_field(256, 2, 1_000_000)
    tau: float = number_field(0.005, 0, 1)
    gamma: float = number_field(0.99, 0, 1)
    train_freq: int = number_field(1, 1, 100_000)
    gradient_steps: int = number_field(4, 1, 100_000)
    n_steps: int = number_field(1, 1, 1000)
    target_entropy: float = number_field(-1.0, -10, 1)
    final_target_entropy: float = number_field(-1.0, -10, 1)
    ent_coef_init: float = number_field(1.0, 1e-9, 1e6)
    net_arch: tuple[int, ...] = list_field((128, 128), 1, 8192, "layer widths")
    activation: str = choice_field("relu", ACTIVATIONS)
    fast: bool = flag_field(default=False)
    actor_every: int = number_field(1, 1, 1000)


class Sac(ReplayAlgorithm[SacConfig]):
    """Two critics, an actor as random as it may be, and a temperature that keeps it so."""

    settings = SacConfig
    actions = (CONTINUOUS,)
    networks = 5
    library_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 3e-4,
        "final_learning_rate": 3e-4,
        "buffer_size": 1_000_000,
        "learning_starts": 100,
        "train_freq": 1,
        "gradient_steps": 1,
        "net_arch": (256, 256),
        "fast": True,  # the same mathematics
    }
    space: ClassVar[Space] = {
        "learning_rate": Between(2e-4, 4e-3, log=True),
        "batch_size": OneOf((128, 256, 512, 1024)),
        "gamma": OneOf((0.96, 0.97, 0.98, 0.985, 0.99, 0.995)),
        "tau": OneOf((0.002, 0.005, 0.01, 0.02)),
        "gradient_steps": OneOf((2, 4, 8, 16)),
        "n_steps": OneOf((1, 2, 3, 5)),
        "ent_coef_init": Between(1e-3, 1.0, log=True),
        "target_entropy": Between(-2.0, 0.0),
        "net_arch": OneOf(((64, 64), (128, 128), (256, 256))),
    }

    def keywords(self, settings: SacConfig, job: Job) -> dict[str, Any]:
        """Keywords for a model of Stable-Baselines3's `SAC`, or of a class derived from it."""
        common = common_keywords(settings, job)
        if settings.fast:
            common["policy_kwargs"]["optimizer_kwargs"] = {"fused": True}
        if settings.ent_coef_init != 1.0:
            common["ent_coef"] = f"auto_{settings.ent_coef_init!r}"
        return {
            "policy": "MlpPolicy",
            "env": job.env,
            "buffer_size": settings.buffer_size,
            "learning_starts": settings.learning_starts,
            "tau": settings.tau,
            "train_freq": settings.train_freq,
            "gradient_steps": settings.gradient_steps,
            "n_steps": settings.n_steps,
            **common,
        }

    def make_model(self, settings: SacConfig, job: Job) -> BaseAlgorithm:
        """A model of Stable-Baselines3, or of the class with the faster update."""
        if not settings.fast:
            from stable_baselines3 import SAC

            return SAC(**self.keywords(settings, job))
        from racer.train.algorithms.fast.sac import FastSAC

        model = FastSAC(**self.keywords(settings, job))
        model.actor_every = settings.actor_every
        return model

    def check(self, settings: SacConfig, n_envs: int) -> None:
        """A delayed actor needs the update that knows it."""
        super().check(settings, n_envs)
        if settings.actor_every > 1 and not settings.fast:
            raise ConfigError(
                f"actor_every is {settings.actor_every}, which needs fast = true; without it only "
                "1 is possible."
            )

    def advance(self, model: Any, settings: SacConfig, done: float) -> None:
        """How random the policy shall be by now."""
        first, last = settings.target_entropy, settings.final_target_entropy
        numbers = math.prod(model.action_space.shape)
        model.target_entropy = numbers * (first + done * (last - first))

    def state(self, model: Any) -> dict[str, Any]:
        """The buffer, and the temperature, which is no part of the model's parameters."""
        return {**super().state(model), "log_ent_coef": model.log_ent_coef.detach().clone()}

    def restore(self, model: Any, state: Mapping[str, Any]) -> None:
        """Puts both back."""
        super().restore(model, state)
        model.log_ent_coef.data.copy_(state["log_ent_coef"])

    def actor(self, model: BaseAlgorithm) -> torch.nn.Module:
        """Features, hidden layers, means, squashed."""
        return actor(model.policy)


def actor(policy: Any) -> torch.nn.Module:
    """The acting part of an `SACPolicy`."""
    import torch

    part = policy.actor
    return torch.nn.Sequential(part.features_extractor, part.latent_pi, part.mu, torch.nn.Tanh())
