"""Snapshot, restore and fork: a world goes on bit for bit, with the observation that it had."""

import gymnasium
import numpy as np
import pytest

from racer.envs.sb3 import HighwayVecEnv, RacerVecEnv
from racer.errors import ConfigError

IDS = ("racer/Circuit-v0", "racer/HighwayRisk-v0", "racer/Highway-v0")


def drive(env, actions):
    return [env.step(action)[:4] for action in actions]


def equal(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        for a, b in zip(mine, other, strict=True):
            assert np.array_equal(a, b)


@pytest.mark.parametrize("env_id", IDS)
def test_a_restored_world_goes_on_bit_for_bit(env_id):
    env = gymnasium.make(env_id).unwrapped
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(12)]
    env.reset(seed=3)
    before = drive(env, actions[:5])[-1][0]
    state = env.snapshot()
    rest = drive(env, actions[5:])
    later = env.reset()[0]  # of the same random stream
    observation, info = env.restore(state)
    assert np.array_equal(observation, before)
    assert info["stepCount"] == 5
    equal(drive(env, actions[5:]), rest)
    assert np.array_equal(env.reset()[0], later)
    other = gymnasium.make(env_id).unwrapped
    assert np.array_equal(other.restore(state)[0], before)
    equal(drive(other, actions[5:]), rest)
    path = np.array([part.tobytes() for part in state], object)
    assert [part.tobytes() for part in other.snapshot()] != path.tolist()


@pytest.mark.parametrize("env_id", IDS)
def test_forks_go_their_own_ways(env_id):
    env = gymnasium.make(env_id, steady_infos=True).unwrapped
    env.reset(seed=3)
    env.action_space.seed(0)
    before = drive(env, [env.action_space.sample() for _ in range(4)])[-1][0]
    state = env.snapshot()
    branches = env.fork(3)
    assert branches.config == env.config
    assert (branches.worlds.observations == before).all()
    actions = branches.action_space.sample()
    observations = branches.step(actions)[0]
    assert [part.tobytes() for part in env.snapshot()] == [part.tobytes() for part in state]
    for world in range(3):
        env.restore(state)
        assert np.array_equal(env.step(actions[world])[0], observations[world])
    with pytest.raises(TypeError, match="unexpected keyword argument 'frameskip'"):
        env.fork(2, frameskip=1)


@pytest.mark.parametrize("env_id", IDS)
def test_some_worlds_of_a_vector(env_id):
    env = gymnasium.make_vec(env_id, num_envs=4)
    env.reset(seed=1)
    env.action_space.seed(2)
    first = env.step(env.action_space.sample())[0]
    states = env.snapshot()
    one = env.snapshot([2])
    env.step(env.action_space.sample())
    observations, infos = env.restore(one, worlds=[0])
    assert np.array_equal(observations[0], first[2])
    assert infos["_speed"].tolist() == [True, False, False, False]
    assert infos["stepCount"][0] == 1
    assert np.array_equal(env.restore(states)[0], first)
    observations, _ = env.fork(3, into=[0, 1])
    assert np.array_equal(observations[[0, 1]], first[[3, 3]])
    assert np.array_equal(env.fork(1)[0], np.stack([first[3]] * 4))


@pytest.mark.parametrize("env_id", IDS)
def test_what_is_no_state_is_refused(env_id):
    env = gymnasium.make_vec(env_id, num_envs=3)
    env.reset(seed=1)
    state = env.snapshot()
    for wrong in (None, 3, [], (), state[:-1], (*state, state[0]), ("a",), (np.zeros(3),) * 2):
        with pytest.raises(ConfigError, match="no snapshot of 3 worlds"):
            env.restore(wrong)
    with pytest.raises(ConfigError, match="no snapshot of 1 world of"):
        env.restore(state, worlds=[0])
    other = gymnasium.make_vec("racer/Highway-v0", num_envs=3, vehicles_count=3)
    other.reset(seed=1)
    with pytest.raises(ConfigError, match="no snapshot"):
        env.restore(other.snapshot())
    for worlds in ([3], [-1]):
        with pytest.raises(ConfigError, match="there is no world"):
            env.snapshot(worlds)
    with pytest.raises(ConfigError, match="twice"):
        env.restore(env.snapshot([0, 1]), worlds=[1, 1])
    assert [part.tobytes() for part in env.snapshot()] == [part.tobytes() for part in state]


@pytest.mark.parametrize("view", [RacerVecEnv, HighwayVecEnv])
def test_the_vec_env_of_sb3(view):
    env = view(3, seed=1)
    first = env.reset()
    (state,) = env.env_method("snapshot", indices=1)
    env.step(np.array([env.action_space.sample() for _ in range(3)]))
    (observation,) = env.env_method("restore", state, indices=2)
    assert np.array_equal(observation, first[1])
    actions = np.array([env.action_space.sample()] * 3)
    env.env_method("restore", state)
    observations, *_ = env.step(actions)
    assert (observations == observations[0]).all()
