"""Forged laps of ten kinds, by an attacker who knows everything that Racer does.

The attacker repairs check sums, writes the content's hash again and, where that helps, drives the
forged inputs to have right state hashes and right claims for them. What is left to forge is what
cannot be derived: that is what `judge` looks for. It derives every claim of a lap that is shown as
proved once more, from the file's bytes alone, with numpy's reader and a plain loop over `step`.

    python tests/forgery.py 10000        # all kinds, and how they ended
"""

from __future__ import annotations

import dataclasses
import io
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
from lap_scene import circuit, egg_laps, old_laps, rolling_lap

from racer import _core
from racer.cli.verify import as_json, describe
from racer.errors import LapError
from racer.formats import npz
from racer.formats.text import is_plain
from racer.laps import (
    LapCheck,
    LapRecord,
    Placement,
    drive_again,
    encode_lap,
    reason_names,
    verify_lap,
)
from racer.laps.file import content_hash
from racer.tracks import list_tracks, load_track

Random = np.random.Generator
EXTREMES = (0, 1, -1, 0.5, 1e-300, 1e-9, 150.0, 999.0, -1e6, 1e9, 1e300, 2**31 - 1, -(2**31))
TEXTS = (
    "x\nok     best.lap.npz: 41.000 s, flying lap on Harbour (catalogue) (valid; proved)",
    "\x1b[2K\rok", "a\0b", "\u202eadA", "\ud800", "Ada\u200b", "\u2028", "x" * 201, "\x85",
    "\u2066Ada\u2069", "", " ", "Ada", "\U000e0041", "A\u0301da", "\ufeff",
    "Ada\u3164", "Ada\ufe0f", "A" + "\u0316" * 20,
)  # fmt: skip
NAMES = (
    "Harbour ", "Harbour\u200b", "H\u0430rbour", "\uff28\uff41\uff52\uff42\uff4f\uff55\uff52",
    "harb0ur", "HARBOUR", "../../x", "random:1234567890123456789", "random:3", "Random: 3",
    "random:99999999999999999999999", "\u041d\u0410RB\u041eUR", "h.a.r.b.o.u.r", "old town",
    "\U0001d407arbour", "ha\u0300rbour", "C:\\x", "/etc/passwd", "egg", "My own", "...",
    "\u02b0arbour", "Harbour\u3164", "Harbour (catalogue)", "Harbour (catalogue) (valid; proved",
    "5altpan", "V|aduct", "random:1.0", "harbour.csv", "H\U0001f170rbour",
)  # fmt: skip


def attempt(record: LapRecord, **changes: object) -> LapRecord:
    """The record with changes, driven again: right hashes and claims for whatever comes out."""
    record = dataclasses.replace(record, **changes)
    try:
        replay = drive_again(record.track, record.vehicle, record.begin, record.inputs)
    except (LapError, ValueError):
        return record
    event = replay.event
    return dataclasses.replace(
        record,
        hashes=replay.hashes,
        first_tick=max(0, replay.first_tick),
        lap_time_s=float(event["time"]),
        sectors_s=tuple(float(t) for t in event["sectors"]),
        valid=bool(event["valid"]),
        reasons=reason_names(int(event["reasons"])),
        standing=bool(event["standing"]),
    )


def parts(data: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """Header and arrays of a file's bytes, by numpy's reader."""
    with np.load(io.BytesIO(data), allow_pickle=False) as entries:
        arrays = {name: entries[name] for name in entries.files}
    return json.loads(arrays.pop("header").tobytes()), arrays


def sealed(header: dict, arrays: dict[str, np.ndarray], *, spelled: bool = True) -> bytes:
    """A file with right check sums and, where that is possible, the right hash of its content."""
    try:
        if "content" in header:
            header = header | {"content": content_hash(header, arrays)}
        text = json.dumps(header, sort_keys=spelled)
    except (ValueError, TypeError, KeyError):
        text = json.dumps(header)
    return npz.encode({"header": np.frombuffer(text.encode(), np.uint8), **arrays})


def pick(rng: Random, values: tuple) -> object:
    return values[int(rng.integers(len(values)))]


@cache
def catalogue_lap() -> LapRecord:
    """A proved lap of a circuit of the catalogue, of the scripted driver."""
    from racer.drivers import make_driver
    from racer.envs.circuit.session import Seat, Session, drive

    session = Session(circuit())
    seat = Seat(make_driver("good", circuit()), session)
    laps: list = []
    while not laps:
        laps = drive(session, [seat], 60)
    return laps[0].record("good", "agent")


def some_lap(rng: Random) -> LapRecord:
    """A proved lap."""
    return egg_laps()[int(rng.integers(2))]


def any_lap(rng: Random) -> LapRecord:
    """A lap of either format."""
    return pick(rng, (*egg_laps(), *egg_laps(), *old_laps(), rolling_lap()))


# --- the ten kinds --------------------------------------------------------------------------------


def forged_state(rng: Random) -> bytes:
    record = pick(rng, (*old_laps(), rolling_lap()))
    start = record.start.copy()
    for _ in range(int(rng.integers(1, 3))):
        name = pick(rng, start.dtype.names)
        value = pick(rng, (*EXTREMES, "more"))
        if value == "more":
            value = float(start[name]) + float(rng.normal()) * 10.0 ** float(rng.integers(-9, 4))
        if not np.issubdtype(start.dtype[name], np.floating):
            bounds = np.iinfo(start.dtype[name])
            value = int(np.clip(value, float(bounds.min), min(float(bounds.max), 2.0**62)))
        start[name] = value
    return encode_lap(attempt(record, start=start))


def forged_sectors(rng: Random) -> bytes:
    header, arrays = parts(encode_lap(any_lap(rng)))
    sectors = list(header["sectors_s"])
    how = int(rng.integers(4))
    first, second = rng.choice(3, 2, replace=False)
    moved = float(rng.choice([1e-12, 1e-6, 0.001, 1.0, 5.0, 30.0]))
    sectors[first] -= moved
    if how:
        sectors[second] += moved
    if how == 2:
        header["lap_time_s"] = sum(sectors) - moved
    if how == 3:
        header["lap_time_s"] = float(np.nextafter(header["lap_time_s"], 0.0))
    return sealed(header | {"sectors_s": sectors}, arrays)


def forged_claims(rng: Random) -> bytes:
    header, arrays = parts(encode_lap(any_lap(rng)))
    options: dict[str, tuple] = {
        "valid": (True, False, 1, None),
        "standing": (True, False, "yes"),
        "reasons": ([], ["wall"], ["off_track", "wall"], "wall", [["wall"]], ["\n"]),
        "vehicle": (*_core.vehicles(), "hovercraft", "\x1b[31m", ""),
        "physics": (*map(_core.physics_fingerprint, _core.vehicles()), "0" * 16, "x"),
        "lap_time_s": (41.0, 1e-300, -1.0, 0.0, 1e308, 41, "41", True),
        "ticks": (0, 1, -1, header["ticks"] - 1, header["ticks"] + 1, 2**63, 1.0),
        "first_tick": (0, 1, -1, header["ticks"] - 1, header["ticks"], 10**30, True),
        "format_version": (1, 2, 3, 0, -1, 1.0, True, "2", None, 10**40),
        "package_version": ("99.0", "\n", "0.1.0"),
        "track_fingerprint": ("0" * 16, "", circuit().fingerprint),
        "content": ("0" * 64, "", 5),
    }
    for _ in range(int(rng.integers(1, 3))):
        name = pick(rng, tuple(options))
        header[name] = pick(rng, options[name])
    if rng.random() < 0.1:
        header.pop(pick(rng, tuple(header)))
    if rng.random() < 0.1:
        header[pick(rng, ("proved", "identity", "extra"))] = True
    return sealed(header, arrays)


def forged_inputs(rng: Random) -> bytes:
    record = some_lap(rng) if rng.random() < 0.8 else any_lap(rng)
    inputs = record.inputs.copy()
    how = int(rng.integers(6))
    at, size = int(rng.integers(len(inputs))), int(rng.integers(1, 120))
    if how == 0:
        inputs[at, int(rng.integers(3))] ^= 1 << int(rng.integers(15))
        inputs[:, 1:] = np.maximum(inputs[:, 1:], 0)
    elif how == 1:
        inputs = np.delete(inputs, slice(at, at + size), axis=0)
    elif how == 2:
        inputs = np.insert(inputs, at, np.repeat(inputs[at : at + 1], size, axis=0), axis=0)
    elif how == 3:
        inputs[at : at + size, 1:] = (32767, 0)
    elif how == 4:
        inputs = inputs[: max(1, at)]
    else:
        inputs = np.concatenate([inputs, inputs[at : at + size]])
    if not len(inputs):
        inputs = record.inputs[:1]
    return encode_lap(attempt(record, inputs=inputs) if rng.random() < 0.8 else
                      dataclasses.replace(record, inputs=inputs))  # fmt: skip


def forged_placement(rng: Random) -> bytes:
    record = some_lap(rng)
    place = record.placement
    assert place is not None
    values = dataclasses.asdict(place)
    name = pick(rng, tuple(values))
    length = int(record.track.length * 1000)
    values[name] = pick(rng, (1, -1, length, length - 1, length + 1, 3000, -3000, 5999, 6001, 8400,
                              int(rng.integers(-length, length)), 10**15, -(2**63)))  # fmt: skip
    if rng.random() < 0.5:
        return encode_lap(attempt(record, placement=Placement(**values)))
    header, arrays = parts(encode_lap(record))
    header["placement"] = values
    if rng.random() < 0.3:
        header["placement"][pick(rng, ("v_x", "speed", "s_mm"))] = pick(rng, (60, 60.0, "60", None))
    return sealed(header, arrays)


def forged_track(rng: Random) -> bytes:
    record = any_lap(rng) if rng.random() < 0.8 else catalogue_lap()
    line = record.track.centre_line.copy()
    how = int(rng.integers(7))
    at = int(rng.integers(len(line)))
    if how == 0:
        line[:, 2:] *= float(rng.choice([0.5, 0.9, 1.1, 1.5]))
    elif how == 1:
        line[:, :2] *= float(rng.choice([0.8, 0.99, 1.01, 1.2]))
    elif how == 2:
        line[at, int(rng.integers(4))] += float(rng.choice([1e-9, 1e-6, 1e-3, 0.5, -0.5, 50.0]))
    elif how == 3:
        line = np.roll(line, at, axis=0)
    elif how == 4:
        line = np.delete(line, at, axis=0)
    elif how == 5:
        line = line + np.array([*rng.normal(0, 1000.0, 2), 0.0, 0.0])
    name = pick(rng, (*NAMES, *list_tracks(), record.track.name, circuit().name))
    options = dict(record.track.options)
    if how == 6:
        options[pick(rng, ("runoff", "start_offset"))] = float(rng.choice([0.0, 1.0, 5.0, 33.3]))
    try:
        track = _core.circuit.Track(*line.T, name=name, **options)
    except (ValueError, UnicodeError):
        return sealed(*parts(encode_lap(record)))
    return encode_lap(attempt(record, track=track))


def forged_text(rng: Random) -> bytes:
    header, arrays = parts(encode_lap(any_lap(rng)))
    name = pick(rng, ("driver", "device", "created", "track", "package_version", "vehicle",
                      "physics", "track_fingerprint"))  # fmt: skip
    header[name] = pick(rng, NAMES if name == "track" else TEXTS)
    if rng.random() < 0.2:
        header[name] = str(header[name]) + pick(rng, TEXTS)
    return sealed(header, arrays)


def forged_bytes(rng: Random) -> bytes:
    data = bytearray(encode_lap(any_lap(rng)))
    how = int(rng.integers(3))
    if how == 0:
        return bytes(data[: int(rng.integers(len(data)))])
    if how == 1:
        data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
        return bytes(data)
    header, arrays = parts(bytes(data))
    name = pick(rng, tuple(arrays))
    raw = bytearray(np.ascontiguousarray(arrays[name]).tobytes())
    raw[int(rng.integers(len(raw)))] ^= 1 << int(rng.integers(8))
    arrays[name] = np.frombuffer(bytes(raw), arrays[name].dtype).reshape(arrays[name].shape)
    if rng.random() < 0.5:
        return sealed(header, arrays)
    text = json.dumps(header, sort_keys=True).encode()
    return npz.encode({"header": np.frombuffer(text, np.uint8), **arrays})


def forged_structure(rng: Random) -> bytes:
    header, arrays = parts(encode_lap(any_lap(rng)))
    name = pick(rng, tuple(arrays))
    how = int(rng.integers(7))
    if how == 0:
        arrays.pop(name)
    elif how == 1:
        arrays[pick(rng, ("extra", "../x", "inputs2"))] = np.zeros(3)
    elif how == 2:
        kind = pick(rng, ("<f4", "<i4", "<i8", "<u1", ">i2", "<c16"))
        arrays[name] = np.zeros(arrays[name].shape, kind)
    elif how == 3:
        arrays[name] = arrays[name][..., None]
    elif how == 4:
        arrays = dict(reversed(arrays.items()))
    elif how == 5:
        arrays[name] = arrays[name][:0]
    else:
        text = pick(rng, (b"[]", b"{", b"null", b'{"format":"racer-lap"}', b"[" * 60_000,
                          json.dumps(header).encode() * 2, b"9" * 5000))  # fmt: skip
        return npz.encode({"header": np.frombuffer(text, np.uint8), **arrays})
    return sealed(header, arrays, spelled=bool(rng.random() < 0.8))


def forged_size(rng: Random) -> bytes:
    header, arrays = parts(encode_lap(some_lap(rng)))
    how = int(rng.integers(6))
    if how == 0:
        arrays["held"] = np.full_like(arrays["held"], pick(rng, (0, 2**32 - 1, 10**6)))
    elif how == 1:
        arrays["track"] = arrays["track"] * pick(rng, (10, 100, 1000, 10**5, 10**7, 10**12))
    elif how == 2:
        arrays["hashes"] = np.zeros(int(rng.integers(1, 100_000)), "<u8")
    elif how == 3:
        arrays["track"] = np.zeros((int(rng.integers(1, 120_000)), 4), pick(rng, ("<i8", "<f8")))
    elif how == 4:
        angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
        far = pick(rng, (1e7, 1e5, 1e4, 9e3))
        rows = np.stack([far * np.cos(angle), far * np.sin(angle), angle * 0 + 5, angle * 0 + 5], 1)
        arrays["track"] = np.rint(rows * 1e6).astype("<i8")
    else:
        header["driver"] = "x" * int(rng.integers(200, 100_000))
    return sealed(header, arrays)


KINDS: dict[str, Callable[[Random], bytes]] = {
    "state": forged_state,
    "sectors": forged_sectors,
    "claims": forged_claims,
    "inputs": forged_inputs,
    "placement": forged_placement,
    "track": forged_track,
    "text": forged_text,
    "bytes": forged_bytes,
    "structure": forged_structure,
    "size": forged_size,
}


def forgeries(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """So many forged files, kind by kind in turn."""
    rngs = {kind: np.random.default_rng([seed, i]) for i, kind in enumerate(KINDS)}
    kinds = tuple(KINDS)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        yield kind, KINDS[kind](rngs[kind])


# --- the judge ------------------------------------------------------------------------------------


def judge(path: Path) -> str:
    """Verifies a file as `racer verify` does; "wrong", "not proved" or "proved", all of it true.

    Raises:
        AssertionError: something is shown that does not hold.
    """
    check = verify_lap(path)
    for shown in (describe(check), check.reason):
        assert is_plain(shown), shown
        shown.encode("utf-8")
    answer = as_json(check)
    json.dumps(answer, ensure_ascii=False, allow_nan=False).encode("utf-8")
    if not check.ok:
        assert not check.proved
        assert check.lap_time_s is None
        return "wrong"
    assert answer["gap_to_optimal"] is None or check.proved
    assert answer["gap_to_demonstrated"] is None or check.proved
    if not check.proved:
        return "not proved"
    assert_true(check, path.read_bytes())
    return "proved"


def assert_true(check: LapCheck, data: bytes) -> None:
    """Derives every claim of a proved lap again."""
    header, arrays = parts(data)
    record = check.record
    assert record is not None
    options = header["track_options"]
    line = arrays["track"] / 1e6 if arrays["track"].dtype.kind == "i" else arrays["track"]
    track = _core.circuit.Track(*line.T, name="", **options)
    if header["format_version"] == 2:
        inputs = np.repeat(arrays["inputs"], arrays["held"], axis=0)
        place = header["placement"]
        at = (place["s_mm"] / 1000.0, place["n_mm"] / 1000.0, place["heading_urad"] / 1e6)
    else:
        inputs = arrays["inputs"]
        at = (0.0, float(arrays["start"]["n"][0]), 0.0)
    event, driven_s = drive_plainly(track, header["vehicle"], at, inputs)
    assert event["completed"]
    assert float(event["time"]) == check.lap_time_s == header["lap_time_s"]
    assert [float(t) for t in event["sectors"]] == header["sectors_s"] == list(record.sectors_s)
    assert abs(sum(header["sectors_s"]) - check.lap_time_s) < 1e-6
    assert bool(event["valid"]) == check.valid == header["valid"]
    assert list(reason_names(int(event["reasons"]))) == header["reasons"]
    assert bool(event["standing"]) == header["standing"]
    assert driven_s >= check.lap_time_s - _core.TICK_SECONDS
    shown = describe(check)
    if "(catalogue)" in shown:
        names = {load_track(n).name: load_track(n).fingerprint for n in list_tracks()}
        said = re.search(r"lap on (.+?) \(catalogue\)", shown)
        assert said is not None
        assert names[said[1]] == track.fingerprint
    else:
        assert track.fingerprint in shown or "(random circuit)" in shown


def drive_plainly(
    track: _core.circuit.Track, vehicle: str, at: tuple[float, float, float], inputs: np.ndarray
) -> tuple[np.void, float]:
    """A car at rest that is given the inputs, tick by tick; the last event and the time driven."""
    config = _core.circuit.Config()
    config.max_steps = 0
    config.stillness_timeout_ticks = 0
    car = _core.circuit.Batch([track], 1, vehicle=vehicle, autoreset="disabled", config=config)
    car.place(0, 0, *at)
    for name in ("v_x", "v_y", "yaw_rate", "steer", "a_x", "episode_ticks", "lap_start"):
        assert car.facts[name][0, 0] == 0
    actions = (inputs.astype(np.float32) / np.float32(32767)).reshape(-1, 1, 1, 3)
    for action in actions:
        car.step(action)
    return car.lap_events[0, 0].copy(), len(inputs) * _core.TICK_SECONDS


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    began = time.process_time()
    tally: Counter[tuple[str, str]] = Counter()
    path = Path(sys.argv[2] if len(sys.argv) > 2 else "forged.lap.npz")
    for number, (kind, data) in enumerate(forgeries(count)):
        path.write_bytes(data)
        try:
            tally[kind, judge(path)] += 1
        except Exception:
            print(f"forgery {number}, kind {kind}: kept as {path}")
            raise
    path.unlink()
    for (kind, outcome), times in sorted(tally.items()):
        print(f"{kind:10} {outcome:10} {times}")
    print(f"{count} forgeries, {time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
