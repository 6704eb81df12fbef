"""Stable-Baselines3's SAC with a faster update: gradients written out, buffers made once.

The mathematics are those of `stable_baselines3.SAC`: the same losses, batches, random numbers,
files and predictions; results differ by rounding alone (`tests/test_fast_sac.py`). Beyond it, the
actor and the temperature may learn from only every k-th batch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import torch
from stable_baselines3 import SAC
from stable_baselines3.common.torch_layers import FlattenExtractor
from torch import nn

from racer.train.algorithms.fast.mlp import Towers, layers_of

if TYPE_CHECKING:
    from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

    Base = OffPolicyAlgorithm
else:
    Base = object

HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)
LOG_STD_MIN, LOG_STD_MAX = -20.0, 2.0  # as in Stable-Baselines3
TINY = 1e-6  # likewise, beside the square of an action


class Networks(NamedTuple):
    """Actor, critics, and the critics that follow them slowly, as plain layers."""

    actor: Towers
    critics: Towers
    targets: Towers


class Draw(NamedTuple):
    """Actions (B, A) drawn from the actor, and what its gradient needs."""

    noise: torch.Tensor
    raw: torch.Tensor
    std: torch.Tensor
    actions: torch.Tensor
    log_prob: torch.Tensor  # (B,)


def networks_of(model: Any) -> Networks | None:
    """The networks of a model; None if they are not plain layers with an actor of their own."""
    actor, critic, target = model.actor, model.critic, model.critic_target
    if model.use_sde or model.ent_coef_optimizer is None or model.device.type != "cpu":
        return None
    if type(actor.features_extractor) is not FlattenExtractor or critic.share_features_extractor:
        return None
    head = nn.Linear(actor.mu.in_features, 2 * actor.mu.out_features)
    drives = layers_of(actor.latent_pi, head)
    judged = [layers_of(network) for network in (*critic.q_networks, *target.q_networks)]
    if drives is None or any(found is None for found in judged):
        return None
    layers = [found[0] for found in judged if found is not None]
    half = len(layers) // 2
    networks = Networks(
        Towers((drives[0],), drives[1]),
        Towers(layers[:half], drives[1]),
        Towers(layers[half:], drives[1]),
    )
    # Mean and deviation are one layer of the fast actor, two of Stable-Baselines3's.
    split = actor.mu.out_features
    for layer, rows in ((actor.mu, slice(split)), (actor.log_std, slice(split, None))):
        for name in ("weight", "bias"):
            whole, part = getattr(head, name), getattr(layer, name)
            whole.data[rows] = part.data
            part.data, part.grad = whole.data[rows], whole.grad[rows]
    return networks


class FastUpdate(Base):
    """The update of SAC and of what derives from it; comes before that class.

    Attributes:
        actor_every: the actor and the temperature learn from every so manieth batch.
    """

    own_attributes: ClassVar[list[str]] = ["networks"]
    actor_every = 1

    def _setup_model(self) -> None:
        super()._setup_model()
        self.networks = networks_of(self)

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), *self.own_attributes]

    def target_values(self, outputs: list[torch.Tensor]) -> torch.Tensor:
        """What the slow critics say about the next state: (B, T) numbers for each row."""
        raise NotImplementedError

    def critic_slopes(
        self, outputs: list[torch.Tensor], targets: torch.Tensor
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Derivatives of the critics' loss by their outputs, and the loss."""
        raise NotImplementedError

    def value_slopes(self, outputs: list[torch.Tensor]) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Derivatives of the mean value by the critics' outputs, and the mean value."""
        raise NotImplementedError

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Learns from so many batches."""
        if self.networks is None:
            super().train(gradient_steps, batch_size)
            return
        model: Any = self
        self.policy.set_training_mode(True)
        self._update_learning_rate(
            [model.actor.optimizer, model.critic.optimizer, model.ent_coef_optimizer]
        )
        with torch.no_grad():
            losses = [
                self._step(self.networks, model, batch_size, self._n_updates + k, k)
                for k in range(gradient_steps)
            ]
        self._n_updates += gradient_steps
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        self.logger.record("train/ent_coef", model.log_ent_coef.detach().exp().item())
        for k, name in enumerate(("critic_loss", "actor_loss", "ent_coef_loss")):
            numbers = [float(row[k]) for row in losses if len(row) > k]
            if numbers:
                self.logger.record(f"train/{name}", float(np.mean(numbers)))

    def _step(
        self, networks: Networks, model: Any, batch_size: int, number: int, k: int
    ) -> tuple[torch.Tensor, ...]:
        """One batch: the temperature, the critics, the actor, the slow critics."""
        data, seen, ahead = self._sampled(batch_size)
        discounts = self.gamma if data.discounts is None else data.discounts
        acts = number % self.actor_every == 0
        alpha = model.log_ent_coef.detach().exp()
        drawn = self._draw(networks, seen) if acts else None
        losses: tuple[torch.Tensor, ...] = ()
        if drawn is not None:
            off = drawn.log_prob.mean() + model.target_entropy
            model.log_ent_coef.grad = -off.reshape(1)
            losses = (-model.log_ent_coef.detach() * off,)
            model.ent_coef_optimizer.step()
        after = self._draw(networks, ahead)
        values = (
            self.target_values(networks.targets.forward(torch.cat([ahead, after.actions], 1)))
            - alpha * after.log_prob[:, None]
        )
        targets = data.rewards + (1.0 - data.dones) * discounts * values
        both = torch.cat([seen, data.actions], 1)
        slopes, critic_loss = self.critic_slopes(networks.critics.forward(both), targets)
        networks.critics.gradient.zero_()
        networks.critics.backward(both, slopes)
        model.critic.optimizer.step()
        if drawn is not None:
            # Again, because the draw for the next states has overwritten the layers' values.
            networks.actor.forward(seen)
            loss = self._actor_step(networks, model, seen, drawn, alpha)
            losses = (loss, *losses)
        if k % model.target_update_interval == 0:
            slow = [*model.critic_target.parameters()]
            torch._foreach_lerp_(slow, [*model.critic.parameters()], self.tau)
        return (critic_loss, *losses)

    def _actor_step(
        self, networks: Networks, model: Any, seen: torch.Tensor, drawn: Draw, alpha: torch.Tensor
    ) -> torch.Tensor:
        count, numbers = len(seen), seen.shape[1]
        both = torch.cat([seen, drawn.actions], 1)
        slopes, value = self.value_slopes(networks.critics.forward(both))
        by_action = -networks.critics.input_slope(both, slopes, numbers)
        left = 1.0 - drawn.actions.square()
        by_action.addcdiv_(drawn.actions * (2.0 / count) * alpha, left + TINY)
        by_mean = by_action * left
        by_log_std = by_mean * drawn.std * drawn.noise - alpha / count
        by_log_std *= (drawn.raw >= LOG_STD_MIN) & (drawn.raw <= LOG_STD_MAX)
        networks.actor.gradient.zero_()
        networks.actor.backward(seen, [torch.cat([by_mean, by_log_std], 1)])
        model.actor.optimizer.step()
        loss: torch.Tensor = alpha * drawn.log_prob.mean() - value
        return loss

    def _draw(self, networks: Networks, seen: torch.Tensor) -> Draw:
        mean, raw = networks.actor.forward(seen)[0].chunk(2, 1)
        raw = raw.clone()  # the next forward overwrites it
        log_std = raw.clamp(LOG_STD_MIN, LOG_STD_MAX)
        std = log_std.exp()
        noise = torch.normal(torch.zeros_like(std), torch.ones_like(std))
        actions = torch.tanh(mean + std * noise)
        density = -0.5 * noise.square() - log_std - HALF_LOG_TAU
        log_prob = (density - torch.log(1.0 - actions.square() + TINY)).sum(1)
        return Draw(noise, raw, std, actions, log_prob)

    def _sampled(self, batch_size: int) -> tuple[Any, torch.Tensor, torch.Tensor]:
        """A batch, and its observations and the next ones, normalised in single precision."""
        env, buffer = self._vec_normalize_env, self.replay_buffer
        assert buffer is not None  # noqa: S101 - for mypy
        own = env is not None and not env.norm_reward
        data = buffer.sample(batch_size, env=None if own else env)
        seen = data.observations.reshape(batch_size, -1)
        ahead = data.next_observations.reshape(batch_size, -1)
        if own and env is not None and env.norm_obs:
            known: Any = env.obs_rms  # of a Box, not of a Dict
            mean = torch.from_numpy(known.mean.reshape(-1).astype(np.float32))
            spread = np.sqrt(known.var + env.epsilon).reshape(-1).astype(np.float32)
            scale = torch.from_numpy(spread).reciprocal_()
            limit = env.clip_obs
            seen = ((seen - mean) * scale).clamp_(-limit, limit)
            ahead = ((ahead - mean) * scale).clamp_(-limit, limit)
        return data, seen, ahead


class FastSAC(FastUpdate, SAC):
    """`stable_baselines3.SAC` with a faster update, the more so the smaller the networks.

    Arguments, files and results are the same. Policies with other networks than plain layers learn
    as in Stable-Baselines3.
    """

    def target_values(self, outputs: list[torch.Tensor]) -> torch.Tensor:
        """The least that a critic says."""
        return torch.stack(outputs).amin(0)

    def critic_slopes(
        self, outputs: list[torch.Tensor], targets: torch.Tensor
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Of half the mean squared error."""
        errors = [output - targets for output in outputs]
        loss = torch.stack([0.5 * error.square().mean() for error in errors]).sum()
        return [error / len(targets) for error in errors], loss

    def value_slopes(self, outputs: list[torch.Tensor]) -> tuple[list[torch.Tensor], torch.Tensor]:
        """One for the critic that says the least, none for the others."""
        stacked = torch.stack(outputs)
        least, which = stacked.min(0)
        count = len(least)
        slopes = [(which == k).float().div_(count) for k in range(len(outputs))]
        return slopes, least.mean()
