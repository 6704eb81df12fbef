"""The lap file `*.lap.npz`: what it holds, and how it is written and read.

Entries of format 2, a lap that is proved from rest:

- `header`: JSON as bytes, in one spelling: claims, the placement at rest, the tick in which the
  lap's clock starts, and `content`, the SHA-256 of all the rest.
- `inputs` int16 (R, 3) and `held` uint32 (R,): steer, throttle and brake in 1/32767, and for how
  many ticks they were held; all inputs since the car stood.
- `hashes`: uint64, the state hash after each second since then and after the last tick.
- `track`: (P, 4) the centre line x, y, width right, width left that the track was built from; int64
  in micrometres, or float64 in metres where that would not be exact.

With the track inside, anyone can drive the lap again, on imported circuits too. Format 1
(`racer.laps.format1`) holds the recorder's own start state instead of a placement.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

import racer
from racer import _core
from racer.errors import LapError
from racer.formats import npz
from racer.formats.files import MAX_LAP_BYTES, atomic_write, read_bytes, write_numbered
from racer.formats.text import show_path, shown
from racer.laps.format1 import START, car_state, check_start
from racer.laps.header import FORMAT, encode_header, read_header
from racer.laps.record import (
    HALF_TURN,
    MAX_TEXT,
    MAX_TICKS,
    TICKS_PER_SECOND,
    LapRecord,
    Placement,
    check_physics,
)

SUFFIX = ".lap.npz"
MAX_POINTS = 100_000  # of a centre line
MAX_WIDTH = 1_000.0  # of a road, to each side [m]
FARTHEST = 1e7  # coordinates [m]
MICROMETRES = 1e6
_ENTRIES = {
    1: ("header", "inputs", START, "hashes", "track"),
    2: ("header", "inputs", "held", "hashes", "track"),
}
_OF_RECORD = (
    *("package_version", "physics", "vehicle", "driver", "device", "lap_time_s", "sectors_s"),
    *("valid", "reasons", "standing", "created"),
)


def save_lap(record: LapRecord, path: str | os.PathLike[str]) -> None:
    """Writes a lap file, all of it or none; one of that name is replaced.

    Raises:
        LapError: the name does not end in ".lap.npz", or the folder cannot be written to.
    """
    _write(record, path, atomic_write)


def save_new_lap(record: LapRecord, path: str | os.PathLike[str]) -> Path:
    """Writes a lap file and replaces none: if the name is taken, even now, it gets a number.

    Returns:
        The name that was written.

    Raises:
        LapError: as of `save_lap`.
    """
    return _write(record, path, lambda name, data: write_numbered(name, data, SUFFIX))


_T = TypeVar("_T")


def _write(
    record: LapRecord,
    path: str | os.PathLike[str],
    write: Callable[[str | os.PathLike[str], bytes], _T],
) -> _T:
    name = show_path(path)
    if not os.fspath(path).endswith(SUFFIX):
        raise LapError(f"{name}: the name of a lap file must end in {SUFFIX}.")
    data = encode_lap(record)
    try:
        return write(path, data)
    except OSError as problem:
        raise LapError(f"{name}: cannot be written ({problem.strerror}).") from None
    except ValueError:  # a null byte or half a surrogate pair in the name
        raise LapError(f"{name}: is not a usable file name.") from None


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
    record, damaged = decode_lap(data, show_path(path))
    if damaged:
        raise LapError(f"{show_path(path)}: {damaged[0]!r} is damaged: its checksum is wrong.")
    if not any_physics:
        check_physics(record, show_path(path))
    return record


def encode_lap(record: LapRecord) -> bytes:
    """The bytes of a lap file: format 2 if the record has a placement, else format 1.

    Raises:
        LapError: the record has neither a placement nor a start state.
    """
    place = record.placement
    header: dict[str, Any] = {"format": FORMAT, "format_version": 1 if place is None else 2}
    header |= {name: getattr(record, name) for name in _OF_RECORD}
    header |= {name: shown(header[name], MAX_TEXT) for name in ("driver", "device")}
    header |= {
        "ticks": record.ticks,
        "track": shown(record.track.name, MAX_TEXT),
        "track_fingerprint": record.track.fingerprint,
        "track_options": record.track.options,
    }
    line = np.asarray(record.track.centre_line, "<f8")
    if place is None:
        if record.start is None:
            raise LapError("the lap has neither a placement nor a start state.")
        return npz.encode(
            {
                "header": np.frombuffer(encode_header(header), np.uint8),
                "inputs": record.inputs.astype("<i2"),
                START: car_state(record.start),
                "hashes": record.hashes.astype("<u8"),
                "track": line,
            }
        )
    header["first_tick"] = record.first_tick
    header["placement"] = {
        "s_mm": place.s_mm, "n_mm": place.n_mm, "heading_urad": place.heading_urad
    }  # fmt: skip
    inputs, held = pack_inputs(record.inputs)
    arrays: dict[str, NDArray[Any]] = {
        "inputs": inputs,
        "held": held,
        "hashes": record.hashes.astype("<u8"),
        "track": _packed_line(line),
    }
    header["content"] = content_hash(header, arrays)
    return npz.encode({"header": np.frombuffer(encode_header(header), np.uint8), **arrays})


def content_hash(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> str:
    """SHA-256 over a header without its `content` and the arrays of a file, as 64 hex digits.

    Args:
        header: the fields of the header.
        arrays: every other entry of a format 2 file, by name, with its dtype and shape.
    """
    digest = hashlib.sha256()
    rest = {name: value for name, value in header.items() if name != "content"}
    digest.update(encode_header(rest))
    for name in _ENTRIES[2][1:]:
        array = arrays[name]
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def pack_inputs(inputs: NDArray[np.int16]) -> tuple[NDArray[np.int16], NDArray[np.uint32]]:
    """Inputs (T, 3) as rows (R, 3) that differ from the one before, and how long each was held."""
    changed = np.ones(len(inputs), bool)
    changed[1:] = (inputs[1:] != inputs[:-1]).any(axis=1)
    first = np.flatnonzero(changed)
    held = np.diff(np.append(first, len(inputs))).astype("<u4")
    return inputs[first].astype("<i2"), held


def _packed_line(line: NDArray[np.float64]) -> NDArray[Any]:
    """In micrometres if that says the same numbers, else as it is."""
    whole = np.rint(line * MICROMETRES)
    if np.array_equal(whole / MICROMETRES, line) and not np.signbit(line[line == 0.0]).any():
        return whole.astype("<i8")
    return line


def decode_lap(data: bytes, label: str) -> tuple[LapRecord, list[str]]:
    """Reads the bytes of a lap file.

    Returns:
        The lap, and the names of entries whose check sum is wrong though they can be read.

    Raises:
        LapError: one sentence that begins with `label`.
    """
    damaged: list[str] = []
    try:
        entries = npz.split(data)
        damaged = [name for name, entry in entries.items() if not entry.intact]
        return _decoded(entries, intact=not damaged), damaged
    except npz.NpzError as problem:
        hint = f" (the check sum of its entry {damaged[0]!r} is wrong)" if damaged else ""
        raise LapError(f"{label}: {problem}{hint}.") from None


def _decoded(entries: dict[str, npz.Entry], *, intact: bool) -> LapRecord:
    if "header" not in entries:
        raise npz.NpzError("is not a lap file: it has no entry 'header'")
    header = read_header(entries["header"], tuple(_ENTRIES), racer.__version__)
    version = header["format_version"]
    _check_names(entries, _ENTRIES[version])
    values: dict[str, Any] = {name: header[name] for name in _OF_RECORD}
    values["sectors_s"] = tuple(values["sectors_s"])
    values["reasons"] = tuple(values["reasons"])
    hashes = npz.array_from(entries["hashes"], "hashes", np.dtype("<u8"), ())
    rows = npz.array_from(entries["inputs"], "inputs", np.dtype("<i2"), (3,))
    stored, line = _read_line(entries["track"], version)
    if version == 1:
        start = npz.array_from(entries[START], START, car_state().dtype, ())
        _check_arrays(header, rows, hashes)
        if len(start) != 1:
            raise npz.NpzError(f"has {len(start)} start states; a lap has 1")
        track = _build_track(header, line)
        check_start(start[0], track)
        return LapRecord(track=track, inputs=rows, start=start[0], hashes=hashes, **values)
    held = npz.array_from(entries["held"], "held", np.dtype("<u4"), ())
    inputs = _unpacked(rows, held)
    _check_arrays(header, inputs, hashes)
    track = _build_track(header, line)
    values |= _read_start(header, track)
    arrays = {"inputs": rows, "held": held, "hashes": hashes, "track": stored}
    if intact and header["content"] != content_hash(header, arrays):
        raise npz.NpzError("was changed: its field content is not the hash of the rest")
    return LapRecord(track=track, inputs=inputs, hashes=hashes, **values)


def _check_names(entries: dict[str, npz.Entry], wanted: tuple[str, ...]) -> None:
    for name in wanted:
        if name not in entries:
            raise npz.NpzError(f"is not a lap file: it has no entry {name!r}")
    for name in entries:
        if name not in wanted:
            raise npz.NpzError(f"has an unknown entry '{shown(name, 40)}'")
    if tuple(entries) != wanted:
        raise npz.NpzError(f"has its entries in another order than {', '.join(wanted)}")


def _unpacked(rows: NDArray[np.int16], held: NDArray[np.uint32]) -> NDArray[np.int16]:
    """The inputs (T, 3); sizes are checked before anything grows."""
    if not len(rows):
        raise npz.NpzError(f"has 0 ticks of inputs; a lap has 1 to {MAX_TICKS:,}")
    if len(held) != len(rows):
        raise npz.NpzError(f"has {len(rows):,} rows of inputs and {len(held):,} of held")
    ticks = int(held.sum(dtype=np.uint64))
    if not held.all() or (rows[1:] == rows[:-1]).all(axis=1).any():
        raise npz.NpzError("has inputs that are not packed as Racer packs them")
    if ticks > MAX_TICKS:
        raise npz.NpzError(f"has {ticks:,} ticks of inputs; a lap has 1 to {MAX_TICKS:,}")
    return np.repeat(rows, held, axis=0)


def _check_arrays(
    header: dict[str, Any], inputs: NDArray[np.int16], hashes: NDArray[np.uint64]
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


def _read_line(entry: npz.Entry, version: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The centre line as it is stored, and in metres; bounded before anything is built of it."""
    whole = version > 1 and b"'<i8'" in entry.data[:64]
    stored = npz.array_from(entry, "track", np.dtype("<i8" if whole else "<f8"), (4,))
    line = stored / MICROMETRES if whole else stored.astype(np.float64)
    if len(line) > MAX_POINTS:
        raise npz.NpzError(f"has a track of {len(line):,} points; at most {MAX_POINTS:,} are read")
    if version > 1 and not whole and _packed_line(line).dtype != line.dtype:
        raise npz.NpzError("has a track that is not stored as Racer stores it, in micrometres")
    if len(line) and not (np.abs(line[:, :2]) <= FARTHEST).all():
        raise npz.NpzError("has a track that cannot be built (a point is more than 10000 km away)")
    if len(line) and not (line[:, 2:] <= MAX_WIDTH).all():
        raise npz.NpzError("has a track that cannot be built (a road wider than a kilometre)")
    return stored, line


def _build_track(header: dict[str, Any], line: NDArray[np.float64]) -> _core.circuit.Track:
    try:
        options = header["track_options"]
        x, y, width_right, width_left = np.ascontiguousarray(line.T)
        track = _core.circuit.Track(x, y, width_right, width_left, name=header["track"], **options)
    except (ValueError, TypeError) as problem:
        reason = shown(problem, 300)
        raise npz.NpzError(f"has a track that cannot be built ({reason})") from None
    if track.fingerprint != header["track_fingerprint"]:
        raise npz.NpzError(
            f"has a track with fingerprint {track.fingerprint}, its field track_fingerprint says"
            f" '{shown(header['track_fingerprint'], 40)}'"
        )
    return track


def _read_start(header: dict[str, Any], track: _core.circuit.Track) -> dict[str, Any]:
    """Placement and first tick of format 2."""
    place = Placement(**header["placement"])
    first = header["first_tick"]
    if not 0 <= first < header["ticks"]:
        raise npz.NpzError(f"has a field first_tick {first}, not 0 to {header['ticks'] - 1}")
    if not (place.s_mm >= 0 and place.s < track.length):
        raise npz.NpzError(f"has a placement at {place.s} m of a lap of {track.length:.3f} m")
    station = track.stations[min(int(place.s / track.spacing), track.station_count - 1)]
    left, right = float(station["wall_left"]), float(station["wall_right"])
    if not -right <= place.n <= left:
        raise npz.NpzError(f"has a placement at n = {place.n} m, not {-right:.3f} to {left:.3f}")
    if abs(place.heading_urad) > HALF_TURN:
        raise npz.NpzError(
            f"has a placement with heading_urad {place.heading_urad},"
            f" not {-HALF_TURN} to {HALF_TURN}"
        )
    if math.copysign(1.0, header["lap_time_s"]) < 0.0:
        raise npz.NpzError("has a negative lap time")
    return {"placement": place, "first_tick": first}
