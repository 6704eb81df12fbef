"""The graph of an exported policy: checked, and run."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from racer.drivers import onnx_check
from racer.drivers.onnx_shapes import short
from racer.errors import PolicyError
from racer.formats.files import MAX_POLICY_BYTES, read_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_log = logging.getLogger("racer")  # without a handler of the host's, to the error stream


class OnnxGraph:
    """A policy's ONNX file: its metadata, and its graph once it is known to run.

    Whatever a graph does while it drives, `answer` gives an action: the neutral one where there is
    none that could be used. The first fault is said, all are counted.

    Args:
        path: the file.

    Attributes:
        shown: name of the file, for messages.
        properties: the metadata.
        faults: actions so far that the neutral one stood in for.
        fault: what was wrong first, a sentence; "" as long as nothing was.

    Raises:
        PolicyError: the file cannot be read, is no ONNX model or holds what no policy may hold.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.shown = os.fspath(path)
        data = read_bytes(path, limit=MAX_POLICY_BYTES, error=PolicyError, what="policy")
        self._model = onnx_check.parse(data, self.shown)
        self.properties = onnx_check.properties(self._model, self.shown)
        self.faults = 0
        self.fault = ""
        self._session: Any = None
        self._input = ""

    def prepare(
        self,
        size: int,
        action_shape: tuple[int, ...],
        dtype: type[np.generic] = np.float32,
        *,
        neutral: float = 0,
        choices: int | None = None,
    ) -> None:
        """Checks that the graph turns (M, size) float32 into (M, *action_shape), and runs.

        Args:
            size: numbers of an observation.
            action_shape: of one action.
            dtype: of the actions.
            neutral: every number of the action that stands in where the graph gives none.
            choices: how many actions there are, if they are numbered.

        Raises:
            PolicyError: it does not.
        """
        self._plan = onnx_check.plan(self._model, size, self.shown)
        self._session = _open(self._plan.model, self.shown)
        self._input = str(self._session.get_inputs()[0].name)
        self._shape, self._dtype, self._neutral = action_shape, np.dtype(dtype), neutral
        self._choices = choices
        for rows in (1,) if self._plan.fixed else (1, 3):
            answer, fault = self._checked(np.zeros((rows, size), np.float32))
            if fault:
                raise PolicyError(f"{self.shown}: {fault}.")
            if not _usable(answer, choices).all():
                raise PolicyError(f"{self.shown}: {_unusable(choices)}.")

    def answer(self, obs: NDArray[np.float32]) -> NDArray[Any]:
        """Actions (M, ...) for observations (M, size), neutral ones where the graph has none."""
        rows = self._plan.at_once
        if len(obs) <= rows:
            return self._answer(obs)
        return np.concatenate(
            [self._answer(obs[first : first + rows]) for first in range(0, len(obs), rows)]
        )

    def _answer(self, obs: NDArray[np.float32]) -> NDArray[Any]:
        actions, fault = self._checked(obs)
        usable = np.zeros(len(obs), np.bool_) if fault else _usable(actions, self._choices)
        if usable.all():
            return actions
        self.faults += int(np.count_nonzero(~usable))
        if not self.fault:
            self.fault = (
                f"{self.shown}: {fault or _unusable(self._choices)} while it drives; "
                "the neutral action stands in."
            )
            _log.warning(self.fault)
        if fault:
            return np.full((len(obs), *self._shape), self._neutral, self._dtype)
        actions = actions.copy()
        actions[~usable] = self._neutral
        return actions

    def _checked(self, obs: NDArray[np.float32]) -> tuple[NDArray[Any], str]:
        """What the graph answers, and what is wrong with it if it has not the action's form."""
        inputs = {self._input: np.ascontiguousarray(obs, np.float32)}
        nothing: NDArray[Any] = np.zeros(0)
        try:
            answer = self._session.run(None, inputs)[0]
        except _onnx_errors() as problem:
            return nothing, f"its graph cannot run ({short(problem)})"
        wanted = (len(obs), *self._shape)
        if not isinstance(answer, np.ndarray):
            return nothing, f"answers a {type(answer).__name__}, but its action is an array"
        if answer.shape != wanted or answer.dtype != self._dtype:
            return nothing, (
                f"answers {answer.dtype} {answer.shape}, but its action is {self._dtype} {wanted}"
            )
        return answer, ""


def _usable(actions: NDArray[Any], choices: int | None) -> NDArray[np.bool_]:
    """Which actions (M, ...) can be carried out, bool (M,)."""
    good: Any = np.isfinite(actions)
    if choices is not None:
        good = (actions >= 0) & (actions < choices)
    usable: NDArray[np.bool_] = good.reshape(len(actions), -1).all(axis=1)
    return usable


def _unusable(choices: int | None) -> str:
    if choices is None:
        return "answers with numbers that are not finite"
    return f"answers with actions other than 0 to {choices - 1}"


def _onnx_errors() -> tuple[type[Exception], ...]:
    """What onnxruntime raises; its own exceptions have no common base but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = tuple(
        kind
        for kind in vars(state).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    )
    return (*own, RuntimeError, ValueError, TypeError, MemoryError)


def _open(model: bytes, shown: str) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise PolicyError(
            f"{shown}: driving with a policy needs onnxruntime; "
            "install it with `pip install 'racer-sim[view]'`."
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
    except _onnx_errors() as problem:
        raise PolicyError(f"{shown}: its graph cannot run ({short(problem)}).") from None
