"""The header of a lap file: JSON in one spelling, each field of a known kind."""

from __future__ import annotations

import json
import math
import re
from typing import Any, cast

import numpy as np

from racer.formats import npz
from racer.formats.text import is_plain, shown
from racer.laps.record import MAX_TEXT

FORMAT = "racer-lap"
MAX_HEADER = 1 << 16  # [byte]
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", re.ASCII)
_HEX = re.compile(r"[0-9a-f]+")

_CLAIMS: dict[str, type] = {
    "format": str,
    "format_version": int,
    "package_version": str,
    "physics": str,
    "vehicle": str,
    "driver": str,
    "device": str,
    "lap_time_s": float,
    "sectors_s": list,
    "valid": bool,
    "reasons": list,
    "standing": bool,
    "created": str,
    "ticks": int,
    "track": str,
    "track_fingerprint": str,
    "track_options": dict,
}
FIELDS: dict[int, dict[str, type]] = {
    1: _CLAIMS,
    2: _CLAIMS | {"content": str, "first_tick": int, "placement": dict},
}
"""Kind of every field, by format version."""
PLACEMENT: dict[str, type] = {"s_mm": int, "n_mm": int, "heading_urad": int}
_TRACK_OPTIONS: dict[str, type] = {"runoff": float, "start_offset": float, "reverse": bool}
_TEXTS = ("package_version", "physics", "vehicle", "driver", "device", "created", "track")
_KINDS: dict[type, str] = {
    float: "a finite number",
    int: "a whole number",
    bool: "true or false",
    str: f"a text of at most {MAX_TEXT} characters",
    list: "a list",
    dict: "a table",
}


def encode_header(header: dict[str, Any]) -> bytes:
    """The one spelling of a header."""
    text = json.dumps(header, sort_keys=True, allow_nan=False, ensure_ascii=True)
    return text.encode("ascii")


def read_header(entry: npz.Entry, readable: tuple[int, ...], here: str) -> dict[str, Any]:
    """Reads and checks a header.

    Args:
        entry: the file's entry.
        readable: format versions that the caller reads.
        here: version of Racer, for the message.

    Raises:
        NpzError: what is wrong with it.
    """
    if len(entry.data) > MAX_HEADER:
        raise npz.NpzError(f"has a header of more than {MAX_HEADER:,} bytes")
    raw = npz.array_from(entry, "header", np.dtype("u1"), ()).tobytes()
    try:
        header = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as problem:
        reason = shown(problem, 120)
        raise npz.NpzError(f"has a header that is not JSON ({reason})") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise npz.NpzError(f'is not a lap file: its header does not say "format": "{FORMAT}"')
    version = header.get("format_version")
    if type(version) is not int or version not in readable:
        known = " and ".join(str(number) for number in readable)
        raise npz.NpzError(
            f"has format version {shown(repr(version), 40)}; this Racer {here} reads {known}"
        )
    _check_fields(header, FIELDS[version], "")
    _check_fields(header["track_options"], _TRACK_OPTIONS, "track_options.")
    _check_lists(header)
    for name in _TEXTS:
        if not is_plain(header[name]):
            raise npz.NpzError(
                f"has a field {name} with hidden characters: '{shown(header[name], 80)}'"
            )
    if version > 1:
        _check_spelling(header, raw)
    return cast("dict[str, Any]", header)


def _check_lists(header: dict[str, Any]) -> None:
    sectors = header["sectors_s"]
    if len(sectors) != 3 or not all(_is(s, float) for s in sectors):
        raise npz.NpzError("has a field sectors_s that is not three finite numbers")
    reasons = header["reasons"]
    fine = len(reasons) <= 32 and all(_is(reason, str) and is_plain(reason) for reason in reasons)
    if not fine:
        raise npz.NpzError("has a field reasons that is not a short list of words")


def _check_spelling(header: dict[str, Any], raw: bytes) -> None:
    """From format 2 on one content has one spelling."""
    _check_fields(header["placement"], PLACEMENT, "placement.")
    if not _MOMENT.fullmatch(header["created"]):
        raise npz.NpzError(
            "has a field created that is not a time in UTC such as 2026-01-31T12:00:00+00:00"
        )
    for name, digits in (("physics", 16), ("track_fingerprint", 16), ("content", 64)):
        if len(header[name]) != digits or not _HEX.fullmatch(header[name]):
            raise npz.NpzError(f"has a field {name} that is not {digits} hex digits")
    if encode_header(header) != raw:
        raise npz.NpzError("has a header that is not spelled as Racer spells it")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key appears twice")
    return result


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not a number")


def _is(value: object, kind: type) -> bool:
    if kind is float:
        return type(value) is float and math.isfinite(value)
    if kind is str:
        return isinstance(value, str) and len(value) <= MAX_TEXT
    if kind is int:
        return type(value) is int and abs(value) < 1 << 53
    return type(value) is kind


def _check_fields(header: dict[str, Any], wanted: dict[str, type], prefix: str) -> None:
    for name, kind in wanted.items():
        if name not in header:
            raise npz.NpzError(f"has no field {prefix}{name} in its header")
        if not _is(header[name], kind):
            raise npz.NpzError(f"has a field {prefix}{name} that is not {_KINDS[kind]}")
    for name in header:
        if name not in wanted:
            raise npz.NpzError(f"has an unknown field {prefix}'{shown(name, 40)}' in its header")
