"""Options that a command takes for one kind of world, and how such a text is read.

A kind's table has, for each command, its options. The command line offers those of all kinds and
refuses one that was given for another kind of world.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Option:
    """One option of one kind of world.

    Attributes:
        name: as it is typed, "--track".
        help: what it is.
        default: its value where it is not given, once the kind of world is known.
        choices: the only words that this kind takes; empty: any.
        settings: further keywords of `add_argument`: type, metavar, action.
    """

    name: str
    help: str
    default: Any = None
    choices: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def dest(self) -> str:
        """Its attribute in the parsed arguments."""
        return self.name.lstrip("-").replace("-", "_")


Options: TypeAlias = "Mapping[str, tuple[Option, ...]]"


def pace(text: str) -> float:
    """Reads how many times real time: from 0.1 to 16."""
    value = number(text)
    if not 0.1 <= value <= 16.0:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0.1 to 16")
    return value


def number(text: str) -> float:
    """The number that a text says, or one that is in no range."""
    try:
        return float(text)
    except ValueError:
        return math.nan
