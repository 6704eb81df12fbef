"""What people who come from Gymnasium and from HighwayEnv do with an environment."""

import copy
import importlib.metadata
import re
import subprocess
import sys
import warnings
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import vector as vector_wrappers

from racer import registration
from racer.envs import (
    HighwayEnv,
    HighwayVectorEnv,
    RacerEnv,
    RacerVectorEnv,
    checks,
)
from racer.envs.highway import env as highway
from racer.envs.highway import settings as highway_settings
from racer.envs.highway.settings import OUR_KEYS, PRESETS
from racer.envs.sb3 import HighwayVecEnv, RacerVecEnv
from racer.errors import ConfigError, ReadOnlyError
from racer.kinds import HIGHWAY

IDS = ("racer/Circuit-v0", "racer/HighwayRisk-v0", "racer/Highway-v0")
VIEWS = (RacerEnv, HighwayEnv, RacerVectorEnv, HighwayVectorEnv, RacerVecEnv, HighwayVecEnv)


@pytest.fixture(autouse=True)
def no_display(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


# Arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
def test_an_unknown_keyword_is_a_type_error_with_pythons_words(view):
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'frameskip'") as found:
        view(frameskip=4)
    assert isinstance(found.value, ConfigError)
    known = str(found.value).partition("known are ")[2]
    for name in ("config", "render_mode", "reward_fn", "seed"):
        assert name in known
    assert ("track" in known) == ("Racer" in view.__name__)
    with pytest.raises(ConfigError, match="did you mean 'reward_fn'"):
        view(reward_fun=None)


@pytest.mark.parametrize("env_id", IDS)
def test_gymnasium_passes_the_words_on(env_id):
    with pytest.raises(TypeError, match="unexpected keyword argument 'frameskip'"):
        gymnasium.make(env_id, frameskip=4)
    with pytest.raises(TypeError, match="unexpected keyword argument 'frameskip'"):
        gymnasium.make_vec(env_id, num_envs=2, frameskip=4)


def test_arguments_inside_a_config_are_told_apart():
    for name in ("seed", "render_mode", "reward_fn"):
        for env_id in IDS:
            with pytest.raises(ConfigError, match="an argument of the environment"):
                gymnasium.make(env_id, config={name: None})


@pytest.mark.parametrize("reward_fn", [3, "fast", [1.0]])
@pytest.mark.parametrize("view", VIEWS)
def test_a_reward_that_cannot_be_called_is_refused(view, reward_fn):
    with pytest.raises(ConfigError, match="function of the telemetry"):
        view(reward_fn=reward_fn)


def test_every_circuit_gets_a_world():
    two = ["harbour", "ridgeway"]
    with pytest.raises(ConfigError, match="track lists 2 circuits, but there is one world"):
        gymnasium.make("racer/Circuit-v0", track=two)
    for view in (RacerVectorEnv, RacerVecEnv):
        with pytest.raises(ConfigError, match="lists 3 circuits, but there are 2 worlds"):
            view(2, track=[*two, "harbour"])
        assert [track.name for track in view(3, track=two).worlds.tracks] == [
            "Harbour", "Ridgeway", "Harbour"
        ]  # fmt: skip
    assert RacerEnv(track=("ridgeway",)).track.name == "Ridgeway"
    for wrong in (5, None, b"harbour", {"harbour": 1}, [["harbour"]], [3]):
        with pytest.raises(ConfigError, match=r"track (is|holds)"):
            RacerEnv(track=wrong)


# HighwayEnv's habits --------------------------------------------------------------------------


def writes(config):
    yield lambda: config.__setitem__("duration", 2)
    yield lambda: config.update(duration=2)
    yield lambda: config.setdefault("duration", 2)
    yield lambda: config.pop("duration")
    yield lambda: config.clear()
    yield lambda: config.__delitem__("duration")
    yield lambda: config["observation"].update(normalize=False)
    yield lambda: config["observation"]["features"].append("heading")
    yield lambda: config["reward_speed_range"].__setitem__(0, 10)


@pytest.mark.parametrize("env_id", IDS)
def test_what_is_no_config_and_no_options_is_named(env_id):
    with pytest.raises(ConfigError, match=r"a configuration is a mapping or the path .*not \[1\]"):
        gymnasium.make(env_id, config=[1])
    one, many = gymnasium.make(env_id), gymnasium.make_vec(env_id, num_envs=2)
    for env in (one, many):
        for options in ("x", ["start"], 3):
            with pytest.raises(ConfigError, match="reset options are a mapping, not"):
                env.reset(options=options)
        env.reset(options={})


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"lanes_count": True}, "lanes_count is True, but it must be a whole number."),
        ({"action": "DiscreteMetaAction"}, "action is 'DiscreteMetaAction', but it must be a tab"),
        ({"observation": "Kinematics"}, "observation is 'Kinematics', but it must be a table"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_named(config, words):
    with pytest.raises(ConfigError) as caught:
        HighwayEnv(config)
    assert words in str(caught.value)


@pytest.mark.parametrize("make", [HighwayEnv, HighwayVectorEnv, HighwayVecEnv])
def test_writing_to_the_config_raises_and_says_what_works(make):
    config = make().config
    before = config.copy()
    for write in writes(config):
        with pytest.raises(ReadOnlyError, match=r"gymnasium\.make\(config=.*reset\(options="):
            write()
    assert config == before
    before["duration"] = 2  # a copy is one's own
    before["observation"]["features"].append("heading")
    assert config["duration"] == 40
    with pytest.raises(AttributeError):
        make().config = before
    assert copy.deepcopy(config) == config


def test_configure_and_reset_with_a_config_change_the_next_episode():
    env = gymnasium.make("racer/Highway-v0", config={"duration": 5, "vehicles_count": 4})
    env.reset(seed=3)
    env.unwrapped.configure({"duration": 2, "lanes_count": 6})
    assert env.unwrapped.config["duration"] == 2
    first, _ = env.reset(seed=3)
    fresh = gymnasium.make("racer/Highway-v0", duration=2, vehicles_count=4, lanes_count=6)
    assert np.array_equal(first, fresh.reset(seed=3)[0])
    ends = [env.step(1)[3] for _ in range(2)]
    assert ends == [False, True]
    first, _ = env.reset(
        seed=4, options={"config": {"observation": {"type": "Kinematics", "vehicles_count": 7}}}
    )
    assert first.shape == env.unwrapped.observation_space.shape == (7, 5)
    assert env.unwrapped.config["lanes_count"] == 6
    with pytest.raises(ConfigError, match="duratoin"):
        env.reset(options={"config": {"duratoin": 2}})
    assert env.unwrapped.config["duration"] == 2
    with pytest.raises(ConfigError, match="vector"):
        HighwayVectorEnv(2).reset(options={"config": {"duration": 2}})


def test_a_changed_config_without_a_seed_repeats_from_the_seed_before():
    stories = []
    for _ in range(2):
        env = HighwayEnv(seed=7, vehicles_count=5)
        first = env.reset()[0]
        changed = [env.reset(options={"config": {"duration": n}})[0] for n in (2, 3)]
        stories.append([first, *changed])
    assert np.array_equal(stories[0], stories[1])
    assert not np.array_equal(stories[0][1], stories[0][2])


def test_a_default_config_of_ones_own_is_used():
    class Dense(HighwayEnv):
        @classmethod
        def default_config(cls):
            config = super().default_config()
            config.update({"lanes_count": 2, "duration": 7})
            return config

    env = Dense(config={"duration": 3})
    assert (env.config["lanes_count"], env.config["duration"]) == (2, 3)
    assert HighwayEnv().config["lanes_count"] == 4


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("_reward", "reward_fn"),
        ("_rewards", "reward_fn"),
        ("_is_terminated", "Wrapper"),
        ("_is_truncated", "Wrapper"),
        ("_create_road", "config"),
        ("_create_vehicles", "config"),
        ("_info", "Wrapper"),
        ("define_spaces", "Wrapper"),
    ],
)
def test_a_method_that_nobody_would_call_is_refused(name, instead):
    kind = type("Mine", (HighwayEnv,), {name: lambda *_: 0.0})
    with pytest.raises(ConfigError, match=f"Mine.{name} would never be called.*{instead}"):
        kind()


def test_the_same_for_circuits_and_vectors():
    for base in (RacerEnv, RacerVectorEnv, HighwayVectorEnv):
        kind = type("Mine", (base,), {"_reward": lambda *_: 0.0})
        with pytest.raises(ConfigError, match="reward_fn"):
            kind()
        assert type("Fine", (base,), {"extra": 1})().extra == 1


@pytest.mark.parametrize("name", ["vehicle", "road", "controlled_vehicles", "observation_type"])
def test_attributes_of_highway_env_say_where_it_is(name):
    with pytest.raises(AttributeError, match=r"worlds\.|action_space"):
        getattr(HighwayEnv(), name)
    assert not hasattr(HighwayEnv(), "nonsense")


@pytest.mark.parametrize("view", [HighwayVectorEnv, HighwayVecEnv])
def test_a_reward_of_ones_own_on_the_highway(view):
    seen = []

    def reward(telemetry):
        seen.append({name: values.copy() for name, values in telemetry.items()})
        with pytest.raises(ValueError, match="read-only"):
            telemetry["speed"][:] = 0.0
        return (
            telemetry["speed"] * (1 - telemetry["crashed"]) + 0.5 * telemetry["right_lane_reward"]
        )

    env = view(3, preset="fast", duration=3, reward_fn=reward)
    env.reset()
    for _ in range(6):
        rewards = env.step(np.full(3, 3))[1]
        telemetry = seen[-1]
        wanted = (
            telemetry["speed"] * (1 - telemetry["crashed"]) + 0.5 * telemetry["right_lane_reward"]
        )
        driven = telemetry["terminated"] | telemetry["truncated"] | (telemetry["steps"] > 0)
        assert np.allclose(np.asarray(rewards)[driven], wanted[driven])
    assert {"x", "y", "heading", "lane", "time_to_collision", "reward", "on_road"} <= set(seen[0])
    alone = HighwayEnv(reward_fn=lambda telemetry: telemetry["speed"])
    alone.reset(seed=0)
    _, value, _, _, info = alone.step(1)
    assert value == info["speed"]
    alone = HighwayEnv(reward_fn=lambda _: ["fast"])
    alone.reset(seed=0)
    with pytest.raises(ValueError, match="array of numbers"):
        alone.step(1)


def test_the_page_for_those_who_come_from_highway_env_names_everything():
    page = (Path(__file__).parent.parent / "docs" / "highwayenv.md").read_text("utf-8")
    words = set(re.findall(r"`([^`]*)`", page))
    assert set(PRESETS["highway"]) - OUR_KEYS - words == set()
    assert set(highway_settings._OBSERVATION) - {"type"} - words == set()
    for table in highway_settings._ACTIONS.values():
        assert table["type"] == "Traffic" or set(table) - {"type"} <= words
    assert set(HIGHWAY.ids) <= words
    missing = {name for name in (*checks._HABITS, *highway._HIGHWAY_ENVS) if name not in page}
    assert missing <= {"_make_road", "_make_vehicles", "define_rewards", "done"}


# Gymnasium's habits ---------------------------------------------------------------------------

ARGUMENTS = {
    "AddWhiteNoise": {"probability_of_noise_per_pixel": 0.1},
    "ClipReward": {"min_reward": -1, "max_reward": 1},
    "DelayObservation": {"delay": 2},
    "DiscretizeAction": {"bins": 3},
    "DtypeObservation": {"dtype": np.float32},
    "FrameStackObservation": {"stack_size": 2},
    "MaxAndSkipObservation": {"skip": 2},
    "ObstructView": {"obstructed_pixels_ratio": 0.1, "obstruction_width": 2},
    "RepeatAction": {"num_repeats": 2},
    "RescaleAction": {"min_action": -2, "max_action": 2},
    "RescaleObservation": {"min_obs": 0, "max_obs": 1},
    "StickyAction": {"repeat_action_probability": 0.2},
    "TimeLimit": {"max_episode_steps": 5},
    "TransformReward": {"func": lambda reward: reward},
    "VectorizeTransformAction": {"wrapper": wrappers.TransformAction, "func": lambda a: a,
                                 "action_space": None},
    "VectorizeTransformReward": {"wrapper": wrappers.TransformReward, "func": lambda r: r},
}  # fmt: skip
# They are for pictures, other spaces, other array libraries, or videos (which have their own test).
OTHERS = {
    "ArrayConversion", "AtariPreprocessing", "FilterObservation", "GrayscaleObservation",
    "JaxToNumpy", "JaxToTorch", "NumpyToTorch", "RecordVideo", "ReshapeObservation",
    "ResizeObservation", "TransformAction", "TransformObservation",
    "VectorizeTransformObservation", "DiscretizeObservation", "HumanRendering",
    "VectorizeTransformAction", "vector",
}  # fmt: skip
CONTINUOUS = {"ClipAction", "DiscretizeAction", "RescaleAction"}


def kinds(module, env_id):
    for name in module.__all__:
        discrete = env_id == "racer/Highway-v0"
        if name in OTHERS or (discrete and name in CONTINUOUS):
            continue
        kind = getattr(module, name)
        if isinstance(kind, type):
            yield name, kind


@pytest.mark.parametrize("env_id", IDS)
def test_every_wrapper_of_gymnasium_fits(env_id):
    pytest.importorskip("pygame", reason="some wrappers need pictures")
    settings = {"episode": {"maxSteps": 5}} if "Circuit" in env_id else {"duration": 2}
    found = list(kinds(wrappers, env_id))
    assert len(found) >= 18
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, kind in found:
            env = kind(
                gymnasium.make(env_id, render_mode="rgb_array", **settings),
                **ARGUMENTS.get(name, {}),
            )
            drive(env, 7)
            env.close()
        for name, kind in kinds(vector_wrappers, env_id):
            for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
                env = gymnasium.make_vec(env_id, num_envs=2, autoreset_mode=mode, **settings)
                try:
                    env = kind(env, **ARGUMENTS.get(name, {}))
                except ValueError as problem:  # some say that they want NEXT_STEP
                    if "Expected autoreset_mode" not in str(problem):
                        raise
                    continue
                drive(env, 7)
                env.close()


def drive(env, steps):
    env.reset(seed=1)
    env.action_space.seed(1)
    for _ in range(steps):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if not isinstance(terminated, np.ndarray) and (terminated or truncated):
            env.reset()


@pytest.mark.parametrize("env_id", IDS[:2])
def test_actions_beyond_float32_are_clamped_without_a_warning(env_id):
    huge = np.array([1e300, -1e300, 1e39])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alone = gymnasium.make(env_id)
        many = gymnasium.make_vec(env_id, num_envs=2)
        size = alone.action_space.shape[0]
        for env, actions in ((alone, huge[:size]), (many, np.tile(huge[:size], (2, 1)))):
            env.reset(seed=0)
            assert np.isfinite(env.step(actions)[0]).all()
    with pytest.raises(ValueError, match="array of numbers"):
        alone.step(np.array(["a"] * size))


@pytest.mark.parametrize("env_id", IDS)
def test_the_spec_says_how_long_an_episode_is(env_id):
    settings = {"episode": {"maxSteps": 9}} if "Circuit" in env_id else {"duration": 9}
    for env in (
        gymnasium.make(env_id, **settings),
        gymnasium.make(gymnasium.make(env_id, **settings).spec),
    ):
        limit = env.spec.max_episode_steps
        env.reset(seed=0)
        over, steps = False, 0
        while not over:
            _, _, terminated, truncated, _ = env.step(env.action_space.sample() * 0)
            over, steps = terminated or truncated, steps + 1
        assert (steps == limit) == truncated
        assert steps <= limit
    aware = wrappers.TimeAwareObservation(gymnasium.make(env_id, **settings))
    observation, _ = aware.reset(seed=0)
    assert observation in aware.observation_space
    limited = gymnasium.make_vec(env_id, num_envs=2, max_episode_steps=3, **settings)
    assert limited.spec.max_episode_steps == 3
    limited.reset(seed=0)
    ends = [limited.step(limited.action_space.sample() * 0)[3].all() for _ in range(3)]
    assert ends == [False, False, True]
    if "Circuit" in env_id:
        assert gymnasium.make(env_id, episode={"maxSteps": 0}).spec.max_episode_steps is None


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("steady", [False, True])
def test_infos_have_the_same_keys_after_reset_as_after_a_step(env_id, steady):
    env = gymnasium.make(env_id, steady_infos=steady)
    _, first = env.reset(seed=0)
    *_, then = env.step(env.action_space.sample())
    assert list(first) == list(then)
    for key, value in first.items():
        assert type(value) is type(then[key]), key
        if isinstance(value, dict):
            assert list(value) == list(then[key])
            assert not any(value.values())
        assert not (steady and isinstance(value, (dict, tuple, list))), key
    assert sum(key.startswith("reward_terms") for key in first) > (1 if steady else 0)


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("steady", [False, True])
@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_infos_of_vectors_are_gymnasiums(env_id, steady, mode):
    from test_vector_env import same

    settings = {"episode": {"maxSteps": 4}} if "Circuit" in env_id else {"duration": 3}
    settings["steady_infos"] = steady
    ours = gymnasium.make_vec(env_id, num_envs=2, autoreset_mode=mode, **settings)
    theirs = SyncVectorEnv([lambda: gymnasium.make(env_id, **settings)] * 2, autoreset_mode=mode)
    same(nan_free(ours.reset(seed=[1, 2])[1]), nan_free(theirs.reset(seed=[1, 2])[1]))
    ours.action_space.seed(0)
    for _ in range(9):
        actions = ours.action_space.sample()
        same(nan_free(ours.step(actions)[4]), nan_free(theirs.step(actions)[4]))


def nan_free(infos):
    """NaN equals nothing: -1 in its place."""
    return {
        key: nan_free(value)
        if isinstance(value, dict)
        else np.nan_to_num(value, nan=-1.0)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
        else value
        for key, value in infos.items()
    }


def test_steady_infos_tell_of_laps():
    from env_scene import nearly_home

    env = RacerEnv(steady_infos=True)
    _, first = env.reset(seed=0)
    assert np.isnan(first["lap_time"])
    nearly_home(env.worlds, reasons=2)
    *_, info = env.step(np.zeros(3, np.float32))
    assert 60.0 < info["lap_time"] < 60.0 + 1.0 / 60.0
    assert (info["lap_valid"], info["lap_wall"], info["lap_off_track"]) == (False, True, False)
    assert info["lap_sectors"].shape == first["lap_sectors"].shape == (3,)
    *_, after = env.step(np.zeros(3, np.float32))
    assert list(after) == list(info) == list(first)
    assert np.isnan(after["lap_time"])


@pytest.mark.parametrize("env_id", IDS)
def test_rates_of_pictures_are_whole_numbers(env_id):
    changes = [{"ticks_per_action": n} for n in (1, 6, 7, 100)]
    if "Highway" in env_id:
        changes = [{"policy_frequency": f} for f in (0.2, 1, 3.3, 5)]
    for change in changes:
        for env in (gymnasium.make(env_id, **change), gymnasium.make_vec(env_id, 2, **change)):
            rate = env.metadata["render_fps"]
            assert type(rate) is int
            assert rate >= 1


@pytest.mark.parametrize("env_id", IDS)
def test_gymnasiums_play(env_id, monkeypatch):
    pygame = pytest.importorskip("pygame", reason="needs the extra view")
    from gymnasium.utils.play import play

    env = gymnasium.make(env_id, render_mode="rgb_array")
    noop = env.action_space.sample() * 0 + (env_id == "racer/Highway-v0")
    actions = []
    presses = iter([[(pygame.KEYDOWN, pygame.K_w)], [], [(pygame.KEYDOWN, pygame.K_LEFT)], []])

    def events():
        for kind, key in next(presses, [(pygame.QUIT, 0)]):
            yield pygame.event.Event(kind, key=key)

    monkeypatch.setattr(pygame.event, "get", lambda: list(events()))
    play(env, noop=noop, seed=0, callback=lambda *told: actions.append(np.array(told[2])))
    assert len(actions) >= 3
    assert not all(np.array_equal(action, actions[0]) for action in actions)
    again = gymnasium.make(env_id, render_mode="rgb_array")  # play ends with pygame.quit()
    again.reset(seed=0)
    assert again.render().any()


def test_keys_steer_the_way_that_they_point():
    keys = RacerEnv().get_keys_to_action()
    assert keys[(ord("a"), ord("w"))].tolist() == [1.0, 1.0, 0.0]  # steering left is positive
    assert RacerEnv(action="axis").get_keys_to_action()[(ord("s"),)].tolist() == [0.0, -1.0]
    keys = HighwayEnv(preset="risk").get_keys_to_action()
    assert keys[(ord("d"), ord("w"))].tolist() == [1.0, 1.0]  # here right is
    assert HighwayEnv().get_keys_to_action()[(ord("a"),)] == 0


@pytest.mark.parametrize("env_id", IDS[:2])
def test_videos(env_id, tmp_path):
    pytest.importorskip("pygame", reason="needs the extra view")
    pytest.importorskip("moviepy", reason="needs the extra view")
    from stable_baselines3.common.vec_env import VecVideoRecorder

    settings = {"episode": {"maxSteps": 3}} if "Circuit" in env_id else {"duration": 0.6}
    alone = gymnasium.make(env_id, render_mode="rgb_array", **settings)
    alone = wrappers.RecordVideo(alone, str(tmp_path / "one"), disable_logger=True)
    drive(alone, 4)
    alone.close()
    many = gymnasium.make_vec(env_id, num_envs=2, render_mode="rgb_array", **settings)
    many = vector_wrappers.RecordVideo(
        many, str(tmp_path / "two"), disable_logger=True, video_length=3
    )
    drive(many, 4)
    many.close()
    view = RacerVecEnv if "Circuit" in env_id else HighwayVecEnv
    preset = {} if "Circuit" in env_id else {"preset": "risk"}
    vec = view(2, render_mode="rgb_array", **preset, **settings)
    vec = VecVideoRecorder(vec, str(tmp_path / "three"), lambda step: step == 0, video_length=3)
    assert vec.frames_per_sec == (60 if "Circuit" in env_id else 5)
    vec.reset()
    for _ in range(4):
        vec.step(np.zeros((2, *vec.action_space.shape), np.float32))
    vec.close()
    for folder in ("one", "two", "three"):
        assert [path.stat().st_size > 1000 for path in (tmp_path / folder).glob("*.mp4")]


def test_the_ids_exist_without_an_import():
    (entry,) = importlib.metadata.entry_points(group="gymnasium.envs", name="racer")
    assert entry.load() is registration.register
    program = (
        "import gymnasium, sys\n"
        "assert 'racer' not in sys.modules or hasattr(gymnasium.envs.registration, "
        "'load_plugin_envs')\n"
        "for name in ('Circuit', 'HighwayFast'):\n"
        "    gymnasium.make(f'racer:racer/{name}-v0').reset(seed=0)\n"
        "    gymnasium.make_vec(f'racer:racer/{name}-v0', num_envs=2).reset(seed=0)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        registration.register()  # once is as good as twice


# Single worlds of a vector --------------------------------------------------------------------


def test_call_get_attr_and_set_attr():
    env = RacerVectorEnv(3, track=["harbour", "ridgeway"], seed=1)
    env.reset(seed=1)
    theirs = SyncVectorEnv([lambda: RacerEnv(track="harbour")] * 2)
    assert [track.name for track in env.get_attr("track")] == ["Harbour", "Ridgeway", "Harbour"]
    assert env.get_attr("config") == (env.config,) * 3
    assert env.call("action_space")[0] == theirs.call("action_space")[0]
    assert env.get_attr("v_x") == tuple(env.worlds.telemetry["v_x"].tolist())
    env.call("place", 30.0, speed=12.0)
    assert env.get_attr("v_x") == (12.0,) * 3
    assert len(env.call("snapshot")) == 3
    env.set_attr("stage", 4)
    assert env.get_attr("stage") == (4, 4, 4)
    env.set_attr("stage", [1, 2, 3])
    assert env.call("stage") == (1, 2, 3)
    with pytest.raises(ConfigError, match="a value for each of 3 worlds, got 2"):
        env.set_attr("stage", [1, 2])
    for name in ("track", "config", "v_x", "place"):
        with pytest.raises(AttributeError, match="cannot be set"):
            env.set_attr(name, 0)
    for ask in (env.get_attr, env.call):
        with pytest.raises(AttributeError, match="no attribute 'nonsense'; known are"):
            ask("nonsense")
    highway = HighwayVectorEnv(2)
    highway.reset(seed=0)
    assert highway.get_attr("lane") == tuple(highway.worlds.outcomes["lane"].tolist())
    assert highway.get_attr("config")[1]["duration"] == 40


@pytest.mark.parametrize("view", [RacerVectorEnv, HighwayVectorEnv, RacerVecEnv, HighwayVecEnv])
def test_what_an_environment_was_made_with_is_not_set_later(view):
    """Kept with the worlds it would change nothing, and nobody would be told."""
    env = view(2)
    settings = ("duration", "lanes_count") if "Highway" in view.__name__ else ("weights", "start")
    for name in ("reward_fn", "seed", "num_envs", "worlds", "metadata", *settings):
        with pytest.raises(AttributeError, match=f"'{name}' cannot be set; make another"):
            env.set_attr(name, [1, 2])


@pytest.mark.parametrize("view", [RacerVectorEnv, HighwayVectorEnv, RacerVecEnv, HighwayVecEnv])
@pytest.mark.parametrize("count", [10**9, 0, -1, 2.5, "x", True])
def test_a_number_of_worlds_is_checked_before_memory_is_taken(view, count):
    with pytest.raises(ConfigError, match=r"num_envs is .*, but it must be a whole number"):
        view(count)
    if "Vector" in view.__name__:
        one = RacerEnv() if view is RacerVectorEnv else HighwayEnv()
        with pytest.raises(ConfigError, match="num_envs is"):
            one.fork(count)


@pytest.mark.parametrize("view", [RacerVectorEnv, HighwayVectorEnv])
def test_worlds_are_numbers_or_a_mask(view):
    env = view(3)
    env.reset(seed=2)
    for worlds in ("x", 3, [1.5], [True, False], [None], ["0"]):
        with pytest.raises(ConfigError, match=r"worlds are a list of numbers|a world is"):
            env.snapshot(worlds=worlds)
    by_mask = env.snapshot(worlds=[False, True, True])
    for one, other in zip(by_mask, env.snapshot(worlds=np.array([1, 2])), strict=True):
        np.testing.assert_array_equal(one, other)  # by fields: bytes between them mean nothing
    with pytest.raises(ConfigError, match="a world is 'x'"):
        env.fork("x")
