"""Gymnasium's vector environments of the kinds of world that come with Racer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from racer.lazy import loader

if TYPE_CHECKING:
    from racer.envs.circuit.vector import RacerVectorEnv as RacerVectorEnv
    from racer.envs.highway.vector import HighwayVectorEnv as HighwayVectorEnv

__getattr__ = loader(
    __name__,
    {
        "RacerVectorEnv": "racer.envs.circuit.vector",
        "HighwayVectorEnv": "racer.envs.highway.vector",
    },
)
