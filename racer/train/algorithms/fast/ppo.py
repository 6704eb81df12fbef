"""Stable-Baselines3's PPO with a faster update: gradients written out, buffers made once.

The mathematics are those of `stable_baselines3.PPO`: the same losses, minibatches, random numbers,
files and predictions; results differ by rounding alone (`tests/test_fast_ppo.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.distributions import DiagGaussianDistribution
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import FlattenExtractor
from stable_baselines3.common.utils import explained_variance

from racer.train.algorithms.fast.mlp import CHUNK, Towers, layers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.vec_env import VecEnv

HALF_LOG_TAU = 0.5 * float(np.log(2.0 * np.pi))


class ReusedRolloutBuffer(RolloutBuffer):
    """A rollout buffer that keeps its arrays, step by step in the order in which they came.

    Args:
        outlook_size: numbers that the critic sees beside an observation.

    Attributes:
        seen: what actor and critic see, (T, N, D + E); the first D are the observations.
    """

    def __init__(self, *args: Any, outlook_size: int = 0, **keywords: Any) -> None:
        self._outlook_size = outlook_size
        super().__init__(*args, **keywords)

    def reset(self) -> None:
        """Starts afresh; all arrays are overwritten before they are read."""
        if "seen" not in vars(self) or self.generator_ready:
            super().reset()
            shape = (self.buffer_size, self.n_envs)
            numbers = int(np.prod(self.obs_shape))
            self.seen = np.zeros((*shape, numbers + self._outlook_size), np.float32)
            plain = self.seen[..., :numbers]
            # Stable-Baselines3's own code sees the same memory, if there is no outlook.
            self.observations = (
                plain if self._outlook_size else plain.reshape(*shape, *self.obs_shape)
            )
        self.pos, self.full = 0, False


class OutlookPolicy(ActorCriticPolicy):
    """An actor that sees observations, and a critic that sees what comes later, too.

    Only `FastPPO` trains it; it predicts actions like any policy.

    Args:
        outlook_size: numbers that the critic sees beside an observation.
    """

    def __init__(self, *args: Any, outlook_size: int, **keywords: Any) -> None:
        self._outlook_size = outlook_size
        super().__init__(*args, **keywords)

    def _build_mlp_extractor(self) -> None:
        super()._build_mlp_extractor()
        first = self.mlp_extractor.value_net[0]
        assert isinstance(first, torch.nn.Linear)  # noqa: S101 - for mypy
        self.mlp_extractor.value_net[0] = torch.nn.Linear(
            first.in_features + self._outlook_size, first.out_features
        )


def towers_of(policy: ActorCriticPolicy) -> Towers | None:
    """Actor and critic of a policy side by side; None if they are not separate plain layers.

    The actions must be Gaussian, their standard deviations parameters.
    """
    plain = (
        isinstance(policy.action_dist, DiagGaussianDistribution)
        and type(policy.pi_features_extractor) is FlattenExtractor
        and type(policy.vf_features_extractor) is FlattenExtractor
        and policy.device.type == "cpu"
    )
    actor = layers_of(policy.mlp_extractor.policy_net, policy.action_net) if plain else None
    critic = layers_of(policy.mlp_extractor.value_net, policy.value_net) if plain else None
    if actor is None or critic is None or actor[1] is not critic[1]:
        return None
    return Towers((actor[0], critic[0]), actor[1], (policy.log_std,))


class FastPPO(PPO):
    """`stable_baselines3.PPO` with a faster update, the more so the smaller the networks.

    Arguments, files and results are the same. Policies with other networks than two separate ones
    of plain layers, or with other actions than Gaussian ones, learn as in Stable-Baselines3.

    Attributes:
        critic_warmup: updates at the beginning in which only the value function learns.
    """

    critic_warmup = 0

    own_attributes: ClassVar[list[str]] = ["plain_towers", "_chunks"]

    def _setup_model(self) -> None:
        self._outlook_size = int(self.policy_kwargs.get("outlook_size", 0))
        if self.rollout_buffer_class is None and isinstance(self.observation_space, spaces.Box):
            self.rollout_buffer_class = ReusedRolloutBuffer
            self.rollout_buffer_kwargs["outlook_size"] = self._outlook_size
        super()._setup_model()
        self._chunks: dict[int, torch.Tensor] = {}
        plain = isinstance(self.rollout_buffer, ReusedRolloutBuffer) and self.clip_range_vf is None
        self.plain_towers = towers_of(self.policy) if plain else None

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), *self.own_attributes]

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        rollout_buffer: RolloutBuffer,
        n_rollout_steps: int,
    ) -> bool:
        """See `stable_baselines3.common.on_policy_algorithm.OnPolicyAlgorithm`."""
        if self.plain_towers is None or not isinstance(rollout_buffer, ReusedRolloutBuffer):
            return super().collect_rollouts(env, callback, rollout_buffer, n_rollout_steps)
        with torch.no_grad():
            return self._collect(self.plain_towers, env, callback, rollout_buffer, n_rollout_steps)

    def _collect(
        self,
        towers: Towers,
        env: VecEnv,
        callback: BaseCallback,
        buffer: ReusedRolloutBuffer,
        steps: int,
    ) -> bool:
        space = self.action_space
        assert isinstance(space, spaces.Box)  # noqa: S101 - for mypy; the policy is Gaussian
        buffer.reset()
        callback.on_rollout_start()
        log_std = self.policy.log_std
        std = log_std.exp()
        zeros, ones = torch.zeros(env.num_envs, len(std)), torch.ones(env.num_envs, len(std))
        for k in range(steps):
            self._look(env, buffer.seen[k])
            means, values = towers.forward(torch.from_numpy(buffer.seen[k]))
            actions = means + torch.normal(zeros, ones) * std
            score = (actions - means) / std
            buffer.actions[k] = actions.numpy()
            buffer.values[k] = values[:, 0].numpy()
            buffer.log_probs[k] = _log_prob(score, log_std).numpy()
            buffer.episode_starts[k] = self._last_episode_starts
            taken = actions.numpy().reshape(-1, *space.shape).clip(space.low, space.high)
            new_obs, rewards, dones, infos = env.step(taken)
            self.num_timesteps += env.num_envs
            callback.update_locals(locals())
            if not callback.on_step():
                return False
            ended = np.flatnonzero(dones)
            self._update_info_buffer([infos[i] for i in ended], dones[ended])
            self._add_bootstrap(env, towers, rewards, infos, ended)
            buffer.rewards[k] = rewards
            self._last_obs = new_obs  # type: ignore[assignment]
            self._last_episode_starts = dones
        buffer.pos, buffer.full = steps, True
        seen = np.empty_like(buffer.seen[0])
        self._look(env, seen)
        _, last = towers.forward(torch.from_numpy(seen))
        buffer.compute_returns_and_advantage(last_values=last, dones=dones)
        callback.update_locals(locals())
        callback.on_rollout_end()
        return True

    def _look(self, env: VecEnv, seen: NDArray[np.float32]) -> None:
        """Fills (N, D + E) with what actor and critic see now."""
        numbers = seen.shape[1] - self._outlook_size
        seen[:, :numbers] = np.asarray(self._last_obs).reshape(len(seen), -1)
        if self._outlook_size:
            seen[:, numbers:] = env.outlook()  # type: ignore[attr-defined]

    def _add_bootstrap(
        self,
        env: VecEnv,
        towers: Towers,
        rewards: NDArray[np.float32],
        infos: list[dict[str, Any]],
        ended: NDArray[np.intp],
    ) -> None:
        """Adds the value of what would have followed where an episode was cut off."""
        cut = [
            i
            for i in ended
            if infos[i].get("TimeLimit.truncated", False)
            and infos[i].get("terminal_observation") is not None
        ]
        for i in cut:  # one by one, as there are buffers for each number of rows
            seen = np.asarray(infos[i]["terminal_observation"], np.float32).reshape(1, -1)
            if self._outlook_size:
                ahead = env.final_outlook(np.array([i]))  # type: ignore[attr-defined]
                seen = np.concatenate([seen, ahead], 1)
            _, value = towers.forward(torch.from_numpy(seen))
            rewards[i] += self.gamma * value.item()

    def train(self) -> None:
        """Updates the policy with what was collected."""
        if self.plain_towers is None:
            super().train()
            return
        with torch.no_grad():
            self._update(self.plain_towers)

    def _update(self, towers: Towers) -> None:
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        clip: float = self.clip_range(self._current_progress_remaining)  # type: ignore[operator]
        buffer = self.rollout_buffer
        assert isinstance(buffer, ReusedRolloutBuffer)  # noqa: S101 - for mypy
        size = buffer.buffer_size * buffer.n_envs
        data = _Rows(
            *(torch.from_numpy(array.reshape(size, -1)) for array in (buffer.seen, buffer.actions)),
            *(
                torch.from_numpy(array.reshape(size))
                for array in (buffer.log_probs, buffer.advantages, buffer.returns)
            ),
        )
        warm = self._n_updates < self.critic_warmup * self.n_epochs  # it counts epochs
        frozen = self._acting_parameters() if warm else []
        losses: list[torch.Tensor] = []
        kls: list[float] = []
        going = True
        for _ in range(self.n_epochs):
            kls = []
            # Stable-Baselines3 counts env by env, the arrays are step by step.
            order = np.random.permutation(size)  # noqa: NPY002 - the stream that SB3 draws from
            order = order % buffer.buffer_size * buffer.n_envs + order // buffer.buffer_size
            for start in range(0, size, self.batch_size):
                chosen = torch.from_numpy(order[start : start + self.batch_size])
                losses.append(self._differentiate(towers, data, chosen, clip))
                kls.append(losses[-1][3].item())
                if self.target_kl is not None and kls[-1] > 1.5 * self.target_kl:
                    going = False
                    break
                for parameter in frozen:
                    parameter.grad.zero_()  # type: ignore[union-attr]
                norm = towers.gradient.norm().item()
                towers.gradient.mul_(min(1.0, self.max_grad_norm / (norm + 1e-6)))
                self._step_without(frozen)
            self._n_updates += 1
            if not going:
                break
        self._log(torch.stack(losses).numpy(), float(np.mean(kls)), clip)

    def _acting_parameters(self) -> list[torch.nn.Parameter]:
        """All that decides which actions are taken."""
        policy = self.policy
        parts = (policy.mlp_extractor.policy_net, policy.action_net)
        return [*(p for part in parts for p in part.parameters()), policy.log_std]

    def _step_without(self, frozen: list[torch.nn.Parameter]) -> None:
        """Steps; the optimiser does not even count the step for frozen parameters."""
        gradients = [parameter.grad for parameter in frozen]
        for parameter in frozen:
            parameter.grad = None
        self.policy.optimizer.step()
        for parameter, gradient in zip(frozen, gradients, strict=True):
            parameter.grad = gradient

    def _differentiate(
        self, towers: Towers, data: _Rows, chosen: torch.Tensor, clip: float
    ) -> torch.Tensor:
        """Writes the gradient of a minibatch's loss.

        Returns:
            The policy's loss, the value's, the share that was clipped, and the approximate
            Kullback-Leibler divergence of the step.
        """
        count = len(chosen)
        advantages = data.advantages[chosen]
        if self.normalize_advantage and count > 1:
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        log_std = self.policy.log_std
        std = log_std.exp()
        towers.gradient.zero_()
        log_std.grad.fill_(-self.ent_coef)  # type: ignore[union-attr]
        sums = torch.zeros(4)
        for start in range(0, count, CHUNK):
            part = chosen[start : start + CHUNK]
            gains = advantages[start : start + CHUNK]
            x = self._gathered(data.seen, part)
            means, values = towers.forward(x)
            score = (data.actions[part] - means).div_(std)
            log_ratio = _log_prob(score, log_std) - data.log_probs[part]
            ratio = log_ratio.exp()
            plain = gains * ratio
            clipped = gains * ratio.clamp(1.0 - clip, 1.0 + clip)
            smaller = torch.minimum(plain, clipped)
            errors = values[:, 0] - data.returns[part]
            off = ratio - 1.0
            clips = off.abs() > clip
            sums += torch.stack(
                (-smaller.sum(), errors.dot(errors), clips.sum(), (off - log_ratio).sum())
            )
            # The slope of min(plain, clipped) is that of plain where it is the smaller.
            slope = torch.where(plain <= clipped, plain, 0.0).div_(-count)[:, None]
            log_std.grad.add_((slope * (score * score - 1.0)).sum(0))  # type: ignore[union-attr]
            errors.mul_(2.0 * self.vf_coef / count)
            towers.backward(x, ((slope * score).div_(std), errors[:, None]))
        return sums / count

    def _gathered(self, rows: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        """Some rows, in memory that is used again."""
        count = len(chosen)
        if count not in self._chunks:
            self._chunks[count] = torch.empty(count, rows.shape[1])
        return torch.index_select(rows, 0, chosen, out=self._chunks[count])

    def _log(self, losses: NDArray[np.float32], kl: float, clip: float) -> None:
        policy, value, clipped, _ = losses.mean(0, dtype=np.float64)
        log_std = self.policy.log_std
        entropy = float((0.5 + HALF_LOG_TAU + log_std).sum())
        loss = losses[-1][0] + self.vf_coef * losses[-1][1] - self.ent_coef * entropy
        buffer = self.rollout_buffer
        explained = explained_variance(buffer.values.flatten(), buffer.returns.flatten())
        for name, number in (
            ("entropy_loss", -entropy),
            ("policy_gradient_loss", policy),
            ("value_loss", value),
            ("approx_kl", kl),
            ("clip_fraction", clipped),
            ("loss", loss),
            ("explained_variance", explained),
            ("std", log_std.exp().mean().item()),
        ):
            self.logger.record(f"train/{name}", number)
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        self.logger.record("train/clip_range", clip)


class _Rows(NamedTuple):
    """What was collected, a row for each step: (M, D + E), (M, A), and (M,) of the others."""

    seen: torch.Tensor
    actions: torch.Tensor
    log_probs: torch.Tensor
    advantages: torch.Tensor
    returns: torch.Tensor


def _log_prob(score: torch.Tensor, log_std: torch.Tensor) -> torch.Tensor:
    """Logarithm of a Gaussian's density (B,) at standardised actions (B, A)."""
    return (-0.5 * score * score - log_std - HALF_LOG_TAU).sum(1)
