"""Drivers for the highway: standing orders, chance, the traffic's own rule, and policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from racer.drivers.named import named_driver
from racer.drivers.onnx_graph import OnnxGraph
from racer.drivers.protocol import SettledDriver
from racer.drivers.shipped import FOLDER, shipped_policies
from racer.envs.highway.policy import (
    ENVIRONMENTS,
    HighwayPolicyMetadata,
    action_count,
    flat_size,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

BUILT_IN = ("idle", "random", "traffic")
POLICIES = FOLDER
IDLE = 1  # its number among the meta-actions, whichever of them there are


HighwayDriver = SettledDriver


class IdleDriver:
    """Leaves the wheel straight and the speed as it is.

    Args:
        action: the table `action` of the environment's settings.
    """

    name = "idle"

    def __init__(self, action: Mapping[str, Any]) -> None:
        self.settings: Mapping[str, Any] = {}
        self._discrete = action["type"] != "ContinuousAction"
        self._count = action_count(action)

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Does nothing: it has no past."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[Any]:
        """The same for all observations (M, ...)."""
        if self._discrete:
            return np.full(len(obs), min(IDLE, self._count - 1), np.int64)
        return np.zeros((len(obs), self._count), np.float32)


class RandomHighwayDriver:
    """Draws every action anew, uniformly.

    Args:
        action: the table `action` of the environment's settings.
        seed: of its own stream of random numbers.
    """

    name = "random"

    def __init__(self, action: Mapping[str, Any], seed: int = 0) -> None:
        self.settings: Mapping[str, Any] = {}
        self._discrete = action["type"] != "ContinuousAction"
        self._count = action_count(action)
        self._random = np.random.default_rng(seed)

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Does nothing: it has no past."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[Any]:
        """Random actions for observations (M, ...)."""
        if self._discrete:
            return self._random.integers(0, self._count, len(obs))
        return 2.0 * self._random.random((len(obs), self._count), np.float32) - np.float32(1.0)


class TrafficDriver:
    """Lets the ego vehicle drive as the traffic does (IDM and MOBIL), wanting 30 m/s.

    The engine drives: such a driver sees more than any observation shows.
    """

    name = "traffic"

    def __init__(self) -> None:
        self.settings: Mapping[str, Any] = {"action": {"type": "Traffic"}}

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Does nothing: it has no past."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[Any]:
        """The only action that there is, for observations (M, ...)."""
        return np.zeros(len(obs), np.int64)


class HighwayOnnxDriver:
    """A policy in the ONNX format with Racer's metadata; normalisation is part of its graph.

    Args:
        path: the file, as `racer export` writes it.
        env_id: the environment it shall drive in.
        settings: that environment's settings.

    Raises:
        PolicyError: the file cannot be read, is no policy, or was trained for something else.
    """

    def __init__(
        self, path: str | os.PathLike[str], env_id: str, settings: Mapping[str, Any]
    ) -> None:
        graph = OnnxGraph(path)
        self.metadata = HighwayPolicyMetadata.from_properties(graph.properties, graph.shown)
        self.metadata.check(graph.shown, env_id, settings)
        self.name = self.metadata.name or Path(graph.shown).stem
        self.settings: Mapping[str, Any] = {}
        action = settings["action"]
        discrete = action["type"] != "ContinuousAction"
        shape = () if discrete else (action_count(action),)
        count = action_count(action)
        graph.prepare(
            flat_size(settings["observation"]),
            shape,
            np.int64 if discrete else np.float32,
            neutral=min(IDLE, count - 1) if discrete else 0,
            choices=count if discrete else None,
        )
        self._graph = graph

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Does nothing: the policy has no memory."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[Any]:
        """Actions for observations (M, ...)."""
        return self._graph.answer(obs.reshape(len(obs), -1))

    @property
    def faults(self) -> int:
        """Actions so far that the neutral one stood in for."""
        return self._graph.faults


def list_policies() -> list[str]:
    """Names of the policies for the highway that come with Racer."""
    return list(shipped_policies(ENVIRONMENTS))


def make_highway_driver(
    spec: str, env_id: str, settings: Mapping[str, Any], seed: int = 0
) -> HighwayDriver:
    """Makes a driver from what a person typed.

    Args:
        spec: "idle", "random", "traffic", a policy that comes with Racer, the path of a policy
            (`.onnx`) or the folder of a training run.
        env_id: the environment it will drive in.
        settings: that environment's settings.
        seed: of the random driver.

    Raises:
        PolicyError: there is no such driver, or the policy cannot be used.
    """

    def policy(path: Path) -> HighwayDriver:
        return HighwayOnnxDriver(path, env_id, settings)

    built_in: dict[str, Callable[[], HighwayDriver]] = {
        "idle": lambda: IdleDriver(settings["action"]),
        "random": lambda: RandomHighwayDriver(settings["action"], seed),
        "traffic": TrafficDriver,
    }
    return named_driver(
        spec,
        built_in,
        policy,
        shipped=shipped_policies(ENVIRONMENTS),
        place=" for the highway",
        known="policies (.onnx) and the folders of runs",
    )


class HighwayDrivers:
    """See `racer.drivers.protocol.Drivers`."""

    def names(self) -> tuple[str, ...]:
        """What people may type."""
        return (*BUILT_IN, *self.shipped())

    def shipped(self) -> list[str]:
        """Names of the policies that come with Racer."""
        return list_policies()

    def policy(self, path: Path, env_id: str, settings: Any) -> HighwayOnnxDriver:
        """The driver of a policy's file."""
        return HighwayOnnxDriver(path, env_id, settings)

    def try_out(self, path: Path, metadata: Any, seconds: float) -> int:
        """Lets a policy drive in four worlds."""
        from racer.envs.highway.settings import highway_settings
        from racer.envs.highway.worlds import HighwayWorlds

        driver = HighwayOnnxDriver(path, metadata.env_id, metadata.settings)
        settings = highway_settings(metadata.settings, ENVIRONMENTS[metadata.env_id])
        worlds = HighwayWorlds(4, settings, autoreset="same_step", seed=0)
        for _ in range(max(1, round(seconds / worlds.seconds_per_action))):
            worlds.step(driver.act(worlds.observations.copy()))
        return driver.faults


DRIVERS = HighwayDrivers()
