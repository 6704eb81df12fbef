"""The drivers for circuits, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from racer.drivers.circuit.keyboard_like import KeyboardDriver
from racer.drivers.circuit.random_driver import RandomDriver
from racer.drivers.circuit.scripted import casual_driver, good_driver
from racer.drivers.named import named_driver
from racer.drivers.shipped import shipped_policies
from racer.kinds import CIRCUIT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from racer import _core
    from racer.drivers.protocol import Driver

BUILT_IN = ("random", "casual", "good", "keyboard")


def make_driver(
    spec: str, track: _core.circuit.Track, vehicle: str = "gt", seed: int = 0
) -> Driver:
    """Makes a driver from what a person typed.

    Args:
        spec: "random", "casual", "good", "keyboard", a policy that comes with Racer, the path of
            a policy (`.onnx`) or of a lap to drive again (`.lap.npz`), or the folder of a training
            run.
        track: the circuit it will drive on.
        vehicle: name of the vehicle.
        seed: of the drivers that draw numbers, `random` and `keyboard`.

    Raises:
        PolicyError: there is no such driver, or the policy cannot be used.
        LapError: the lap cannot be used.
    """

    def policy(path: Path) -> Driver:
        from racer.drivers.circuit.onnx_driver import OnnxDriver

        return OnnxDriver(path, vehicle)

    def lap(path: Path) -> Driver:
        from racer.drivers.circuit.replay import ReplayDriver

        return ReplayDriver.open(path, track, vehicle)

    built_in: dict[str, Callable[[], Driver]] = {
        "random": lambda: RandomDriver(seed),
        "casual": lambda: casual_driver(track, vehicle),
        "good": lambda: good_driver(track, vehicle),
        "keyboard": lambda: KeyboardDriver(track, vehicle, seed),
    }
    return named_driver(
        spec,
        built_in,
        policy,
        files={".lap.npz": lap},
        shipped=circuit_policies(),
        known="policies (.onnx), laps (.lap.npz) and the folders of training runs",
    )


def circuit_policies() -> dict[str, Path]:
    """Names and files of the policies for circuits that come with Racer."""
    return shipped_policies(CIRCUIT.ids)


class CircuitDrivers:
    """See `racer.drivers.protocol.Drivers`."""

    def names(self) -> tuple[str, ...]:
        """What people may type."""
        return (*BUILT_IN, *circuit_policies())

    def shipped(self) -> tuple[str, ...]:
        """Those of them that are policies that come with Racer."""
        return tuple(circuit_policies())

    def policy(self, path: Path, env_id: str, settings: Any) -> Any:
        """The driver of a policy's file, for the vehicle of the settings."""
        from racer.drivers.circuit.onnx_driver import OnnxDriver

        del env_id
        return OnnxDriver(path, settings.vehicle)

    def try_out(self, path: Path, metadata: Any, seconds: float) -> int:
        """Lets a policy drive from four places of a circuit, one standing and three rolling."""
        from racer import _core
        from racer.drivers.circuit.onnx_driver import OnnxDriver
        from racer.envs.circuit.session import Seat, Session, drive
        from racer.tracks import load_track

        driver = OnnxDriver(path, metadata.vehicle)
        session = Session(load_track("harbour"), worlds=4, vehicle=metadata.vehicle)
        for world in range(1, 4):
            session.place(world, 0, 300.0 * world, 0.0, 0.0, 25.0)
        drive(session, [Seat(driver, session)], round(seconds / _core.TICK_SECONDS))
        return driver.faults


DRIVERS = CircuitDrivers()
