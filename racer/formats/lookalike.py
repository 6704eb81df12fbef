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
# Capitals that look like Latin ones though their small letters look like others.
_CAPITALS = str.maketrans(
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺАВЕКМНОРСТУХІЈЅҮԌԚԜԀҺԱՍՕՏ", "ABEZHIKMNOPTYXCMABEKMHOPCTYXIJSYGQWDHUUOS"
)
_CHEROKEE = "ꭺaꮃwꭵiꭰdꮯcꭼeꮋhꭻjꮶkꮮlꮇmꮲpꭱrꮪsꭲtꮩvꮓzꮐgꮾb"
_LATIN_TOO = "ɑaɩiʋuɯwʟlƨsʃf"
_TABLE = _CYRILLIC + _GREEK + _ARMENIAN + _LISU + _CHEROKEE + _LATIN_TOO
_LIKE = {a.casefold(): b for a, b in zip(_TABLE[::2], _TABLE[1::2], strict=True)}
# Turned, dotless, barred, small capital: Unicode's names of Latin letters say what they look like.
_LATIN = re.compile(
    r"LATIN (?:SMALL |CAPITAL )?LETTER "
    r"(?:SMALL CAPITAL |SCRIPT |DOTLESS |TURNED |REVERSED )?"
    r"([A-Z])\b"
)
# White letters on black, and letters of flags: symbols that NFKD leaves as they are.
_SYMBOL = re.compile(r"(?:NEGATIVE |CROSSED ).*LATIN CAPITAL LETTER ([A-Z])\b|REGIONAL.* ([A-Z])")
# Digits and pairs that are read as letters, after everything else.
_READ_AS = (("0", "o"), ("1", "l"), ("i", "l"), ("rn", "m"), ("vv", "w"))
# Signs that stand for letters in names that play with them.
_PLAYED = str.maketrans("|$@\u20ac\xa9\xaeß34578", "lsaecrbeastb")
_MIXED = frozenset(("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "LISU", "CHEROKEE", "COPTIC"))


def skeleton(name: str) -> str:
    """The same text for names that look alike: "Hаrbour " (Cyrillic а) and "harbour"."""
    letters = []
    folded = unicodedata.normalize("NFKD", name).translate(_CAPITALS).casefold()
    for character in unicodedata.normalize("NFKD", folded):
        kind = unicodedata.category(character)[0]
        if kind in "LN":
            letters.append(_like_latin(character))
        elif kind == "S" and (found := _SYMBOL.match(unicodedata.name(character, ""))):
            letters.append((found[1] or found[2]).lower())
    text = "".join(letters)
    for read, letter in _READ_AS:
        text = text.replace(read, letter)
    return text


def alike(name: str, known: str) -> bool:
    """Whether a name is, or imitates, a known one; also with signs for letters, as "5altp@n"."""
    bones = skeleton(known)
    return bones in (skeleton(name), skeleton(name.translate(_PLAYED)))


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
