"""Checks of single settings: each gives the value, or says what is wrong with it."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from racer.errors import ConfigError


def whole_number(value: Any, shown: str) -> int:
    """A whole number as an int.

    Args:
        value: what was given.
        shown: its name, for the message.

    Raises:
        ConfigError: it is something else, or beyond 32 bits.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ConfigError(f"{shown} is {value!r}, but it must be a whole number.")
    whole = int(value)
    if not -(2**31) <= whole < 2**31:
        raise ConfigError(f"{shown} is {whole!r}, which is out of all bounds.")
    return whole


def number(value: Any, shown: str) -> float:
    """A number as a float; raises ConfigError as `whole_number` does."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ConfigError(f"{shown} is {value!r}, but it must be a number.")
    try:
        return float(value)
    except OverflowError:
        raise ConfigError(f"{shown} is a number that is out of all bounds.") from None


def truth(value: Any, shown: str) -> bool:
    """True or False; raises ConfigError as `whole_number` does."""
    if not isinstance(value, bool):
        raise ConfigError(f"{shown} is {value!r}, but it must be true or false.")
    return value


def pair(value: Any, shown: str) -> tuple[float, float]:
    """Two numbers, low and high; raises ConfigError as `whole_number` does."""
    try:
        low, high = value
    except (TypeError, ValueError):
        raise ConfigError(f"{shown} is {value!r}, but it must be [low, high].") from None
    return number(low, shown), number(high, shown)
