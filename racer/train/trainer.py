"""Trains a driver: builds the learner from the settings, runs it, resumes it."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError

from racer.train.learner import Learner, build  # isort: skip - before torch, it sets threads
from racer.train.callback import RunKeeper
from racer.train.config import check_ends
from racer.train.logs import quiet_writers, restore_pending, run_logger
from racer.train.new_run import check_free, check_place, new_run
from racer.train.progress import Clock, ProgressBar
from racer.train.resuming import (
    best_so_far,
    go_on,
    naming_edits,
    read_object,
    restore_episodes,
    set_aside,
)
from racer.train.run_folder import RunFolder, write_json
from racer.train.weights import check_fits, find_weights, place_weights, read_weights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.vec_env import VecNormalize

    from racer.train.callback import Watch
    from racer.train.config import TrainConfig
    from racer.train.task import Task

ENDLESS = 10**15


def train(
    config: TrainConfig,
    path: Path,
    *,
    show: bool = True,
    numbered: bool = False,
    comment: str = "",
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Trains a driver.

    Args:
        config: settings of the run.
        path: folder of the run; it appears once everything is ready to learn.
        show: show a progress bar.
        numbered: take the first free of `path`, `path-2`, ... instead of complaining.
        comment: lines for the beginning of the run's config.toml.
        watch: see `racer.train.callback.RunKeeper`.

    Returns:
        The report, as it stands in `report.json`.

    Raises:
        RacerError: the folder exists already, or a setting cannot be used; nothing is left behind.
    """
    check_place(path.parent)
    if not numbered:
        check_free(path)
    start = find_weights(config.start_from) if config.start_from else None
    if start is not None:
        check_fits(start, config)  # before anything that takes time
    learner = build(config)
    if start is not None:
        place_weights(start, learner, config)
    prints = learner.task.fingerprints()
    data = None if start is None else start.data
    with new_run(path, config, prints, numbered=numbered, comment=comment, start=data) as folder:
        learner.model.set_logger(run_logger(folder.tensorboard))
        learner.clock.start(0, 0.0)
        return _run(config, folder, learner, show=show, watch=watch)


def _run(
    config: TrainConfig,
    folder: RunFolder,
    learner: Learner,
    best: dict[str, Any] | None = None,
    evaluated: int = -1,
    *,
    show: bool,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Learns to the end of the run, or until somebody interrupts it."""
    bar = ProgressBar(learner.clock, shown=show)
    keeper = RunKeeper(
        config,
        folder,
        learner,
        bar,
        best=best,
        evaluated=evaluated,
        watch=watch,
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
    report: dict[str, Any] = {
        "name": folder.path.name,
        "algo": config.algo,
        "env_id": config.env_id,
        **config.runs.about(config),
        "steps": clock.steps_done,
        "seconds": round(clock.seconds, 1),
        "finished": not interrupted,
        "target_reached": keeper.reached,
        "best": keeper.best,
        "evaluation": None,
    }
    if not interrupted:
        report["evaluation"] = dict(task.report(folder.policy))
    write_json(folder.report, report)
    return report


def resume(
    path: Path,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    show: bool = True,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Goes on with a run where its newest whole checkpoint stands.

    Args:
        path: folder of the run.
        steps: new end of the run in steps, or None.
        minutes: new end of the run in time, or None; without both the old ends hold.
        show: show a progress bar.
        watch: see `racer.train.callback.RunKeeper`.

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
        with naming_edits(config, folder):
            learner = build(config, folder.circuit)
            folder.check_engine(learner.task.fingerprints())
        model, clock = learner.model, learner.clock
        notes = go_on(folder, config, learner)
        if notes is None and config.start_from:
            place_weights(read_weights(folder.start), learner, config)
        clock.start(model.num_timesteps, notes["seconds"] if notes else 0.0)
        _check_later(folder, clock, steps, minutes)
        folder.write_config(config)
        set_aside(folder, model.num_timesteps if notes else -1)
        folder.drop_old_checkpoints()
        best, evaluated = None, -1
        if notes:
            restore_episodes(model, notes)
            best = best_so_far(folder, notes, learner.task, model.num_timesteps)
            report = read_object(folder.report)
            if best and report.get("finished") is True:
                evaluated = report.get("steps", -1)
        # What was logged later than the checkpoint comes again.
        again = clock.fraction >= 1.0 and evaluated != model.num_timesteps
        model.set_logger(run_logger(folder.tensorboard, model.num_timesteps + int(not again)))
        restore_pending(model.logger, notes.get("pending") if notes else None)
        return _run(config, folder, learner, best, evaluated, show=show, watch=watch)


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
    with naming_edits(config, folder):
        learner = build(config, folder.circuit)
    if go_on(folder, config, learner) is None:
        raise ConfigError(f"{folder.path}: has no checkpoint yet.")
    return learner.model, learner.normalise
