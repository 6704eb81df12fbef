"""RacerEnv: checkers, spaces, seeds, starts, infos, rewards, episodes, pictures."""

import importlib.util
import itertools
import warnings

import gymnasium
import numpy as np
import pytest
from env_scene import nearly_home
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_sb3_env

import racer
from racer import _core
from racer.envs import RacerEnv, world_seeds
from racer.envs.circuit.settings import EnvConfig
from racer.errors import ConfigError, TrackError
from racer.tracks import load_track

ALL_SPACES = list(itertools.product(("lidar", "track", "road"), ("pedals", "axis")))
INFO_KEYS = {
    "progress", "speed", "wall", "offTrack", "backward", "stillness", "lap", "checkpoint",
    "stepCount",
}  # fmt: skip
LAP_KEYS = {"lap_time", "lap_sectors", "lap_valid", "lap_reasons"}
CAN_PAINT = importlib.util.find_spec("pygame") is not None


@pytest.fixture(autouse=True)
def no_display(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


def make(**settings):
    return gymnasium.make("racer/Circuit-v0", **settings).unwrapped


def drive(env, steps, seed=0, action_seed=1):
    """Everything that an env says over some random steps; resets when an episode is over."""
    rng = np.random.default_rng(action_seed)
    said = [env.reset(seed=seed)[0].tolist()]
    for _ in range(steps):
        action = rng.uniform(env.action_space.low, env.action_space.high)
        obs, reward, terminated, truncated, info = env.step(action.astype(np.float32))
        said.append((obs.tolist(), reward, terminated, truncated, repr(info)))
        if terminated or truncated:
            said.append(env.reset()[0].tolist())
    return said


@pytest.mark.parametrize(("observation", "action"), ALL_SPACES)
def test_gymnasium_checks_it_without_a_warning(observation, action):
    env = make(observation=observation, action=action)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=not CAN_PAINT)


@pytest.mark.parametrize(("observation", "action"), ALL_SPACES)
def test_sb3_checks_it(observation, action):
    env = make(observation=observation, action=action)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if action == "pedals":
            # Throttle and brake begin at 0, and SB3 advises against any space but [-1, 1]. It is
            # right: `axis` is the one to train on.
            warnings.filterwarnings("ignore", "We recommend you to use a symmetric", UserWarning)
        check_sb3_env(env)


def test_making_it_by_name_is_enough():
    env = gymnasium.make("racer/Circuit-v0", track="ridgeway", observation="track", action="axis")
    assert isinstance(env.unwrapped, RacerEnv)
    assert env.unwrapped.track.name == load_track("ridgeway").name
    assert env.unwrapped.config == EnvConfig(observation="track", action="axis")
    assert racer.__version__


def test_a_track_object_survives_the_spec():
    track = load_track("ridgeway")
    env = gymnasium.make("racer/Circuit-v0", track=track)
    again = gymnasium.make(env.spec)
    assert again.unwrapped.track.fingerprint == track.fingerprint


def test_a_track_can_be_sent_to_another_process():
    track = _core.circuit.Track(
        *load_track("harbour").centre_line.T, name="x", runoff=3.0, reverse=True
    )
    make_it, arguments, state, *_ = track.__reduce_ex__(4)
    again = make_it(*arguments)
    again.__setstate__(state)
    assert (again.fingerprint, again.name) == (track.fingerprint, "x")
    assert again.options == track.options


def test_spaces_follow_the_engine():
    for observation in ("lidar", "track"):
        space = make(observation=observation).observation_space
        for part in _core.circuit.observation_layout(observation):
            rows = slice(part["offset"], part["offset"] + part["size"])
            assert (space.low[rows] == np.float32(part["low"])).all()
            assert (space.high[rows] == np.float32(part["high"])).all()
        assert space.dtype == np.float32
    assert make(observation="lidar").observation_space.shape == (14,)
    pedals, axis = make().action_space, make(action="axis").action_space
    assert pedals.low.tolist() == [-1.0, 0.0, 0.0]
    assert pedals.high.tolist() == [1.0, 1.0, 1.0]
    assert (axis.low.tolist(), axis.high.tolist()) == ([-1.0, -1.0], [1.0, 1.0])


@pytest.mark.parametrize(("observation", "action"), ALL_SPACES)
def test_random_episodes_stay_inside_the_space(observation, action):
    """25 episodes of each of the four kinds: 100 in all."""
    env = make(
        observation=observation,
        action=action,
        ticks_per_action=6,
        episode={"maxSteps": 400},
        start="mixed",
    )
    env.action_space.seed(3)
    for episode in range(25):
        obs, _ = env.reset(seed=episode)
        assert obs in env.observation_space
        over = False
        while not over:
            obs, reward, terminated, truncated, info = env.step(env.action_space.sample())
            assert obs in env.observation_space
            assert np.isfinite([reward, info["progress"], info["speed"]]).all()
            over = terminated or truncated
    assert not env.worlds.telemetry["fault"].any()


def test_one_seed_one_story_another_seed_another():
    first, second, other = (make(start="mixed", ticks_per_action=3) for _ in range(3))
    story = drive(first, 300, seed=5)
    assert story == drive(second, 300, seed=5)
    assert story != drive(other, 300, seed=6)
    assert story == drive(first, 300, seed=5)  # whatever happened before


def test_without_a_seed_every_env_is_another():
    first, second = make(), make()
    assert not np.array_equal(first.reset()[0], second.reset()[0])
    first, second = make(seed=4), make(seed=4)
    assert np.array_equal(first.reset()[0], second.reset()[0])


def test_episodes_of_a_seed_differ():
    env = make()
    assert not np.array_equal(env.reset(seed=1)[0], env.reset()[0])


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "1", True])
def test_a_bad_seed_is_refused(seed):
    with pytest.raises((ConfigError, gymnasium.error.Error)):
        make().reset(seed=seed)


def test_world_seeds_are_split_not_added():
    seeds = world_seeds(7, 1000)
    assert len(set(seeds.tolist())) == 1000
    assert not set(seeds.tolist()) & set(world_seeds(8, 1000).tolist())


def test_arrays_handed_out_are_copies():
    env = make()
    first, _ = env.reset(seed=0)
    kept = first.copy()
    second, _, _, _, info = env.step(np.array([0.1, 1.0, 0.0], np.float32))
    assert np.array_equal(first, kept)
    kept = second.copy()
    env.step(np.array([0.1, 1.0, 0.0], np.float32))
    assert np.array_equal(second, kept)
    second[:] = 7.0
    info["reward_terms"]["progress"] = 7.0
    obs, _, _, _, info = env.step(np.array([0.1, 1.0, 0.0], np.float32))
    assert obs in env.observation_space
    assert info["reward_terms"]["progress"] != 7.0


@pytest.mark.parametrize("kind", ["standing", "random", "mixed"])
@pytest.mark.parametrize("default", ["standing", "random", "mixed"])
def test_a_start_asked_for_is_that_of_an_env_with_it(default, kind):
    asked, meant = make(start=default), make(start=kind)
    for seed in (11, None, None):
        obs, _ = asked.reset(seed=seed, options={"start": kind})
        assert np.array_equal(obs, meant.reset(seed=seed)[0])
    assert np.array_equal(asked.worlds.batch.state_hash(), meant.worlds.batch.state_hash())


def test_a_place_asked_for():
    env = make()
    _, info = env.reset(seed=0, options={"s": 123.0, "n": 1.0, "speed": 20.0})
    telemetry = env.worlds.telemetry
    assert telemetry["s"][0] == pytest.approx(123.0, abs=0.05)
    assert telemetry["n"][0] == pytest.approx(1.0, abs=0.01)
    assert info["speed"] == 20.0
    env.reset(seed=0, options={"start": "standing"})
    assert telemetry["s"][0] == 0.0
    assert telemetry["lap_standing"][0] == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stat": "standing"}, "no reset option 'stat'"),
        ({"start": "flying"}, "'flying'"),
        ({"speed": 3.0}, "needs s"),
        ({"s": 3.0, "start": "standing"}, "exclude each other"),
        ({"s": 3.0, "n": 100.0}, "beyond the wall"),
        ({"s": float("nan")}, "finite"),
    ],
)
def test_a_bad_option_is_named(options, words):
    with pytest.raises(ValueError, match=words):
        make().reset(options=options)


def test_info_says_what_happened():
    env = make(start="standing")
    _, info = env.reset(seed=0)
    assert set(info) == INFO_KEYS | {"reward_terms"}
    assert info["stepCount"] == 0
    assert not any(info["reward_terms"].values())
    *_, info = env.step(np.array([0.0, 1.0, 0.0], np.float32))
    assert set(info) == INFO_KEYS | {"reward_terms"}
    kinds = {key: type(info[key]) for key in INFO_KEYS}
    assert {key for key, kind in kinds.items() if kind is bool} == {
        "wall", "offTrack", "backward", "stillness"
    }  # fmt: skip
    assert {key for key, kind in kinds.items() if kind is int} == {"lap", "checkpoint", "stepCount"}
    assert {key for key, kind in kinds.items() if kind is float} == {"progress", "speed"}
    assert list(info["reward_terms"]) == list(_core.circuit.REWARD_TERMS)
    assert info["stillness"]
    assert info["stepCount"] == 1
    assert info["lap"] == 1


def test_the_reward_is_the_sum_of_its_terms():
    env = make(ticks_per_action=6, start="mixed", weights={"speedBonus": 0.01, "progress": 3.0})
    env.action_space.seed(0)
    env.reset(seed=1)
    for _ in range(300):
        _, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert type(reward) is float
        assert reward == pytest.approx(sum(info["reward_terms"].values()), abs=1e-6)
        assert info["reward_terms"]["progress"] == pytest.approx(3.0 * info["progress"], abs=1e-6)
        if terminated or truncated:
            env.reset()


def test_a_lap_is_told_once_with_its_time_and_sectors():
    env = make()
    env.reset(seed=0)
    nearly_home(env.worlds)
    coast = np.zeros(3, np.float32)
    *_, info = env.step(coast)
    assert set(info) == INFO_KEYS | {"reward_terms"} | LAP_KEYS
    assert 60.0 < info["lap_time"] < 60.0 + 1.0 / 60.0
    assert info["lap_sectors"].tolist()[:2] == [20.5, 21.5]
    assert info["lap_sectors"][2] == pytest.approx(info["lap_time"] - 42.0)
    assert info["lap_valid"] is True
    assert info["lap_reasons"] == ()
    assert info["lap"] == 2
    kept = info["lap_sectors"].copy()
    *_, info_after = env.step(coast)
    assert set(info_after) == INFO_KEYS | {"reward_terms"}
    assert np.array_equal(info["lap_sectors"], kept)


def test_a_lap_that_broke_a_rule_says_which():
    env = make()
    env.reset(seed=0)
    nearly_home(
        env.worlds,
        reasons=_core.circuit.LAP_REASONS["wall"] | _core.circuit.LAP_REASONS["off_track"],
    )
    *_, info = env.step(np.zeros(3, np.float32))
    assert info["lap_valid"] is False
    assert set(info["lap_reasons"]) == {"off_track", "wall"}


def test_standing_still_terminates_and_time_truncates():
    env = make(start="standing", episode={"stillnessTimeoutTicks": 20})
    env.reset(seed=0)
    ends = [env.step(np.zeros(3, np.float32))[2:4] for _ in range(20)]
    assert ends == [(False, False)] * 19 + [(True, False)]
    env = make(start="standing", episode={"maxSteps": 7, "stillnessTimeoutTicks": 0})
    env.reset(seed=0)
    ends = [env.step(np.zeros(3, np.float32))[2:4] for _ in range(7)]
    assert ends == [(False, False)] * 6 + [(False, True)]
    assert all(type(flag) is bool for end in ends for flag in end)


def test_actions_are_clamped_and_nan_is_nothing():
    env = make()
    stories = []
    for action in ([2.0, 9.0, -1.0], [1.0, 1.0, 0.0]):
        env.reset(seed=0)
        stories.append(env.step(np.array(action, np.float32))[0].tolist())
    assert stories[0] == stories[1]
    stories = []
    for action in ([np.nan, np.nan, np.nan], [0.0, 0.0, 0.0]):
        env.reset(seed=0)
        stories.append(env.step(np.array(action, np.float32))[0].tolist())
    assert stories[0] == stories[1]
    assert env.worlds.batch.nan_actions == 3


@pytest.mark.parametrize("action", [0.0, [0.0, 0.0], np.zeros((1, 3), np.float32)])
def test_an_action_of_another_shape_is_refused(action):
    env = make()
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        env.step(action)


def test_a_list_and_doubles_are_actions_too():
    env = make()
    stories = []
    for action in ([0.5, 0.25, 0.0], np.array([0.5, 0.25, 0.0])):
        env.reset(seed=0)
        stories.append(env.step(action)[0].tolist())
    assert stories[0] == stories[1]


def test_a_reward_of_ones_own():
    seen = []

    def reward(telemetry):
        seen.append(telemetry["v_x"].copy())
        return telemetry["v_x"] * 0.5 + telemetry["lap_completed"] + telemetry["terminated"]

    env = make(reward_fn=reward)
    env.reset(seed=0)
    _, value, *_ = env.step(np.array([0.0, 1.0, 0.0], np.float32))
    assert value == 0.5 * seen[0][0]
    assert value == 0.5 * env.worlds.telemetry["v_x"][0]
    assert type(value) is float


@pytest.mark.parametrize(
    ("reward", "words"),
    [
        (lambda _: np.zeros(2), r"shape \(1,\)"),
        (lambda _: 0.0, r"shape \(1,\)"),
        (lambda _: np.array([np.nan]), "finite"),
    ],
)
def test_a_bad_reward_is_named(reward, words):
    env = make(reward_fn=reward)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=words):
        env.step(np.zeros(3, np.float32))


def test_bad_settings_are_named():
    with pytest.raises(ConfigError, match="did you mean 'observation'"):
        RacerEnv(observatoin="lidar")
    with pytest.raises(ConfigError, match="camera"):
        RacerEnv(observation="camera")
    with pytest.raises(ConfigError, match="render_mode"):
        RacerEnv(render_mode="ascii")
    with pytest.raises(TrackError, match="nowhere"):
        RacerEnv("nowhere")
    with pytest.raises(ConfigError, match="at least one track"):
        RacerEnv([])


def test_the_reference_file_makes_an_env(tmp_path):
    path = tmp_path / "reward.json"
    path.write_text('{"weights": {"progress": 2.0}, "episode": {"maxSteps": 5}}')
    env = make(config=str(path), action="axis")
    assert env.config.weights.progress == 2.0
    assert env.config.episode.max_steps == 5
    assert env.config.action == "axis"


@pytest.mark.skipif(not CAN_PAINT, reason="needs the extra view (pygame)")
def test_pictures():
    env = make(render_mode="rgb_array", ticks_per_action=2)
    assert env.metadata["render_fps"] == pytest.approx(30.0)
    env.reset(seed=0)
    first = env.render()
    assert first.dtype == np.uint8
    assert first.ndim == 3
    assert first.shape[2] == 3
    assert len(np.unique(first.reshape(-1, 3), axis=0)) > 10
    kept = first.copy()
    for _ in range(30):
        env.step(np.array([0.0, 1.0, 0.0], np.float32))
    assert not np.array_equal(env.render(), first)
    assert np.array_equal(first, kept)
    env.close()
    env.close()


def test_rendering_without_a_mode_warns():
    env = make()
    env.reset(seed=0)
    with pytest.warns(UserWarning, match="render_mode"):
        assert env.render() is None
