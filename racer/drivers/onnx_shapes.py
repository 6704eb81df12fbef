"""The shapes of all values of an ONNX graph, and what they cost, without running it.

Every node's output is inferred by ONNX's own rules from inputs of known shape, so that each step is
bounded by the one before. Whole numbers are followed as far as shapes are computed with them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from racer.drivers.onnx_operators import FOLLOWED, Shape, work
from racer.errors import PolicyError
from racer.formats.text import shown as safe

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_ELEMENTS = 1 << 25  # of all values together while observations are answered
MAX_RANK = 8
MAX_FOLLOWED = 1024  # numbers of a value that is followed
# Types of ONNX that a policy may compute with, and the bytes of one number.
TYPES = {1: 4, 2: 1, 3: 1, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8}
WHOLE = (2, 3, 6, 7, 9)  # uint8, int8, int32, int64, bool


def short(problem: object) -> str:
    """What a library says, on one short line."""
    text = safe(" ".join(str(problem).split()))
    return text if len(text) <= 160 else f"{text[:157]}..."


def too_large(elements: float) -> str:
    """What to say of a graph with values of so many numbers."""
    return f"computes {elements:.1e} numbers for an action; at most {MAX_ELEMENTS:.1e} are allowed."


class Walk:
    """Follows shapes, and whole numbers as far as shapes depend on them, through a graph."""

    def __init__(self, model: Any, entry: str, size: int, name: str) -> None:
        self._model = model
        self._entry = entry
        self._size = size
        self._name = name
        self._opsets = [e for e in model.opset_import if e.domain in ("", "ai.onnx")]
        self._version = self._opsets[0].version
        import onnx

        self._constants = {
            tensor.name: tensor
            for tensor in model.graph.initializer
            if math.prod(tensor.dims) <= MAX_FOLLOWED
        }
        self._stored = {
            tensor.name: onnx.helper.make_tensor_type_proto(tensor.data_type, list(tensor.dims))
            for tensor in model.graph.initializer
        }

    def run(self, rows: int, *, limited: bool = True) -> tuple[float, float]:
        """Numbers that are computed for so many observations, and multiplications needed.

        Stops early, with infinities, where a value alone is too large; if `limited`, raises.
        """
        import onnx

        types = dict(self._stored)
        types[self._entry] = onnx.helper.make_tensor_type_proto(1, [rows, self._size])
        values: dict[str, Any] = dict(self._constants)
        elements = cost = 0.0
        for node in self._model.graph.node:
            outputs = self._infer(node, types, values)
            inputs = [_shape(types[key]) for key in node.input if key]
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            if isinstance(attributes.get("equation"), bytes):
                attributes["equation"] = attributes["equation"].decode("ascii", "replace")
            self._check_division(node, types, values)
            for number, key in enumerate(node.output):
                if not key:
                    continue
                shape = self._checked(node, key, outputs.get(key))
                elements += math.prod(shape)
                if elements > MAX_ELEMENTS:
                    if limited:
                        raise PolicyError(f"{self._name}: {too_large(elements)}")
                    return math.inf, math.inf
                types[key] = outputs[key]
                cost += work(node.op_type, attributes, inputs, shape) if number == 0 else 0
            self._follow(node, types, values)
        return elements, cost

    def _infer(self, node: Any, types: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        import onnx

        try:
            needed = {key: types[key] for key in node.input if key}
            schema = onnx.defs.get_schema(node.op_type, self._version, "")
            known = {key: values[key] for key in node.input if key in values}
            found: dict[str, Any] = onnx.shape_inference.infer_node_outputs(
                schema,
                node,
                needed,
                known,
                opset_imports=[onnx.helper.make_opsetid("", self._version)],
                ir_version=self._model.ir_version,
            )
        except KeyError as key:
            raise PolicyError(
                f"{self._name}: the operator {node.op_type} reads {safe(str(key))[:60]}, "
                "which nothing computes."
            ) from None
        except (
            *(RuntimeError, ValueError, TypeError, onnx.defs.SchemaError),
            *(onnx.checker.ValidationError, onnx.shape_inference.InferenceError),
        ) as problem:
            raise PolicyError(
                f"{self._name}: its graph cannot run ({node.op_type}: {short(problem)})."
            ) from None
        return found

    def _checked(self, node: Any, key: str, kind: Any) -> Shape:
        """The shape of an output, known in all dimensions."""
        shown = f"{self._name}: the value {safe(key[:60])!r} of {node.op_type}"
        if kind is None or not kind.HasField("tensor_type"):
            raise PolicyError(f"{shown} is no tensor whose size can be told before it runs.")
        tensor = kind.tensor_type
        if tensor.elem_type not in TYPES:
            raise PolicyError(f"{shown} is of a type that policies do not have.")
        if not tensor.HasField("shape") or any(
            not d.HasField("dim_value") for d in tensor.shape.dim
        ):
            raise PolicyError(f"{shown} has a size that cannot be told before it runs.")
        shape = _shape(kind)
        if len(shape) > MAX_RANK or min(shape, default=0) < 0:
            raise PolicyError(f"{shown} has the shape {shape}, which cannot be used.")
        if math.prod(shape) == 0 and (len(shape) != 1 or tensor.elem_type not in WHOLE):
            raise PolicyError(f"{shown} is empty.")
        return shape

    def _check_division(self, node: Any, types: dict[str, Any], values: dict[str, Any]) -> None:
        """Whole numbers are divided by known, positive ones: others can end the process."""
        if node.op_type not in ("Div", "Mod") or len(node.input) != 2:
            return
        if types[node.input[0]].tensor_type.elem_type in (1, 10, 11):
            return
        divisor = values.get(node.input[1])
        if divisor is None or _array(divisor).min(initial=1) < 1:
            raise PolicyError(
                f"{self._name}: divides whole numbers ({node.op_type}) by what may be 0."
            )

    def _follow(self, node: Any, types: dict[str, Any], values: dict[str, Any]) -> None:
        """Computes small whole numbers of which all inputs are known."""
        import onnx

        output = node.output[0]
        shape = _shape(types[output])
        if types[output].tensor_type.elem_type not in WHOLE or math.prod(shape) > MAX_FOLLOWED:
            return
        result: NDArray[Any] | None
        if node.op_type in ("Shape", "Size"):
            of = np.array(_shape(types[node.input[0]]), np.int64)
            bounds = {a.name: a.i for a in node.attribute}
            result = of[bounds.get("start", 0) : bounds.get("end", len(of))]
            if node.op_type == "Size":
                result = np.array(of.prod(), np.int64)
        elif node.op_type in FOLLOWED and all(key in values for key in node.input if key):
            result = self._evaluate(node, values)
        else:
            return
        if result is not None and result.shape == shape:
            values[output] = onnx.numpy_helper.from_array(result, output)

    def _evaluate(self, node: Any, values: dict[str, Any]) -> NDArray[Any] | None:
        import onnx
        from onnx.reference import ReferenceEvaluator

        feeds = {key: _array(values[key]) for key in node.input if key}
        if any(array.dtype.kind not in "iub" for array in feeds.values()):
            return None
        divides = node.op_type in ("Div", "Mod")
        if divides and any(array.min(initial=0) < 0 for array in feeds.values()):
            return None  # who rounds which way is not worth knowing
        alone = onnx.helper.make_graph(
            [node],
            "node",
            [onnx.ValueInfoProto(name=key) for key in feeds],
            [onnx.ValueInfoProto(name=node.output[0])],
        )
        alone = onnx.helper.make_model(
            alone,
            opset_imports=[onnx.helper.make_opsetid("", self._version)],
            ir_version=self._model.ir_version,
        )
        try:
            found: Any = ReferenceEvaluator(alone).run(None, feeds)
        except (RuntimeError, ValueError, TypeError, IndexError, KeyError, ArithmeticError):
            return None
        result: NDArray[Any] = np.asarray(found[0])
        if result.dtype.kind not in "iub":
            return None
        wraps = node.op_type in ("Add", "Cast", "Mul", "Neg", "ReduceProd", "Sub")
        if wraps and any(abs(int(number)) >= 2**31 for number in result.ravel()):
            return None
        return result


def _shape(kind: Any) -> Shape:
    return tuple(int(d.dim_value) for d in kind.tensor_type.shape.dim)


def _array(tensor: Any) -> NDArray[Any]:
    import onnx

    array: NDArray[Any] = onnx.numpy_helper.to_array(tensor)
    return array
