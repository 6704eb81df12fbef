"""Trains a driver: builds the learner from the settings, runs it, resumes it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError

# Before torch is there: its threads sleep while they wait, one is enough for small networks.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from stable_baselines3 import DQN, PPO, SAC
from stable_baselines3.common.logger import configure
from stable_baselines3.common.vec_env import VecNormalize

from racer.train.callback import RunKeeper
from racer.train.checkpoint import load_checkpoint, restore
from racer.train.config import CIRCUIT
from racer.train.progress import Clock, ProgressBar
from racer.train.run_folder import RunFolder, write_json
from racer.train.task import make_task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stable_baselines3.common.base_class import BaseAlgorithm

    from racer.train.config import DqnConfig, PpoConfig, SacConfig, TrainConfig
    from racer.train.task import Task

ACTIVATIONS: dict[str, type[torch.nn.Module]] = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
ENDLESS = 10**15


def train(
    config: TrainConfig, path: Path, *, resume: bool = False, show: bool = True
) -> dict[str, Any]:
    """Trains a driver, or goes on with a run.

    Args:
        config: settings of the run.
        path: folder of the run; a new one unless `resume`.
        resume: go on from the newest checkpoint.
        show: show a progress bar.

    Returns:
        The report, as it stands in `report.json`.

    Raises:
        ConfigError: the folder exists already, or there is nothing to resume.
    """
    torch.set_num_threads(1)
    task = make_task(config)
    if resume:
        folder, _ = RunFolder.open(path)
        folder.check_engine(task.fingerprints())
        folder.write_config(config)
        folder.drop_old_checkpoints()
    else:
        folder = RunFolder.create(path, config, task.fingerprints())
    clock = Clock(config)
    env = task.make_env()
    normalise = VecNormalize(
        env,
        norm_obs=config.normalise_observation,
        norm_reward=config.normalise_reward,
        clip_obs=config.clip_observation,
        gamma=config.gamma,
    )
    model = build_model(config, normalise, clock, task.network())
    model.set_logger(configure(str(folder.tensorboard), ["tensorboard"]))
    best = None
    checkpoints = folder.checkpoint_paths()
    if resume and checkpoints:
        state, facts = load_checkpoint(checkpoints[-1])
        restore(state, model, normalise, env.shown)
        clock.start(model.num_timesteps, facts["seconds"])
        best = facts["best"]
    else:
        clock.start(0, 0.0)
    bar = ProgressBar(clock, shown=show)
    keeper = RunKeeper(
        config, folder, clock, bar, task=task, env=env, normalise=normalise, best=best
    )
    interrupted = _learn(model, keeper, config)
    if not interrupted:
        keeper.evaluate()
    bar.close()
    env.close()
    return _report(config, folder, clock, keeper, task, interrupted=interrupted)


def _learn(model: BaseAlgorithm, keeper: RunKeeper, config: TrainConfig) -> bool:
    """Runs the learner to the end of the run; True if somebody interrupted it."""
    left = (config.steps or ENDLESS) - model.num_timesteps
    if left <= 0 or keeper.finished:
        keeper.init_callback(model)
        return False
    with _polite_interrupts(keeper):
        model.learn(left, callback=keeper, reset_num_timesteps=model.num_timesteps == 0)
    if not keeper.stopped:
        keeper.save()
    return keeper.interrupted


@contextmanager
def _polite_interrupts(keeper: RunKeeper) -> Iterator[None]:
    """Ctrl-C and a polite kill let the run save itself; the second time they end it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, _: object) -> None:
        if keeper.interrupted:
            raise KeyboardInterrupt
        keeper.interrupted = True
        print(f"\n{signal.Signals(number).name}: saving a checkpoint ...", file=sys.stderr)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report(
    config: TrainConfig,
    folder: RunFolder,
    clock: Clock,
    keeper: RunKeeper,
    task: Task,
    *,
    interrupted: bool,
) -> dict[str, Any]:
    """Evaluates the best model in scenarios that did not choose it, and writes the report."""
    place = {"track": config.track} if config.env_id == CIRCUIT else {}
    report: dict[str, Any] = {
        "name": folder.path.name,
        "algo": config.algo,
        "env_id": config.env_id,
        **place,
        "steps": clock.steps_done,
        "seconds": round(clock.seconds, 1),
        "finished": not interrupted,
        "best": keeper.best,
        "evaluation": None,
    }
    if not interrupted:
        report["evaluation"] = dict(task.report(folder.policy))
    write_json(folder.report, report)
    return report


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
    if ppo.batch_size > ppo.n_steps * config.n_envs:
        raise ConfigError(
            f"batch_size is {ppo.batch_size}, but n_steps times n_envs gives only "
            f"{ppo.n_steps * config.n_envs} steps per update."
        )
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


def resume(
    path: Path, *, steps: int | None = None, minutes: float | None = None, show: bool = True
) -> dict[str, Any]:
    """Goes on with a run where its newest checkpoint stands.

    Args:
        path: folder of the run.
        steps: new end of the run in steps, or None.
        minutes: new end of the run in time, or None; without both the old ends hold.
        show: show a progress bar.

    Raises:
        ConfigError: there is no run here.
    """
    _, config = RunFolder.open(path)
    if steps is not None or minutes is not None:
        config = replace(config, steps=steps or 0, minutes=minutes or 0.0)
    return train(config, path, resume=True, show=show)


def load_newest(folder: RunFolder, config: TrainConfig) -> tuple[BaseAlgorithm, VecNormalize]:
    """The model of a run's newest checkpoint, with its normalisation.

    Raises:
        ConfigError: the run has no checkpoint yet.
    """
    checkpoints = folder.checkpoint_paths()
    if not checkpoints:
        raise ConfigError(f"{folder.path}: has no checkpoint yet.")
    task = make_task(config)
    env = task.make_env()
    normalise = VecNormalize(
        env, norm_obs=config.normalise_observation, clip_obs=config.clip_observation
    )
    model = build_model(config, normalise, Clock(config), task.network())
    state, _ = load_checkpoint(checkpoints[-1])
    restore(state, model, normalise, env.shown)
    return model, normalise
