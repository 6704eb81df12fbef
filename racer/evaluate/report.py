"""What came of an evaluation: one format for every kind of world, for scripts and for people."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import racer
from racer.formats.files import atomic_write

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

FORMAT: Final = "racer-evaluation"
FORMAT_VERSION: Final = 2  # 1 was the highway's alone, as "racer-highway-evaluation"
FILE_NAME: Final = "evaluation_metrics.json"
CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Report:
    """One driver, judged in one environment.

    Attributes:
        env_id: the environment.
        driver: its name.
        seed: of the scenarios.
        content: what the kind of world says; numbers with their intervals.
        rules: versions of the rules that the numbers depend on, by name.
        policy_faults: actions that a policy did not give, so that the neutral one stood in.
        good: whether the driver did what was asked for at all, for the exit code.
    """

    env_id: str
    driver: str
    seed: int
    content: Mapping[str, Any] = field(repr=False)
    rules: Mapping[str, Any] = field(default_factory=dict)
    policy_faults: int = 0
    good: bool = True

    def as_json(self) -> dict[str, Any]:
        """The content of `evaluation_metrics.json`: the same seeds and settings give the same."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "versions": {"racer": racer.__version__, "numpy": np.__version__, **self.rules},
            "env_id": self.env_id,
            "driver": self.driver,
            "seed": self.seed,
            "policy_faults": self.policy_faults,
            "confidence": CONFIDENCE,
            **self.content,
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes `as_json()`; the file takes its place when it is complete.

        Raises:
            OSError: it cannot be written.
            ValueError: a number is not finite.
        """
        atomic_write(path, json.dumps(self.as_json(), indent=1, allow_nan=False) + "\n")


def fault_lines(report: Report) -> list[str]:
    """A line about actions that could not be used; none if all could."""
    if not report.policy_faults:
        return []
    return [f"{report.policy_faults} actions could not be used; the neutral one stood in."]


def interval_table(total: Mapping[str, Mapping[str, Any]], units: Mapping[str, str]) -> str:
    """Every number with its 95 % interval, for people.

    Args:
        total: name -> value, low, high and kind of interval.
        units: name -> unit; shares that end in `_rate` and have none are shown in percent.
    """
    return "\n".join(interval_line(name, entry, units.get(name)) for name, entry in total.items())


def interval_line(name: str, entry: Mapping[str, Any], unit: str | None = None) -> str:
    """One number with its interval, on one line.

    Args:
        name: what it is, in snake case.
        entry: `value`, `low`, `high` and `interval`, the method.
        unit: its unit; a share whose name ends in `_rate` and has none is shown in percent.
    """
    unit = unit or "1"
    percent = name.endswith("_rate") and unit == "1"
    factor, unit = (100.0, "%") if percent else (1.0, "" if unit == "1" else unit)
    value, low, high = (factor * entry[key] for key in ("value", "low", "high"))
    shown = f"{value:.2f} {unit}".strip()
    title = name.replace("_", " ")
    return f"{title:22}{shown:>18}  [{low:.2f}, {high:.2f}] {entry['interval']}"
