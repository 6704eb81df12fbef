"""Settings of environments: one definition for Python, TOML, JSON and the engine."""

import dataclasses
import json

import numpy as np
import pytest

from racer import _core
from racer.envs.circuit.settings import (
    EnvConfig,
    EpisodeConfig,
    RewardConfig,
    StartConfig,
    config_table,
    load_config,
)
from racer.errors import ConfigError
from racer.formats.aliases import KEYS
from racer.formats.settings import differences, merged

# The file of the system that Racer replaces, character for character.
REFERENCE = (
    '{"weights": {"progress": 1.0, "speedBonus": 0.0, "wallPenalty": -0.002, '
    '"offTrackPenalty": -0.001, "backwardPenalty": 0.0, "stillnessPenalty": -0.001, '
    '"stillnessSpeedThreshold": 2.0}, "episode": {"maxSteps": 3000, "stillnessTimeoutTicks": 180}}'
)
CHANGED = EnvConfig(
    observation="track",
    action="axis",
    ticks_per_action=6,
    autoreset="same_step",
    threads=2,
    weights=RewardConfig(progress=2.5, wall_penalty=-0.25, stillness_speed_threshold=3.0),
    episode=EpisodeConfig(max_steps=12, max_laps=3, terminate_on_wall=True),
    start=StartConfig(kind="mixed", standing_fraction=0.3, spawn_speed_low=0.1, heading_error=0.2),
)


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_reference_file_loads_as_it_is(tmp_path):
    config = load_config(write(tmp_path, "reward.json", REFERENCE))
    assert config.weights == RewardConfig(
        progress=1.0,
        speed_bonus=0.0,
        wall_penalty=-0.002,
        off_track_penalty=-0.001,
        backward_penalty=0.0,
        stillness_penalty=-0.001,
        stillness_speed_threshold=2.0,
    )
    assert config.episode == EpisodeConfig(max_steps=3000, stillness_timeout_ticks=180)
    assert config == EnvConfig()  # the reference's values are the defaults


def test_an_empty_file_is_the_defaults(tmp_path):
    assert load_config(write(tmp_path, "a.json", "{}")) == EnvConfig()
    assert load_config(write(tmp_path, "a.toml", "")) == EnvConfig()


@pytest.mark.parametrize("config", [EnvConfig(), CHANGED])
def test_out_and_in_again(tmp_path, config):
    assert load_config(write(tmp_path, "a.json", config.to_json())) == config
    assert load_config(write(tmp_path, "a.toml", config.to_toml())) == config
    assert load_config(config.to_dict()) == config
    assert load_config(config) is config


def test_the_engine_gets_every_rule():
    given = CHANGED.to_batch_config()
    assert given.start == "mixed"
    for section in (CHANGED.weights, CHANGED.episode, CHANGED.start):
        for field in dataclasses.fields(section):
            if field.name != "kind":
                assert getattr(given, field.name) == getattr(section, field.name), field.name


def test_no_rule_of_the_engine_is_forgotten():
    rules = {name for name in dir(_core.circuit.Config) if not name.startswith("_")}
    ours = {
        field.name
        for section in (RewardConfig, EpisodeConfig, StartConfig)
        for field in dataclasses.fields(section)
    }
    assert rules == ours - {"kind"} | {"start"}


def test_terms_are_named_as_in_files():
    weights = set(RewardConfig().to_dict()) - {"stillnessSpeedThreshold", "progress_length"}
    assert weights == set(_core.circuit.REWARD_TERMS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"weights": {"progres": 1.0}}, ["weights.progres", "did you mean 'progress'"]),
        ({"episode": {"max_step": 1}}, ["episode.max_step", "did you mean 'maxSteps'"]),
        ({"episode": {"max_steps": 1, "maxSteps": 2}}, ["episode.maxSteps", "twice"]),
        ({"reward": {}}, ["reward", "weights"]),
        ({3: {}}, ["3"]),
        ({"weights": 1.0}, ["weights is 1.0", "table"]),
        ({"weights": {"progress": "1"}}, ["weights.progress is '1'", "a number"]),
        ({"weights": {"progress": True}}, ["weights.progress is True", "a number"]),
        ({"weights": {"progress": None}}, ["weights.progress is None"]),
        ({"weights": {"progress": [1.0]}}, ["weights.progress is [1.0]"]),
        ({"weights": {"progress": float("nan")}}, ["weights.progress is nan"]),
        ({"weights": {"progress": float("inf")}}, ["weights.progress is inf"]),
        ({"weights": {"progress": 10**400}}, ["weights.progress is 1000"]),
        ({"weights": {"progress": 10**5000}}, ["weights.progress"]),
        ({"weights": {"wallPenalty": 0.002}}, ["weights.wallPenalty is 0.002", "to 0"]),
        ({"weights": {"stillnessSpeedThreshold": -1}}, ["stillnessSpeedThreshold is -1"]),
        ({"episode": {"maxSteps": -1}}, ["episode.maxSteps is -1", "at least 0"]),
        ({"episode": {"maxSteps": 3000.0}}, ["episode.maxSteps is 3000.0", "whole"]),
        ({"episode": {"maxSteps": 2**31}}, ["episode.maxSteps is 2147483648"]),
        ({"episode": {"terminateOnWall": 1}}, ["terminateOnWall is 1", "true or false"]),
        ({"start": {"kind": "flying"}}, ["start.kind is 'flying'", "'standing'"]),
        ({"start": {"spawnSpeedLow": 0.95}}, ["start.spawnSpeedLow is 0.95", "spawnSpeedHigh"]),
        ({"observation": "camera"}, ["observation is 'camera'", "'lidar' or 'track'"]),
        ({"vehicle": "tank"}, ["vehicle is 'tank'", "'gt'"]),
        ({"ticksPerAction": 0}, ["ticksPerAction is 0", "from 1 to 120"]),
    ],
)
def test_a_bad_value_is_named(content, words):
    with pytest.raises(ConfigError) as caught:
        load_config(content)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", REFERENCE[:-1], ["not valid JSON"]),
        ("a.json", REFERENCE[:40], ["not valid JSON"]),
        ("a.json", "", ["not valid JSON"]),
        ("a.json", "[1]", ["[1]", "object"]),
        ("a.json", "null", ["None"]),
        ("a.json", '{"weights": {"progress": NaN}}', ["weights.progress is nan"]),
        ("a.json", '{"weights": {"progress": 1e999}}', ["weights.progress is inf"]),
        ("a.json", '{"threads": 1, "threads": 2}', ["'threads'", "twice"]),
        ("a.json", "[" * 50_000, ["nested too deeply"]),
        ("a.toml", "[weights\nprogress = 1", ["TOML"]),
        ("a.toml", "[weights]\nprogress = nan", ["weights.progress is nan"]),
        ("a.toml", "threads = 2020-01-01", ["threads is"]),
        ("a.yaml", "threads: 1", [".toml or .json"]),
    ],
)
def test_a_bad_file_is_named(tmp_path, name, text, words):
    path = write(tmp_path, name, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    message = str(caught.value)
    assert message.startswith(str(path)), message
    assert all(word in message for word in words), message


def test_a_huge_or_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="at most"):
        load_config(write(tmp_path, "huge.json", " " * (1 << 21)))
    with pytest.raises(ConfigError, match="no such"):
        load_config(tmp_path / "none.json")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(ConfigError, match="folder"):
        load_config(tmp_path / "folder.json")


def test_construction_checks_as_files_do():
    with pytest.raises(ConfigError, match="wallPenalty is 1"):
        RewardConfig(wall_penalty=1.0)
    with pytest.raises(ConfigError, match="ticksPerAction"):
        dataclasses.replace(EnvConfig(), ticks_per_action=0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        EnvConfig().threads = 2  # type: ignore[misc]


def test_settings_replace_fields_and_keys():
    config = CHANGED.with_settings(action="pedals", weights={"progress": 7}, start="standing")
    assert config.action == "pedals"
    assert config.weights == dataclasses.replace(CHANGED.weights, progress=7.0)
    assert config.start == dataclasses.replace(CHANGED.start, kind="standing")
    assert config.episode == CHANGED.episode
    with pytest.raises(ConfigError, match="did you mean 'observation'"):
        config.with_settings(observations="lidar")
    with pytest.raises(ConfigError, match=r"weights\.wallPenalty"):
        config.with_settings(weights={"wallPenalty": 1})


def test_the_table_lists_every_key():
    keys = [row["key"] for row in config_table()]
    assert len(keys) == len(set(keys))
    flat = []
    for key, value in json.loads(EnvConfig().to_json()).items():
        flat += [f"{key}.{inner}" for inner in value] if isinstance(value, dict) else [key]
    assert keys == flat
    assert all(row["doc"] for row in config_table())


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: dataclasses.replace(EnvConfig(), weights=3), ["weights is 3", "table"]),
        (lambda: dataclasses.replace(EnvConfig(), weights={"progres": 3}), ["did you mean"]),
        (lambda: EnvConfig(threads=np.int64(300)), ["threads is 300", "from 1 to 256"]),
        (lambda: EnvConfig(threads=True), ["threads is True"]),
        (lambda: EnvConfig(vehicle="\ud800\n"), [r"vehicle is '\ud800\n'"]),
        (lambda: EnvConfig(vehicle=np.array(["gt", "kart"])), ["vehicle is array"]),
        (lambda: RewardConfig(progress=np.float32("nan")), ["progress is nan", "1,000,000"]),
        (lambda: EpisodeConfig(max_steps=2**31), ["from 0 to 2,147,483,647"]),
        (lambda: EnvConfig().with_settings(reward_function=3), ["did you mean 'reward_fn'"]),
    ],
)
def test_whatever_builds_settings_checks_them(build, words):
    with pytest.raises(ConfigError) as caught:
        build()
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "\n" not in str(caught.value)


def test_numbers_of_numpy_are_numbers():
    config = EnvConfig(threads=np.int64(2), weights={"progress": np.float32(0.5)})
    assert config == EnvConfig(threads=2, weights=RewardConfig(progress=0.5))
    assert type(config.threads) is int
    assert type(config.weights.progress) is float


def test_layers_are_merged_key_by_key():
    base = {"a": 1, "t": {"x": 1, "y": [1]}}
    assert merged(base, {"t": {"x": 2}, "b": 3}) == {"a": 1, "t": {"x": 2, "y": [1]}, "b": 3}
    assert base == {"a": 1, "t": {"x": 1, "y": [1]}}
    found = differences(base, {"a": 1, "t": {"x": 2, "y": (1,)}, "b": 3})
    assert found == {"t.x": (1, 2), "b": (None, 3)}


LATER = {"progress_length"}  # names that came after the mission's have one spelling


def test_files_may_use_either_spelling_of_every_name(tmp_path):
    wanted = CHANGED.to_dict()
    back = {key: name for name, key in KEYS.items()}

    def snake(table):
        return {
            back.get(key, key): snake(value) if isinstance(value, dict) else value
            for key, value in table.items()
        }

    path = tmp_path / "config.json"
    path.write_text(json.dumps(snake(wanted)), "utf-8")
    assert load_config(path).to_dict() == wanted
    assert EnvConfig().with_settings(episode={"max_steps": 7}).episode.max_steps == 7
    assert set(KEYS) == {
        field.name
        for kind in (EnvConfig, RewardConfig, EpisodeConfig, StartConfig)
        for field in dataclasses.fields(kind)
        if "_" in field.name and field.name not in LATER
    }
