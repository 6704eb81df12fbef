"""One way to name a driver, for every command and every kind of world."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from racer.drivers.protocol import CountsFaults, HasDevice
from racer.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Driver = TypeVar("_Driver")
UNSAFE = (".zip", ".pkl", ".pt", ".pth")


def named_driver(
    spec: str,
    built_in: Mapping[str, Callable[[], _Driver]],
    policy: Callable[[Path], _Driver],
    *,
    files: Mapping[str, Callable[[Path], _Driver]] | None = None,
    shipped: Mapping[str, Path] | None = None,
    place: str = "",
    known: str = "",
) -> _Driver:
    """Makes a driver from what a person typed.

    Args:
        spec: a built-in name, the path of a policy (`.onnx`), or the folder of a training run.
        built_in: makers of the drivers that have names.
        policy: opens a policy's file.
        files: makers for files with further endings.
        shipped: policies that come with Racer, by name; a path that exists wins.
        place: where it shall drive, for the message: " for the highway".
        known: what there is beside built-in names, for the message.

    Raises:
        PolicyError: there is no such driver, or the policy cannot be used.
    """
    if spec in built_in:
        return built_in[spec]()
    path = Path(spec)
    shipped = shipped or {}
    if path.is_dir():
        path = path / "policy.onnx"
    elif spec in shipped and not path.exists():
        path = shipped[spec]
    if path.suffix == ".onnx":
        return policy(path)
    for ending, maker in (files or {}).items():
        if path.name.endswith(ending):
            return maker(path)
    if path.suffix in UNSAFE:
        raise PolicyError(
            f"{spec}: files of this kind can run code when they are read, so Racer does not; "
            "`racer export RUN` makes an .onnx of a training run, "
            "`racer.adopt.adopt_policy` one of a model of yours."
        )
    known = known or "policies (.onnx) and the folders of training runs"
    raise PolicyError(
        f"there is no driver {spec!r}{place}; there are {', '.join([*built_in, *shipped])}, "
        f"{known}."
    )


def faults_of(driver: Any) -> int:
    """Actions so far that a policy did not give; 0 for drivers that always do."""
    return driver.faults if isinstance(driver, CountsFaults) else 0


def device_of(driver: Any) -> str:
    """What its laps are filed under."""
    return driver.device if isinstance(driver, HasDevice) else "agent"
