"""Drives with an exported policy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from racer.drivers.observed import ObservationReader
from racer.errors import PolicyError
from racer.formats.files import MAX_POLICY_BYTES, read_bytes
from racer.policies import ACTIONS, PolicyMetadata

if TYPE_CHECKING:
    from numpy.typing import NDArray


class OnnxGraph:
    """An ONNX file that is open: its metadata, and its graph once it is known to run.

    Args:
        path: the file.

    Raises:
        PolicyError: the file cannot be read or is no ONNX model.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.shown = os.fspath(path)
        data = read_bytes(path, limit=MAX_POLICY_BYTES, error=PolicyError, what="policy")
        self._session = _open(data, self.shown)
        self.properties = _properties(self._session, self.shown)
        self._input = ""

    def prepare(
        self, size: int, action_shape: tuple[int, ...], dtype: type[np.generic] = np.float32
    ) -> None:
        """Checks that the graph turns (M, size) float32 into (M, *action_shape), and runs.

        Raises:
            PolicyError: it does not.
        """
        self._input = _check_graph(self._session, size, self.shown)
        for rows in (1, 3):
            try:
                answer = self.run(np.zeros((rows, size), np.float32))
            except _onnx_errors() as problem:
                raise PolicyError(
                    f"{self.shown}: its graph cannot run ({_short(problem)})."
                ) from None
            wanted = (rows, *action_shape)
            if answer.shape != wanted or answer.dtype != dtype:
                raise PolicyError(
                    f"{self.shown}: answers {answer.dtype} {answer.shape}, "
                    f"but its action is {np.dtype(dtype)} {wanted}."
                )
            if not np.isfinite(answer).all():
                raise PolicyError(f"{self.shown}: answers with numbers that are not finite.")

    def run(self, obs: NDArray[np.float32]) -> NDArray[Any]:
        """What the graph answers to observations (M, size)."""
        inputs = {self._input: np.ascontiguousarray(obs, np.float32)}
        answer: NDArray[Any] = self._session.run(None, inputs)[0]
        return answer


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
        return self._graph.run(obs)


def _onnx_errors() -> tuple[type[Exception], ...]:
    """What onnxruntime raises; its own exceptions have no common base but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = tuple(
        kind
        for kind in vars(state).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    )
    return (*own, RuntimeError, ValueError, TypeError, MemoryError)


def _open(data: bytes, shown: str) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise PolicyError(
            f"{shown}: driving with a policy needs onnxruntime; "
            "install it with `pip install 'racer-sim[train]'`."
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(
            data, options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
    except _onnx_errors() as problem:
        raise PolicyError(f"{shown}: is not an ONNX model ({_short(problem)}).") from None


def _properties(session: Any, shown: str) -> dict[str, str]:
    try:
        properties: dict[str, str] = session.get_modelmeta().custom_metadata_map
    except UnicodeDecodeError:
        raise PolicyError(f"{shown}: is damaged, its metadata are not text.") from None
    return properties


def _check_graph(session: Any, size: int, shown: str) -> str:
    """The input's name; a policy has one input (M, D) and one output, float32."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise PolicyError(
            f"{shown}: has {len(inputs)} inputs and {len(outputs)} outputs, a policy has one each."
        )
    shape = inputs[0].shape
    if inputs[0].type != "tensor(float)" or len(shape) != 2 or shape[1] != size:
        raise PolicyError(
            f"{shown}: takes {inputs[0].type} {shape}, "
            f"but its observation is float32 with {size} numbers."
        )
    return str(inputs[0].name)


def _short(problem: Exception) -> str:
    text = " ".join(str(problem).split())
    return text if len(text) <= 160 else f"{text[:157]}..."
