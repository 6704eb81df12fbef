"""Is an ONNX file a policy that can be run? It is found out without running it.

A file may come from a stranger. It is parsed by protobuf, its operators are looked up in a list
(`onnx_operators`), and the shape of every value is worked out node by node for a given number of
observations before anything of that size exists. So what reaches the runtime ends, and needs a
known amount of memory and work. The runtime gets what was checked, written anew.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from racer.drivers.onnx_operators import ALLOWED, POSITIVE, refusal
from racer.drivers.onnx_shapes import (
    MAX_ELEMENTS,
    MAX_FOLLOWED,
    MAX_RANK,
    TYPES,
    Walk,
    short,
    too_large,
)
from racer.errors import PolicyError
from racer.formats.text import shown as safe

MAX_NODES = 4000
MAX_WORK = 100_000_000  # multiplications for one observation
MOST_POSITIVE = 1 << 16  # of an attribute by which an operator divides or counts
AXES = ("axes", "axis", "end", "perm", "start")
MAX_METADATA = 1 << 20  # characters
AT_ONCE = (1024, 128, 16, 1)  # observations answered at once: the first that fits
OPSETS = (7, 28)
_LISTS = {
    1: "float_data", 2: "int32_data", 3: "int32_data", 6: "int32_data", 7: "int64_data",
    9: "int32_data", 10: "int32_data", 11: "double_data",
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """How a checked graph is to be run.

    Attributes:
        model: the file as the runtime gets it.
        at_once: how many observations may be answered at once.
        fixed: the graph takes exactly that many observations.
    """

    model: bytes
    at_once: int
    fixed: bool


def parse(data: bytes, name: str) -> Any:
    """The model in a file, known to hold nothing but operators and numbers of policies.

    Raises:
        PolicyError: it is no ONNX model, or holds what no policy may hold.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise PolicyError(
            f"{name}: driving with a policy needs onnx and onnxruntime; "
            "install them with `pip install 'racer-sim[view]'`."
        ) from None
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
        model.DiscardUnknownFields()
        if not model.graph.node:
            raise PolicyError(f"{name}: is not an ONNX model (it has no graph).")
        if not _is_text(model):
            raise PolicyError(f"{name}: is damaged, its texts are not UTF-8.")
        _check_model(model, name)
        onnx.checker.check_model(model)
    except DecodeError:
        raise PolicyError(f"{name}: is not an ONNX model (it cannot be parsed).") from None
    except (onnx.checker.ValidationError, RuntimeError, ValueError, TypeError) as problem:
        if isinstance(problem, PolicyError):
            raise
        raise PolicyError(f"{name}: is not an ONNX model ({short(problem)}).") from None
    return model


def _is_text(message: Any) -> bool:
    """Whether all texts in a message are; protobuf hands out bytes for those that are not."""
    for field, value in message.ListFields():
        one = isinstance(value, str | bytes) or not isinstance(value, Sequence)
        values = [value] if one else value
        if field.type == field.TYPE_STRING and not all(isinstance(v, str) for v in values):
            return False
        if field.type == field.TYPE_MESSAGE and not all(map(_is_text, values)):
            return False
    return True


def properties(model: Any, name: str) -> dict[str, str]:
    """The metadata of a model, texts by key."""
    found = {entry.key: entry.value for entry in model.metadata_props}
    if sum(map(len, found.values())) > MAX_METADATA:
        raise PolicyError(f"{name}: its metadata are longer than {MAX_METADATA} characters.")
    return found


def _check_model(model: Any, name: str) -> None:
    graph = model.graph
    if model.functions:
        raise PolicyError(
            f"{name}: has functions of its own; onnx.inliner.inline_local_functions writes them "
            "out as operators."
        )
    if model.training_info or graph.sparse_initializer:
        raise PolicyError(f"{name}: has parts for training or sparse tensors; a policy has none.")
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    if len(versions) != 1 or not OPSETS[0] <= versions[0] <= OPSETS[1]:
        raise PolicyError(
            f"{name}: is written for version {versions[0] if versions else 'none'} of ONNX's "
            f"operators; {OPSETS[0]} to {OPSETS[1]} can be read."
        )
    if len(graph.node) > MAX_NODES:
        raise PolicyError(f"{name}: has {len(graph.node)} nodes; a policy has at most {MAX_NODES}.")
    for tensor in graph.initializer:
        _check_tensor(tensor, name)
    for node in graph.node:
        _check_node(node, name)


def _check_tensor(tensor: Any, name: str) -> None:
    shown = f"{name}: its tensor {safe(tensor.name[:60])!r}"
    if tensor.data_location == 1 or tensor.external_data:
        raise PolicyError(f"{shown} lies in another file; a policy is one file.")
    if tensor.data_type not in TYPES:
        raise PolicyError(f"{shown} is of a type that policies do not have.")
    if tensor.HasField("segment") or len(tensor.dims) > MAX_RANK or min(tensor.dims, default=0) < 0:
        raise PolicyError(f"{shown} has a shape that cannot be used.")
    count = math.prod(tensor.dims)
    held = (
        len(tensor.raw_data)
        if tensor.HasField("raw_data")
        else len(getattr(tensor, _LISTS[tensor.data_type])) * TYPES[tensor.data_type]
    )
    if held != count * TYPES[tensor.data_type]:
        raise PolicyError(f"{shown} has {count} numbers by its shape, but holds {held} bytes.")


def _check_node(node: Any, name: str) -> None:
    operator = node.op_type
    if node.domain not in ("", "ai.onnx"):
        raise PolicyError(
            f"{name}: has the operator {safe(f'{node.domain}.{operator}'[:80])!r}, which is "
            "not one of ONNX's own."
        )
    if operator not in ALLOWED:
        raise PolicyError(
            f"{name}: has the operator {safe(operator[:40])!r}, which {refusal(operator)}."
        )
    for attribute in node.attribute:
        shown = f"{name}: the attribute {safe(attribute.name[:40])!r} of {operator}"
        if (
            attribute.HasField("g")
            or attribute.HasField("sparse_tensor")
            or attribute.HasField("tp")
            or attribute.ref_attr_name
            or attribute.graphs
            or attribute.tensors
            or attribute.sparse_tensors
            or attribute.type_protos
        ):
            raise PolicyError(f"{shown} is of a kind that policies do not have.")
        if attribute.HasField("t"):
            _check_tensor(attribute.t, name)
        low, high = _bounds(node.op_type, attribute.name)
        whole = [*attribute.ints, attribute.i]
        if len(whole) > 1 + MAX_FOLLOWED or not all(low <= value <= high for value in whole):
            raise PolicyError(f"{shown} is out of all bounds.")
        if attribute.name in POSITIVE:
            numbers = list(attribute.ints) or [attribute.i]
            most = len(node.output) if attribute.name == "num_outputs" else MOST_POSITIVE
            if min(numbers) < 1 or max(numbers) > most:
                raise PolicyError(f"{shown} must be 1 to {most}.")
        if attribute.name == "training_mode" and attribute.i:
            raise PolicyError(f"{shown} is on; export the network for inference.")


def _bounds(operator: str, attribute: str) -> tuple[float, float]:
    """What a whole number of an attribute may be; ONNX's own inference trusts some blindly."""
    if operator == "Constant" or attribute in ("starts", "ends"):
        return -math.inf, math.inf  # data, and 2^63 - 1 for the end
    if attribute in AXES:
        return -MAX_RANK, MAX_RANK
    return 0, MOST_POSITIVE


def plan(model: Any, size: int, name: str) -> Plan:
    """Works out shapes, memory and work of a graph that answers observations of `size` numbers.

    Raises:
        PolicyError: it takes something else, or needs too much.
    """
    graph = model.graph
    stored = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in stored]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise PolicyError(
            f"{name}: has {len(inputs)} inputs and {len(graph.output)} outputs, "
            "a policy has one each."
        )
    tensor = inputs[0].type.tensor_type
    shape = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
    if tensor.elem_type != 1 or len(shape) != 2 or shape[1] not in (size, None):
        taken = "float32" if tensor.elem_type == 1 else "another type"
        raise PolicyError(
            f"{name}: takes {taken} {shape}, but its observation is float32 with {size} numbers."
        )
    fixed = shape[0] or None
    if fixed not in (None, 1):
        raise PolicyError(f"{name}: takes {fixed} observations at once; a policy takes any number.")
    walk = Walk(model, inputs[0].name, size, name)
    elements, cost = walk.run(1)
    if cost > MAX_WORK:
        raise PolicyError(
            f"{name}: needs about {cost:.1e} multiplications for an action; "
            f"at most {MAX_WORK:.0e} are allowed."
        )
    rows = 1
    for rows in AT_ONCE if fixed is None else (1,):
        elements, cost = walk.run(rows, limited=rows == 1)
        if elements <= MAX_ELEMENTS and cost <= MAX_WORK * rows:
            break
    else:
        raise PolicyError(f"{name}: {too_large(elements)}")
    return Plan(_rewritten(model), rows, fixed is not None)


def _rewritten(model: Any) -> bytes:
    """The checked parts alone."""
    import onnx

    copy = onnx.ModelProto()
    copy.ir_version = model.ir_version
    for entry in model.opset_import:
        if entry.domain in ("", "ai.onnx"):
            copy.opset_import.add(domain="", version=entry.version)
    stored = {tensor.name for tensor in model.graph.initializer}
    copy.graph.name = "policy"
    copy.graph.node.extend(model.graph.node)
    copy.graph.initializer.extend(model.graph.initializer)
    copy.graph.input.extend(v for v in model.graph.input if v.name not in stored)
    copy.graph.output.extend(model.graph.output)
    data: bytes = copy.SerializeToString()
    return data
