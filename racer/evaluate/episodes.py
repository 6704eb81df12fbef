"""How a kind of world judges a driver: what `racer evaluate` asks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from racer.evaluate.report import Report


class Episodes(Protocol):
    """The scenarios in which a driver is evaluated: the entry point `episodes` of `racer.kinds`."""

    def __init__(self, env_id: str, options: Any) -> None:
        """Prepares them, and checks all that can be checked before anybody drives.

        Args:
            env_id: the environment.
            options: what was asked for, by name; those of the kind's `options` are there.

        Raises:
            RacerError: an option cannot be used.
        """

    def run(self, policy: str, seed: int) -> Report:
        """Lets a driver drive, and judges it.

        Args:
            policy: what a person typed.
            seed: of the scenarios, and of drivers that draw numbers.

        Raises:
            RacerError: there is no such driver, or it cannot drive here.
        """

    def lines(self, report: Report) -> list[str]:
        """The report for people."""
