"""Policies written node by node, for tests of what a stranger's ONNX file may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from racer.train.export import model_metadata

SIZE = 102  # numbers of the observation "track"


def node(operator: str, inputs: str, outputs: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(operator, inputs.split(), outputs.split(), **attributes)


def number(name: str, values: Any, dtype: Any = np.float32) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, dtype), name)


def model(
    nodes: list[onnx.NodeProto],
    tensors: list[onnx.TensorProto],
    *,
    opset: int = 17,
    shape: tuple[Any, ...] = ("cars", SIZE),
    functions: list[onnx.FunctionProto] | None = None,
) -> onnx.ModelProto:
    """A graph from "observation" to "action" with Racer's metadata."""
    from small_models import small_config

    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("observation", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("action", TensorProto.FLOAT, [None, None])],
        tensors,
    )
    imports = [helper.make_opsetid("", opset)]
    if functions:
        imports.append(helper.make_opsetid("mine", 1))
    made = helper.make_model(graph, opset_imports=imports, functions=functions or [], ir_version=8)
    metadata = model_metadata(small_config(), name="handmade", training_steps=0)
    for key, value in metadata.to_properties().items():
        made.metadata_props.add(key=key, value=value)
    return made


WEIGHT = number("weight", np.linspace(-0.1, 0.1, SIZE * 2).reshape(SIZE, 2))
LINEAR = node("MatMul", "observation weight", "linear")


def wrap(nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto], **k: Any) -> onnx.ModelProto:
    """A linear policy with more between its answer "linear" and its "action"."""
    return model([LINEAR, *nodes], [WEIGHT, *tensors], **k)


def save(made: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(made.SerializeToString())
    return path
