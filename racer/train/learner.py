"""What learns: task, worlds, normalisation and model, built from the settings of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from racer.train import threads  # isort: skip - before torch
from racer.errors import ConfigError
from racer.train.algorithms.base import Job, check_declared
from racer.train.normalise import FastNormalize
from racer.train.progress import Clock
from racer.train.task import make_task

if TYPE_CHECKING:
    from pathlib import Path

    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.vec_env import VecNormalize

    from racer.envs.sb3_view import WorldsVecEnv
    from racer.train.algorithms.base import Algorithm
    from racer.train.config import TrainConfig
    from racer.train.task import Task


@dataclass(frozen=True)
class Learner:
    """What learns: built from the settings, with nothing written yet."""

    task: Task
    clock: Clock
    env: WorldsVecEnv
    normalise: VecNormalize
    algorithm: Algorithm[Any]
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
    algorithm, settings = config.algorithm, config.algo_settings
    algorithm.check(settings, config.n_envs)
    task.check_memory()
    clock = Clock(config)
    try:
        env = task.make_env()
        normalise = FastNormalize(
            env,
            norm_obs=config.normalise_observation,
            norm_reward=config.normalise_reward,
            clip_obs=config.clip_observation,
            gamma=settings.gamma,
        )
        job = Job(normalise, lambda: clock.fraction, config.seed, task.network())
        model = algorithm.build(settings, job)
    except MemoryError:
        raise ConfigError(
            f"there is not enough memory for these settings; choose a smaller n_envs, "
            f"{algorithm.size_setting} or net_arch."
        ) from None
    check_declared(model)
    return Learner(task, clock, env, normalise, algorithm, model)
