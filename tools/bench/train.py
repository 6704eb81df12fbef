"""PPO with Racer against the same PPO with an environment that costs nothing.

The free environment replays arrays that were recorded before, so its rate is what
Stable-Baselines3 and PyTorch can do at best; the difference is what the simulator costs. (An
environment of zeros would not do: the time of an update depends on the numbers in it.)
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from racer.envs.sb3 import RacerVecEnv
from racer.tools.bench.measure import Case

NUM_ENVS = 256
TICKS_PER_ACTION = 6
SLICES = 8
RECORDED = 64  # steps that the free environment repeats
PPO_SETTINGS: dict[str, Any] = {
    "n_steps": 32,
    "batch_size": 4096,
    "n_epochs": 8,
    "policy_kwargs": {"net_arch": [64, 64]},
    "device": "cpu",
    "seed": 0,
}


class FreeVecEnv(VecEnvWrapper):
    """What another environment showed under random actions, over and over: it costs nothing."""

    def __init__(self, venv: VecEnv) -> None:
        super().__init__(venv)
        rng = np.random.default_rng(0)
        self._first = venv.reset()
        self._recorded = []
        for _ in range(RECORDED):
            action = rng.normal(0.0, 0.5, (venv.num_envs, *(venv.action_space.shape or ())))
            observations, rewards, dones, _ = venv.step(action.astype(np.float32))
            self._recorded.append((observations, rewards, dones))
        self._infos: list[dict[str, Any]] = [{} for _ in range(venv.num_envs)]
        self._steps = 0

    def reset(self) -> VecEnvObs:
        """The first observations."""
        return self._first

    def step_async(self, actions: NDArray[Any]) -> None:
        """Nothing."""

    def step_wait(self) -> VecEnvStepReturn:
        """The next of the recorded steps."""
        self._steps = (self._steps + 1) % RECORDED
        return *self._recorded[self._steps], self._infos


class Rounds(BaseCallback):
    """Ends training after some whole rounds of rollout and update; the first one is not counted."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.marks: list[tuple[float, float, int]] = []

    def _on_rollout_start(self) -> None:
        self.marks.append((time.perf_counter(), time.process_time(), self.num_timesteps))

    def _on_step(self) -> bool:
        return len(self.marks) < 3 or self.marks[-1][0] - self.marks[1][0] < self.seconds


class Stopwatch:
    """Adds up the wall time that some methods take, while it is on."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def watch(self, name: str, owner: Any, method: str) -> None:
        """From now on, calls of `owner.method` count under this name."""
        inner = getattr(owner, method)
        self.seconds[name] = 0.0

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return inner(*args, **kwargs)
            finally:
                self.seconds[name] += time.perf_counter() - start

        setattr(owner, method, timed)


@dataclass
class Training:
    """A PPO model on an environment, trained slice by slice."""

    name: str
    model: PPO
    rates: list[float] = field(default_factory=list)  # env steps per second of each slice
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0

    def go_on(self, seconds: float) -> None:
        """Trains for about `seconds` more, rollouts and updates together."""
        rounds = Rounds(seconds)
        self.model.learn(10**9, callback=rounds, reset_num_timesteps=not self.rates)
        (wall, cpu, steps), (wall_end, cpu_end, steps_end) = rounds.marks[1], rounds.marks[-1]
        self.rates.append((steps_end - steps) / (wall_end - wall))
        self.wall_seconds += wall_end - wall
        self.cpu_seconds += cpu_end - cpu

    def case(self, threads: int) -> Case:
        """The median over the slices."""
        rate = float(np.median(self.rates))
        return Case(
            "train",
            self.name,
            num_envs=NUM_ENVS,
            threads=threads,
            ticks_per_action=TICKS_PER_ACTION,
            ticks_per_second=rate * TICKS_PER_ACTION,
            steps_per_second=rate,
            best_steps_per_second=max(self.rates),
            wall_seconds=self.wall_seconds,
            cpu_seconds=self.cpu_seconds,
        )


def shares(env: VecEnv, seconds: float, threads: int) -> Iterator[Case]:
    """Where the time of a training goes: environment, policy, update, the rest."""
    model = PPO("MlpPolicy", env, **PPO_SETTINGS)
    watch = Stopwatch()
    watch.watch("environment", model.get_env(), "step")
    watch.watch("policy", model.policy, "forward")
    watch.watch("update", model, "train")
    model.learn(2 * NUM_ENVS * int(PPO_SETTINGS["n_steps"]))  # warm-up
    watch.seconds = dict.fromkeys(watch.seconds, 0.0)
    training = Training("", model, rates=[0.0])
    start = time.perf_counter()
    training.go_on(seconds)
    whole = time.perf_counter() - start
    watch.seconds["rest"] = whole - sum(watch.seconds.values())
    for part, spent in watch.seconds.items():
        yield Case(
            "train",
            f"PPO's time in {part}",
            num_envs=NUM_ENVS,
            threads=threads,
            share=spent / whole,
            note=PARTS[part],
        )


PARTS = {
    "environment": "RacerVecEnv.step",
    "policy": "the network's forward pass in rollouts",
    "update": "gradient steps",
    "rest": "buffers, advantages, callbacks",
}


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """PPO on Racer and on the free environment, slice by slice in turns; then shares of time."""
    torch.set_num_threads(threads)
    env = RacerVecEnv(
        NUM_ENVS, observation="track", action="axis", ticks_per_action=TICKS_PER_ACTION
    )
    free_env = FreeVecEnv(env)
    racer = Training("PPO, RacerVecEnv, track", PPO("MlpPolicy", env, **PPO_SETTINGS))
    free = Training("PPO, free env, track", PPO("MlpPolicy", free_env, **PPO_SETTINGS))
    for _ in range(SLICES):
        racer.go_on(seconds / SLICES)
        free.go_on(seconds / SLICES)
    ratio = max(racer.rates) / max(free.rates)
    pairs = float(np.median(np.divide(racer.rates, free.rates)))
    note = f"best slices over those of PPO on the free env; {pairs:.3f}x by the median pair"
    yield replace(racer.case(threads), ratio=ratio, note=note)
    yield free.case(threads)
    yield from shares(env, seconds, threads)
    env.close()
