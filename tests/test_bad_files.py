"""Every file that a person can be handed, in every way that a file can be bad.

Each reader must either take the file or raise its own error: one sentence that names the file. It
must not raise anything else, hang, swell, or leave something behind. What each field may hold is
tested where the field lives; here all readers get the same corpus, and random damage on top.
"""

import json
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from lap_scene import egg_laps
from onnx import TensorProto, helper, numpy_helper
from track_scene import degrees_of, gpx

from racer import _core
from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.envs.circuit.policy import ACTIONS, PREFIX, PolicyMetadata, as_text, observation_fields
from racer.envs.circuit.settings import load_config
from racer.errors import ConfigError, LapError, PolicyError, RacerError, TrackError
from racer.laps import load_lap, verify_lap
from racer.laps.file import encode_lap
from racer.tracks import load_track, track_path
from racer.tracks.source import read_source
from racer.tracks.survey import survey
from racer.train.config import load_preset, load_train_config

REFERENCE = {
    "weights": {"progress": 1.0, "wallPenalty": -0.002, "stillnessSpeedThreshold": 2.0},
    "episode": {"maxSteps": 3000, "stillnessTimeoutTicks": 180},
}
CIRCLE = np.column_stack(
    [
        200.0 * np.cos(np.linspace(0.0, 2.0 * np.pi, 80, endpoint=False)),
        150.0 * np.sin(np.linspace(0.0, 2.0 * np.pi, 80, endpoint=False)),
        np.full((80, 2), 6.0),
    ]
)
DEGREES = degrees_of(CIRCLE[:, :2])


def table(rows: np.ndarray) -> bytes:
    lines = [",".join(f"{value:.3f}" for value in row) for row in rows]
    return ("# x_m,y_m,w_tr_right_m,w_tr_left_m\n" + "\n".join(lines) + "\n").encode()


def changed(row: int, column: int, value: float) -> bytes:
    rows = CIRCLE.copy()
    rows[row, column] = value
    return table(rows)


@dataclass(frozen=True)
class Kind:
    """One kind of file: its name, a good one, its reader and the only error that it may raise."""

    file: str
    good: Callable[[], bytes]
    read: Callable[[Path], object]
    error: type[RacerError]
    most_bytes: int


def preset_settings(path: Path) -> object:
    return load_train_config(load_preset(str(path)), str(path), minutes=1.0)


def policy(size: int = 14, outputs: int = 3, bias: float = 0.0, **changes: object) -> bytes:
    """A policy of one layer, of the given size, with some of its metadata changed (None: gone)."""
    weights = numpy_helper.from_array(np.zeros((size, outputs), np.float32), "w")
    biases = numpy_helper.from_array(np.full(outputs, bias, np.float32), "b")
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["observation", "w", "b"], ["action"])],
        "policy",
        [helper.make_tensor_value_info("observation", TensorProto.FLOAT, ["cars", size])],
        [helper.make_tensor_value_info("action", TensorProto.FLOAT, ["cars", outputs])],
        [weights, biases],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    metadata = PolicyMetadata(
        name="a",
        observation="lidar",
        action="pedals",
        ticks_per_action=1,
        vehicle="gt",
        physics=_core.physics_fingerprint("gt"),
        observation_fields=observation_fields("lidar"),
        action_fields=ACTIONS["pedals"],
    )
    properties = metadata.to_properties()
    properties |= {PREFIX + key: as_text(value) for key, value in changes.items()}
    for key, value in properties.items():
        if changes.get(key.removeprefix(PREFIX), "") is not None:
            entry = model.metadata_props.add()
            entry.key, entry.value = key, value
    content: bytes = model.SerializeToString()
    return content


def lap_content() -> bytes:
    return encode_lap(egg_laps()[1])


def track_description(path: Path) -> object:
    path.with_suffix(".csv").write_bytes(table(CIRCLE))
    return load_track(path.with_suffix(".csv"))


def imported(path: Path) -> object:
    width = None if path.suffix == ".csv" else 12.0
    result = survey(read_source(path, width=width))
    if result.errors:
        raise result.refusal()
    return result


def geojson() -> bytes:
    return json.dumps({"type": "LineString", "coordinates": DEGREES.tolist()}).encode()


KINDS = {
    "track": Kind("a.csv", lambda: table(CIRCLE), load_track, TrackError, 16 << 20),
    "track description": Kind(
        "a.toml", lambda: b'name = "A"\nrunoff = 3.0\n', track_description, TrackError, 1 << 16
    ),
    "imported table": Kind("a.csv", lambda: table(CIRCLE), imported, TrackError, 16 << 20),
    "geojson": Kind("a.geojson", geojson, imported, TrackError, 16 << 20),
    "gpx": Kind("a.gpx", lambda: gpx(DEGREES).encode(), imported, TrackError, 16 << 20),
    "config json": Kind(
        "a.json", lambda: json.dumps(REFERENCE).encode(), load_config, ConfigError, 1 << 16
    ),
    "config toml": Kind(
        "a.toml",
        lambda: b'observation = "track"\n[weights]\nprogress = 1.0\n[episode]\nmaxSteps = 9\n',
        load_config,
        ConfigError,
        1 << 16,
    ),
    "lap": Kind("a.lap.npz", lap_content, load_lap, LapError, 16 << 20),
    "policy": Kind("a.onnx", policy, OnnxDriver, PolicyError, 64 << 20),
    "preset": Kind(
        "a.toml",
        lambda: b'algo = "ppo"\nn_envs = 64\n[ppo]\ngamma = 0.9\n[env]\naction = "axis"\n',
        preset_settings,
        ConfigError,
        1 << 16,
    ),
}

GARBAGE = {
    "empty": b"",
    "blank": b"\n  \n\t\n",
    "nulls": bytes(1000),
    "noise": np.random.default_rng(0).bytes(5000),
    "half a letter": b"name = \xff\xfe",
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(200),
    "pickle": b"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s.",
    "zip": b"PK\x05\x06" + bytes(18),
    "list": b"[1, 2, 3]",
    "number": b"42",
    "word": b'"word"',
    "html": b"<!doctype html><html><body>404 Not Found</body></html>",
    "deep list": b"[" * 100_000,
    "deep table": b'{"a":' * 50_000,
    "deep toml": b"a = " + b"[" * 50_000,
    "dotted toml": b"a" + b".a" * 50_000 + b" = 1",
    "long number": b'{"weights": {"progress": ' + b"9" * 6000 + b"}}",
    "one long line": b"1," * 200_000,
    "surrogate": b'{"\\ud800": 1}',
}

BAD = {
    "track": {
        "nan": changed(7, 0, np.nan),
        "infinite": changed(7, 1, np.inf),
        "far away": changed(7, 1, 1e300),
        "negative width": changed(3, 2, -1.0),
        "no width": changed(3, 3, 0.0),
        "wide as a sea": changed(3, 3, 1e6),
        "folding": table(CIRCLE * [0.02, 0.02, 1.0, 1.0]),
        "all in one point": table(CIRCLE * [0.0, 0.0, 1.0, 1.0]),
        "two points": table(CIRCLE[:2]),
        "open": table(CIRCLE[:20]),
        "a word": table(CIRCLE).replace(b"6.000", b"wide", 1),
        "a missing column": table(CIRCLE).replace(b",6.000\n", b"\n", 1),
        "six columns": b"1,2,3,4,5,6\n" * 50,
        "wrong header": b"# speed_m,y_m,w_tr_right_m\n1,2,3,4\n",
    },
    "track description": {
        "unknown key": b'colour = "red"',
        "wrong type": b'runoff = "wide"',
        "nan": b"runoff = nan",
        "negative": b"runoff = -1.0",
        "endless": b"runoff = 1e300",
        "offset nan": b"start_offset = nan",
        "direction": b'direction = "up"',
        "flag": b"runoff = true",
        "table": b"[name]\na = 1",
    },
    "config json": {
        "unknown key": b'{"weights": {"progres": 1.0}}',
        "unknown section": b'{"reward": {}}',
        "nan": b'{"weights": {"progress": NaN}}',
        "infinite": b'{"weights": {"progress": 1e999}}',
        "text for a number": b'{"weights": {"progress": "1.0"}}',
        "flag for a number": b'{"weights": {"progress": true}}',
        "list for a table": b'{"weights": []}',
        "null": b'{"weights": null}',
        "fraction of a step": b'{"episode": {"maxSteps": 1.5}}',
        "too many steps": b'{"episode": {"maxSteps": 99999999999999999999}}',
        "twice": b'{"episode": {"maxSteps": 1, "maxSteps": 2}}',
        "reward for walls": b'{"weights": {"wallPenalty": 5}}',
    },
    "config toml": {
        "unknown key": b"[weights]\nprogres = 1.0",
        "nan": b"[weights]\nprogress = nan",
        "infinite": b"[weights]\nprogress = inf",
        "date": b"[weights]\nprogress = 2020-01-01",
        "twice": b"ticksPerAction = 1\nticksPerAction = 2",
        "wrong observation": b'observation = "camera"',
    },
    "lap": {"cut off": lap_content()[:-1], "not a lap": b"PK\x03\x04" + bytes(100)},
    "policy": {
        "no metadata": policy(format=None),
        "another format": policy(format_version=99),
        "another environment": policy(env_id="CarRacing-v3"),
        "another physics": policy(physics="0123456789abcdef"),
        "another vehicle": policy(vehicle="hovercraft"),
        "another observation": policy(observation="camera"),
        "other scales": policy(observation_fields=[]),
        "other actions": policy(action_fields=[]),
        "never acts": policy(ticks_per_action=0),
        "flag for a number": policy(ticks_per_action=True),
        "list for a text": policy(physics=["a"]),
        "null": policy(vehicle=None),
        "too few inputs": policy(size=13),
        "too many outputs": policy(outputs=4),
        "nan": policy(bias=np.nan),
        "infinite": policy(bias=np.inf),
        "cut off": policy()[:-20],
    },
    "preset": {
        "unknown key": b"learning_speed = 1",
        "unknown key of ppo": b"[ppo]\nalpha = 1.0",
        "unknown key of env": b"[env]\ncolour = 1",
        "unknown table": b"[dqn]\na = 1",
        "wrong algorithm": b'algo = "dqn"',
        "text for a number": b'n_envs = "many"',
        "nan": b"[ppo]\ngamma = nan",
        "infinite": b"[ppo]\nlearning_rate = inf",
        "negative": b"n_envs = -1",
        "fraction": b"n_envs = 1.5",
        "number for a table": b"ppo = 1",
        "network of words": b'[ppo]\nnet_arch = ["a"]',
    },
}


def refuse(kind: Kind, path: Path, *, may_pass: bool = False) -> None:
    """Reads the file; it must raise the kind's error with a good sentence (or pass, if it may)."""
    before = sorted(path.parent.iterdir())
    problem: RacerError | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            kind.read(path)
        except kind.error as caught:
            problem = caught
    if problem is None:
        assert may_pass, "a bad file was taken"
        return
    text = str(problem)
    assert path.stem in text, text
    assert text.endswith((".", "?")), text
    assert "\n" not in text
    assert len(text) < len(str(path)) + 600, len(text)
    assert "Traceback" not in text
    new = set(path.parent.iterdir()) - set(before)
    assert {file.suffix for file in new} <= {".csv"}  # the description's own track


@pytest.mark.parametrize("name", KINDS)
def test_good_files_are_taken(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    path = tmp_path / kind.file
    path.write_bytes(kind.good())
    kind.read(path)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_refused(name: str, garbage: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    path = tmp_path / kind.file
    path.write_bytes(GARBAGE[garbage])
    # An empty settings file leaves everything at its default.
    empty_is_fine = name in ("config toml", "track description", "preset") and garbage in (
        "empty",
        "blank",
    )
    refuse(kind, path, may_pass=empty_is_fine)


@pytest.mark.parametrize(("name", "bad"), [(n, b) for n, cases in BAD.items() for b in cases])
def test_bad_fields_are_refused(name: str, bad: str, tmp_path: Path) -> None:
    path = tmp_path / KINDS[name].file
    path.write_bytes(BAD[name][bad])
    refuse(KINDS[name], path)


@pytest.mark.parametrize("name", KINDS)
def test_missing_files_folders_and_huge_files_are_refused(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    path = tmp_path / kind.file
    if name != "track description":  # it may be missing
        refuse(kind, path)
    path.mkdir()
    refuse(kind, path)
    path.rmdir()
    with path.open("wb") as file:
        file.truncate(1 << 32)
    tracemalloc.start()
    refuse(kind, path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * kind.most_bytes


@pytest.mark.parametrize("name", KINDS)
def test_damage_never_does_more_than_raise(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    path = tmp_path / kind.file
    good = kind.good()
    rng = np.random.default_rng(11)
    for number in range(60):
        data = bytearray(good)
        if number % 3 == 0:
            data = data[: int(rng.integers(len(data)))]
        else:
            first = int(rng.integers(len(data)))
            data[first : first + int(rng.integers(1, 20))] = rng.bytes(int(rng.integers(1, 20)))
        path.write_bytes(data)
        refuse(kind, path, may_pass=name != "lap")


def test_names_that_are_no_tracks() -> None:
    for name in ("", "atlantis", "../../etc/passwd", "a\0b.csv", "x" * 5000 + ".csv"):
        with pytest.raises(TrackError):
            load_track(name)
    with pytest.raises(TrackError, match="catalogue has"):
        track_path("atlantis")


def test_settings_files_have_known_suffixes(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1")
    with pytest.raises(ConfigError, match=r"\.toml or \.json"):
        load_config(path)


def test_a_lap_that_cannot_be_read_is_an_answer_of_verify(tmp_path: Path) -> None:
    for garbage in GARBAGE.values():
        path = tmp_path / "a.lap.npz"
        path.write_bytes(garbage)
        check = verify_lap(path)
        assert (check.ok, check.record) == (False, None)
