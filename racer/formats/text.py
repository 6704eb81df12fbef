"""Texts that come from files or from people: what may be kept, and how they are shown.

A text from a file can hold anything: line breaks that forge a second line of output, escape
sequences that rewrite a terminal, marks that reverse the reading direction, halves of surrogate
pairs that no stream can encode. `is_plain` says whether a text is free of all that; writers refuse
others, and `shown` escapes them on the way to a person.
"""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_NAME = 200  # letters of a name in a file
MAX_PATH = 1000  # letters of a path in a message

# Unicode's general categories (UAX #44): controls, format characters (bidi marks, zero width),
# surrogates, private use, unassigned, line and paragraph separators.
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
# Letters and marks that show nothing (Default_Ignorable_Code_Point of other categories; Hangul
# fillers, selectors of variants), and the blank of Braille.
_BLANK = frozenset(
    map(
        chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164)
    )
) | frozenset(map(chr, (0xFFA0, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_MOST_MARKS = 4  # on one letter (UTS #39, 5.4); more are drawn over the lines above and below


def is_plain(text: str) -> bool:
    """Whether every character of a text is printed as itself: letters, marks, digits, spaces."""
    return not any(_hidden(text))


def _hidden(text: str) -> Iterator[bool]:
    """For each character whether it is hidden, or hides others."""
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        yield category in _HIDDEN or character in _BLANK or marks > _MOST_MARKS


def shown(text: object, limit: int = MAX_NAME) -> str:
    """A text on one line for a person: hidden characters escaped, at most `limit` letters.

    Every message and every table that shows a text from a file, a name or a path goes through
    here, so none can forge a line or move a terminal's cursor.
    """
    parts = []
    content = str(text)[: limit + 1]
    for character, hidden in zip(content, _hidden(content), strict=True):
        if hidden:
            parts.append(character.encode("unicode_escape").decode("ascii"))
        else:
            parts.append(character)
    joined = "".join(parts)
    return joined if len(joined) <= limit else f"{joined[: limit - 3]}..."


def show_path(path: str | os.PathLike[str]) -> str:
    """A path on one line for a person."""
    return shown(os.fspath(path), MAX_PATH)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table of cells: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
