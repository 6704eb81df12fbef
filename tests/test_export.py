"""Exported policies: the same numbers, the same driving, a sentence for every file that is none."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import onnx
import pytest
from small_models import small_config, small_driver, small_model, small_policy

from racer import _core
from racer.drivers import make_driver
from racer.drivers.circuit.observed import ObservationReader
from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.envs.circuit.policy import PolicyMetadata
from racer.envs.circuit.session import Seat, Session, drive
from racer.errors import PolicyError
from racer.tracks import load_track

VARIANTS = [
    (algo, observation, action)
    for algo in ("ppo", "sac")
    for observation, action in (("track", "axis"), ("lidar", "pedals"))
]


@pytest.mark.parametrize(("algo", "observation", "action"), VARIANTS)
def test_the_policy_answers_as_the_model(
    algo: str, observation: str, action: str, tmp_path: Path
) -> None:
    config = small_config(algo, observation, action)
    ours = small_driver(config)
    exported = OnnxDriver(small_policy(config, tmp_path / "p.onnx"))
    size = ObservationReader(observation).size
    random = np.random.default_rng(1)
    usual = random.uniform(-1.0, 1.0, (600, size))
    corners = random.choice([-2.0, -1.0, 0.0, 1.0, 2.0], (200, size))
    extremes = random.choice([-1e30, -1e6, -1e-30, 0.0, 1e-6, 1e6, 3e38], (200, size))
    obs = np.concatenate([usual, corners, extremes]).astype(np.float32)
    wanted = ours.act(obs)
    answer = exported.act(obs)
    assert np.abs(answer - wanted).max() <= 1e-5
    assert np.ptp(wanted, axis=0).min() > 0.1  # a constant would prove nothing
    assert np.abs(exported.act(obs[:1]) - answer[:1]).max() <= 1e-6
    again = small_policy(config, tmp_path / "q.onnx")
    assert again.read_bytes() == (tmp_path / "p.onnx").read_bytes()


def test_the_policy_drives_as_the_model(tmp_path: Path) -> None:
    config = small_config("ppo")
    track = load_track("harbour")
    places = []
    for driver in (
        small_driver(config),
        OnnxDriver(small_policy(config, tmp_path / "p.onnx")),
    ):
        session = Session(track, worlds=4)
        for world in range(4):
            session.place(world, 0, 100.0 + 300.0 * world, 0.0, 0.0, 20.0)
        drive(session, [Seat(driver, session)], 300)
        places.append(session.telemetry["distance"].copy())
    np.testing.assert_allclose(places[0], places[1], atol=1e-3)


def test_the_metadata_say_what_it_was_trained_for(tmp_path: Path) -> None:
    path = small_policy(small_config(), tmp_path / "p.onnx")
    properties = {p.key: p.value for p in onnx.load(path).metadata_props}
    assert properties["racer.format"] == "racer-policy"
    assert properties["racer.env_id"] == "racer/Circuit-v0"
    assert properties["racer.vehicle"] == "gt"
    assert properties["racer.physics"] == _core.physics_fingerprint("gt")
    assert float(properties["racer.control_rate_hz"]) == 10.0
    assert int(properties["racer.training_steps"]) == 7
    assert json.loads(properties["racer.tracks"]) == ["harbour"]
    action_fields = json.loads(properties["racer.action_fields"])
    assert [f["name"] for f in action_fields] == ["steer", "drive"]
    fields = json.loads(properties["racer.observation_fields"])
    assert [f["name"] for f in fields] == [
        f["name"] for f in _core.circuit.observation_layout("track")
    ]
    assert all("unit" in f for f in fields)
    env = gymnasium.make(
        properties["racer.env_id"],
        vehicle=properties["racer.vehicle"],
        observation=properties["racer.observation"],
        action=properties["racer.action"],
        ticks_per_action=int(properties["racer.ticks_per_action"]),
    )
    assert env.observation_space.shape == (102,)


@pytest.mark.parametrize(
    "name", ["plain", "123", "true", "null", '"in quotes"', "{", "ä / 赛车", ""]
)
def test_a_text_of_the_metadata_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    path = tmp_path / "p.onnx"
    model, normalise = small_model(small_config())
    from racer.train.export import export_policy, model_metadata

    metadata = model_metadata(small_config(), name=name, training_steps=0)
    export_policy(model, normalise, metadata, path)
    assert {p.key: p.value for p in onnx.load(path).metadata_props}["racer.name"] == name
    assert OnnxDriver(path).metadata == metadata
    old = as_format_1(path)  # whose texts are JSON
    assert OnnxDriver(old).metadata == dataclasses.replace(metadata, format_version=1)
    assert OnnxDriver(old).metadata.to_properties() == metadata.to_properties()


def as_format_1(path: Path) -> Path:
    """The policy as Racer wrote it before texts were plain."""
    proto = onnx.load(path)
    texts = ("format", *(f.name for f in dataclasses.fields(PolicyMetadata) if f.type == "str"))
    for entry in proto.metadata_props:
        if entry.key.removeprefix("racer.") in texts:
            entry.value = json.dumps(entry.value)
        elif entry.key == "racer.format_version":
            entry.value = "1"
    other = path.with_name("old.onnx")
    onnx.save(proto, other)
    return other


def changed(path: Path, key: str, value: Any) -> Path:
    """The policy with another value in its metadata, or without one."""
    proto = onnx.load(path)
    kept = [p for p in proto.metadata_props if p.key != key]
    del proto.metadata_props[:]
    proto.metadata_props.extend(kept)
    if value is not None:
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value if isinstance(value, str) else json.dumps(value)
    other = path.with_name("changed.onnx")
    onnx.save(proto, other)
    return other


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("racer.physics", ["0" * 16], 'with the physics ."0000'),
        ("racer.physics", "0123456789abcdef", r"physics 0123456789abcdef.*racer train"),
        ("racer.vehicle", "kart", "vehicle 'kart', not 'gt'"),
        ("racer.env_id", "Other-v1", "is a policy for 'Other-v1'"),
        ("racer.format", None, "carries no metadata"),
        ("racer.format_version", 3, "is a policy of format 3"),
        ("racer.format_version", None, "is a policy of format unknown"),
        ("racer.observation", "camera", "observation 'camera'"),
        ("racer.observation", "lidar", "other fields or scales"),
        ("racer.action_fields", [], "action 'axis'.*differs"),
        ("racer.ticks_per_action", 0, "acts every 0 ticks"),
        ("racer.ticks_per_action", "true", "is True"),
        ("racer.name", None, "'racer.name' is missing"),
        ("racer.tracks", "{", "'racer.tracks' is not JSON"),
    ],
)
def test_policies_for_something_else_are_refused(
    key: str, value: Any, sentence: str, tmp_path: Path
) -> None:
    path = changed(small_policy(small_config(), tmp_path / "p.onnx"), key, value)
    with pytest.raises(PolicyError, match=sentence) as caught:
        make_driver(str(path), load_track("harbour"))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_graphs_that_are_no_policy_are_refused(tmp_path: Path) -> None:
    good = onnx.load(small_policy(small_config(), tmp_path / "p.onnx"))
    lidar = onnx.load(small_policy(small_config("ppo", "lidar", "axis"), tmp_path / "q.onnx"))
    mixed = onnx.ModelProto()
    mixed.CopyFrom(lidar)
    del mixed.metadata_props[:]
    mixed.metadata_props.extend(good.metadata_props)
    onnx.save(mixed, tmp_path / "r.onnx")
    with pytest.raises(PolicyError, match="but its observation is float32 with 102"):
        OnnxDriver(tmp_path / "r.onnx")
    model, normalise = small_model(small_config())
    normalise.obs_rms.mean[:] = np.nan
    from racer.train.export import export_policy, model_metadata

    metadata = model_metadata(small_config(), name="nan", training_steps=0)
    export_policy(model, normalise, metadata, tmp_path / "n.onnx")
    with pytest.raises(PolicyError, match="not finite"):
        OnnxDriver(tmp_path / "n.onnx")


def test_files_that_are_no_onnx_are_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "p.onnx"
    data = small_policy(small_config(), path).read_bytes()
    random = np.random.default_rng(0)
    bad = {
        "empty": b"",
        "text": b"not a policy",
        "zip": b"PK\x03\x04" + bytes(100),
        "half": data[: len(data) // 2],
        "noise": random.bytes(1000),
    }
    for name, content in bad.items():
        path.write_bytes(content)
        with pytest.raises(PolicyError) as caught:
            OnnxDriver(path)
        assert str(path) in str(caught.value), name
        assert "\n" not in str(caught.value), name
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a terabyte, of which nothing is on the disk
    with pytest.raises(PolicyError, match="has at most"):
        OnnxDriver(path)


def test_random_damage_never_does_more_than_raise(tmp_path: Path) -> None:
    path = tmp_path / "p.onnx"
    data = bytearray(small_policy(small_config(), path).read_bytes())
    random = np.random.default_rng(2)
    for _ in range(40):
        damaged = bytearray(data)
        for place in random.integers(0, len(data), 3):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged)
        try:
            driver = OnnxDriver(path)
        except PolicyError:
            continue
        assert driver.act(np.zeros((1, 102), np.float32)).shape == (1, 2)
