"""Names that look like others: what is left of a name without all that the eye overlooks.

After the skeletons of Unicode's security mechanisms (https://www.unicode.org/reports/tr39), with
what Python's own tables know: compatibility forms (full width, mathematical letters), accents,
case, spaces, punctuation and hidden characters fall away; letters of other scripts become the Latin
ones that they look like.
"""

from __future__ import annotations

import re
import unicodedata

# Lower-case letters that look like Latin ones, each before the one that it looks like.
_CYRILLIC = "аaвbеeѕsіiїiјjкkмmнhоoрpсcтtуyүyхxһhԁdԛqԝwѵvӏlьbгrпnиuғfэe"
_GREEK = "αaβbγyεeζzηnιiκkμuνvοoρpσoςcτtυuχxωwϲcϳj"
_ARMENIAN = "աwհhոnօoսuցgքpզq"
_LISU = "ꓐbꓑpꓒdꓓdꓔtꓖgꓗkꓙjꓚcꓜzꓝfꓟmꓠnꓡlꓢsꓣrꓥvꓦvꓧhꓪwꓫxꓬyꓮaꓰeꓲlꓳoꓴu"
_CHEROKEE = "ꭺaꮃwꭵiꭰdꮯcꭼeꮋhꭻjꮶkꮮlꮇmꮲpꭱrꮪsꭲtꮩvꮓzꮐgꮾb"
_TABLE = _CYRILLIC + _GREEK + _ARMENIAN + _LISU + _CHEROKEE
_LIKE = dict(zip(_TABLE[::2], _TABLE[1::2], strict=True))
# Turned, dotless, barred, small capital: Unicode's names of Latin letters say what they look like.
_LATIN = re.compile(
    r"LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL |SCRIPT |DOTLESS )?([A-Z])\b"
)
# Digits and pairs that are read as letters, after everything else.
_READ_AS = (("0", "o"), ("1", "l"), ("i", "l"), ("rn", "m"), ("vv", "w"))
_MIXED = frozenset(("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "LISU", "CHEROKEE", "COPTIC"))


def skeleton(name: str) -> str:
    """The same text for names that look alike: "Hаrbour " (Cyrillic а) and "harbour"."""
    letters = []
    for character in unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold()):
        kind = unicodedata.category(character)[0]
        if kind in "LN":
            letters.append(_like_latin(character))
    text = "".join(letters)
    for read, letter in _READ_AS:
        text = text.replace(read, letter)
    return text


def _like_latin(character: str) -> str:
    if character.isascii():
        return character
    found = _LIKE.get(character)
    if found is None:
        named = _LATIN.match(unicodedata.name(character, ""))
        found = named[1].lower() if named else character
    digit = unicodedata.digit(found, None)
    return found if digit is None else str(digit)


def mixes_scripts(name: str) -> bool:
    """Whether a name has letters of two scripts whose letters look alike (Latin and Cyrillic)."""
    scripts = {
        unicodedata.name(character, "").split(" ")[0]
        for character in unicodedata.normalize("NFKC", name)
        if unicodedata.category(character)[0] == "L"
    }
    return len(scripts & _MIXED) > 1
