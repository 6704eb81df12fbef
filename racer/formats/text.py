"""Texts that come from files or from people: what may be kept, and how they are shown.

A text from a file can hold anything: line breaks that forge a second line of output, escape
sequences that rewrite a terminal, marks that reverse the reading direction, halves of surrogate
pairs that no stream can encode. `is_plain` says whether a text is free of all that; writers refuse
others, and `shown` escapes them on the way to a person.
"""

from __future__ import annotations

import os
import unicodedata

MAX_NAME = 200  # letters of a name in a file
MAX_PATH = 1000  # letters of a path in a message

# Unicode's general categories (UAX #44): controls, format characters (bidi marks, zero width),
# surrogates, private use, unassigned, line and paragraph separators.
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def is_plain(text: str) -> bool:
    """Whether every character of a text is printed as itself: letters, marks, digits, spaces."""
    return not any(unicodedata.category(character) in _HIDDEN for character in text)


def shown(text: object, limit: int = MAX_NAME) -> str:
    """A text on one line for a person: hidden characters escaped, at most `limit` letters.

    Every message and every table that shows a text from a file, a name or a path goes through
    here, so none can forge a line or move a terminal's cursor.
    """
    parts = []
    for character in str(text)[: limit + 1]:
        if unicodedata.category(character) in _HIDDEN:
            parts.append(character.encode("unicode_escape").decode("ascii"))
        else:
            parts.append(character)
    joined = "".join(parts)
    return joined if len(joined) <= limit else f"{joined[: limit - 3]}..."


def show_path(path: str | os.PathLike[str]) -> str:
    """A path on one line for a person."""
    return shown(os.fspath(path), MAX_PATH)
