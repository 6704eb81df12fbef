"""How long a driver takes to decide: one exported policy, asked for one car and for many."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecNormalize

from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.envs.circuit.settings import EnvConfig
from racer.envs.sb3 import RacerVecEnv
from racer.tools.bench.measure import Case, latencies
from racer.train.algorithms.ppo import PpoConfig
from racer.train.config import TrainConfig
from racer.train.export import export_policy, model_metadata

CARS = (1, 64)


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """An untrained policy of the preset's size, as ONNX and as PyTorch; one thread only."""
    if threads != 1:
        return
    torch.set_num_threads(1)
    env = EnvConfig(observation="track", action="axis", ticks_per_action=6)
    normalise = VecNormalize(RacerVecEnv(1, config=env))
    layers = list(PpoConfig().net_arch)
    model = PPO("MlpPolicy", normalise, n_steps=2, batch_size=2, policy_kwargs={"net_arch": layers})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.onnx"
        metadata = model_metadata(TrainConfig(steps=1, env=env), name="bench", training_steps=0)
        export_policy(model, normalise, metadata, path)
        driver = OnnxDriver(path)
    network = "-".join(map(str, layers))
    size = (normalise.observation_space.shape or (0,))[0]
    for cars in CARS:
        seen = np.random.default_rng(0).uniform(-1.0, 1.0, (cars, size)).astype(np.float32)
        for name, ask in (
            ("ONNX policy", lambda seen=seen: driver.act(seen)),
            ("PyTorch policy", lambda seen=seen: model.predict(seen, deterministic=True)),
        ):
            median, p99, per_second = latencies(ask, seconds)
            yield Case(
                "policy",
                name,
                num_envs=cars,
                threads=1,
                steps_per_second=per_second * cars,
                median_us=median,
                p99_us=p99,
                note=f"observation track, hidden layers {network}",
            )
    normalise.close()
