"""Drives a circuit with an exported policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from racer.drivers.circuit.observed import ObservationReader
from racer.drivers.onnx_graph import OnnxGraph
from racer.envs.circuit.policy import ACTIONS, PolicyMetadata

if TYPE_CHECKING:
    import os

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OnnxDriver", "OnnxGraph"]


class OnnxDriver:
    """A policy in the ONNX format with Racer's metadata; normalisation is part of its graph.

    Args:
        path: the file, as `racer export` writes it.
        vehicle: the vehicle it shall drive.

    Raises:
        PolicyError: the file cannot be read, is no policy, or was trained for something else.
    """

    def __init__(self, path: str | os.PathLike[str], vehicle: str = "gt") -> None:
        self._graph = OnnxGraph(path)
        shown = self._graph.shown
        self.metadata = PolicyMetadata.from_properties(self._graph.properties, shown)
        self.metadata.check(shown, vehicle)
        self.name = self.metadata.name or Path(shown).stem
        self.observation = self.metadata.observation
        self.action = self.metadata.action
        self.ticks_per_action = self.metadata.ticks_per_action
        self._graph.prepare(ObservationReader(self.observation).size, (len(ACTIONS[self.action]),))

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Does nothing: the policy has no memory."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Actions (M, A) for observations (M, D)."""
        return self._graph.answer(obs)

    @property
    def faults(self) -> int:
        """Actions so far that the neutral one stood in for."""
        return self._graph.faults
