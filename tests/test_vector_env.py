"""RacerVectorEnv: the same as Gymnasium's own vector env over RacerEnv, number by number."""

import gymnasium
import numpy as np
import pytest
from env_scene import nearly_home, random_actions
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv

from racer import _core
from racer.envs import RacerEnv, RacerVectorEnv, world_seeds
from racer.errors import ConfigError
from racer.tracks import load_track

SHORT = {"maxSteps": 37, "stillnessTimeoutTicks": 60}
N = 5


def pair(mode, **settings):
    """Our vector env and Gymnasium's, with the same worlds."""
    settings = {"start": "mixed", "episode": SHORT, "ticks_per_action": 2, **settings}
    sync = SyncVectorEnv([lambda: RacerEnv(**settings)] * N, autoreset_mode=mode)
    return RacerVectorEnv(N, autoreset_mode=mode, **settings), sync


def same(ours, theirs, where=""):
    """Equal down to types, masks and missing keys."""
    if isinstance(theirs, dict):
        assert set(ours) == set(theirs), where
        for key in theirs:
            same(ours[key], theirs[key], f"{where}.{key}")
    elif isinstance(theirs, tuple):
        assert len(ours) == len(theirs), where
        for i, part in enumerate(theirs):
            same(ours[i], part, f"{where}[{i}]")
    elif isinstance(theirs, np.ndarray):
        assert isinstance(ours, np.ndarray), where
        assert ours.dtype == theirs.dtype, (where, ours.dtype, theirs.dtype)
        assert ours.shape == theirs.shape, where
        if theirs.dtype == object:
            for i in range(len(theirs)):
                same(ours[i], theirs[i], f"{where}[{i}]")
        else:
            assert np.array_equal(ours, theirs), (where, ours, theirs)
    else:
        assert ours == theirs, where


def test_make_vec_makes_ours_with_gymnasiums_default():
    env = gymnasium.make_vec("racer/Circuit-v0", num_envs=3, observation="track", action="axis")
    assert isinstance(env, RacerVectorEnv)
    assert isinstance(env, VectorEnv)
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert (env.num_envs, env.spec.id) == (3, "racer/Circuit-v0")
    assert env.single_observation_space == RacerEnv(observation="track").observation_space
    assert env.observation_space.shape == (3, *env.single_observation_space.shape)
    assert env.action_space.shape == (3, 2)
    again = gymnasium.make_vec(env.spec)
    assert again.num_envs == 3
    assert again.config == env.config


def test_make_vec_sync_is_gymnasiums_own():
    env = gymnasium.make_vec("racer/Circuit-v0", num_envs=2, vectorization_mode="sync")
    assert isinstance(env, SyncVectorEnv)
    assert env.reset(seed=1)[0].shape == (2, 14)


@pytest.mark.parametrize("name", ["SameStep", "same_step", AutoresetMode.SAME_STEP])
def test_the_mode_is_declared(name):
    env = RacerVectorEnv(2, autoreset_mode=name)
    assert env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert RacerVectorEnv(2, autoreset="same_step").autoreset_mode is AutoresetMode.SAME_STEP
    with pytest.raises(ConfigError, match="autoreset_mode"):
        RacerVectorEnv(2, autoreset_mode="sometimes")


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("settings", [{}, {"observation": "track", "action": "axis"}])
def test_it_equals_gymnasiums_vector_env(mode, settings):
    ours, theirs = pair(mode, **settings)
    seeds = [3, 4, 5, 2**64 - 1, 0]
    same(ours.reset(seed=seeds), theirs.reset(seed=seeds))
    ends = laps = 0
    for step, actions in enumerate(random_actions(ours.action_space, 160)):
        if step % 50 == 20:  # laps: in the middle of an episode, and in its last step
            world = step % N
            for worlds, index in ((ours.worlds, world), (theirs.envs[world].worlds, 0)):
                nearly_home(worlds, index, reasons=step % 4)
            laps += 1
        got, wanted = ours.step(actions), theirs.step(actions)
        same(got, wanted)
        ends += int((got[2] | got[3]).sum())
    assert ends > 3 * N
    assert laps >= 3


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_a_lap_in_the_last_step_of_an_episode_is_told(mode):
    ours, theirs = pair(mode, episode={"maxLaps": 1})
    same(ours.reset(seed=[0] * N), theirs.reset(seed=[0] * N))
    nearly_home(ours.worlds, 2)
    nearly_home(theirs.envs[2].worlds)
    actions = random_actions(ours.action_space, 2)
    got = ours.step(actions[0])
    same(got, theirs.step(actions[0]))
    assert got[3].tolist() == [False, False, True, False, False]
    info = got[4]["final_info"] if mode is AutoresetMode.SAME_STEP else got[4]
    assert info["lap_time"][2] > 60.0
    assert info["_lap_time"].tolist() == got[3].tolist()
    same(ours.step(actions[1]), theirs.step(actions[1]))


def test_world_i_of_64_is_that_world_alone():
    together = RacerVectorEnv(64, autoreset_mode="SameStep", start="mixed", episode=SHORT)
    seeds = world_seeds(9, 64)
    all_obs, _ = together.reset(seed=9)
    alone = [RacerVectorEnv(1, autoreset_mode="SameStep", start="mixed", episode=SHORT)
             for _ in range(64)]  # fmt: skip
    for i, env in enumerate(alone):
        assert np.array_equal(env.reset(seed=[int(seeds[i])])[0][0], all_obs[i])
    for actions in random_actions(together.action_space, 90):
        got = together.step(actions)
        for i, env in enumerate(alone):
            one = env.step(actions[i : i + 1])
            for many, single in zip(got[:4], one[:4], strict=True):
                assert np.array_equal(many[i], single[0])
    hashes = together.worlds.batch.state_hash()
    assert hashes.tolist() == [int(env.worlds.batch.state_hash()[0]) for env in alone]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_one_seed_one_story_whatever_the_threads(threads):
    def story(seed, threads):
        env = RacerVectorEnv(40, start="random", episode=SHORT, threads=threads)
        env.reset(seed=seed)
        told = [env.step(actions)[:4] for actions in random_actions(env.action_space, 60)]
        return [[part.tolist() for part in step] for step in told], env.worlds.batch.state_hash()

    steps, hashes = story(1, threads)
    again, same_hashes = story(1, 1)
    assert steps == again
    assert np.array_equal(hashes, same_hashes)
    assert story(2, threads)[0] != steps


def test_integer_seeds_are_split():
    env = RacerVectorEnv(4)
    obs, _ = env.reset(seed=6)
    listed, _ = env.reset(seed=[_core.split_seed(6, i) for i in range(4)])
    assert np.array_equal(obs, listed)
    shifted, _ = env.reset(seed=7)
    assert not any(np.array_equal(a, b) for a in obs for b in shifted)
    assert env.np_random_seed == 7


def test_worlds_of_one_batch_differ():
    obs, _ = RacerVectorEnv(50).reset(seed=0)
    assert len({row.tobytes() for row in obs}) == 50


def test_the_final_observation_is_the_true_one():
    """As if the episode had gone on: the same world without an end."""
    ends = RacerVectorEnv(1, autoreset_mode="SameStep", episode={"maxSteps": 25})
    goes_on = RacerVectorEnv(1, autoreset_mode="SameStep", episode={"maxSteps": 0})
    ends.reset(seed=3)
    goes_on.reset(seed=3)
    for actions in random_actions(ends.action_space, 25):
        obs, _, _, truncated, info = ends.step(actions)
        true, *_, true_info = goes_on.step(actions)
    assert truncated[0]
    assert np.array_equal(info["final_obs"][0], true[0])
    assert not np.array_equal(obs, true)
    for key in ("progress", "speed", "stepCount", "lap"):
        assert info["final_info"][key][0] == true_info[key][0]


def test_a_mask_resets_only_its_worlds():
    ours, theirs = pair(AutoresetMode.DISABLED)
    seeds = list(range(N))
    same(ours.reset(seed=seeds), theirs.reset(seed=seeds))
    over = np.zeros(N, np.bool_)
    for actions in random_actions(ours.action_space, 37):
        got = ours.step(actions)
        same(got, theirs.step(actions))
        over = got[2] | got[3]
        if over.any():
            break
    assert over.any()
    with pytest.raises(ResetNeeded, match="world"):
        ours.step(actions)
    same(
        ours.reset(options={"reset_mask": over}),
        theirs.reset(options={"reset_mask": over}),
    )
    options = {"reset_mask": np.arange(N) % 2 == 0, "start": "standing"}
    same(ours.reset(seed=seeds, options=dict(options)), theirs.reset(seed=seeds, options=options))
    same(ours.step(actions), theirs.step(actions))


def test_options_are_left_as_they_were():
    options = {"reset_mask": np.array([True, False]), "s": np.array([10.0, 20.0])}
    env = RacerVectorEnv(2)
    env.reset(seed=0, options=options)
    assert set(options) == {"reset_mask", "s"}
    assert env.worlds.telemetry["s"][0] == pytest.approx(10.0, abs=0.05)
    env.reset(options={"s": np.array([10.0, 20.0]), "speed": 5.0})
    assert env.worlds.telemetry["s"] == pytest.approx([10.0, 20.0], abs=0.05)


@pytest.mark.parametrize(
    "mask", [np.zeros(2, bool), np.ones(3, bool), np.ones(2), [True, False], True]
)
def test_a_bad_mask_is_refused(mask):
    with pytest.raises(ConfigError, match="reset_mask"):
        RacerVectorEnv(2).reset(options={"reset_mask": mask})


@pytest.mark.parametrize("seed", [[1], [1, 2, 3], [1, -2], [1, 2.5], -1, 2**64, 1.5])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(ConfigError, match="seed"):
        RacerVectorEnv(2).reset(seed=seed)


def test_seeds_for_some_worlds_leave_the_others_going_on():
    first, second = RacerVectorEnv(2, seed=5), RacerVectorEnv(2, seed=5)
    seeded, _ = first.reset(seed=[8, None])
    going_on, _ = second.reset()
    assert np.array_equal(seeded[1], going_on[1])
    assert not np.array_equal(seeded[0], going_on[0])
    alone, _ = RacerEnv().reset(seed=8)
    assert np.array_equal(seeded[0], alone)


def test_observations_are_copies_unless_asked_otherwise():
    env = RacerVectorEnv(3)
    obs, _ = env.reset(seed=0)
    kept = obs.copy()
    actions = random_actions(env.action_space, 3)
    outcomes = env.step(actions[0])
    values = [outcome.copy() for outcome in outcomes[:4]]
    env.step(actions[1])
    assert np.array_equal(obs, kept)
    assert all(np.array_equal(a, b) for a, b in zip(values, outcomes, strict=False))
    live = RacerVectorEnv(3, copy=False)
    obs, _ = live.reset(seed=0)
    assert live.step(actions[0])[0] is obs
    assert np.array_equal(obs, values[0])


def test_a_reward_of_ones_own_sees_the_last_facts_of_an_ended_world():
    seen = []

    def reward(telemetry):
        seen.append({key: telemetry[key].copy() for key in ("episode_steps", "distance", "reward")})
        return telemetry["distance"]

    env = RacerVectorEnv(3, autoreset_mode="SameStep", episode={"maxSteps": 4}, reward_fn=reward)
    env.reset(seed=0)
    for actions in random_actions(env.action_space, 4):
        _, rewards, _, truncated, _ = env.step(actions)
    assert truncated.all()
    assert seen[-1]["episode_steps"].tolist() == [4, 4, 4]
    assert np.array_equal(rewards, seen[-1]["distance"])
    assert (env.worlds.telemetry["episode_steps"] == 0).all()
    env = RacerVectorEnv(
        3, episode={"maxSteps": 4}, reward_fn=lambda telemetry: telemetry["x"] + 1.0
    )
    env.reset(seed=0)
    rewards = [env.step(actions)[1] for actions in random_actions(env.action_space, 5)]
    assert rewards[3].all()
    assert not rewards[4].any()  # the step that resets


def test_several_tracks_are_dealt_out():
    tracks = [load_track("harbour"), "ridgeway"]
    env = RacerVectorEnv(5, tracks, start="standing")
    names = [track.name for track in env.worlds.tracks]
    assert names == [names[0], names[1]] * 2 + [names[0]]
    obs, _ = env.reset(seed=0)
    assert np.array_equal(obs[0], obs[4])
    assert not np.array_equal(obs[0], obs[1])
    alone, _ = RacerEnv("ridgeway", start="standing").reset(seed=0)
    assert np.array_equal(obs[3], alone)


def test_bad_arguments_are_named():
    with pytest.raises(ConfigError, match="num_envs is 0"):
        RacerVectorEnv(0)
    with pytest.raises(ConfigError, match="num_envs is -3"):
        RacerVectorEnv(-3)
    env = RacerVectorEnv(2)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"shape \(2, 3\)"):
        env.step(np.zeros((3, 3), np.float32))


def test_gymnasiums_wrappers_take_it():
    env = gymnasium.wrappers.vector.RecordEpisodeStatistics(
        RacerVectorEnv(2, autoreset_mode="SameStep", episode={"maxSteps": 6})
    )
    env.reset(seed=0)
    for actions in random_actions(env.action_space, 6):
        *_, info = env.step(actions)
    assert info["episode"]["l"].tolist() == [6, 6]
    env.close()
