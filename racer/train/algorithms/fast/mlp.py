"""Networks side by side over one input, with gradients written out into buffers made once.

Autograd makes new tensors for every layer of every minibatch. For networks as small as those of
a driver that costs as much as the arithmetic. Rows are taken a chunk at a time, so that what a
layer writes is still in the processor's cache when the next one reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Sequence

CHUNK = 2048  # rows
_relu_slope = torch.ops.aten.threshold_backward.grad_input


class Towers:
    """Networks of linear layers that see the same input, such as an actor and a critic.

    One that takes fewer numbers than another sees the first of them. If all take as many, their
    first layers become one matrix, so that the input is read once. The parameters stay those of the
    modules; their values and gradients become views of common memory.

    Args:
        towers: the linear layers of each network, first to last, at least two of each.
        activation: of all layers but the last of each, `nn.Tanh` or `nn.ReLU`.
        others: parameters beside them.

    Attributes:
        gradient: all gradients in one vector; `backward` adds to it.
    """

    def __init__(
        self,
        towers: Sequence[Sequence[nn.Linear]],
        activation: type[nn.Module],
        others: Sequence[nn.Parameter] = (),
    ) -> None:
        self._tanh = activation is nn.Tanh
        self._first = [tower[0] for tower in towers]
        self._later = [list(tower[1:]) for tower in towers]
        weights: list[torch.Tensor] = [layer.weight for layer in self._first]
        biases: list[torch.Tensor] = [layer.bias for layer in self._first]
        later = [p for tower in self._later for layer in tower for p in layer.parameters()]
        parameters: list[torch.Tensor] = [*weights, *biases, *later, *others]
        self.gradient = torch.zeros(sum(p.numel() for p in parameters))
        start = 0
        for p in parameters:
            p.grad = self.gradient[start : start + p.numel()].view_as(p)
            start += p.numel()
        self._inputs = [layer.in_features for layer in self._first]
        self._joint: tuple[torch.Tensor, ...] | None = None
        if len(set(self._inputs)) == 1:
            weight, bias = _joined(weights), _joined(biases)
            n = weight.numel()
            slopes = self.gradient[:n].view_as(weight), self.gradient[n : n + len(bias)]
            self._joint = (weight, bias, *slopes)
        self._buffers: dict[int, _Buffers] = {}

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """The networks' outputs (B, O) for inputs (B, I) float32.

        The next call with so many rows overwrites them.
        """
        buffers = self._of_size(len(x))
        if self._joint is not None:
            weight, bias, *_ = self._joint
            torch.addmm(bias, x, weight.t(), out=buffers.first)
        else:
            for layer, width, out in zip(self._first, self._inputs, buffers.parts, strict=True):
                torch.addmm(layer.bias, x[:, :width], layer.weight.t(), out=out)
        self._activate(buffers.first)
        outputs = []
        for layers, below, values in zip(self._later, buffers.parts, buffers.values, strict=True):
            seen = below
            for layer, out in zip(layers, values, strict=True):
                torch.addmm(layer.bias, seen, layer.weight.t(), out=out)
                if out is not values[-1]:
                    self._activate(out)
                seen = out
            outputs.append(seen)
        return outputs

    def backward(self, x: torch.Tensor, slopes: Sequence[torch.Tensor]) -> None:
        """Adds the gradients of the parameters to `gradient`.

        Args:
            x: inputs (B, I) of the last `forward` with so many rows, whose values it uses up.
            slopes: derivative (B, O) of the loss by the outputs of each network.
        """
        buffers = self._of_size(len(x))
        for k, slope in enumerate(slopes):
            above = slope
            layers, values = self._later[k], buffers.values[k]
            for j in range(len(layers) - 1, -1, -1):
                layer, below = layers[j], values[j - 1] if j else buffers.parts[k]
                layer.weight.grad.addmm_(above.t(), below)  # type: ignore[union-attr]
                layer.bias.grad.add_(above.sum(0))  # type: ignore[union-attr]
                out = buffers.slopes[k][j - 1] if j else buffers.slope_parts[k]
                torch.mm(above, layer.weight, out=out)
                if j:
                    self._scale(out, below)
                above = out
        self._scale(buffers.slope, buffers.first)
        if self._joint is not None:
            _, _, weight_slope, bias_slope = self._joint
            weight_slope.addmm_(buffers.slope.t(), x)
            bias_slope.add_(buffers.slope.sum(0))
            return
        for layer, width, above in zip(self._first, self._inputs, buffers.slope_parts, strict=True):
            layer.weight.grad.addmm_(above.t(), x[:, :width])  # type: ignore[union-attr]
            layer.bias.grad.add_(above.sum(0))  # type: ignore[union-attr]

    def input_slope(
        self, x: torch.Tensor, slopes: Sequence[torch.Tensor], start: int
    ) -> torch.Tensor:
        """The derivative (B, I - start) by the inputs from `start` on; no gradient changes.

        Only for networks that all take as many inputs.

        Args:
            x: inputs of the last `forward` with so many rows, whose values it uses up.
            slopes: derivative (B, O) of the loss by the outputs of each network.
            start: first of the inputs that matter.
        """
        buffers = self._of_size(len(x))
        assert self._joint is not None  # noqa: S101 - for mypy
        for k, slope in enumerate(slopes):
            above = slope
            layers, values = self._later[k], buffers.values[k]
            for j in range(len(layers) - 1, -1, -1):
                out = buffers.slopes[k][j - 1] if j else buffers.slope_parts[k]
                torch.mm(above, layers[j].weight, out=out)
                if j:
                    self._scale(out, values[j - 1])
                above = out
        self._scale(buffers.slope, buffers.first)
        return torch.mm(buffers.slope, self._joint[0][:, start:])

    def _activate(self, values: torch.Tensor) -> None:
        if self._tanh:
            torch.tanh(values, out=values)
        else:
            values.clamp_(min=0.0)

    def _scale(self, slope: torch.Tensor, values: torch.Tensor) -> None:
        """Multiplies by the activation's slope: 1 - tanh^2, or whether the value is above 0."""
        if self._tanh:
            slope.addcmul_(slope, values.square_(), value=-1.0)
        else:
            _relu_slope(slope, values, 0, grad_input=slope)

    def _of_size(self, rows: int) -> _Buffers:
        if rows not in self._buffers:
            widths = [layer.out_features for layer in self._first]
            self._buffers[rows] = _Buffers(rows, widths, self._later)
        return self._buffers[rows]


class _Buffers:
    """What the networks write for a number of rows."""

    def __init__(self, rows: int, widths: list[int], later: list[list[nn.Linear]]) -> None:
        self.first, self.slope = torch.empty(2, rows, sum(widths))
        self.parts = self.first.split(widths, 1)
        self.slope_parts = self.slope.split(widths, 1)
        self.values = [
            [torch.empty(rows, layer.out_features) for layer in layers] for layers in later
        ]
        self.slopes = [
            [torch.empty(rows, layer.out_features) for layer in layers[:-1]] for layers in later
        ]


def _joined(parameters: Sequence[torch.Tensor]) -> torch.Tensor:
    """Moves parameters into one tensor, one below the other, and gives it."""
    whole = torch.cat([p.data for p in parameters])
    start = 0
    for p in parameters:
        p.data = whole[start : start + len(p)]
        start += len(p)
    return whole


def layers_of(*parts: nn.Module) -> tuple[list[nn.Linear], type[nn.Module]] | None:
    """The linear layers of modules that follow each other, and the activation between them.

    Returns:
        None if they are anything else, or fewer than two layers.
    """
    flat: list[nn.Module] = []
    for part in parts:
        flat += [*part] if isinstance(part, nn.Sequential) else [part]
    linear, between = flat[::2], flat[1::2]
    kinds = {type(module) for module in between}
    if len(linear) != len(between) + 1 or len(kinds) != 1 or not kinds <= {nn.Tanh, nn.ReLU}:
        return None
    layers = [layer for layer in linear if isinstance(layer, nn.Linear) and layer.bias is not None]
    return (layers, kinds.pop()) if len(layers) == len(linear) else None
