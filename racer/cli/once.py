"""Options that take one value are refused when they are given twice, in every command."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_GIVEN = "_given"


class Once(argparse._StoreAction):  # noqa: SLF001 - argparse offers no public class to derive from
    """Stores a value; the second one is an error, not a silent replacement."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Stores the value of an option."""
        given: frozenset[str] = getattr(namespace, _GIVEN, frozenset())
        if self.dest in given:
            raise argparse.ArgumentError(self, "is given more than once, but takes one value")
        setattr(namespace, _GIVEN, given | {self.dest})
        super().__call__(parser, namespace, values, option_string)


def refuse_twins(parser: argparse.ArgumentParser) -> None:
    """Makes every option of a parser and of its commands an option that is given once.

    Options that collect several values (`action="append"`) and switches stay as they are.
    """
    for action in parser._actions:  # noqa: SLF001 - there is no public list
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                refuse_twins(command)
        elif type(action) is argparse._StoreAction and action.option_strings:  # noqa: SLF001
            action.__class__ = Once
