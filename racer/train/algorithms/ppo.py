"""Proximal policy optimisation: J. Schulman et al., arXiv:1707.06347 (2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from racer.errors import ConfigError
from racer.formats.settings import (
    Checked,
    choice_field,
    flag_field,
    list_field,
    number_field,
)
from racer.train.algorithms.base import (
    ACTIVATIONS,
    CONTINUOUS,
    DISCRETE,
    NUMBER,
    Algorithm,
    Job,
    common_keywords,
)
from racer.train.algorithms.space import Between, OneOf, Space

if TYPE_CHECKING:
    import torch
    from stable_baselines3.common.base_class import BaseAlgorithm


@dataclass(frozen=True)
class PpoConfig(Checked):
    """Settings of proximal policy optimisation; names as in Stable-Baselines3.

    Attributes:
        learning_rate, final_learning_rate: at the beginning and the end, linear in between.
        ent_coef, final_ent_share: weight of the entropy at the beginning, and the share of it that
            is left at the end, linear in between.
        n_steps: steps of each environment per update.
        net_arch: widths of the hidden layers, of the policy and of the value function.
        log_std_init: logarithm of the first standard deviation of the actions.
        log_stds: the same for each number of the action; empty: `log_std_init` for all.
        critic_warmup: updates at the beginning in which only the value function learns, so that
            an actor of another run is not led by a critic that does not know its circuit yet.
        log_std_floor: least logarithm of the standard deviations of a run that starts from
            another's weights, which may have all but stopped to explore.
        outlook: the critic sees how fast the circuit goes on for the next 40 s
            (`racer.envs.circuit.outlook`); the actor, which alone drives, does not. Worlds
            that are no circuits have no outlook.
        target_kl: stops an update's epochs early; 0: never.
    """

    learning_rate: float = number_field(8e-4, 0, 1)
    final_learning_rate: float = number_field(5e-5, 0, 1)
    n_steps: int = number_field(32, 1, 100_000)
    batch_size: int = number_field(4096, 2, 10_000_000)
    n_epochs: int = number_field(8, 1, 1000)
    gamma: float = number_field(0.99, 0, 1)
    gae_lambda: float = number_field(0.95, 0, 1)
    clip_range: float = number_field(0.2, 0, 10)
    ent_coef: float = number_field(0.003, 0, 10)
    final_ent_share: float = number_field(1.0, 0, 1)
    vf_coef: float = number_field(0.5, 0, 10)
    max_grad_norm: float = number_field(0.5, 0, 1000)
    log_std_init: float = number_field(-0.7, -20, 5)
    log_stds: tuple[float, ...] = list_field((), -20.0, 5.0)
    critic_warmup: int = number_field(0, 0, 1_000_000)
    log_std_floor: float = number_field(-20.0, -20, 5)
    target_kl: float = number_field(0.0, 0, 100)
    net_arch: tuple[int, ...] = list_field((64, 64), 1, 8192, "layer widths")
    activation: str = choice_field("tanh", ACTIVATIONS)
    outlook: bool = flag_field(default=False)


class Ppo(Algorithm[PpoConfig]):
    """Learns from the steps of the newest policy, which it then forgets."""

    settings = PpoConfig
    actions = (CONTINUOUS, DISCRETE)
    fixed = ("net_arch", "activation", "outlook")
    fixes_worlds = False
    counters = ("num_timesteps", "_n_updates", "_episode_num")
    size_setting = "n_steps"
    networks = 2
    library_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 3e-4,
        "final_learning_rate": 3e-4,
        "n_steps": 2048,
        "batch_size": 64,
        "n_epochs": 10,
        "ent_coef": 0.0,
        "log_std_init": 0.0,
    }
    space: ClassVar[Space] = {
        "learning_rate": Between(1e-4, 4e-3, log=True),
        "n_steps": OneOf((16, 32, 64, 128)),
        "batch_size": OneOf((1024, 2048, 4096, 8192)),
        "n_epochs": OneOf((1, 2, 3, 4, 6, 8)),
        "gamma": OneOf((0.96, 0.97, 0.98, 0.985, 0.99, 0.995)),
        "gae_lambda": OneOf((0.8, 0.9, 0.95, 0.98)),
        "clip_range": OneOf((0.1, 0.2, 0.3)),
        "ent_coef": Between(1e-5, 0.03, log=True),
        "net_arch": OneOf(((64,), (64, 64), (128, 128), (256, 256))),
        "activation": OneOf(ACTIVATIONS),
    }

    def check(self, settings: PpoConfig, n_envs: int) -> None:
        """A batch is no larger than what was collected, and that is more than one step."""
        collected = settings.n_steps * n_envs
        if settings.batch_size > collected:
            raise ConfigError(
                f"batch_size is {settings.batch_size:,}, but n_steps times n_envs gives only "
                f"{collected:,} steps per update."
            )
        if settings.outlook and not settings.net_arch:
            raise ConfigError("ppo.outlook needs a hidden layer, but net_arch is empty.")
        if collected < 2:
            raise ConfigError("n_steps times n_envs must give at least 2 steps per update.")

    def fitted(self, settings: PpoConfig, n_envs: int) -> PpoConfig:
        """With a batch that is no larger than what so few environments give."""
        collected = settings.n_steps * n_envs
        return replace(settings, batch_size=min(settings.batch_size, max(collected, 2)))

    def buffer_bytes(self, settings: PpoConfig, n_envs: int, observed: int, acted: int) -> int:
        """Observation, action and six numbers about the step, once more when flattened.

        `FastPPO` flattens nothing; what it needs besides is less than that.
        """
        return settings.n_steps * n_envs * (observed + acted + 6) * NUMBER * 2

    def build(self, settings: PpoConfig, job: Job) -> BaseAlgorithm:
        """Raises ConfigError if `log_stds` does not fit the actions."""
        import torch

        from racer.train.algorithms.fast.ppo import FastPPO, OutlookPolicy

        keywords = common_keywords(settings, job)
        keywords["policy_kwargs"] |= {
            "log_std_init": settings.log_std_init,
            "optimizer_kwargs": {"eps": 1e-5, "fused": True},
        }
        outlook: int = job.env.outlook_size if settings.outlook else 0
        if outlook:
            keywords["policy_kwargs"]["outlook_size"] = outlook
        model = FastPPO(
            OutlookPolicy if outlook else "MlpPolicy",
            job.env,
            n_steps=settings.n_steps,
            n_epochs=settings.n_epochs,
            gae_lambda=settings.gae_lambda,
            clip_range=settings.clip_range,
            ent_coef=settings.ent_coef,
            vf_coef=settings.vf_coef,
            max_grad_norm=settings.max_grad_norm,
            target_kl=settings.target_kl or None,
            **keywords,
        )
        model.critic_warmup = settings.critic_warmup
        if settings.critic_warmup and model.plain_towers is None:
            raise ConfigError(
                f"ppo.critic_warmup is {settings.critic_warmup}, but actor and critic of this "
                "network are not separate; it must be 0."
            )
        if settings.log_stds:
            axes = model.policy.log_std
            if len(settings.log_stds) != len(axes):
                raise ConfigError(
                    f"ppo.log_stds has {len(settings.log_stds)} numbers, but an action has "
                    f"{len(axes)}."
                )
            axes.data.copy_(torch.tensor(settings.log_stds))
        return model

    def advance(self, model: BaseAlgorithm, settings: PpoConfig, done: float) -> None:
        """Sets the weight of the entropy; the model itself follows the learning rate."""
        share = 1.0 + done * (settings.final_ent_share - 1.0)
        vars(model)["ent_coef"] = settings.ent_coef * share

    def started(self, model: BaseAlgorithm, settings: PpoConfig) -> None:
        """Explores at least as much as the floor says."""
        log_std = getattr(model.policy, "log_std", None)  # discrete actions have none
        if log_std is not None:
            log_std.data.clamp_(min=settings.log_std_floor)

    def state(self, model: BaseAlgorithm) -> dict[str, Any]:
        """Nothing: between two updates its buffer is used up."""
        del model
        return {}

    def restore(self, model: BaseAlgorithm, state: Mapping[str, Any]) -> None:
        """Nothing."""

    def actor(self, model: BaseAlgorithm) -> torch.nn.Module:
        """Features, hidden layers, means (or the discrete actions' logits)."""
        return actor(model.policy)


def actor(policy: Any) -> torch.nn.Module:
    """The acting part of an `ActorCriticPolicy`."""
    import torch

    return torch.nn.Sequential(
        policy.pi_features_extractor, policy.mlp_extractor.policy_net, policy.action_net
    )
