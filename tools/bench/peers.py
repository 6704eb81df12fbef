"""Other simulators on the same core, as far as they are installed beside Racer."""

import importlib.util
from collections.abc import Iterator

import gymnasium

from racer.tools.bench.measure import Case, rate, steps_case

if importlib.util.find_spec("Box2D") is None:
    raise ModuleNotFoundError("No module named 'Box2D'", name="gymnasium[box2d]")


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """Gymnasium's CarRacing: one step is 1/50 s and draws a 96 x 96 picture."""
    if threads != 1:
        return
    env = gymnasium.make("CarRacing-v3", max_episode_steps=-1)
    env.reset(seed=0)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(256)]
    calls = 0

    def step() -> None:
        nonlocal calls
        calls += 1
        if env.step(actions[calls % len(actions)])[2]:
            env.reset()

    measured = rate(step, seconds)
    case = steps_case(
        "peers", "gymnasium CarRacing-v3", measured, num_envs=1, threads=1, ticks_per_action=1
    )
    yield case
    env.close()
