"""Checks of single settings: each gives the value, or says what is wrong with it."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer.errors import ConfigError, KeywordError
from racer.formats.settings import shown_value

# What may be overridden in HighwayEnv, and what to use here instead.
_HABITS = {
    **dict.fromkeys(
        ("_reward", "_rewards", "_cost"), "pass reward_fn, a function of the telemetry"
    ),
    **dict.fromkeys(
        ("_is_terminated", "_is_truncated"), "wrap the environment in a gymnasium.Wrapper"
    ),
    **dict.fromkeys(
        ("_create_road", "_create_vehicles", "_make_road", "_make_vehicles", "_reset", "_simulate"),
        "set the keys of the config that describe road and traffic",
    ),
    **dict.fromkeys(
        ("_info", "define_spaces", "define_rewards", "action_type", "observation_type"),
        "wrap the environment in a gymnasium.Wrapper",
    ),
}


def check_keywords(view: type, given: Iterable[str], settings: Iterable[str]) -> None:
    """Raises KeywordError for a keyword argument that a view does not have.

    Args:
        view: the class that was given keyword arguments.
        given: those that are none of its own parameters.
        settings: the names that it takes beside its own parameters.
    """
    parameters = inspect.signature(view).parameters.values()
    own = [part.name for part in parameters if part.kind is not part.VAR_KEYWORD]
    known = list(dict.fromkeys((*own, *settings)))
    for name in given:
        if name in known:
            continue
        close = difflib.get_close_matches(name, known, 1, 0.7)
        hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}."
        raise KeywordError(f"{view.__name__} got an unexpected keyword argument {name!r}; {hint}")


def check_overrides(view: type, base: type) -> None:
    """Raises ConfigError if a subclass overrides what nothing of ours calls.

    HighwayEnv's users override its methods; here the engine does that work, and an override would
    be ignored without a word.

    Args:
        view: the class of the environment being made.
        base: our class.
    """
    for name, instead in _HABITS.items():
        if getattr(view, name, None) is not getattr(base, name, None):
            raise ConfigError(
                f"{view.__name__}.{name} would never be called, because the engine does that work; "
                f"{instead} instead."
            )


def reset_options(options: Any) -> dict[str, Any]:
    """Options of a reset as a dict of their own; None: no options.

    Raises:
        ConfigError: they are something else.
    """
    if options is not None and not isinstance(options, Mapping):
        raise ConfigError(f"reset options are a mapping, not {shown_value(options)}.")
    return dict(options or {})


def as_float32(values: Any) -> NDArray[np.float32]:
    """Numbers as float32; those beyond its range, which will be clamped, are no warning.

    Raises:
        ValueError: they are no numbers, or no array.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"an action is an array of numbers, got {array.dtype}.")
    with np.errstate(over="ignore"):
        return array.astype(np.float32, copy=False)
