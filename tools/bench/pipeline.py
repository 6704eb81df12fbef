"""A whole training run against the same PPO on an environment that costs nothing.

The run is what `racer train` makes of the preset `ppo`, and of the default settings of PPO, whose
updates have eight epochs instead of two: worlds, normalisation, statistics, event files,
evaluations and checkpoints as often per step as in the preset, but at least one of each. Beside it
the same algorithm with the same settings learns from recorded arrays (see `FreeVecEnv`), which are
normalised already. Both take turns, so that they are disturbed alike.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from racer.train.learner import Learner, build  # isort: skip - before torch, it sets threads
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import VecNormalize

from racer.envs.sb3_view import WorldsVecEnv
from racer.tools.bench.measure import Case
from racer.tools.bench.train import FreeVecEnv, Stopwatch
from racer.train.algorithms.base import Job
from racer.train.callback import RunKeeper
from racer.train.config import TrainConfig, load_preset, load_train_config
from racer.train.logs import run_logger
from racer.train.new_run import new_run
from racer.train.progress import ProgressBar

PRESET = "ppo"
CASES = {
    "preset ppo": False,
    "PPO's defaults": True,
}  # name -> whether its own settings are left out
SLICES = 16  # turns
WARM_UP = 2  # rollouts with their updates, which are not counted


class FreeWorlds(FreeVecEnv):
    """Recorded arrays that the critic may look ahead in, too."""

    def __init__(self, normalised: VecNormalize, env: WorldsVecEnv) -> None:
        super().__init__(normalised)
        self.outlook_size = env.outlook_size
        self._ahead = env.outlook().copy()

    def outlook(self) -> NDArray[np.float32]:
        """The same as ever."""
        return self._ahead

    def final_outlook(self, ended: NDArray[np.intp]) -> NDArray[np.float32]:
        """The same as ever."""
        return self._ahead[ended]


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """Each run, the free one, and where the time of the run goes; on one thread only."""
    if threads != 1:
        return
    for name, defaults in CASES.items():
        config = _config(defaults=defaults)
        free = _free_model(config)
        per_round = config.n_envs * free.n_steps  # type: ignore[attr-defined]
        free.learn(WARM_UP * per_round)
        spent = _timed(lambda: free.learn(per_round, reset_num_timesteps=False))  # noqa: B023
        rounds = SLICES * max(1, round(seconds / spent / SLICES))
        steps = (rounds + WARM_UP) * per_round
        often = max(1, round(config.evaluations * steps / config.steps))
        run = replace(config, steps=steps, evaluations=often, checkpoints=often)
        with tempfile.TemporaryDirectory() as folder:
            yield from _compare(name, run, free, Path(folder) / "run", rounds, per_round)


def _config(*, defaults: bool) -> TrainConfig:
    """The preset, or its worlds with the algorithm's default settings."""
    content = load_preset(PRESET)
    if defaults:
        del content["ppo"]
    return load_train_config(content, PRESET)


def _timed(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _free_model(config: TrainConfig) -> BaseAlgorithm:
    """The same algorithm with the same settings on what costs nothing."""
    learner = build(config)
    env = cast("VecNormalize", FreeWorlds(learner.normalise, learner.env))  # recorded behind it
    job = Job(env, lambda: 0.0, config.seed, learner.task.network())
    model = config.algorithm.build(config.algo_settings, job)
    model.set_logger(Logger(None, []))
    return model


def _compare(
    name: str, config: TrainConfig, free: BaseAlgorithm, path: Path, rounds: int, per_round: int
) -> Iterator[Case]:
    learner = build(config)
    model = learner.model
    walls, cpus = np.zeros((2, SLICES)), np.zeros((2, SLICES))
    steps = rounds // SLICES * per_round
    with new_run(path, config, learner.task.fingerprints()) as folder:
        model.set_logger(run_logger(folder.tensorboard))
        learner.clock.start(0, 0.0)
        keeper = RunKeeper(config, folder, learner, ProgressBar(learner.clock, shown=False))
        model.learn(WARM_UP * per_round, callback=keeper)
        watch = _watch(learner, keeper)

        def go_on(turn: int) -> None:
            model.learn(steps, callback=keeper, reset_num_timesteps=False)
            if turn == SLICES - 1:
                keeper.save()
                keeper.finish()

        for turn in range(SLICES):
            for i, part in enumerate(
                (lambda: go_on(turn), lambda: free.learn(steps, reset_num_timesteps=False))  # noqa: B023
            ):
                cpu = time.process_time()
                walls[i, turn] = _timed(part)
                cpus[i, turn] = time.process_time() - cpu
        model.logger.close()
        learner.env.close()
    total, total_free = walls.sum(axis=1)
    often = f"{config.evaluations} evaluations and checkpoints"
    for i, what in enumerate(("whole run", "alone, free env")):
        rate = SLICES * steps / walls[i].sum()
        yield Case(
            "pipeline",
            f"{name}, {what}",
            num_envs=config.n_envs,
            threads=1,
            steps_per_second=rate,
            best_steps_per_second=steps / walls[i].min(),
            wall_seconds=walls[i].sum(),
            cpu_seconds=cpus[i].sum(),
            ratio=None if i else total_free / total,
            note=None
            if i
            else f"{often} in {config.steps:,} steps; over the same PPO on the free env",
        )
    for where, seconds in _parts(watch.seconds, total).items():
        yield Case(
            "pipeline",
            f"{name}, time in {where}",
            num_envs=config.n_envs,
            threads=1,
            share=seconds / total,
        )


def _watch(learner: Learner, keeper: RunKeeper) -> Stopwatch:
    watch = Stopwatch()
    watch.watch("worlds", learner.env, "step_wait")
    watch.watch("outlook", learner.env, "outlook")
    watch.watch("normalisation", learner.normalise, "step_wait")
    watch.watch("statistics and logs", keeper, "_on_step")
    watch.watch("evaluations", keeper, "evaluate")
    watch.watch("checkpoints", keeper, "save")
    return watch


def _parts(seconds: dict[str, float], total: float) -> dict[str, float]:
    """Of each part alone: normalisation steps the worlds, too."""
    parts = {**seconds, "normalisation": seconds["normalisation"] - seconds["worlds"]}
    return {**parts, "learning": total - sum(parts.values())}
