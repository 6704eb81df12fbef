"""Drivers: everything that can sit in a car, behind one small protocol.

`make_driver` names those for circuits: "random", "casual", "good", "keyboard", an exported policy
(`.onnx`), a recorded lap (`.lap.npz`) or the folder of a training run. `racer.drivers.highway` has
those for the highway, `plain` those for any kind of world. People at keyboards are in `racer.play`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from racer.lazy import loader

if TYPE_CHECKING:
    from racer.drivers.circuit.make import BUILT_IN as BUILT_IN
    from racer.drivers.circuit.make import make_driver as make_driver
    from racer.drivers.protocol import Driver as Driver

__getattr__ = loader(
    __name__,
    {
        "BUILT_IN": "racer.drivers.circuit.make",
        "Driver": "racer.drivers.protocol",
        "make_driver": "racer.drivers.circuit.make",
    },
)

__all__ = ["BUILT_IN", "Driver", "make_driver"]
