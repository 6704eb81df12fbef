"""Racer: a fast, deterministic car racing simulator for training and racing agents."""

from importlib import metadata

import gymnasium

__version__ = metadata.version("racer-sim")

# By name only: the environments are imported when one is made.
gymnasium.register(
    id="racer/Circuit-v0",
    entry_point="racer.envs.circuit:RacerEnv",
    vector_entry_point="racer.envs.vector:RacerVectorEnv",
    disable_env_checker=True,  # our tests run the whole checker instead
)
for _name, _preset in (("Highway", "highway"), ("HighwayFast", "fast"), ("HighwayRisk", "risk")):
    gymnasium.register(
        id=f"racer/{_name}-v0",
        entry_point="racer.envs.highway:HighwayEnv",
        vector_entry_point="racer.envs.vector:HighwayVectorEnv",
        disable_env_checker=True,
        kwargs={"preset": _preset},
    )
