"""Copies of environments: the same bits, the same future, and independent."""

from __future__ import annotations

import copy
import pickle  # noqa: TID251  our own objects, in memory
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from racer import _core
from racer.envs import HighwayEnv, HighwayVectorEnv, RacerEnv, RacerVectorEnv
from racer.envs.circuit.settings import EnvConfig
from racer.envs.sb3 import HighwayVecEnv, RacerVecEnv
from racer.tracks import load_track

WAYS = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda env: pickle.loads(pickle.dumps(env)),  # noqa: S301
    "old pickle": lambda env: pickle.loads(pickle.dumps(env, 0)),  # noqa: S301
}
RULES = {"episode": {"maxSteps": 40}, "start": {"kind": "mixed"}, "ticksPerAction": 4}
SHORT = {"duration": 6}


def gym_circuit() -> Any:
    return gymnasium.make("racer/Circuit-v0", track="harbour", config=RULES, observation="track")


MAKERS = {
    "circuit": lambda: RacerEnv("harbour", RULES, pose_info=True),
    "circuit with a reward": lambda: RacerEnv("harbour", RULES, reward_fn=reward),
    "made by gymnasium": gym_circuit,
    "highway": lambda: HighwayEnv(SHORT, preset="risk", pose_info=True),
    "highway by numbers": lambda: HighwayEnv(SHORT),
    "circuits, next step": lambda: RacerVectorEnv(5, ["harbour", "saltpan"], RULES),
    "circuits, same step": lambda: RacerVectorEnv(5, config=RULES, autoreset_mode="same_step"),
    "highways": lambda: HighwayVectorEnv(5, SHORT, preset="risk"),
    "highways, same step": lambda: HighwayVectorEnv(5, SHORT, autoreset_mode="same_step"),
    "made by gymnasium, vector": lambda: gymnasium.make_vec(
        "racer/Circuit-v0", num_envs=3, config=RULES
    ),
    "sb3 circuits": lambda: RacerVecEnv(5, config=RULES),
    "sb3 highways": lambda: HighwayVecEnv(5, SHORT, preset="risk", action_scale=[1.0, 0.1]),
}


def reward(telemetry: Any) -> Any:
    return telemetry["v_x"] * 2.0


def begin(env: Any) -> None:
    env.action_space.seed(4)
    if hasattr(env, "num_envs") and hasattr(env, "env_method"):
        env.seed(3)
        env.reset()
    else:
        env.reset(seed=3)


def actions_of(env: Any) -> Any:
    if hasattr(env, "env_method"):
        return np.array([env.action_space.sample() for _ in range(env.num_envs)])
    return env.action_space.sample()


def without_time(value: Any) -> Any:
    """An answer without the seconds of SB3's Monitor, which are the wall clock's."""
    if isinstance(value, dict):
        return {k: without_time(v) for k, v in value.items() if k != "t"}
    if isinstance(value, list | tuple):
        return [without_time(v) for v in value]
    return value


def advance(env: Any, steps: int) -> list[bytes]:
    said = []
    for _ in range(steps):
        answer = env.step(actions_of(env))
        said.append(pickle.dumps(without_time(answer)))
        if not hasattr(env, "num_envs") and (answer[2] or answer[3]):
            said.append(pickle.dumps(env.reset()))
    return said


# copy.copy of a wrapper of Gymnasium's shares what it wraps.
PAIRS = [(k, w) for k in MAKERS for w in WAYS if (k, w) != ("made by gymnasium", "copy")]


@pytest.mark.parametrize(("kind", "way"), PAIRS)
def test_a_copy_lives_on_as_the_original(kind: str, way: str) -> None:
    env = MAKERS[kind]()
    begin(env)
    advance(env, 33)
    first = WAYS[way](env)
    second = WAYS[way](first)
    third = WAYS[way](env)
    advance(third, 7)  # touches neither
    wanted = advance(env, 90)
    assert advance(first, 90) == wanted
    assert advance(second, 90) == wanted
    begin(first)
    begin(env)
    assert advance(first, 10) == advance(env, 10)
    for each in (env, first, second, third):
        each.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_batch_is_copied_with_its_outputs(way: str) -> None:
    track = load_track("harbour")
    for batch in (
        _core.circuit.Batch([track], 7, cars_per_world=2, ticks_per_action=120, seed=9),
        _core.highway.Batch(7, seed=9),
    ):
        shape = (7, 2, 3) if isinstance(batch, _core.circuit.Batch) else (7,)
        random = np.random.default_rng(1)

        def action(shape: Any = shape, random: Any = random) -> Any:
            if len(shape) == 1:
                return random.integers(0, 5, shape)
            return random.uniform(-1, 1, shape).astype(np.float32)

        for _ in range(30):
            batch.step(action())
        twin = WAYS[way](batch)
        names = [
            n for n, m in vars(type(batch)).items() if isinstance(m, property) and n != "facts"
        ]
        for _ in range(25):
            for name in (*names, "terminated", "truncated"):
                ours, theirs = np.asarray(getattr(batch, name)), np.asarray(getattr(twin, name))
                for field in ours.dtype.names or [None]:  # not what lies between the fields
                    mine, its = (ours, theirs) if field is None else (ours[field], theirs[field])
                    assert mine.tobytes() == its.tobytes(), name
            assert (batch.state_hash() == twin.state_hash()).all()
            step = action()
            batch.step(step)
            twin.step(step)


def test_live_views_of_a_copy_show_the_copy() -> None:
    env = RacerVectorEnv(3, config=RULES, copy=False)
    env.reset(seed=1)
    twin = copy.deepcopy(env)
    before = env.worlds.telemetry["x"].copy()
    observations, *_ = twin.step(np.ones((3, 3), np.float32))
    assert (env.worlds.telemetry["x"] == before).all()
    assert (twin.worlds.telemetry["x"] != before).any()
    assert np.shares_memory(observations, twin.worlds.batch.observations)
    vec = copy.deepcopy(RacerVecEnv(2, config=RULES))
    assert np.shares_memory(vec.worlds.telemetry["x"], vec.worlds.batch.facts["x"])
    vec.reset()
    vec.env_method("place", 100.0)
    assert vec.get_attr("s") == pytest.approx([100.0, 100.0], abs=0.1)


def test_a_copy_keeps_what_is_yours_and_opens_no_window() -> None:
    class Mine(RacerEnv):
        lesson = 0

    env = Mine("harbour")
    env.lesson, env.render_mode = 3, "human"
    env.np_random.random(5)
    twin = copy.deepcopy(env)
    assert isinstance(twin, Mine)
    assert twin.lesson == 3
    assert twin.render_mode is None
    assert env.render_mode == "human"
    assert twin.track is env.track
    assert twin.np_random.random() == env.np_random.random()
    assert twin.np_random is not env.np_random


def test_a_pickled_environment_goes_on_in_another_process(tmp_path: Path) -> None:
    env = RacerEnv("oldtown", RULES, observation="track")
    env.reset(seed=2)
    for _ in range(20):
        env.step(env.action_space.sample() * 0.0 + 0.3)
    (tmp_path / "env").write_bytes(pickle.dumps(env))
    program = (
        "import pickle, sys\n"
        "env = pickle.load(open(sys.argv[1], 'rb'))\n"
        "for _ in range(15):\n"
        "    said = env.step(env.action_space.low * 0.0 + 0.3)\n"
        "print(env.worlds.batch.state_hash()[0], said[1])\n"
    )
    for _ in range(15):
        said = env.step(env.action_space.low * 0.0 + 0.3)
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "env")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == [str(env.worlds.batch.state_hash()[0]), str(said[1])]


def test_a_track_of_another_shape_is_not_taken_for_the_one_pickled() -> None:
    track = load_track("harbour")
    state = list(track.__getstate__())
    assert state[8] == track.fingerprint
    state[8] = "0" * 16
    with pytest.raises(ValueError, match="has another shape in this version"):
        _core.circuit.Track.__new__(_core.circuit.Track).__setstate__(tuple(state))


POSE = {"x", "y", "heading", "s", "n"}


def test_the_pose_is_in_infos_on_request() -> None:
    env = RacerEnv("harbour", pose_info=True, start="standing")
    _, info = env.reset(seed=1)
    plain = RacerEnv("harbour", start="standing")
    assert set(info) - set(plain.reset(seed=1)[1]) == POSE
    assert EnvConfig().pose_info is False
    for _ in range(30):
        *_, info = env.step(np.array([0.1, 1.0, 0.0], np.float32))
    station = env.track.stations[round(info["s"] / env.track.spacing)]
    assert np.hypot(info["x"] - station["x"], info["y"] - station["y"]) < 1.0 + abs(info["n"])
    ahead = np.arctan2(station["tangent_y"], station["tangent_x"])
    assert info["heading"] == pytest.approx(ahead, abs=0.3)
    s, n = env.track.locate([info["x"]], [info["y"]])
    assert info["s"] == pytest.approx(s[0], abs=0.05)
    assert info["n"] == pytest.approx(n[0], abs=0.05)
    assert all(type(info[key]) is float for key in POSE)


def test_the_pose_is_in_vectors_and_on_the_highway_too() -> None:
    env = RacerVectorEnv(3, config={"poseInfo": True, "episode": {"maxSteps": 3}})
    single = RacerEnv(config={"poseInfo": True, "episode": {"maxSteps": 3}})
    _, infos = env.reset(seed=[5, 6, 7])
    _, info = single.reset(seed=6)
    for _ in range(3):
        for key in POSE:
            assert infos[key][1] == info[key]
            assert infos[f"_{key}"].all()
        _, _, _, _, infos = env.step(np.full((3, 3), 0.5, np.float32))
        *_, info = single.step(np.full(3, 0.5, np.float32))
    road = HighwayVectorEnv(3, pose_info=True)
    _, infos = road.reset(seed=1)
    assert set(infos) >= POSE
    *_, infos = road.step(np.ones(3, np.int64))
    assert infos["s"] == pytest.approx(infos["x"])
    assert np.abs(infos["n"]).max() <= 2.0
    assert infos["y"] == pytest.approx(infos["lane"] * 4.0 + infos["n"])
    assert not POSE & set(HighwayVectorEnv(1).reset()[1])
