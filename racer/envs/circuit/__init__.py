"""Time trials on circuits: one car in each world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from racer.lazy import loader

if TYPE_CHECKING:
    from racer.envs.circuit.env import RacerEnv as RacerEnv

__getattr__ = loader(
    __name__,
    {
        "RacerEnv": "racer.envs.circuit.env",
    },
)
