"""The highway environments: checkers, settings, views of one batch, rewards, fixes."""

from __future__ import annotations

import itertools
import json
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from stable_baselines3.common.env_checker import check_env as check_sb3_env

from racer import _core
from racer.envs.highway.env import HighwayEnv
from racer.envs.highway.settings import PRESETS, highway_settings
from racer.envs.highway.worlds import HighwayWorlds
from racer.envs.sb3 import HighwayVecEnv
from racer.errors import ConfigError

IDS = ("racer/Highway-v0", "racer/HighwayFast-v0", "racer/HighwayRisk-v0")
ACTIONS = (
    {"type": "ContinuousAction"},
    {"type": "ContinuousAction", "lateral": False},
    {"type": "DiscreteMetaAction"},
    {"type": "DiscreteMetaAction", "longitudinal": False},
)
OBSERVATIONS = (
    {"type": "Kinematics"},
    {"type": "Kinematics", "features": list(_core.highway.FEATURES), "vehicles_count": 9},
    {"type": "Kinematics", "absolute": True, "normalize": False, "order": "shuffled"},
    {"type": "Kinematics", "see_behind": True, "clip": False, "features_range": {"x": [0, 50]}},
)
FEW = {"vehicles_count": 8, "duration": 5}


def make(env_id: str, **settings):
    return gymnasium.make(env_id, **settings).unwrapped


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize(("observation", "action"), list(itertools.product(OBSERVATIONS, ACTIONS)))
def test_the_checkers_find_nothing(env_id, observation, action):
    env = make(env_id, observation=observation, action=action, flatten=True, **FEW)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)
        check_sb3_env(env)


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize(
    "fix",
    [{}, {"traffic_behind": 0.5}, {"traffic_caution": True}, {"offroad_terminal": True},
     {"normalize_reward": False}, {"stillness_reward": -1.0}, {"traffic_collisions": False}],
)  # fmt: skip
def test_gymnasium_checks_rows_and_options(env_id, fix):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(env_id, **FEW, **fix))


def test_presets_are_those_of_highway_env():
    env = make("racer/Highway-v0")
    assert (env.config["lanes_count"], env.config["vehicles_count"]) == (4, 50)
    assert env.observation_space.shape == (5, 5)
    assert env.action_space.n == 5
    fast = make("racer/HighwayFast-v0")
    assert (fast.config["lanes_count"], fast.config["simulation_frequency"]) == (3, 5)
    risk = make("racer/HighwayRisk-v0")
    assert risk.observation_space.shape == (90,)
    assert risk.worlds.action_meanings == ("acceleration", "steering")


def test_a_configuration_of_highway_env_is_taken_as_it_is(tmp_path):
    config = {
        "observation": {"type": "Kinematics", "vehicles_count": 15, "order": "sorted"},
        "action": {"type": "ContinuousAction"},
        "lanes_count": 3,
        "screen_width": 1200,
        "policy_frequency": 5,
    }
    env = HighwayEnv(config)
    assert env.config["lanes_count"] == 3
    path = tmp_path / "highway.json"
    path.write_text(json.dumps(config))
    assert HighwayEnv(path).config == env.config
    assert HighwayEnv(env.worlds.settings).config == env.config


@pytest.mark.parametrize("features", [None, []])
def test_no_features_are_the_default_ones_as_in_highway_env(features):
    env = HighwayEnv(observation={"type": "Kinematics", "features": features})
    assert env.observation_space.shape == (5, 5)
    assert env.config["observation"]["features"] == ["presence", "x", "y", "vx", "vy"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"lane_count": 3}, "lanes_count"),
        ({"observation": {"type": "Kinematics", "vehicle_count": 3}}, "vehicles_count"),
        ({"observation": {"type": "LidarObservation"}}, "Kinematics"),
        ({"observation": {"type": "Kinematics", "features": ["colour"]}}, "colour"),
        ({"observation": {"type": "Kinematics", "order": "random"}}, "shuffled"),
        ({"action": {"type": "DiscreteAction"}}, "DiscreteMetaAction"),
        ({"action": {"type": "ContinuousAction", "dynamical": True}}, "dynamical"),
        ({"action": {"type": "ContinuousAction", "longitudinal": False, "lateral": False}}, "both"),
        ({"lanes_count": "four"}, "lanes_count"),
        ({"lanes_count": True}, "lanes_count"),
        ({"normalize_reward": 1}, "normalize_reward"),
        ({"controlled_vehicles": 2}, "controlled_vehicles"),
        ({"other_vehicles_type": "LinearVehicle"}, "other_vehicles_type"),
        ({"policy_frequency": 30}, "policy_frequency"),
        ({"reward_speed_range": [30]}, "reward_speed_range"),
        ({"threads": 0}, "threads"),
        ({"threads": 1.5}, "threads is 1.5, but it must be a whole number"),
        ({"autoreset": "never"}, "autoreset"),
        ({"action": {"type": ["ContinuousAction"]}}, "action.type"),
        ({"action": {"type": "ContinuousAction", "longitudinal": None}}, "true or false"),
        ({"action": {"type": "ContinuousAction", "dynamical": None}}, "true or false"),
        ({"action": {"type": "ContinuousAction", "speed_range": 3}}, r"must be \[low, high\]"),
        ({"observation": {"type": "Kinematics", "features": "x"}}, "features"),
        ({"observation": {"type": "Kinematics", "features_range": [1]}}, "must be a table"),
        ({"observation": {"type": "Kinematics", "features_range": {"x": 5}}}, "features_range.x"),
        ({"observation": {"type": "Kinematics", "include_obstacles": 3}}, "include_obstacles"),
        ({"policy_frequency": 0}, "policy_frequency"),
        ({"initial_lane_id": -1}, "initial_lane_id"),
        ({"lanes_count": 2.0}, "must be a whole number"),
        ({"lanes_count": 10**30}, "from -2,147,483,648 to"),
        ({"reward_speed_range": [0, 10**400]}, "a finite number"),
        ({"other_vehicles_type": np.zeros(2)}, "other_vehicles_type"),
        ([("lanes_count", 3)], "a configuration is a mapping or the path"),
        (3, "a configuration is a mapping or the path"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(config, said):
    with pytest.raises(ConfigError, match=said):
        HighwayEnv(config)


def test_a_file_with_a_mistake_is_named(tmp_path):
    file = tmp_path / "dense.toml"
    file.write_text("lanes_cout = 3\n")
    with pytest.raises(ConfigError, match=r"dense\.toml: .*'lanes_cout'; did you mean"):
        highway_settings(file, "risk")
    file.write_text("lanes_count = 3\n")
    with pytest.raises(ConfigError, match=r"^flatten is 3"):
        highway_settings(file, "risk", {"flatten": 3})  # not the file's mistake
    assert highway_settings(file, "risk")["lanes_count"] == 3


def test_seeds_options_and_modes_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match="whole number"):
        HighwayEnv(seed=-1)
    with pytest.raises(ConfigError, match="reset option"):
        HighwayEnv().reset(options={"confg": {}})
    with pytest.raises(ConfigError, match="preset"):
        highway_settings(preset="parking")
    with pytest.raises(ConfigError, match="preset"):
        highway_settings(preset=["highway"])
    with pytest.raises(ConfigError, match=r"num_envs is 1\.5"):
        HighwayWorlds(1.5)
    with pytest.raises(ValueError, match="shape"):
        make("racer/HighwayRisk-v0").step(np.zeros(3))
    with pytest.raises(ValueError, match="whole numbers"):
        make("racer/Highway-v0").step(0.5)


def test_a_seed_repeats():
    env = make("racer/HighwayRisk-v0", **FEW)
    action = np.array([0.3, 0.01], np.float32)
    said = []
    for seed in (3, 3, 4):
        rows = [env.reset(seed=seed)[0]] + [env.step(action)[0] for _ in range(20)]
        said.append(np.array(rows))
    assert np.array_equal(said[0], said[1])
    assert not np.array_equal(said[0], said[2])
    first, second = env.reset()[0], env.reset()[0]
    assert not np.array_equal(first, second)  # episodes differ


def assert_infos_equal(ours, theirs):
    assert ours.keys() == theirs.keys()
    for key, value in theirs.items():
        if isinstance(value, dict):
            assert_infos_equal(ours[key], value)
        elif value.dtype == object:
            assert all(np.array_equal(a, b) for a, b in zip(ours[key], value, strict=True))
        else:
            assert np.array_equal(ours[key], value), key


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("env_id", IDS)
def test_the_vector_env_is_gymnasiums_own_of_single_ones(env_id, mode):
    seeds = [11, 12, 13]
    ours = gymnasium.make_vec(env_id, num_envs=3, autoreset_mode=mode, **FEW)
    theirs = SyncVectorEnv([lambda: make(env_id, **FEW)] * 3, autoreset_mode=mode)
    theirs.action_space.seed(5)
    first, info = ours.reset(seed=seeds)
    expected, expected_info = theirs.reset(seed=seeds)
    assert np.array_equal(first, expected)
    assert_infos_equal(info, expected_info)
    ended = 0
    for _ in range(60):
        actions = theirs.action_space.sample()
        said, expected = ours.step(actions), theirs.step(actions)
        for a, b in zip(said[:4], expected[:4], strict=True):
            assert a.dtype == b.dtype
            assert np.array_equal(a, b)
        assert_infos_equal(said[4], expected[4])
        ended += int((said[2] | said[3]).sum())
    assert ended > 3
    ours.close()


def test_sb3_sees_the_same_worlds():
    env = HighwayVecEnv(3, preset="risk", **FEW)
    env.seed(9)
    first = env.reset()
    single = make("racer/HighwayRisk-v0", **FEW)
    seed = _core.split_seed(9, 1)
    assert np.array_equal(single.reset(seed=seed)[0], first[1])
    total, actions = 0.0, np.tile(np.array([0.5, 0.0], np.float32), (3, 1))
    for _ in range(100):
        observations, rewards, dones, infos = env.step(actions)
        observation, reward, terminated, truncated, info = single.step(actions[1])
        total += np.float32(reward)
        assert rewards[1] == np.float32(reward)
        assert dones[1] == (terminated or truncated)
        if dones[1]:
            assert np.array_equal(infos[1]["terminal_observation"], observation)
            assert infos[1]["crashed"] == info["crashed"]
            assert infos[1]["episode"]["r"] == pytest.approx(total, abs=1e-5)
            assert infos[1]["episode"]["l"] == info["stepCount"]
            break
        assert np.array_equal(observations[1], observation)
    else:
        pytest.fail("no episode ended")


def test_the_terms_add_up_to_the_reward():
    env = make("racer/HighwayRisk-v0")
    env.reset(seed=1)
    seen = set()
    for _ in range(120):
        _, reward, terminated, _, info = env.step(np.array([1.0, 0.02], np.float32))
        assert sum(info["reward_terms"].values()) == pytest.approx(reward, abs=1e-12)
        seen |= {name for name, value in info["reward_terms"].items() if value}
        if terminated:
            env.reset()
    assert {"base", "forward_speed", "safety"} <= seen


def place(env, **fields):
    """Puts the ego vehicle, and the first of the others, somewhere."""
    vehicles, records = env.worlds.batch.snapshot()
    for name, (ego, other) in fields.items():
        vehicles[name][0, 0], vehicles[name][0, 1] = ego, other
    env.worlds.batch.restore(vehicles, records)


@pytest.mark.parametrize(
    ("x", "y", "speed", "time", "danger"),
    [
        (25.0, 4.0, (30.0, 10.0), 0.0, True),  # closes in fast
        (25.0, 4.0, (10.0, 30.0), 1e9, False),  # separates
        (25.0, 12.0, (30.0, 10.0), 1e9, False),  # beside the cone
        (-25.0, 4.0, (10.0, 30.0), 1e9, False),  # behind
        (150.0, 4.0, (30.0, 10.0), 7.25, False),  # far ahead
    ],
)
def test_safety_is_time_to_collision_ahead(x, y, speed, time, danger):
    env = make("racer/HighwayRisk-v0", vehicles_count=1, simulation_frequency=1000,
               policy_frequency=1000)  # fmt: skip
    env.reset(seed=0)
    place(env, x=(100.0, 100.0 + x), y=(4.0, y), lane=(1, y // 4), target_lane=(1, y // 4),
          speed=speed, target_speed=(0.0, speed[1]))  # fmt: skip
    *_, info = env.step(np.zeros(2, np.float32))
    if danger:
        assert info["time_to_collision"] == pytest.approx(1.0, abs=0.01)
        assert info["reward_terms"]["safety"] == pytest.approx(-0.5, abs=0.02)
    else:
        assert info["time_to_collision"] == pytest.approx(time, abs=0.01)
        assert info["reward_terms"]["safety"] == 0.0


def returns_of(policy, settings, seed=0):
    """Mean return of a policy over a few episodes."""
    env = HighwayVecEnv(
        16, settings, preset="highway", action={"type": "ContinuousAction"}, policy_frequency=5
    )
    env.seed(seed)
    env.reset()
    rng = np.random.default_rng(seed)
    done: list[float] = []
    while len(done) < 24:
        *_, infos = env.step(policy(env, rng))
        done += [info["episode"]["r"] for info in infos if info]
    return float(np.mean(done))


def parked(env, rng):  # noqa: ARG001
    speed = env.worlds.telemetry["speed"][:, 0]
    return np.stack([np.clip(-speed / 5, -1, 1), 0 * speed], axis=1).astype(np.float32)


def backward(env, rng):  # noqa: ARG001
    return np.tile(np.array([-1.0, 0.0], np.float32), (env.num_envs, 1))


def spinning(env, rng):  # noqa: ARG001
    return np.tile(np.array([0.1, 1.0], np.float32), (env.num_envs, 1))


def racing(env, rng):  # noqa: ARG001
    return np.tile(np.array([1.0, 0.0], np.float32), (env.num_envs, 1))


def cruising(env, rng):  # noqa: ARG001
    return np.zeros((env.num_envs, 2), np.float32)


def test_under_the_fixes_parking_and_driving_backward_score_worst():
    fixes = {"stillness_reward": -1.0, "backward_reward": -1.0, "spin_reward": -1.0}
    good = [returns_of(policy, fixes) for policy in (racing, cruising)]
    bad = [returns_of(policy, fixes) for policy in (parked, backward, spinning)]
    assert max(bad) < min(good)
    without = returns_of(parked, {})
    assert without > returns_of(cruising, {})  # what the fixes are for


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_complete(preset):
    assert PRESETS[preset].keys() == PRESETS["highway"].keys()
    assert highway_settings(preset=preset)["observation"]["type"] == "Kinematics"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"lanes_count": -5}, "lanes_count must be 1 to 64, got -5"),
        ({"vehicles_count": 10**6}, "vehicles_count must be 0 to 10000, got 1000000"),
        ({"duration": -0.5}, "duration must be 0 to 100000, got -0.5"),
        ({"reward_speed_range": [30, 20]}, r"within \+-1000000, got \[30, 20\]"),
        ({"spin_reward": 1e9}, "spin_reward must be -1000000 to 1000000, got 1e\\+09"),
        ({"observation": {"type": "GrayscaleObservation", "observation_shape": (84, 84)}},
         "observation.type is 'GrayscaleObservation', but only 'Kinematics' is offered"),
        ({"observation": {"observation_shape": (84, 84)}},
         "observation_shape belongs to HighwayEnv's GrayscaleObservation, which is not offered"),
        ({"observation": {"type": "OccupancyGrid", "grid_size": 3}}, "'OccupancyGrid', but only"),
        ({"action": {"type": "DiscreteMetaAction", "actions_per_axis": 3}}, "DiscreteAction"),
        ({"action": {"type": "MultiAgentAction"}}, "one of ContinuousAction"),
        ({"reward_fun": 3}, "did you mean 'reward_fn'"),
    ],
)  # fmt: skip
def test_messages_name_what_is_meant(config, said):
    with pytest.raises(ConfigError, match=said):
        HighwayWorlds(1, config)
