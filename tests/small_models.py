"""Small untrained models with awkward normalisation, for tests of drivers and of the export."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.vec_env import VecNormalize

from racer.drivers.sb3 import Sb3Driver
from racer.envs.circuit.settings import EnvConfig
from racer.envs.sb3 import RacerVecEnv
from racer.train.config import TrainConfig
from racer.train.export import export_policy, model_metadata


def small_config(
    algo: str = "ppo", observation: str = "track", action: str = "axis"
) -> TrainConfig:
    env = EnvConfig(observation=observation, action=action, ticks_per_action=6)
    return TrainConfig(algo=algo, steps=1, env=env)


def small_model(config: TrainConfig) -> tuple[Any, VecNormalize]:
    """A model with random weights, large enough outputs to be clipped, and uneven statistics."""
    torch.set_num_threads(1)
    normalise = VecNormalize(RacerVecEnv(2, config=config.env, seed=3), clip_obs=5.0)
    random = np.random.default_rng(4)
    shape = normalise.obs_rms.mean.shape
    normalise.obs_rms.mean = random.normal(0.0, 0.5, shape)
    normalise.obs_rms.var = 10.0 ** random.uniform(-9.0, 1.0, shape)
    settings = {"net_arch": [32, 32]}
    if config.algo == "sac":
        model = SAC("MlpPolicy", normalise, buffer_size=10, policy_kwargs=settings, seed=5)
    else:
        model = PPO("MlpPolicy", normalise, n_steps=2, batch_size=2, policy_kwargs=settings, seed=5)
        with torch.no_grad():
            model.policy.action_net.weight *= 100.0
    return model, normalise


def small_driver(config: TrainConfig) -> Sb3Driver:
    model, normalise = small_model(config)
    env = config.env
    return Sb3Driver(
        model,
        observation=env.observation,
        action=env.action,
        ticks_per_action=env.ticks_per_action,
        normalise=normalise,
    )


def small_policy(config: TrainConfig, path: Path) -> Path:
    model, normalise = small_model(config)
    export_policy(model, normalise, model_metadata(config, name="small", training_steps=7), path)
    return path
