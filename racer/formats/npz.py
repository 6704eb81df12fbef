"""A strict and deterministic npz: one content has one sequence of bytes, on every machine.

`numpy.load` reads these files. We do not read them with it, for three reasons: nothing in a file
that somebody handed us may reach a pickle or an evaluated expression; no size that a file claims is
believed before it was compared with the bytes that are there (entries are stored, not compressed,
so no file can swell); and because the writing is deterministic, a single wrong byte anywhere in
the file is found by writing again what was read.

Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT and
https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0.
"""

import math
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_LOCAL = struct.Struct("<4s5H3I2H")  # header before each entry
_CENTRAL = struct.Struct("<4s6H3I5H2I")  # row of the directory at the end
_END = struct.Struct("<4s4H2IH")
_VERSION = 20
_DATE = 0x0021  # 1980-01-01, the first day that a zip can name
_NPY_MAGIC = b"\x93NUMPY\x01\x00"
_ALIGNMENT = 64


class NpzError(Exception):
    """What is wrong with the bytes, as the end of a sentence that began with the file's name."""


@dataclass(frozen=True)
class Entry:
    """One array of a file: `data` is its npy form, `intact` says whether the check sum agrees."""

    data: bytes
    intact: bool
    offset: int


def _npy_header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    descr = np.lib.format.dtype_to_descr(dtype)
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    size = len(_NPY_MAGIC) + 2 + len(text) + 1
    text += " " * (-size % _ALIGNMENT) + "\n"
    return _NPY_MAGIC + struct.pack("<H", len(text)) + text.encode("ascii")


def encode(arrays: Mapping[str, Array]) -> bytes:
    """Writes arrays (of plain dtypes) as npz bytes, in the order given."""
    return _encode_zip(
        {
            f"{name}.npy": _npy_header(array.dtype, array.shape)
            + np.ascontiguousarray(array).tobytes()
            for name, array in arrays.items()
        }
    )


def _encode_zip(entries: Mapping[str, bytes]) -> bytes:
    body = b""
    directory = b""
    for name, data in entries.items():
        raw = name.encode("ascii")
        common = (0, 0, 0, _DATE, zlib.crc32(data), len(data), len(data), len(raw), 0)
        central = (b"PK\x01\x02", _VERSION, _VERSION, *common, 0, 0, 0, 0, len(body))
        directory += _CENTRAL.pack(*central) + raw
        body += _LOCAL.pack(b"PK\x03\x04", _VERSION, *common) + raw + data
    count = len(entries)
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


def split(data: bytes) -> dict[str, Entry]:
    """Takes npz bytes apart into named entries, without believing anything they say.

    Raises:
        NpzError: the bytes are not exactly what `encode` writes, with the place of the first
            difference. A wrong check sum of an entry alone is no error; its `intact` is False.
    """
    entries: dict[str, Entry] = {}
    offset = 0
    while data[offset : offset + 4] == b"PK\x03\x04":
        if offset + _LOCAL.size > len(data):
            raise NpzError(f"is cut off at byte {len(data):,}")
        fields = _LOCAL.unpack_from(data, offset)
        method, crc, size, name_size = fields[3], fields[6], fields[7], fields[9]
        start = offset + _LOCAL.size + name_size
        if method != 0:
            raise NpzError(f"has a compressed entry at byte {offset:,}; its entries are stored")
        if start + size > len(data):
            raise NpzError(f"is cut off at byte {len(data):,} or damaged at byte {offset:,}")
        name = data[offset + _LOCAL.size : start].decode("latin-1").removesuffix(".npy")
        content = data[start : start + size]
        if name in entries or len(entries) > 64:
            raise NpzError(f"has a second entry of the same name at byte {offset:,}")
        entries[name] = Entry(content, zlib.crc32(content) == crc, offset)
        offset = start + size
    if not entries:
        raise NpzError("is not an npz file")
    _check_frame(data, entries)
    return entries


def _check_frame(data: bytes, entries: Mapping[str, Entry]) -> None:
    """Compares all bytes but the contents and check sums with what we would write."""
    try:
        wanted = _encode_zip({f"{name}.npy": entry.data for name, entry in entries.items()})
    except UnicodeEncodeError:
        raise NpzError("has an entry with an unreadable name") from None
    if wanted == data:
        return
    damaged = [entry for entry in entries.values() if not entry.intact]
    ignored = np.zeros(len(wanted), bool)
    directory = sum(_LOCAL.size + len(f"{n}.npy") + len(e.data) for n, e in entries.items())
    for name, entry in entries.items():
        if entry in damaged:
            ignored[entry.offset + 14 : entry.offset + 18] = True  # check sum before the entry
            ignored[directory + 16 : directory + 20] = True  # and in the directory
        directory += _CENTRAL.size + len(f"{name}.npy")
    common = min(len(wanted), len(data))
    ours = np.frombuffer(wanted, np.uint8, common)
    theirs = np.frombuffer(data, np.uint8, common)
    different = np.flatnonzero((ours != theirs) & ~ignored[:common])
    if different.size:
        raise NpzError(f"is damaged at byte {int(different[0]):,}")
    if len(data) < len(wanted):
        raise NpzError(f"is cut off at byte {len(data):,}")
    if len(data) > len(wanted):
        raise NpzError(f"continues after its end at byte {len(wanted):,}")


def array_from(entry: Entry, name: str, dtype: np.dtype[Any], row: tuple[int, ...]) -> Array:
    """Reads an entry that must be an array of `dtype` with shape (any, *row).

    Raises:
        NpzError: it is something else.
    """
    data = entry.data
    shape = ", ".join(str(n) for n in ("any", *row))
    wanted = f"an array of {dtype.name} with shape ({shape})"
    if dtype.fields is not None:
        wanted = f"an array of records of the {len(dtype.fields)} fields of a car's state"
    start = len(_NPY_MAGIC) + 2
    if len(data) < start or not data.startswith(_NPY_MAGIC):
        raise NpzError(f"has an entry {name!r} that is not {wanted}")
    start += int.from_bytes(data[start - 2 : start], "little")
    row_bytes = dtype.itemsize * math.prod(row)
    count, rest = divmod(len(data) - start, row_bytes)
    if count < 0 or rest or data[:start] != _npy_header(dtype, (count, *row)):
        text = data[len(_NPY_MAGIC) + 2 : start][:120].decode("latin-1").strip()
        raise NpzError(f"has an entry {name!r} that is not {wanted}, but {text!r}")
    array: Array = np.frombuffer(data, dtype, offset=start).reshape(count, *row)
    return array
