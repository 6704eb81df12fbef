"""Settings that can be read as the dicts and lists that they look like, and not be written.

A write to the settings of an environment that runs would change nothing, because the engine has its
own copy; so it raises, and says what works.
"""

from __future__ import annotations

from typing import Any, NoReturn

from racer.errors import ReadOnlyError


def _refuse(self: Any, *_args: Any, **_settings: Any) -> NoReturn:
    del self
    raise ReadOnlyError(
        "the settings of a running environment cannot be written; give them to gymnasium.make("
        "config={...}) or, for the next episode, to reset(options={'config': {...}}) or "
        "env.unwrapped.configure({...}); config.copy() gives a dict of your own."
    )


class FrozenDict(dict[str, Any]):
    """A dict that raises ReadOnlyError when it is written."""

    def copy(self) -> dict[str, Any]:
        """The same as a plain dict of plain dicts and lists."""
        plain: dict[str, Any] = thawed(self)
        return plain

    def __deepcopy__(self, memo: dict[int, Any]) -> FrozenDict:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return frozen, (thawed(self),)


class FrozenList(list[Any]):
    """A list that raises ReadOnlyError when it is written."""

    def copy(self) -> list[Any]:
        """The same as a plain list."""
        plain: list[Any] = thawed(self)
        return plain

    def __deepcopy__(self, memo: dict[int, Any]) -> FrozenList:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return frozen, (thawed(self),)


for _name in ("__setitem__", "__delitem__", "clear", "pop"):
    setattr(FrozenDict, _name, _refuse)
    setattr(FrozenList, _name, _refuse)
for _name in ("update", "setdefault", "popitem", "__ior__"):
    setattr(FrozenDict, _name, _refuse)
for _name in (
    "append", "extend", "insert", "remove", "reverse", "sort", "__iadd__", "__imul__",
):  # fmt: skip
    setattr(FrozenList, _name, _refuse)


def frozen(value: Any) -> Any:
    """A value of settings with all dicts and lists in it frozen."""
    if isinstance(value, dict):
        return FrozenDict({key: frozen(part) for key, part in value.items()})
    return FrozenList(map(frozen, value)) if isinstance(value, list) else value


def thawed(value: Any) -> Any:
    """A value of settings with all dicts and lists in it plain."""
    if isinstance(value, dict):
        return {key: thawed(part) for key, part in value.items()}
    return [thawed(part) for part in value] if isinstance(value, list) else value
