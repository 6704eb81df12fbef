"""A straight highway with traffic, by HighwayEnv's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from racer.lazy import loader

if TYPE_CHECKING:
    from racer.envs.highway.env import HighwayEnv as HighwayEnv

__getattr__ = loader(
    __name__,
    {
        "HighwayEnv": "racer.envs.highway.env",
    },
)
