"""Which operators a policy may have, and what each costs.

The list is what exporters write for feed-forward networks (torch.onnx in both its ways, skl2onnx,
tf2onnx, Stable-Baselines3, CleanRL, RLlib). Left out on purpose: control flow and everything else
that holds a graph of its own (Loop, Scan, If), sequences, optional values and texts, chance, and
results whose size depends on numbers (NonZero, Unique, Compress). What is listed always ends, and
its cost follows from the shapes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Shape = tuple[int, ...]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELEMENTWISE = _names(
    "Abs Acos Acosh Add And Asin Asinh Atan Atanh Cast CastLike Ceil Celu Clip Cos Cosh Div "
    "Dropout Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual HardSigmoid HardSwish Identity "
    "IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow "
    "Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub Sum Swish "
    "Tan Tanh ThresholdedRelu Where Xor"
)
NORMALISING = _names(
    "BatchNormalization GroupNormalization Hardmax InstanceNormalization LayerNormalization "
    "LogSoftmax LpNormalization MeanVarianceNormalization RMSNormalization Softmax"
)
REDUCING = _names(
    "ArgMax ArgMin CumSum GlobalAveragePool GlobalMaxPool ReduceL1 ReduceL2 ReduceLogSum "
    "ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare TopK"
)
SHAPING = _names(
    "Concat Constant ConstantOfShape Expand Flatten Gather OneHot "
    "Pad Range Reshape Shape Size Slice Split Squeeze Tile Transpose "
    "Trilu Unsqueeze"
)
MULTIPLYING = _names("AveragePool Conv Einsum Gemm MatMul MaxPool")
ALLOWED = ELEMENTWISE | NORMALISING | REDUCING | SHAPING | MULTIPLYING

# Whole-number operators whose values are followed, because shapes are computed with them.
FOLLOWED = _names(
    "Add Cast Concat Constant ConstantOfShape Div Equal Expand Gather Identity Max Min Mod Mul Neg "
    "Range ReduceProd Reshape Slice Squeeze Sub Unsqueeze Where"
)

# Attributes by which an operator divides.
POSITIVE = ("dilations", "group", "kernel_shape", "num_groups", "num_outputs", "strides")

CHANCE = _names(
    "Bernoulli Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike"
)


def refusal(operator: str) -> str:
    """Why an operator is not allowed, and what to do about it."""
    if operator in CHANCE:
        return "draws random numbers; export the deterministic action"
    if operator in ("If", "Loop", "Scan"):
        return "holds a graph of its own; export the network without control flow"
    return "is not one that policies may have"


def work(operator: str, attributes: dict[str, Any], inputs: Sequence[Shape], output: Shape) -> int:
    """About how many multiplications a node needs, from the shapes of inputs and output."""
    count = math.prod(output)
    total = count + sum(map(math.prod, inputs))
    if operator == "MatMul":
        return total + count * inputs[0][-1]
    if operator == "Gemm":
        return total + count * inputs[0][0 if attributes.get("transA") else -1]
    if operator == "Conv":
        return total + count * math.prod(inputs[1][1:])
    if operator in ("MaxPool", "AveragePool"):
        kernel: Shape = tuple(attributes.get("kernel_shape", ()))
        return total + count * math.prod(kernel)
    if operator == "Einsum":
        return total + _einsum(str(attributes.get("equation", "")), inputs)
    return total * (8 if operator in NORMALISING or operator == "TopK" else 1)


def _einsum(equation: str, inputs: Sequence[Shape]) -> int:
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    if len(terms) != len(inputs) or any(
        len(term) != len(shape) for term, shape in zip(terms, inputs, strict=True)
    ):
        return math.prod(map(math.prod, inputs))  # an ellipsis: at most everything by everything
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, inputs, strict=True):
        for label, size in zip(term, shape, strict=True):
            sizes[label] = max(size, sizes.get(label, 1))
    return math.prod(sizes.values())
