"""Trains a driver: builds the learner from the settings, runs it, resumes it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError

# Before torch is there: its threads sleep while they wait, one is enough for small networks.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from stable_baselines3 import DQN, PPO, SAC
from stable_baselines3.common.vec_env import VecNormalize

from racer.train.callback import RunKeeper
from racer.train.config import CIRCUIT, check_ends
from racer.train.logs import quiet_writers, run_logger
from racer.train.new_run import check_free, check_place, new_run
from racer.train.progress import Clock, ProgressBar
from racer.train.resuming import (
    best_so_far,
    go_on,
    read_object,
    restore_episodes,
    set_aside,
)
from racer.train.run_folder import RunFolder, write_json
from racer.train.task import make_task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stable_baselines3.common.base_class import BaseAlgorithm

    from racer.envs.sb3_view import WorldsVecEnv
    from racer.train.config import DqnConfig, PpoConfig, SacConfig, TrainConfig
    from racer.train.task import Task

ACTIVATIONS: dict[str, type[torch.nn.Module]] = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
ENDLESS = 10**15


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
    torch.set_num_threads(1)
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


def train(
    config: TrainConfig,
    path: Path,
    *,
    show: bool = True,
    numbered: bool = False,
    comment: str = "",
) -> dict[str, Any]:
    """Trains a driver.

    Args:
        config: settings of the run.
        path: folder of the run; it appears once everything is ready to learn.
        show: show a progress bar.
        numbered: take the first free of `path`, `path-2`, ... instead of complaining.
        comment: lines for the beginning of the run's config.toml.

    Returns:
        The report, as it stands in `report.json`.

    Raises:
        RacerError: the folder exists already, or a setting cannot be used; nothing is left behind.
    """
    check_place(path.parent)
    if not numbered:
        check_free(path)
    learner = build(config)
    prints = learner.task.fingerprints()
    with new_run(path, config, prints, numbered=numbered, comment=comment) as folder:
        learner.model.set_logger(run_logger(folder.tensorboard))
        learner.clock.start(0, 0.0)
        return _run(config, folder, learner, show=show)


def _run(
    config: TrainConfig,
    folder: RunFolder,
    learner: Learner,
    best: dict[str, Any] | None = None,
    evaluated: int = -1,
    *,
    show: bool,
) -> dict[str, Any]:
    """Learns to the end of the run, or until somebody interrupts it."""
    bar = ProgressBar(learner.clock, shown=show)
    keeper = RunKeeper(
        config,
        folder,
        learner.clock,
        bar,
        task=learner.task,
        env=learner.env,
        normalise=learner.normalise,
        best=best,
        evaluated=evaluated,
    )
    with quiet_writers():
        try:
            interrupted = _learn(learner.model, keeper, config)
            if not interrupted:
                keeper.finish()
        finally:
            bar.close()
            learner.model.logger.close()
            learner.env.close()
    return _report(config, folder, learner.clock, keeper, learner.task, interrupted=interrupted)


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


def resume(
    path: Path, *, steps: int | None = None, minutes: float | None = None, show: bool = True
) -> dict[str, Any]:
    """Goes on with a run where its newest whole checkpoint stands.

    Args:
        path: folder of the run.
        steps: new end of the run in steps, or None.
        minutes: new end of the run in time, or None; without both the old ends hold.
        show: show a progress bar.

    Raises:
        ConfigError: there is no run here, another process trains it, an end is not one or lies
            behind what is trained, or nothing is left to go on from.
    """
    check_ends(steps, minutes)
    folder, _ = RunFolder.open(path)
    with folder.lock():
        _, config = RunFolder.open(path)  # as it is, now that nobody else can change it
        if steps is not None or minutes is not None:
            config = replace(config, steps=steps or 0, minutes=minutes or 0.0)
        learner = build(config, folder.circuit)
        folder.check_engine(learner.task.fingerprints())
        model, clock = learner.model, learner.clock
        facts = go_on(folder, config, model, learner.normalise, learner.env.shown)
        clock.start(model.num_timesteps, facts["seconds"] if facts else 0.0)
        _check_later(folder, clock, steps, minutes)
        folder.write_config(config)
        set_aside(folder, model.num_timesteps if facts else -1)
        folder.drop_old_checkpoints()
        best, evaluated = None, -1
        if facts:
            restore_episodes(model, facts)
            best = best_so_far(folder, facts, learner.task, model.num_timesteps)
            report = read_object(folder.report)
            if best and report.get("finished") is True:
                evaluated = report.get("steps", -1)
        # What was logged later than the checkpoint comes again.
        again = clock.fraction >= 1.0 and evaluated != model.num_timesteps
        model.set_logger(run_logger(folder.tensorboard, model.num_timesteps + int(not again)))
        return _run(config, folder, learner, best, evaluated, show=show)


def _check_later(folder: RunFolder, clock: Clock, steps: int | None, minutes: float | None) -> None:
    """Raises ConfigError if a new end lies behind what is trained already."""
    if steps is not None and steps < clock.steps_done:
        raise ConfigError(
            f"--steps is {steps:,}, but {folder.path} has been trained for {clock.steps_done:,} "
            "steps; the end is counted from the beginning of the run."
        )
    if steps is None and minutes is not None and 60.0 * minutes < int(clock.seconds):
        raise ConfigError(
            f"--minutes is {minutes:g}, but {folder.path} has been trained for "
            f"{clock.seconds / 60.0:.2f} minutes; the end is counted from the beginning of the run."
        )


def load_newest(folder: RunFolder, config: TrainConfig) -> tuple[BaseAlgorithm, VecNormalize]:
    """The model of a run's newest whole checkpoint, with its normalisation.

    Raises:
        ConfigError: the run has no checkpoint yet, or none that can be read.
    """
    learner = build(config, folder.circuit)
    model, normalise = learner.model, learner.normalise
    if go_on(folder, config, model, normalise, learner.env.shown) is None:
        raise ConfigError(f"{folder.path}: has no checkpoint yet.")
    return model, normalise
