"""PPO with Racer against the same PPO with an environment that costs nothing.

The free environment has the same spaces and gives constant arrays, so its rate is what
Stable-Baselines3 and PyTorch can do at best; the difference is what the simulator costs.
"""

import time
from collections.abc import Iterator
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
PPO_SETTINGS: dict[str, Any] = {
    "n_steps": 32,
    "batch_size": 4096,
    "n_epochs": 8,
    "policy_kwargs": {"net_arch": [64, 64]},
    "device": "cpu",
    "seed": 0,
}


class FreeVecEnv(VecEnvWrapper):
    """An environment with the spaces of another one, which it never steps: it costs nothing."""

    def __init__(self, venv: VecEnv) -> None:
        super().__init__(venv)
        shape = (venv.num_envs, *(venv.observation_space.shape or ()))
        self._observations = np.zeros(shape, np.float32)
        self._rewards = np.zeros(venv.num_envs, np.float32)
        self._dones = np.zeros(venv.num_envs, bool)
        self._infos: list[dict[str, Any]] = [{} for _ in range(venv.num_envs)]

    def reset(self) -> VecEnvObs:
        """Constant observations."""
        return self._observations.copy()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Nothing."""

    def step_wait(self) -> VecEnvStepReturn:
        """Constant observations, no rewards, no ends."""
        return self._observations.copy(), self._rewards.copy(), self._dones.copy(), self._infos


class Stopwatch(BaseCallback):
    """Ends training after some whole rounds of rollout and update, the first one not counted."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.marks: list[tuple[float, float, int]] = []

    def _on_rollout_start(self) -> None:
        self.marks.append((time.perf_counter(), time.process_time(), self.num_timesteps))

    def _on_step(self) -> bool:
        return len(self.marks) < 3 or self.marks[-1][0] - self.marks[1][0] < self.seconds


def ppo_case(name: str, env: VecEnv, threads: int, seconds: float) -> Case:
    """Env steps per second of PPO, rollouts and updates together."""
    model = PPO("MlpPolicy", env, **PPO_SETTINGS)
    watch = Stopwatch(seconds)
    model.learn(total_timesteps=10**9, callback=watch)
    (wall, cpu, steps), (wall_end, cpu_end, steps_end) = watch.marks[1], watch.marks[-1]
    rate = (steps_end - steps) / (wall_end - wall)
    return Case(
        "train",
        name,
        num_envs=env.num_envs,
        threads=threads,
        ticks_per_action=TICKS_PER_ACTION,
        ticks_per_second=rate * TICKS_PER_ACTION,
        steps_per_second=rate,
        wall_seconds=wall_end - wall,
        cpu_seconds=cpu_end - cpu,
    )


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """PPO on Racer and on the free environment, with the same settings."""
    torch.set_num_threads(threads)
    env = RacerVecEnv(
        NUM_ENVS, observation="track", action="axis", ticks_per_action=TICKS_PER_ACTION
    )
    yield ppo_case("PPO, RacerVecEnv, track", env, threads, seconds)
    yield ppo_case("PPO, free env, track", FreeVecEnv(env), threads, seconds)
    env.close()
