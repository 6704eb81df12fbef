"""What learns: task, worlds, normalisation and model, built from the settings of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from racer.train import threads  # isort: skip - before torch
import torch
from stable_baselines3 import DQN, PPO, SAC
from stable_baselines3.common.vec_env import VecNormalize

from racer.errors import ConfigError
from racer.train.progress import Clock
from racer.train.task import make_task

if TYPE_CHECKING:
    from pathlib import Path

    from stable_baselines3.common.base_class import BaseAlgorithm

    from racer.envs.sb3_view import WorldsVecEnv
    from racer.train.config import DqnConfig, PpoConfig, SacConfig, TrainConfig
    from racer.train.task import Task

ACTIVATIONS: dict[str, type[torch.nn.Module]] = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}


@dataclass(frozen=True)
class Learner:
    """What learns: built from the settings, with nothing written yet."""

    task: Task
    clock: Clock
    env: WorldsVecEnv
    normalise: VecNormalize
    model: BaseAlgorithm


def build(config: TrainConfig, circuit: Path | None = None) -> Learner:
    """Builds everything that a run needs in memory.

    Args:
        config: of the run.
        circuit: the run's own copy of its circuit, if it has one.

    Raises:
        RacerError: a setting cannot be used, or there is not enough memory.
    """
    threads.one_per_process()
    task = make_task(config, circuit)
    if config.algo == "ppo":
        _check_batch(config)
    task.check_memory()
    clock = Clock(config)
    try:
        env = task.make_env()
        normalise = VecNormalize(
            env,
            norm_obs=config.normalise_observation,
            norm_reward=config.normalise_reward,
            clip_obs=config.clip_observation,
            gamma=config.gamma,
        )
        model = build_model(config, normalise, clock, task.network())
    except MemoryError:
        raise ConfigError(
            "there is not enough memory for these settings; choose a smaller n_envs, buffer_size "
            "or net_arch."
        ) from None
    return Learner(task, clock, env, normalise, model)


def build_model(
    config: TrainConfig, env: VecNormalize, clock: Clock, network: dict[str, Any]
) -> BaseAlgorithm:
    """The learner that the settings describe, with fresh weights.

    Args:
        config: of the run.
        env: the worlds.
        clock: of the run.
        network: what the task adds to the network.
    """
    chosen: PpoConfig | SacConfig | DqnConfig = getattr(config, config.algo)
    first, last = chosen.learning_rate, chosen.final_learning_rate

    def learning_rate(_: float) -> float:
        return first + (last - first) * clock.fraction

    common: dict[str, Any] = {
        "learning_rate": learning_rate,
        "seed": config.seed,
        "device": "cpu",
        "batch_size": chosen.batch_size,
        "gamma": chosen.gamma,
    }
    network = {
        **network,
        "net_arch": list(chosen.net_arch),
        "activation_fn": ACTIVATIONS[chosen.activation],
    }
    if config.algo == "sac":
        sac = config.sac
        return SAC(
            "MlpPolicy",
            env,
            buffer_size=sac.buffer_size,
            learning_starts=sac.learning_starts,
            tau=sac.tau,
            train_freq=sac.train_freq,
            gradient_steps=sac.gradient_steps,
            n_steps=sac.n_steps,
            policy_kwargs=network,
            **common,
        )
    if config.algo == "dqn":
        return _build_dqn(config.dqn, env, clock, {**common, "policy_kwargs": network})
    ppo = config.ppo
    model = PPO(
        "MlpPolicy",
        env,
        n_steps=ppo.n_steps,
        n_epochs=ppo.n_epochs,
        gae_lambda=ppo.gae_lambda,
        clip_range=ppo.clip_range,
        ent_coef=ppo.ent_coef,
        vf_coef=ppo.vf_coef,
        max_grad_norm=ppo.max_grad_norm,
        target_kl=ppo.target_kl or None,
        policy_kwargs={**network, "log_std_init": ppo.log_std_init},
        **common,
    )
    if ppo.log_stds:
        axes = model.policy.log_std
        if len(ppo.log_stds) != len(axes):
            raise ConfigError(
                f"ppo.log_stds has {len(ppo.log_stds)} numbers, but an action has {len(axes)}."
            )
        axes.data.copy_(torch.tensor(ppo.log_stds))
    return model


def _check_batch(config: TrainConfig) -> None:
    collected = config.ppo.n_steps * config.n_envs
    if config.ppo.batch_size > collected:
        raise ConfigError(
            f"batch_size is {config.ppo.batch_size:,}, but n_steps times n_envs gives only "
            f"{collected:,} steps per update."
        )
    if collected < 2:
        raise ConfigError("n_steps times n_envs must give at least 2 steps per update.")


def _build_dqn(
    dqn: DqnConfig, env: VecNormalize, clock: Clock, common: dict[str, Any]
) -> BaseAlgorithm:
    def exploration(_: float) -> float:
        share = min(clock.fraction / max(dqn.exploration_fraction, 1e-9), 1.0)
        return 1.0 + share * (dqn.exploration_final - 1.0)

    model = DQN(
        "MlpPolicy",
        env,
        buffer_size=dqn.buffer_size,
        learning_starts=dqn.learning_starts,
        tau=dqn.tau,
        train_freq=dqn.train_freq,
        gradient_steps=dqn.gradient_steps,
        target_update_interval=dqn.target_update_interval,
        **common,
    )
    model.exploration_schedule = exploration  # follows steps or time, whichever ends the run
    return model
