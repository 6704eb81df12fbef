"""The lap file `*.lap.npz`: what it holds, and how it is written and read.

Entries: `header` (JSON as bytes), `inputs` (int16, (T, 3): steer, throttle, brake per tick in
1/32767), `start` (the car's whole state before the first of these ticks), `hashes` (uint64: the
state hash after each second of the lap and after its last tick) and `track` (float64, (P, 4): the
centre line x, y, width right, width left that the track was built from). With the track inside,
anyone can drive the lap again, on imported circuits too.
"""

import json
import math
import os
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

import racer
from racer import _core
from racer.errors import LapError
from racer.formats import npz
from racer.formats.files import MAX_LAP_BYTES, atomic_write, read_bytes
from racer.lap_record import MAX_TEXT, TICKS_PER_SECOND, LapRecord, check_physics

FORMAT = "racer-lap"
FORMAT_VERSION = 1
SUFFIX = ".lap.npz"
MAX_TICKS = 1_000_000  # about four and a half hours
ENTRIES = ("header", "inputs", "start", "hashes", "track")


def save_lap(record: LapRecord, path: str | os.PathLike[str]) -> None:
    """Writes a lap file, all of it or none.

    Raises:
        LapError: the name does not end in ".lap.npz", or the folder cannot be written to.
    """
    if not os.fspath(path).endswith(SUFFIX):
        raise LapError(f"{os.fspath(path)}: the name of a lap file ends in {SUFFIX}.")
    try:
        atomic_write(path, encode_lap(record))
    except OSError as problem:
        raise LapError(f"{os.fspath(path)}: cannot be written ({problem.strerror}).") from None


def load_lap(path: str | os.PathLike[str], *, any_physics: bool = False) -> LapRecord:
    """Reads a lap file; nothing in it is believed before it was checked.

    Args:
        path: the file.
        any_physics: also accept laps of another physics, to show their times; they cannot be
            driven again here.

    Raises:
        LapError: one sentence that names the file, the field and what would be right.
    """
    data = read_bytes(path, limit=MAX_LAP_BYTES, error=LapError, what="lap file")
    record, damaged = decode_lap(data, os.fspath(path))
    if damaged:
        raise LapError(f"{os.fspath(path)}: {damaged[0]!r} is damaged: its check sum is wrong.")
    if not any_physics:
        check_physics(record, os.fspath(path))
    return record


def start_dtype() -> np.dtype[Any]:
    """The fields of a car's state, without gaps between them."""
    fields_of: list[tuple[str, Any]] = [
        (name, _core.CAR_STATE[name]) for name in _core.CAR_STATE.names or ()
    ]
    return np.dtype(fields_of)


def encode_lap(record: LapRecord) -> bytes:
    """The bytes of a lap file."""
    header = {"format": FORMAT, "format_version": FORMAT_VERSION}
    header |= {name: getattr(record, name) for name in _HEADER_OF_RECORD}
    header |= {
        "ticks": record.ticks,
        "track": record.track.name,
        "track_fingerprint": record.track.fingerprint,
        "track_options": record.track.options,
    }
    start = np.zeros(1, start_dtype())
    for name in start.dtype.names or ():
        start[name] = record.start[name]
    text = json.dumps(header, sort_keys=True, allow_nan=False, ensure_ascii=True)
    return npz.encode(
        {
            "header": np.frombuffer(text.encode("ascii"), np.uint8),
            "inputs": record.inputs.astype("<i2"),
            "start": start,
            "hashes": record.hashes.astype("<u8"),
            "track": np.asarray(record.track.centre_line, "<f8"),
        }
    )


_HEADER_OF_RECORD: dict[str, type] = {
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
}
_HEADER: dict[str, type] = _HEADER_OF_RECORD | {
    "format": str,
    "format_version": int,
    "ticks": int,
    "track": str,
    "track_fingerprint": str,
    "track_options": dict,
}
_TRACK_OPTIONS: dict[str, type] = {
    "runoff": float,
    "start_offset": float,
    "reverse": bool,
}


def decode_lap(data: bytes, shown: str) -> tuple[LapRecord, list[str]]:
    """Reads the bytes of a lap file.

    Returns:
        The lap, and the names of entries whose check sum is wrong though they can be read.

    Raises:
        LapError: one sentence that begins with `shown`.
    """
    damaged: list[str] = []
    try:
        entries = npz.split(data)
        damaged = [name for name, entry in entries.items() if not entry.intact]
        _check_names(entries)
        header = _read_header(entries["header"])
        inputs = npz.array_from(entries["inputs"], "inputs", np.dtype("<i2"), (3,))
        hashes = npz.array_from(entries["hashes"], "hashes", np.dtype("<u8"), ())
        start = npz.array_from(entries["start"], "start", start_dtype(), ())
        line = npz.array_from(entries["track"], "track", np.dtype("<f8"), (4,))
        _check_arrays(header, inputs, hashes, start)
        track = _build_track(header, line)
        _check_start(start[0], track)
    except npz.NpzError as problem:
        hint = f" (the check sum of its entry {damaged[0]!r} is wrong)" if damaged else ""
        raise LapError(f"{shown}: {problem}{hint}.") from None
    values: dict[str, Any] = {name: header[name] for name in _HEADER_OF_RECORD}
    values["sectors_s"] = tuple(values["sectors_s"])
    values["reasons"] = tuple(values["reasons"])
    record = LapRecord(track=track, inputs=inputs, start=start[0], hashes=hashes, **values)
    return record, damaged


def _check_names(entries: dict[str, npz.Entry]) -> None:
    for name in ENTRIES:
        if name not in entries:
            raise npz.NpzError(f"is no lap file: it has no entry {name!r}")
    for name in entries:
        if name not in ENTRIES:
            raise npz.NpzError(f"has an unknown entry {name!r}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not a number")


def _read_header(entry: npz.Entry) -> dict[str, Any]:
    raw = npz.array_from(entry, "header", np.dtype("u1"), ()).tobytes()
    try:
        header = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as problem:
        raise npz.NpzError(f"has a header that is not JSON ({problem})") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise npz.NpzError(f'is no lap file: its header does not say "format": "{FORMAT}"')
    version = header.get("format_version")
    if version != FORMAT_VERSION:
        raise npz.NpzError(
            f"has format version {version!r}; this Racer {racer.__version__} reads {FORMAT_VERSION}"
        )
    _check_fields(header, _HEADER, "")
    _check_fields(header["track_options"], _TRACK_OPTIONS, "track_options.")
    sectors = header["sectors_s"]
    if len(sectors) != 3 or not all(_is(s, float) for s in sectors):
        raise npz.NpzError("has a field sectors_s that is not three finite numbers")
    reasons = header["reasons"]
    if not all(isinstance(r, str) and len(r) <= MAX_TEXT for r in reasons) or len(reasons) > 32:
        raise npz.NpzError("has a field reasons that is not a short list of words")
    return cast("dict[str, Any]", header)


_KINDS: dict[type, str] = {
    float: "a finite number",
    int: "a whole number",
    bool: "true or false",
    str: f"a text of at most {MAX_TEXT} letters",
    list: "a list",
    dict: "a table",
}


def _is(value: object, kind: type) -> bool:
    if kind is float:
        return type(value) is float and math.isfinite(value)
    if kind is str:
        return isinstance(value, str) and len(value) <= MAX_TEXT
    return type(value) is kind


def _check_fields(header: dict[str, Any], wanted: dict[str, type], prefix: str) -> None:
    for name, kind in wanted.items():
        if name not in header:
            raise npz.NpzError(f"has no field {prefix}{name} in its header")
        if not _is(header[name], kind):
            raise npz.NpzError(f"has a field {prefix}{name} that is not {_KINDS[kind]}")
    for name in header:
        if name not in wanted:
            raise npz.NpzError(f"has an unknown field {prefix}{name[:MAX_TEXT]!r} in its header")


def _check_arrays(
    header: dict[str, Any],
    inputs: NDArray[np.int16],
    hashes: NDArray[np.uint64],
    start: NDArray[np.void],
) -> None:
    ticks = len(inputs)
    if not 1 <= ticks <= MAX_TICKS:
        raise npz.NpzError(f"has {ticks:,} ticks of inputs; a lap has 1 to {MAX_TICKS:,}")
    if header["ticks"] != ticks:
        raise npz.NpzError(f"has {ticks:,} ticks of inputs, its field ticks says {header['ticks']}")
    if inputs.min() < -32767 or inputs[:, 1:].min() < 0:
        bad = np.flatnonzero((inputs < (-32767, 0, 0)).any(axis=1))[0]
        raise npz.NpzError(
            f"has inputs out of range in tick {bad} (steer -32767 to 32767, pedals 0 to 32767)"
        )
    wanted = -(-ticks // TICKS_PER_SECOND)
    if len(hashes) != wanted:
        raise npz.NpzError(f"has {len(hashes)} state hashes; {ticks:,} ticks have {wanted}")
    if len(start) != 1:
        raise npz.NpzError(f"has {len(start)} start states; a lap has 1")


def _build_track(header: dict[str, Any], line: NDArray[np.float64]) -> _core.Track:
    try:
        options = header["track_options"]
        x, y, width_right, width_left = np.ascontiguousarray(line.T)
        track = _core.Track(x, y, width_right, width_left, name=header["track"], **options)
    except (ValueError, TypeError) as problem:
        raise npz.NpzError(f"has a track that cannot be built ({problem})") from None
    if track.fingerprint != header["track_fingerprint"]:
        raise npz.NpzError(
            f"has a track with fingerprint {track.fingerprint}, its field track_fingerprint says"
            f" {header['track_fingerprint']!r}"
        )
    return track


def _check_start(start: np.void, track: _core.Track) -> None:
    """The engine restores a state as it is: what it uses as an index must be one."""
    bounds = {
        "station": (0, track.station_count - 1),
        "checkpoint": (0, len(track.checkpoints)),
        "sector": (0, len(track.sector_ends) - 1),
        "wheels_off": (0, 4),
        "fault": (0, 0),
        "world_done": (0, 0),
        "lap": (0, 1 << 30),
        "episode_ticks": (0, 1 << 30),
        "episode_steps": (0, 1 << 30),
        "stillness_ticks": (0, 1 << 30),
        "off_track_ticks": (0, 1 << 30),
    }
    for name in start.dtype.names or ():
        value = start[name]
        if not np.isfinite(value):
            raise npz.NpzError(f"has a start state whose {name} is {value}, not a finite number")
        low, high = bounds.get(name, (None, None))
        if low is not None and high is not None and not low <= value <= high:
            raise npz.NpzError(f"has a start state whose {name} is {value}, not {low} to {high}")
