"""Drivers: everything that can sit in a car, behind one small protocol.

`make_driver` names them all: "random", "casual", "good", "keyboard", an exported policy (`.onnx`),
a recorded lap (`.lap.npz`) or the folder of a training run. The human driver lives in the viewer.
"""

from racer.drivers.circuit.make import BUILT_IN, make_driver
from racer.drivers.protocol import Driver

__all__ = ["BUILT_IN", "Driver", "make_driver"]
