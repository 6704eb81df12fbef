"""Where `racer tune` looks for an algorithm's settings; each algorithm names its own ranges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna import Trial


@dataclass(frozen=True)
class Between:
    """A number from `low` to `high`.

    Attributes:
        low: the least.
        high: the largest.
        log: halves and doubles are as far away as each other.
    """

    low: float
    high: float
    log: bool = False

    def including(self, value: Any) -> Between:
        """The range, wider if need be, so that it has that value."""
        return replace(self, low=min(self.low, value), high=max(self.high, value))

    def suggest(self, trial: Trial, name: str) -> None:
        """Lets Optuna choose the setting of that name, unless it has."""
        trial.suggest_float(name, self.low, self.high, log=self.log)

    def name_of(self, value: Any) -> float:
        """A value as Optuna knows it."""
        return float(value)

    def value_of(self, name: Any) -> Any:
        """A value that Optuna chose."""
        return float(name)


@dataclass(frozen=True)
class OneOf:
    """One of some values: numbers, words, or widths of layers.

    Attributes:
        values: all of them.
    """

    values: tuple[Any, ...]

    def including(self, value: Any) -> OneOf:
        """The choice, with that value if it has not got it."""
        return self if value in self.values else OneOf((*self.values, value))

    def suggest(self, trial: Trial, name: str) -> None:
        """Lets Optuna choose the setting of that name, unless it has."""
        trial.suggest_categorical(name, [self.name_of(value) for value in self.values])

    def name_of(self, value: Any) -> Any:
        """A value as Optuna knows it, which has no lists."""
        return "x".join(map(str, value)) if isinstance(value, tuple) else value

    def value_of(self, name: Any) -> Any:
        """A value that Optuna chose."""
        return {self.name_of(value): value for value in self.values}[name]


Space = dict[str, Between | OneOf]
