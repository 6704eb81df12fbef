"""The Gymnasium environments: one env as its users make it, and the vector env."""

from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np

from racer.tools.bench.engine import DRIVEN_STEPS, drive
from racer.tools.bench.measure import Case, latencies, rate, steps_case

ENV_ID = "racer/Circuit-v0"
BATCHES = (64, 1024)
VARIED_ACTIONS = 512


def gentle(space: Any, count: int) -> list[Any]:
    """Random actions of little steering and some drive, from a Box of either kind of action."""
    rng = np.random.default_rng(0)
    actions = []
    for _ in range(count):
        action = rng.uniform(-0.1, 0.1, space.shape).astype(np.float32)
        action[..., 1] = 0.3
        actions.append(np.clip(action, space.low, space.high))
    return actions


def single_case(observation: str, seconds: float, *, wrapped: bool) -> Case:
    """Single steps of one env, resets left out of the times."""
    env = gymnasium.make(ENV_ID, observation=observation)
    if not wrapped:
        env = env.unwrapped
    env.reset(seed=0)
    actions = gentle(env.action_space, VARIED_ACTIONS)
    number = 0
    over = False

    def step() -> None:
        nonlocal number, over
        number = (number + 1) % VARIED_ACTIONS
        _, _, terminated, truncated, _ = env.step(actions[number])
        over = terminated or truncated

    def between() -> None:
        if over:
            env.reset()

    median, p99, per_second = latencies(step, seconds, between)
    env.close()
    name = "gymnasium.make" if wrapped else "RacerEnv"
    return Case(
        "env",
        f"{name}, {observation}",
        num_envs=1,
        threads=1,
        ticks_per_action=1,
        ticks_per_second=per_second,
        steps_per_second=per_second,
        median_us=median,
        p99_us=p99,
    )


def vector_case(num_envs: int, observation: str, seconds: float) -> Case:
    """Steps of the vector env, with its copies of observations and its infos.

    The cars drive as those of the engine's cases do: actions recorded once, repeated from the same
    start.
    """
    env = gymnasium.make_vec(
        ENV_ID,
        num_envs=num_envs,
        vectorization_mode="vector_entry_point",
        observation=observation,
        action="pedals",
        start={"kind": "random"},
    )
    worlds = env.unwrapped.worlds  # type: ignore[attr-defined]
    env.reset(seed=0)
    actions = []
    for _ in range(DRIVEN_STEPS):
        actions.append(drive(worlds.batch, worlds.tracks[0])[:, 0])
        env.step(actions[-1])
    number = DRIVEN_STEPS

    def step() -> None:
        nonlocal number
        if number == DRIVEN_STEPS:
            env.reset(seed=0)
            number = 0
        env.step(actions[number])
        number += 1

    measured = rate(step, seconds)
    env.close()
    return steps_case(
        "env",
        f"VectorEnv, {observation}",
        measured,
        num_envs=num_envs,
        threads=1,
        ticks_per_action=1,
    )


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """All cases of the layer; one thread only."""
    if threads != 1:
        return
    for observation in ("lidar", "track"):
        yield single_case(observation, seconds, wrapped=True)
        yield single_case(observation, seconds, wrapped=False)
    for num_envs in BATCHES:
        for observation in ("lidar", "track"):
            yield vector_case(num_envs, observation, seconds)
