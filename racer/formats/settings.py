"""Settings that check themselves: the one place that judges a single value.

A settings class is a frozen dataclass that derives from `Checked`; its fields are made with
`number_field`, `choice_field` and the others, which say what a field may hold. Constructing one
checks every field, so neither a file, nor a flag, nor `dataclasses.replace` can build settings that
cannot be used. Settings that are no dataclass (HighwayEnv's, a command's flags) use the functions
`number`, `whole_number`, `truth`, `choice` and `pair`.

Every message has one shape: "NAME is VALUE, but it must be ...".
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, TypeVar

import numpy as np

from racer.errors import ConfigError
from racer.formats.text import is_plain, shown

INT_MAX = 2**31 - 1
LONGEST_LIST = 64
LONGEST_TEXT = 900  # a line of a TOML file must hold it
_Section = TypeVar("_Section", bound="Checked")
_Check = Callable[[Any, str], Any]


# Single values -------------------------------------------------------------------------------


def shown_value(value: object, limit: int = 60) -> str:
    """A value for a message: as in Python, but short and on one line."""
    plain = value.item() if isinstance(value, np.generic) and value.shape == () else value
    try:
        return shown(repr(plain), limit)
    except (ValueError, RecursionError):
        if isinstance(plain, int):
            return "a number of thousands of digits"
        return f"something of the type {type(plain).__name__}"


def refuse(name: str, value: object, wanted: str) -> ConfigError:
    """The error for a value that cannot be used."""
    return ConfigError(f"{name} is {shown_value(value)}, but it must be {wanted}.")


def bound_text(value: float) -> str:
    """A bound for a message; whole ones as whole numbers."""
    if math.isfinite(value) and float(value).is_integer() and abs(value) < 1e16:
        return f"{int(value):,}"
    return f"{value:g}"


def _bounds(value: object, low: float, high: float) -> str:
    """What a message says about bounds; one that nobody meets is left out."""
    if high == math.inf and low == -math.inf:
        return ""
    if high in (INT_MAX, math.inf) and not (isinstance(value, (int, float)) and value > high):
        return f", at least {bound_text(low)}"
    return f" from {bound_text(low)} to {bound_text(high)}"


def _is_number(value: object, kind: type) -> bool:
    """Whether it is a number of that kind; truth values are none."""
    return not isinstance(value, bool) and isinstance(value, kind)


def whole_number(value: Any, name: str, low: int = -(2**31), high: int = INT_MAX) -> int:
    """A whole number as an int.

    Args:
        value: what was given; NumPy's integers count, truth values do not.
        name: its name, for the message.
        low: the least that is right.
        high: the largest that is right.

    Raises:
        ConfigError: it is something else, or out of bounds.
    """
    if _is_number(value, Integral) and low <= int(value) <= high:
        return int(value)
    bounds = (
        "" if low == -(2**31) and not _is_number(value, Integral) else _bounds(value, low, high)
    )
    raise refuse(name, value, f"a whole number{bounds}")


def number(value: Any, name: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number as a float; raises ConfigError as `whole_number` does."""
    if _is_number(value, Real):
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
        if math.isfinite(found) and low <= found <= high:
            return found
        if low == -math.inf and high == math.inf:
            raise refuse(name, value, "a finite number")
    raise refuse(name, value, f"a number{_bounds(value, low, high)}")


def truth(value: Any, name: str) -> bool:
    """True or False; raises ConfigError as `whole_number` does."""
    if not isinstance(value, (bool, np.bool_)):
        raise refuse(name, value, "true or false")
    return bool(value)


def choice(value: Any, name: str, choices: Iterable[str]) -> str:
    """One of some words; raises ConfigError as `whole_number` does."""
    known = tuple(choices)
    if not isinstance(value, str) or value not in known:
        raise refuse(name, value, " or ".join(map(repr, known)))
    return str(value)


def text(value: Any, name: str) -> str:
    """A text that a file can hold; raises ConfigError as `whole_number` does."""
    if not isinstance(value, str):
        raise refuse(name, value, "a text")
    if len(value) > LONGEST_TEXT or not is_plain(value):
        raise refuse(name, value, f"a text of at most {LONGEST_TEXT} printable characters")
    return str(value)


def pair(value: Any, name: str) -> tuple[float, float]:
    """Two numbers, low and high; raises ConfigError as `whole_number` does."""
    try:
        low, high = value
    except (TypeError, ValueError):
        raise refuse(name, value, "[low, high]") from None
    return number(low, name), number(high, name)


def unknown_key(
    key: object, known: Iterable[str], prefix: str = "", beside: Iterable[str] = ()
) -> ConfigError:
    """The error for a setting that does not exist, with the one that was meant, if that is clear.

    Args:
        key: what was given.
        known: every name that exists there.
        prefix: the place of the table, such as "weights.".
        beside: names of what an environment takes beside its settings.
    """
    beside = tuple(beside)
    if key in beside:
        return ConfigError(
            f"there is no setting {shown_value(prefix + str(key))}; it is an argument of the "
            "environment, not of its config."
        )
    name, names = str(key), list(known)
    first, *rest = name.split("_")
    camel = first + "".join(word.capitalize() for word in rest)
    longer = [other for other in names if len(name) > 2 and other.startswith(name)]
    close = [camel] if camel in names else difflib.get_close_matches(name, names, 1, 0.7)
    close = close or (longer if len(longer) == 1 else [])
    close = close or difflib.get_close_matches(name, beside, 1, 0.85)
    hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join((*names, *beside))}."
    return ConfigError(f"there is no setting {shown_value(prefix + name)}; {hint}")


# Fields of dataclasses -----------------------------------------------------------------------


def number_field(default: float, low: float, high: float, unit: str = "", doc: str = "") -> Any:
    """A number within bounds; a whole one if its default is an int."""

    def check(value: Any, name: str) -> float:
        if isinstance(default, int):
            return whole_number(value, name, int(low), int(high))
        return number(value, name, low, high)

    return _field(default, check, unit=unit, doc=doc)


def choice_field(default: str, choices: tuple[str, ...], doc: str = "") -> Any:
    """One of some words."""
    return _field(default, lambda value, name: choice(value, name, choices), doc=doc)


def flag_field(*, default: bool, doc: str = "") -> Any:
    """True or false."""
    return _field(default, truth, doc=doc)


def text_field(default: str, doc: str = "") -> Any:
    """A text."""
    return _field(default, text, doc=doc)


def list_field(default: tuple[float, ...], low: float, high: float, noun: str = "numbers") -> Any:
    """A list of numbers within bounds; of whole ones if `low` is an int. Kept as a tuple."""

    def check(value: Any, name: str) -> tuple[float, ...]:
        wanted = f"a list of {noun} from {bound_text(low)} to {bound_text(high)}"
        if not isinstance(value, (list, tuple)) or len(value) > LONGEST_LIST:
            raise refuse(name, value, wanted)
        try:
            if isinstance(low, int):
                return tuple(whole_number(item, name, low, int(high)) for item in value)
            return tuple(number(item, name, low, high) for item in value)
        except ConfigError:
            raise refuse(name, value, wanted) from None

    return _field(default, check)


def names_field(default: str | tuple[str, ...], doc: str = "") -> Any:
    """A name or a list of names, kept as a tuple; a list of one is the name."""

    def check(value: Any, name: str) -> str | tuple[str, ...]:
        if isinstance(value, str):
            return text(value, name)
        wanted = "a name or a list of names"
        if not isinstance(value, (list, tuple)) or len(value) > LONGEST_LIST:
            raise refuse(name, value, wanted)
        if not all(isinstance(item, str) for item in value):
            raise refuse(name, value, wanted)
        names = tuple(text(item, name) for item in value)
        return names[0] if len(names) == 1 else names

    return _field(default, check, doc=doc)


def table_field() -> Any:
    """A table whose keys somebody else knows; kept as a dict of its own."""

    def check(value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise refuse(name, value, "a table of settings")
        return dict(value)

    return dataclasses.field(default_factory=dict, metadata={"check": check})


def section_field(kind: type[Checked]) -> Any:
    """Settings within settings; a mapping is read as a file's table."""

    def check(value: Any, name: str) -> Checked:
        if isinstance(value, Mapping):
            return from_mapping(kind, value, name)
        if not isinstance(value, kind):
            raise refuse(name, value, "a table of settings")
        return value

    return dataclasses.field(default_factory=kind, metadata={"check": check, "section": kind})


def _field(default: Any, check: _Check, **about: str) -> Any:
    return dataclasses.field(default=default, metadata={"check": check, **about})


@dataclass(frozen=True)
class Checked:
    """Checks every field on construction; `dataclasses.replace` constructs, too."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = field.metadata["check"](getattr(self, field.name), self.key_of(field.name))
            object.__setattr__(self, field.name, value)

    arguments: ClassVar[tuple[str, ...]] = ()  # what people take for settings, and are none

    def as_dict(self) -> dict[str, Any]:
        """The settings keyed as in files; `from_mapping` takes it back."""
        return {
            self.key_of(field.name): value.as_dict() if isinstance(value, Checked) else value
            for field in dataclasses.fields(self)
            for value in (getattr(self, field.name),)
        }

    @staticmethod
    def key_of(name: str) -> str:
        """The key in files of the field with that name."""
        return name


def from_mapping(kind: type[_Section], content: Mapping[str, Any], place: str = "") -> _Section:
    """Builds settings from a mapping with the keys of files.

    Args:
        kind: the class of the settings.
        content: the mapping; every key may be left out.
        place: of the table in its file, for messages.

    Raises:
        ConfigError: an unknown key, or a value that cannot be used.
    """
    dot = f"{place}." if place else ""
    content = with_keys(kind, content, place)
    fields = {kind.key_of(field.name): field for field in dataclasses.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in fields:
            raise unknown_key(key, fields, dot, kind.arguments)
        values[fields[key].name] = fields[key].metadata["check"](value, f"{dot}{key}")
    try:
        return kind(**values)
    except ConfigError as problem:  # a rule over several keys
        raise ConfigError(f"{dot}{problem}" if dot else str(problem)) from None


def with_keys(kind: type[Checked], content: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """A mapping with the keys of files, where it may have the names of fields, too.

    Args:
        kind: the class of the settings.
        content: the mapping; keys that do not exist stay as they are.
        place: of the table in its file, for messages.

    Raises:
        ConfigError: a key stands there in both spellings.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    found: dict[str, Any] = {}
    for name, value in content.items():
        key = kind.key_of(name) if name in fields else name
        if key in found:
            dot = f"{place}." if place else ""
            raise ConfigError(f"{dot}{key} is given twice, also as {shown_value(name)}.")
        section = next(
            (f.metadata.get("section") for f in fields.values() if key == kind.key_of(f.name)), None
        )
        if section is not None and isinstance(value, Mapping):
            value = with_keys(section, value, f"{place}.{key}" if place else key)
        found[key] = value
    return found


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """One layer of settings over another, key by key, tables within tables, too."""
    result = dict(base)
    for key, value in changes.items():
        before = result.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[key] = merged(before, value)
        else:
            result[key] = value
    return result


def differences(
    base: Mapping[str, Any], changed: Mapping[str, Any], place: str = ""
) -> dict[str, tuple[Any, Any]]:
    """What two layers disagree on: dotted key -> value in the first, in the second (or None)."""
    found: dict[str, tuple[Any, Any]] = {}
    for key in [*base, *(key for key in changed if key not in base)]:
        old, new = base.get(key), changed.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found |= differences(old, new, f"{place}{key}.")
        elif not _same(old, new):
            found[f"{place}{key}"] = (old, new)
    return found


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        return list(old) == list(new)
    return bool(old == new)
