"""Evaluation: how well a driver drives, in numbers that come with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from racer.lazy import loader

if TYPE_CHECKING:
    from racer.envs.circuit.episodes import TrackResult as TrackResult
    from racer.envs.circuit.episodes import evaluate_driver as evaluate_driver
    from racer.envs.circuit.episodes import evaluate_tracks as evaluate_tracks
    from racer.envs.circuit.episodes import reference_lap_seconds as reference_lap_seconds

__getattr__ = loader(
    __name__,
    {
        "TrackResult": "racer.envs.circuit.episodes",
        "evaluate_driver": "racer.envs.circuit.episodes",
        "evaluate_tracks": "racer.envs.circuit.episodes",
        "reference_lap_seconds": "racer.envs.circuit.episodes",
    },
)
