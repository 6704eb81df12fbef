"""What a circuit may be called: nothing that a reader could take for another circuit.

A circuit is its fingerprint; its name is what people see. Laps and imports go by the same rules.
"""

from __future__ import annotations

import re
import unicodedata

from racer.formats.lookalike import mixes_scripts, skeleton
from racer.formats.text import is_plain
from racer.tracks.random_tracks import KINDS, PREFIX

_RANDOM = re.compile(r"(.*?)[\W_]*?(\d+)[\W_]*([a-z]*)\W*")
_NUMBERED = re.compile(r"(\D*?)[\W_]*\d.*", re.DOTALL)
_PATH_LIKE = re.compile(
    r"^\s*[/~]|\\|:/|(^|/)\s*\.\.?\s*(/|$)|^[A-Za-z]:"
    r"|\.(?:csv|txt|tsv|dat|toml|npz|json|geojson|gpx|kml)\s*$",
    re.IGNORECASE,
)
# What output says of a circuit in brackets behind its name, and of a lap behind that.
_OUR_WORDS = ("catalogue", "random circuit", "imported here", "fingerprint", "proved")


def doubt_about_name(name: str) -> str:
    """Why no circuit may be called so, as the end of a sentence after the name; "" if it may."""
    if not is_plain(name) or not name.strip():
        return "is not a printable text"
    if _PATH_LIKE.search(name):
        return "is a path, not a name"
    if mixes_scripts(name):
        return "mixes letters of scripts that look alike"
    if not skeleton(name):
        return "has no letter or digit"
    opened = next((k for k, c in enumerate(name) if unicodedata.category(c) in ("Ps", "Pi")), None)
    if opened is not None or "<" in name:
        inside = skeleton(name[name.index("<") if opened is None else opened :])
        for word in _OUR_WORDS:
            if skeleton(word) in inside:
                return f"says '{word}', which is for Racer to say"
    numbered = _NUMBERED.fullmatch(_folded(name))
    if numbered and skeleton(numbered[1]) == skeleton(PREFIX) and random_name(name) is None:
        return f"imitates a random circuit ({PREFIX}SEED)"
    return ""


def random_name(name: str) -> tuple[int, str] | None:
    """Seed and kind ("" if none), if a name says "random" and a number, however it is written."""
    found = _RANDOM.fullmatch(_folded(name))
    if found is None or skeleton(found[1]) != skeleton(PREFIX):
        return None
    return (int(found[2]), found[3]) if found[3] in ("", *KINDS) else None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
