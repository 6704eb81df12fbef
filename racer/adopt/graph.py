"""Changes to a user's ONNX graph on its way to a policy."""

from __future__ import annotations

from typing import Any

import numpy as np

from racer.drivers.onnx_shapes import short
from racer.errors import PolicyError


def plain(data: bytes, shown: str) -> Any:
    """The model in a file, its functions written out as operators.

    Raises:
        PolicyError: it is no ONNX model.
    """
    import onnx
    from google.protobuf.message import DecodeError
    from onnx import inliner

    try:
        model = onnx.ModelProto()
        model.ParseFromString(data)
        if model.functions:
            model = inliner.inline_local_functions(model)
    except (DecodeError, RuntimeError, ValueError, TypeError) as problem:
        raise PolicyError(f"{shown}: is not an ONNX model ({short(problem)}).") from None
    return model


def choose_output(model: Any, name: str | None, shown: str) -> None:
    """Keeps one output, and of the nodes those that it needs.

    Raises:
        PolicyError: it is not clear which.
    """
    outputs = [value.name for value in model.graph.output]
    if name is None and len(outputs) == 1:
        name = outputs[0]
    if name not in outputs:
        known = ", ".join(outputs)
        wanted = "say which output is the action" if name is None else f"has no output {name!r}"
        raise PolicyError(f"{shown}: {wanted}; there are {known}.")
    kept = [value for value in model.graph.output if value.name == name]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    needed = {name}
    nodes = []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            needed.update(node.input)
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(reversed(nodes))
    used = [tensor for tensor in model.graph.initializer if tensor.name in needed]
    del model.graph.initializer[:]
    model.graph.initializer.extend(used)


def add_argmax(model: Any) -> None:
    """The number of the largest value (M, A) becomes the action (M,)."""
    import onnx

    output = model.graph.output[0]
    node = onnx.helper.make_node("ArgMax", [output.name], ["racer_action"], axis=1, keepdims=0)
    model.graph.node.append(node)
    output.CopyFrom(onnx.helper.make_tensor_value_info("racer_action", 7, [None]))


def add_normalisation(model: Any, normalise: Any, size: int) -> None:
    """Puts a `VecNormalize` in front: (x - mean) / spread in double precision, clipped."""
    import onnx

    graph = model.graph
    stored = {tensor.name for tensor in graph.initializer}
    entry = next(value for value in graph.input if value.name not in stored)
    old, new = entry.name, "racer_observation"
    entry.CopyFrom(onnx.helper.make_tensor_value_info(new, 1, ["cars", size]))
    statistics = normalise.obs_rms
    limit = float(normalise.clip_obs)
    tensors = {
        "racer_mean": np.asarray(statistics.mean, np.float64).reshape(size),
        "racer_spread": np.sqrt(np.asarray(statistics.var, np.float64) + normalise.epsilon).reshape(
            size
        ),
        "racer_low": np.array(-limit, np.float64),
        "racer_high": np.array(limit, np.float64),
    }
    graph.initializer.extend(
        onnx.numpy_helper.from_array(array, name) for name, array in tensors.items()
    )
    steps: list[tuple[str, list[str], str, dict[str, Any]]] = [
        ("Cast", [new], "racer_wide", {"to": 11}),
        ("Sub", ["racer_wide", "racer_mean"], "racer_centred", {}),
        ("Div", ["racer_centred", "racer_spread"], "racer_scaled", {}),
        ("Max", ["racer_scaled", "racer_low"], "racer_above", {}),
        ("Min", ["racer_above", "racer_high"], "racer_within", {}),
        ("Cast", ["racer_within"], old, {"to": 1}),
    ]
    nodes = [onnx.helper.make_node(op, ins, [out], **extra) for op, ins, out, extra in steps]
    kept = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *kept])
