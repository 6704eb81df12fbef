"""`--n-envs auto`: how many worlds this machine steps fastest, measured for a moment."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from racer.train.config import TrainConfig

COUNTS = (64, 128, 256, 512, 1024)
ENOUGH = 0.9  # of the best rate: more worlds than that cost memory and gain little
ROUNDS = 3  # the best counts, since other programs only ever make it slower
SECONDS = 0.1  # of a round


@dataclass(frozen=True)
class Choice:
    """What was measured and chosen.

    Attributes:
        n_envs: the number of worlds to train with.
        rates: number of worlds -> environment steps per second, of all together.
    """

    n_envs: int
    rates: dict[int, float]

    def sentence(self) -> str:
        """What was chosen and why, for people."""
        shown = ", ".join(f"{rate:,.0f} with {count:,}" for count, rate in self.rates.items())
        return f"--n-envs auto: {self.n_envs:,} environments (steps per second: {shown})."


def choose(config: TrainConfig, rate: Callable[[TrainConfig], float] | None = None) -> Choice:
    """Measures acting and stepping with more and more worlds.

    Args:
        config: of the run; its own number of worlds is not looked at.
        rate: gives the environment steps per second of a run; None: `measure`.

    Returns:
        The smallest number that reaches `ENOUGH` of the best rate.

    Raises:
        RacerError: a run with these settings cannot be built with any of the numbers.
    """
    find = rate or measure
    rates: dict[int, float] = {}
    for count in COUNTS:
        try:
            rates[count] = find(with_worlds(config, count))
        except ConfigError:  # noqa: PERF203 - a handful of rounds, of seconds each
            if not rates:
                raise
            break  # too little memory for so many; what was measured will do
    wanted = ENOUGH * max(rates.values())
    return Choice(next(count for count, found in rates.items() if found >= wanted), rates)


def with_worlds(config: TrainConfig, count: int) -> TrainConfig:
    """The settings with so many worlds, those of the algorithm fitted to it."""
    settings = config.algorithm.fitted(config.algo_settings, count)
    return replace(config, n_envs=count, algo_settings=settings)


def measure(config: TrainConfig) -> float:
    """Environment steps per second of a model that acts and does not learn."""
    from racer.train.learner import build

    learner = build(config)
    env, model = learner.normalise, learner.model
    try:
        seen: Any = env.reset()
        best = 0.0
        for _ in range(ROUNDS + 1):  # the first one warms up
            steps, start = 0, time.perf_counter()
            while (spent := time.perf_counter() - start) < SECONDS:
                actions, _ = model.predict(seen)
                seen, *_ = env.step(actions)
                steps += config.n_envs
            best = max(best, steps / spent)
    finally:
        env.close()
    return best
