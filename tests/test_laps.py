"""Lap files: what was driven comes back bit for bit, can be driven again, and no other passes."""

import argparse
import dataclasses
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from lap_scene import (
    circuit,
    egg,
    egg_laps,
    from_state,
    laps_of,
    old_laps,
    pedals,
    rolling_lap,
)

from racer import _core, laps
from racer.cli import verify as verify_command
from racer.envs.circuit.session import Session
from racer.errors import LapError, RacerError
from racer.formats import npz
from racer.formats.files import MAX_LAP_BYTES, atomic_path, atomic_write, read_bytes, read_text
from racer.laps import LapRecord, load_lap, save_lap, verify_lap
from racer.laps.file import encode_lap, pack_inputs
from racer.tracks import load_track


@pytest.fixture
def flying() -> LapRecord:
    return egg_laps()[1]


@pytest.fixture
def old() -> LapRecord:
    return old_laps()[1]


@pytest.fixture
def lap_file(flying: LapRecord, tmp_path: Path) -> Path:
    path = tmp_path / "flying.lap.npz"
    save_lap(flying, path)
    return path


def test_a_saved_lap_comes_back_bit_for_bit(tmp_path: Path) -> None:
    for number, record in enumerate((*egg_laps(), *old_laps(), rolling_lap())):
        path = tmp_path / f"{number}.lap.npz"
        save_lap(record, path)
        back = load_lap(path)
        for field in dataclasses.fields(LapRecord):
            ours, theirs = getattr(record, field.name), getattr(back, field.name)
            if field.name == "track":
                assert (ours.fingerprint, ours.name) == (theirs.fingerprint, theirs.name)
                assert ours.options == theirs.options
            elif field.name == "start" and ours is not None:
                assert all(ours[name] == theirs[name] for name in ours.dtype.names)
            elif isinstance(ours, np.ndarray):
                np.testing.assert_array_equal(ours, theirs)
            else:
                assert ours == theirs
        assert encode_lap(back) == path.read_bytes()


def test_numpy_reads_a_lap_file_without_pickle(lap_file: Path, flying: LapRecord) -> None:
    with np.load(lap_file, allow_pickle=False) as entries:
        inputs = np.repeat(entries["inputs"], entries["held"], axis=0)
        np.testing.assert_array_equal(inputs, flying.inputs)
        header = json.loads(entries["header"].tobytes())
    assert header["lap_time_s"] == flying.lap_time_s
    with zipfile.ZipFile(lap_file) as archive:
        assert archive.testzip() is None


def test_a_lap_verifies_to_the_last_bit(tmp_path: Path) -> None:
    standing, flying = egg_laps()
    assert standing.standing
    assert not flying.standing
    for record in (standing, flying):
        path = tmp_path / "a.lap.npz"
        save_lap(record, path)
        check = verify_lap(path)
        assert (check.ok, check.reason) == (True, "")
        assert check.lap_time_s == record.lap_time_s
        assert check.valid == record.valid
        assert sum(record.sectors_s) == pytest.approx(record.lap_time_s, abs=1e-9)


def test_laps_of_every_row_and_car_verify() -> None:
    finished = laps_of(Session(circuit(), worlds=3, cars=2), 12)
    assert {(lap.world, lap.car) for lap in finished} == set(np.ndindex(3, 2))
    for lap in finished:
        record = lap.record("careful")
        assert record.lap_time_s == lap.time_s
        assert verify_lap(record).ok


def test_an_invalid_lap_is_kept_and_says_why() -> None:
    session = Session(egg())
    finished = []
    while not finished:
        inputs = pedals(session)
        if 200 <= session.ticks < 290:  # straight on, where the road turns
            inputs[..., :2] = (0.0, 0.3)
        finished = session.tick(inputs)
    record = finished[0].record()
    assert not record.valid
    assert "off_track" in record.reasons
    check = verify_lap(record)
    assert (check.ok, check.valid) == (True, False)


# --- damage ---------------------------------------------------------------------------------------


def test_any_flipped_bit_is_found_and_located(lap_file: Path) -> None:
    data = lap_file.read_bytes()
    ends = np.cumsum([len(entry.data) for entry in npz.split(data).values()])
    assert ends[-1] > 0.9 * len(data)
    rng = np.random.default_rng(5)
    for place in rng.integers(0, len(data), 250):
        broken = bytearray(data)
        broken[place] ^= 1 << int(rng.integers(8))
        lap_file.write_bytes(broken)
        check = verify_lap(lap_file)
        assert not check.ok, place
        assert check.lap_time_s is None
        assert check.valid is None
        assert str(lap_file) in check.reason
        located = ("entry", "byte", "field", "checksum", "header", "npz")
        assert any(word in check.reason for word in located), check.reason
        with pytest.raises(LapError):
            load_lap(lap_file)


def test_a_flipped_input_is_located_to_the_second(lap_file: Path, flying: LapRecord) -> None:
    data = lap_file.read_bytes()
    entries = npz.split(data)
    first = entries["inputs"].offset + 30 + len("inputs.npy")
    rows, held = pack_inputs(flying.inputs)
    first += len(entries["inputs"].data) - rows.nbytes
    exact = 0
    for row in range(53, len(rows), 53):  # while it stands, the steering's rate hides much
        tick = int(held[:row].sum())
        broken = bytearray(data)
        broken[first + 6 * row + 1] ^= 0x04
        lap_file.write_bytes(broken)
        check = verify_lap(lap_file)
        assert "'inputs' is damaged" in check.reason
        assert check.wrong_second == tick // 60
        exact += 1
    assert exact > 10


@pytest.mark.parametrize("byte", [0, 1, 0x7F, 0xFF])
def test_added_bytes_are_found(lap_file: Path, byte: int) -> None:
    data = lap_file.read_bytes()
    lap_file.write_bytes(data + bytes([byte]))
    assert "continues after its end" in verify_lap(lap_file).reason
    lap_file.write_bytes(bytes([byte]) + data)
    assert not verify_lap(lap_file).ok


def test_truncated_files_are_refused(lap_file: Path) -> None:
    data = lap_file.read_bytes()
    for length in [0, 1, 4, 29, 30, 31, 60, 200, *range(500, len(data), 997), len(data) - 1]:
        lap_file.write_bytes(data[:length])
        with pytest.raises(LapError, match=r"cut off|damaged|not an npz|no entry|not an array"):
            load_lap(lap_file)


# --- forgery: files whose check sums are right ----------------------------------------------------


def forged(record: LapRecord, path: Path, **changes: object) -> laps.LapCheck:
    save_lap(dataclasses.replace(record, **changes), path)
    return verify_lap(path)


def test_a_changed_input_is_located(flying: LapRecord, tmp_path: Path) -> None:
    inputs = flying.inputs.copy()
    inputs[700, 0] += 1
    check = forged(flying, tmp_path / "x.lap.npz", inputs=inputs)
    assert not check.ok
    assert check.wrong_second == 700 // 60
    assert "second 11 (ticks 660 to 719)" in check.reason


def test_a_changed_hash_is_located(flying: LapRecord, tmp_path: Path) -> None:
    hashes = flying.hashes.copy()
    hashes[3] ^= np.uint64(1)
    check = forged(flying, tmp_path / "x.lap.npz", hashes=hashes)
    assert check.wrong_second == 3


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("lap_time_s", 1.0, "field lap_time_s says"),
        ("valid", False, "field valid says True|field valid says False"),
        ("standing", True, "field standing says True"),
        ("reasons", ("wall",), "field reasons says"),
        ("sectors_s", (1.0, 2.0, 3.0), "field sectors_s says"),
        ("physics", "0" * 16, "was driven with physics 0000000000000000"),
        ("vehicle", "hovercraft", "vehicle 'hovercraft' is unknown here"),
    ],
)
def test_changed_claims_are_named(
    flying: LapRecord, tmp_path: Path, field: str, value: object, sentence: str
) -> None:
    check = forged(flying, tmp_path / "x.lap.npz", **{field: value})
    assert not check.ok
    assert any(part in check.reason for part in sentence.split("|")), check.reason


def test_one_bit_of_lap_time_counts(flying: LapRecord, tmp_path: Path) -> None:
    time = float(np.nextafter(flying.lap_time_s, 0.0))
    assert not forged(flying, tmp_path / "x.lap.npz", lap_time_s=time).ok


def test_a_lap_that_starts_in_the_middle_is_no_lap(old: LapRecord) -> None:
    car = laps.open_car(old.track)
    laps.put_in_state(car, old.start)
    for action in laps.pedals_of(old.inputs[:900]):
        car.step(action.reshape(1, 1, 3))
    start = car.snapshot()[0, 0].copy()
    start["lap_start"] = start["episode_ticks"] + 0.5
    check = verify_lap(from_state(old, start, old.inputs[900:]))
    assert not check.ok
    assert "a flying lap starts in the tick that crosses the line" in check.reason


@pytest.mark.parametrize(
    ("which", "changes", "sentence"),
    [
        (0, {"v_x": 60.0}, "at rest on the line"),
        (0, {"lap_start": 100.0}, "at rest on the line"),
        (1, {"v_x": 200.0}, "v_x is 200, it must be"),
        (1, {"surface_drag": 2e5}, "surface_drag is 200000"),
        (1, {"s": egg().length - 0.001}, "are different places"),
    ],
)
def test_made_up_starts_are_refused(which: int, changes: dict[str, float], sentence: str) -> None:
    record = old_laps()[which]
    start = record.start.copy()
    for name, value in changes.items():
        start[name] = value
    check = verify_lap(from_state(record, start, record.inputs))
    assert not check.ok
    assert sentence in check.reason or "no lap ends" in check.reason


@pytest.mark.parametrize("name", [circuit().name, "random:3"])
def test_a_lap_on_a_track_with_a_false_name_is_refused(flying: LapRecord, name: str) -> None:
    narrow = _core.circuit.Track(*egg().centre_line.T, name=name, **egg().options)
    record = dataclasses.replace(flying, track=narrow)
    check = verify_lap(record)
    assert not check.ok
    assert "has" in check.reason
    assert load_track(name).fingerprint in check.reason


def test_laps_of_another_physics_can_be_shown_but_not_driven(
    flying: LapRecord, tmp_path: Path
) -> None:
    path = tmp_path / "old.lap.npz"
    save_lap(dataclasses.replace(flying, physics="0123456789abcdef"), path)
    assert load_lap(path, any_physics=True).lap_time_s == flying.lap_time_s
    with pytest.raises(LapError, match="use that version, or drive the lap again"):
        load_lap(path)


# --- files that are no lap files ------------------------------------------------------------------


def with_entries(record: LapRecord, path: Path, **changes: np.ndarray | None) -> Path:
    """The lap's file with entries replaced (None: left out), its check sums right."""
    with np.load(io.BytesIO(encode_lap(record)), allow_pickle=False) as entries:
        arrays = {name: entries[name] for name in entries.files} | changes
    kept = {name: array for name, array in arrays.items() if array is not None}
    path.write_bytes(npz.encode(kept))
    return path


def with_header(record: LapRecord, path: Path, **changes: object) -> Path:
    """The lap's file with fields of its header replaced (`...`: left out)."""
    with np.load(io.BytesIO(encode_lap(record)), allow_pickle=False) as entries:
        header = json.loads(entries["header"].tobytes()) | changes
    kept = {name: value for name, value in header.items() if value is not ...}
    text = np.frombuffer(json.dumps(kept).encode(), np.uint8)
    return with_entries(record, path, header=text)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"inputs": None}, "it has no entry 'inputs'"),
        ({"extra": np.zeros(3)}, "unknown entry 'extra'"),
        ({"inputs": np.zeros((70, 3))}, "entry 'inputs' that is not an array of int16"),
        ({"inputs": np.zeros((70, 2), np.int16)}, "entry 'inputs' that is not an array"),
        ({"inputs": np.zeros((0, 3), np.int16)}, "has 0 ticks of inputs"),
        ({"inputs": np.zeros((70, 3), np.int16)}, "its field ticks says"),
        ({"hashes": np.zeros(1, np.uint64)}, "has 1 state hashes"),
        ({"hashes": np.zeros(21, np.int64)}, "entry 'hashes' that is not an array of uint64"),
        ({"start": np.zeros(1)}, "records of the"),
        ({"track": np.full((120, 4), np.nan)}, "has a track that cannot be built"),
        ({"track": np.zeros((0, 4))}, "has a track that cannot be built"),
        ({"track": np.zeros((7, 3))}, "entry 'track' that is not an array of float64"),
        ({"header": np.frombuffer(b"{", np.uint8)}, "header that is not JSON"),
        ({"header": np.frombuffer(b"[1]", np.uint8)}, "is not a lap file"),
        ({"header": np.frombuffer(b'{"a":1,"a":2}', np.uint8)}, "appears twice"),
        ({"header": np.frombuffer(b'{"a":NaN}', np.uint8)}, "NaN is not a number"),
        ({"header": np.frombuffer(b"[" * 60_000, np.uint8)}, "header that is not JSON"),
        ({"header": np.frombuffer(b"\xff\xfe", np.uint8)}, "header that is not JSON"),
        ({"header": np.frombuffer(b'{"a":' + b"9" * 5000 + b"}", np.uint8)}, "lap file|not JSON"),
    ],
)
def test_wrong_entries_are_named(
    old: LapRecord, tmp_path: Path, changes: dict[str, np.ndarray | None], sentence: str
) -> None:
    path = with_entries(old, tmp_path / "x.lap.npz", **changes)
    with pytest.raises(LapError) as error:
        load_lap(path)
    assert str(path) in str(error.value)
    assert any(part in str(error.value) for part in sentence.split("|")), str(error.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": "zip"}, "is not a lap file"),
        ({"format_version": 99}, "has format version 99; this Racer"),
        ({"format_version": "1"}, "has format version '1'"),
        ({"lap_time_s": "fast"}, "field lap_time_s that is not a finite number"),
        ({"lap_time_s": 20}, "field lap_time_s that is not a finite number"),
        ({"lap_time_s": 1e999}, "not a number"),
        ({"valid": 1}, "field valid that is not true or false"),
        ({"driver": "x" * 1000}, "field driver that is not a text"),
        ({"ticks": 1.5}, "field ticks that is not a whole number"),
        ({"sectors_s": [1.0]}, "field sectors_s that is not three finite numbers"),
        ({"reasons": [1]}, "field reasons"),
        ({"track_options": {}}, "no field track_options.runoff"),
        ({"track_options": []}, "field track_options that is not a table"),
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"driver": ...}, "no field driver"),
        ({"track_fingerprint": "0" * 16}, "its field track_fingerprint says '0000000000000000'"),
    ],
)
def test_wrong_header_fields_are_named(
    flying: LapRecord, tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    path = with_header(flying, tmp_path / "x.lap.npz", **changes)
    with pytest.raises(LapError) as error:
        load_lap(path)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("x", np.nan),
        ("v_x", np.inf),
        ("station", -1),
        ("station", 1 << 30),
        ("checkpoint", 1000),
        ("sector", 3),
        ("sector", -1),
        ("fault", 1.0),
        ("episode_ticks", (1 << 31) - 1),
    ],
)
def test_impossible_start_states_are_named(
    old: LapRecord, tmp_path: Path, field: str, value: float
) -> None:
    start = old.start.copy()
    start[field] = value
    path = tmp_path / "x.lap.npz"
    path.write_bytes(encode_lap(dataclasses.replace(old, start=start)))
    with pytest.raises(LapError, match=f"start state whose {field} is"):
        load_lap(path)
    assert not verify_lap(path).ok


@pytest.mark.parametrize("field", ["x", "y", "v_x", "v_y", "yaw_rate", "s", "n", "cos_yaw", "a_x"])
@pytest.mark.parametrize("value", [1e300, -1e300])
def test_absurd_start_states_do_no_harm(old: LapRecord, field: str, value: float) -> None:
    start = old.start.copy()
    start[field] = value
    assert not verify_lap(dataclasses.replace(old, start=start)).ok


def test_inputs_out_of_range_are_named(flying: LapRecord, tmp_path: Path) -> None:
    inputs = flying.inputs.copy()
    inputs[77, 1] = -5
    path = tmp_path / "x.lap.npz"
    save_lap(dataclasses.replace(flying, inputs=inputs), path)
    with pytest.raises(LapError, match="inputs out of range in tick 77"):
        load_lap(path)


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.lap.npz"
    stream = io.BytesIO()
    np.savez(stream, header=np.array([{"format": "racer-lap"}], dtype=object))
    path.write_bytes(stream.getvalue())
    with pytest.raises(LapError):
        load_lap(path)


def test_compressed_files_are_refused_before_they_swell(tmp_path: Path) -> None:
    path = tmp_path / "bomb.lap.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inputs.npy", bytes(50_000_000))
    with pytest.raises(LapError, match="compressed entry at byte 0"):
        load_lap(path)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(100), b"PK\x05\x06" + bytes(18)]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.lap.npz"
    path.write_bytes(content)
    with pytest.raises(LapError, match="is not an npz file"):
        load_lap(path)


def test_missing_huge_and_odd_files(tmp_path: Path) -> None:
    with pytest.raises(LapError, match="no such lap file"):
        load_lap(tmp_path / "none.lap.npz")
    with pytest.raises(LapError, match="is a folder"):
        load_lap(tmp_path)
    huge = tmp_path / "huge.lap.npz"
    with huge.open("wb") as file:
        file.truncate(MAX_LAP_BYTES + 1)
    with pytest.raises(LapError, match="at most 16,777,216 bytes"):
        load_lap(huge)
    assert not verify_lap("a\0b").ok


def test_random_bytes_never_do_more_than_raise(lap_file: Path) -> None:
    data = lap_file.read_bytes()
    rng = np.random.default_rng(3)
    for _ in range(150):
        broken = bytearray(data)
        first = int(rng.integers(len(data)))
        size = int(rng.integers(1, 64))
        broken[first : first + size] = rng.bytes(int(rng.integers(0, 64)))
        if broken != data:
            lap_file.write_bytes(broken)
            assert not verify_lap(lap_file).ok


# --- writing --------------------------------------------------------------------------------------


def test_a_failed_write_names_the_file_and_not_its_temporary_name(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 250)  # the temporary name is too long
    with pytest.raises(OSError, match="File name too long") as caught:
        atomic_write(path, "text")
    assert caught.value.filename == str(path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    atomic_write(path, "old")

    def fail() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["kept.txt"]
    with atomic_path(tmp_path / "deep" / "new.onnx") as temporary:
        assert temporary.suffix == ".onnx"
        temporary.write_bytes(b"1")
    assert (tmp_path / "deep" / "new.onnx").read_bytes() == b"1"


def test_reading_has_limits(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfgr\xc3\xbcn")
    assert read_text(path) == "grün"
    assert read_bytes(path, limit=8) == path.read_bytes()
    with pytest.raises(RacerError, match="at most 7 bytes, this one has 8"):
        read_bytes(path, limit=7)
    path.write_bytes(b"abc\xff")
    with pytest.raises(RacerError, match="byte 3 is not"):
        read_text(path)
    if Path("/dev/zero").exists():
        with pytest.raises(RacerError):
            read_bytes("/dev/zero", limit=100)


def test_lap_files_have_one_suffix(flying: LapRecord, tmp_path: Path) -> None:
    with pytest.raises(LapError, match=r"must end in \.lap\.npz"):
        save_lap(flying, tmp_path / "lap.npz")
    (tmp_path / "file").write_text("")
    with pytest.raises(LapError, match="cannot be written"):
        save_lap(flying, tmp_path / "file" / "a.lap.npz")


# --- the command ----------------------------------------------------------------------------------


def verify(*args: str) -> int:
    parser = argparse.ArgumentParser()
    verify_command.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["verify", *args])
    status: int = parsed.run(parsed)
    return status


def test_the_command_tells_scripts(
    lap_file: Path, tmp_path: Path, flying: LapRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.lap.npz"
    bad.write_bytes(lap_file.read_bytes()[:-1])
    assert verify(str(lap_file), "--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "file": str(lap_file),
            "ok": True,
            "proved": True,
            "reason": "",
            "lap_time_s": flying.lap_time_s,
            "valid": True,
            "gap_to_optimal": None,  # nobody has solved this track
            "gap_to_demonstrated": None,
            "standing": False,
            "track": f"egg (not a catalogue circuit, fingerprint {flying.track.fingerprint})",
            "track_fingerprint": flying.track.fingerprint,
            "vehicle": "gt",
            "identity": laps.identity_of(flying),
            "motion": verify_lap(flying).motion,
            "same_as": None,
            "claimed": {"driver": "careful", "device": "agent", "created": flying.created},
        }
    ]
    assert verify(str(bad), str(lap_file), "--json") == 1
    items = json.loads(capsys.readouterr().out)
    assert [item["ok"] for item in items] == [False, True]
    assert items[0]["lap_time_s"] is None
    assert verify(str(bad), str(lap_file)) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("WRONG  " + str(bad))
    assert lines[1].startswith("ok     " + str(lap_file))
