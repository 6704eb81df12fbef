"""Stable-Baselines3's vector environments of the kinds of world that come with Racer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from racer.lazy import loader

if TYPE_CHECKING:
    from racer.envs.circuit.sb3 import RacerVecEnv as RacerVecEnv
    from racer.envs.highway.sb3 import HighwayVecEnv as HighwayVecEnv

__getattr__ = loader(
    __name__,
    {
        "RacerVecEnv": "racer.envs.circuit.sb3",
        "HighwayVecEnv": "racer.envs.highway.sb3",
    },
)
