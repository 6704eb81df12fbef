"""Drivers for any kind of world: chance, and policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.spaces import Discrete

from racer.drivers.named import named_driver
from racer.drivers.onnx_graph import OnnxGraph
from racer.drivers.shipped import policies_for
from racer.envs.plain.policy import PlainPolicyMetadata, sizes_of
from racer.kinds import kind_of, preset_of

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from gymnasium.spaces import Space
    from numpy.typing import NDArray

BUILT_IN = ("random",)


class PlainRandomDriver:
    """Draws every action anew, uniformly from the action space.

    Args:
        space: of one action.
        seed: of its own stream of random numbers.
    """

    name = "random"

    def __init__(self, space: Space[Any], seed: int = 0) -> None:
        self.settings: Mapping[str, Any] = {}
        self._space: Any = space
        self._random = np.random.default_rng(seed)

    def reset(self, mask: NDArray[np.bool_] | None = None) -> None:
        """Does nothing: it has no past."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[Any]:
        """Random actions for observations (M, ...)."""
        space = self._space
        if isinstance(space, Discrete):
            return self._random.integers(0, space.n, len(obs))
        shape = (len(obs), *space.shape)
        return self._random.uniform(space.low, space.high, shape).astype(np.float32)


class PlainOnnxDriver:
    """A policy in the ONNX format with Racer's metadata; normalisation is part of its graph.

    Args:
        path: the file, as `racer export` writes it.
        env_id: the environment it shall drive in.
        worlds: worlds of that environment, for their spaces.

    Raises:
        PolicyError: the file cannot be read, is no policy, or was trained for something else.
    """

    def __init__(self, path: str | os.PathLike[str], env_id: str, worlds: Any) -> None:
        graph = OnnxGraph(path)
        self.metadata = PlainPolicyMetadata.from_properties(graph.properties, graph.shown)
        observed, acted, numbered = sizes_of(worlds)
        self.metadata.check(graph.shown, env_id, (observed, acted, numbered))
        self.name = self.metadata.name or Path(graph.shown).stem
        self.settings: Mapping[str, Any] = {}
        graph.prepare(
            observed,
            () if numbered else tuple(worlds.action_space.shape),
            np.int64 if numbered else np.float32,
            choices=acted if numbered else None,
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


def make_plain_driver(spec: str, env_id: str, worlds: Any, seed: int = 0) -> Any:
    """Makes a driver from what a person typed: "random", a policy's file, or a run's folder.

    Raises:
        PolicyError: there is no such driver, or the policy cannot be used.
    """
    return named_driver(
        spec,
        {"random": lambda: PlainRandomDriver(worlds.action_space, seed)},
        lambda path: PlainOnnxDriver(path, env_id, worlds),
        shipped=policies_for(env_id),
        place=f" for {env_id}",
    )


class PlainDrivers:
    """See `racer.drivers.protocol.Drivers`."""

    def names(self) -> tuple[str, ...]:
        """What people may type."""
        return BUILT_IN

    def policy(self, path: Path, env_id: str, settings: Any) -> PlainOnnxDriver:
        """The driver of a policy's file."""
        worlds = kind_of(env_id).load("worlds")(1, settings, preset_of(env_id), seed=0)
        return PlainOnnxDriver(path, env_id, worlds)

    def try_out(self, path: Path, metadata: Any, seconds: float) -> int:
        """Lets a policy drive in four worlds."""
        env_id = metadata.env_id
        worlds = kind_of(env_id).load("worlds")(
            4, metadata.settings, preset_of(env_id), autoreset="same_step", seed=0
        )
        driver = PlainOnnxDriver(path, env_id, worlds)
        for _ in range(max(1, round(seconds / worlds.seconds_per_action))):
            worlds.step(driver.act(worlds.observations.copy()))
        return driver.faults


DRIVERS = PlainDrivers()
