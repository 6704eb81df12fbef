"""The environment as Stable-Baselines3 sees it: its VecEnv protocol, without any learning."""

from collections.abc import Iterator

import numpy as np

from racer.envs.sb3 import RacerVecEnv
from racer.tools.bench.env import gentle
from racer.tools.bench.measure import Case, rate, steps_case

BATCHES = (1, 64, 1024)


def vec_env_case(num_envs: int, observation: str, ticks: int, seconds: float) -> Case:
    """Steps of the VecEnv with the axis action, infos of ended episodes included."""
    env = RacerVecEnv(num_envs, observation=observation, action="axis", ticks_per_action=ticks)
    env.reset()
    batches = [np.tile(action, (num_envs, 1)) for action in gentle(env.action_space, 64)]
    number = 0

    def step() -> None:
        nonlocal number
        number = (number + 1) % len(batches)
        env.step(batches[number])

    measured = rate(step, seconds)
    env.close()
    return steps_case(
        "sb3",
        f"VecEnv, {observation}",
        measured,
        num_envs=num_envs,
        threads=1,
        ticks_per_action=ticks,
    )


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """All cases of the layer; one thread only."""
    if threads != 1:
        return
    for num_envs in BATCHES:
        for ticks in (1, 6):
            yield vec_env_case(num_envs, "track", ticks, seconds)
