"""What the worlds of a vector environment have one by one: attributes and methods by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray


def refuse_own(view: object, name: str) -> None:
    """Refuses to keep a value under a name that the environment knows: it would change nothing.

    Raises:
        AttributeError: the environment has such an attribute, or was made with such an argument.
    """
    config: Any = getattr(view, "config", {})
    settings = config if isinstance(config, Mapping) else vars(config)
    arguments = inspect.signature(type(view)).parameters
    if hasattr(view, name) or name in settings or name in arguments:
        raise AttributeError(f"{name!r} cannot be set; make another environment.")


class WorldAttributes:
    """Attributes of N worlds: fixed ones, telemetry, and whatever a user sets.

    Args:
        num_envs: number of worlds N.
        fixed: sequences (N,) of what cannot be set.
        methods: what can be called, with the number of the world first.
    """

    def __init__(
        self,
        num_envs: int,
        fixed: Mapping[str, Sequence[Any]],
        methods: Mapping[str, Callable[..., Any]],
    ) -> None:
        self._num_envs = num_envs
        self._fixed = dict(fixed)
        self._telemetry: Mapping[str, NDArray[Any]] = {}
        self._methods = dict(methods)
        self._kept: dict[str, list[Any]] = {}

    def attach(self, telemetry: Mapping[str, NDArray[Any]], render_mode: str | None) -> None:
        """Takes the views (N,) of the engine's memory, which a copy of the worlds has anew."""
        self._telemetry = telemetry
        self._fixed["render_mode"] = [render_mode] * self._num_envs

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_telemetry": {}}

    def __contains__(self, name: str) -> bool:
        return name in self._fixed or name in self._telemetry or name in self._kept

    def get(self, name: str, worlds: Sequence[int]) -> list[Any]:
        """The attribute of some worlds.

        Raises:
            AttributeError: there is none of that name.
        """
        for table in (self._kept, self._fixed):
            if name in table:
                return [table[name][world] for world in worlds]
        if name in self._telemetry:
            return [self._telemetry[name][world].item() for world in worlds]
        known = ", ".join((*self._kept, *self._fixed, *self._telemetry))
        raise AttributeError(f"the worlds have no attribute {name!r}; known are {known}.")

    def set(self, name: str, values: Sequence[Any], worlds: Sequence[int]) -> None:
        """Keeps a value with each of some worlds.

        Raises:
            AttributeError: the engine has an attribute of that name, which cannot be set.
        """
        if name in self._fixed or name in self._telemetry or name in self._methods:
            raise AttributeError(f"{name!r} cannot be set; make another environment.")
        kept = self._kept.setdefault(name, [None] * self._num_envs)
        for world, value in zip(worlds, values, strict=True):
            kept[world] = value

    def call(self, name: str, worlds: Sequence[int], *args: Any, **kwargs: Any) -> list[Any]:
        """What a method answers for each of some worlds.

        Raises:
            AttributeError: there is none of that name.
        """
        if name not in self._methods:
            known = ", ".join(self._methods)
            raise AttributeError(f"worlds have no method {name!r}; known are {known}.")
        return [self._methods[name](world, *args, **kwargs) for world in worlds]

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods."""
        return tuple(self._methods)
