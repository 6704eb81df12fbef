"""One way to name a driver, for every command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from racer.drivers.circuit.keyboard_like import KeyboardDriver
from racer.drivers.circuit.random_driver import RandomDriver
from racer.drivers.circuit.scripted import casual_driver, good_driver
from racer.errors import PolicyError

if TYPE_CHECKING:
    from racer import _core
    from racer.drivers.protocol import Driver

BUILT_IN = ("random", "casual", "good", "keyboard")


def make_driver(spec: str, track: _core.Track, vehicle: str = "gt", seed: int = 0) -> Driver:
    """Makes a driver from what a person typed.

    Args:
        spec: "random", "casual", "good", "keyboard", the path of a policy (`.onnx`) or of a lap to
            drive again (`.lap.npz`), or the folder of a training run.
        track: the circuit it will drive on.
        vehicle: name of the vehicle.
        seed: of the drivers that draw numbers, `random` and `keyboard`.

    Raises:
        PolicyError: there is no such driver, or the policy cannot be used.
        LapError: the lap cannot be used.
    """
    if spec == "random":
        return RandomDriver(seed)
    if spec == "casual":
        return casual_driver(track, vehicle)
    if spec == "good":
        return good_driver(track, vehicle)
    if spec == "keyboard":
        return KeyboardDriver(track, vehicle, seed)
    path = Path(spec)
    if path.is_dir():
        path = path / "policy.onnx"
    if path.suffix == ".onnx":
        from racer.drivers.circuit.onnx_driver import OnnxDriver

        return OnnxDriver(path, vehicle)
    if path.name.endswith(".lap.npz"):
        from racer.drivers.circuit.replay import ReplayDriver

        return ReplayDriver.open(path, track, vehicle)
    if path.suffix in (".zip", ".pkl", ".pt", ".pth"):
        raise PolicyError(
            f"{spec}: files of this kind can run code when they are read, so Racer does not; "
            "`racer export RUN` makes an .onnx of a training run, "
            "`racer.adopt.adopt_policy` one of a model of yours."
        )
    raise PolicyError(
        f"There is no driver {spec!r}; there are {', '.join(BUILT_IN)}, policies (.onnx), "
        "laps (.lap.npz) and the folders of training runs."
    )
