# ruff: noqa: RUF001 (letters that resemble others are what one of the tables is about)
"""Texts that come from files or from people: what may be kept, and how they are shown.

A text from a file can hold anything: line breaks that forge a second line of output, escape
sequences that rewrite a terminal, marks that reverse the reading direction, halves of surrogate
pairs that no stream can encode. `is_plain` says whether a text is free of all that; writers refuse
others, and `shown` escapes them on the way to a person.
"""

from __future__ import annotations

import unicodedata

MAX_NAME = 200  # letters of a name in a file

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


def skeleton(text: str) -> str:
    """What is left of a name for somebody who only glances at it.

    Two names with the same skeleton are look-alikes: they differ in case, accents, spaces, hyphens,
    invisible characters, width or style of the letters, or by letters of other scripts that look
    the same. For comparing names with one another; it is no name itself, and may be empty.
    """
    folded = unicodedata.normalize("NFKD", text).translate(_CAPITALS).casefold()
    folded = unicodedata.normalize("NFKD", folded).translate(_SMALL)
    kept = "".join(letter for letter in folded if unicodedata.category(letter)[0] in "LN")
    return kept.replace("rn", "m").replace("vv", "w")


# A short form of Unicode's confusables (UTS #39), by script. Capitals are looked up before they
# are folded, because their small letters resemble others.
_CAPITALS = str.maketrans(
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺ"  # Greek
    "АВЕКМНОРСТУХІЈЅҮԌԚԜԀҺ"  # Cyrillic
    "ԱՍՕՏ",  # Armenian
    "abezhikmnoptyxcmabekmhopctyxijsygqwdhuuos",
)
_SMALL = str.maketrans(
    "αβγεηικνοπρστυχωϲϳ"  # Greek
    "авгеийкмнопрстухьіјѕүһԁԍԛԝґѵӏ"  # Cyrillic
    "ոսօհցյզ"  # Armenian
    "ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᏒᏚᎢᏙᎳᏃ"  # Cherokee
    "ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ"  # Lisu
    "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"  # small capitals
    "ıɑɡɩøđħłŧƀɨʉɵɫʋɯƅ"  # Latin
    "01i|",
    "abyenlkvonpotuxwcj"
    "abreuukmhonpctyxbljsyhdgqwrvl"
    "nuohgjq"
    "abcdeghljklmprstvwz"
    "abcdefghljklmnoprstuvwxyz"
    "abcdefghljklmnoprstuvwyz"
    "laglodhltbluoluwb"
    "olll",
)
