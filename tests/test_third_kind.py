"""A kind of world that is registered in one place does all that circuits and the highway do.

`slot_car.py` is the whole of it; no line of the package knows its name.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import slot_car
from gymnasium.spaces import Discrete
from gymnasium.utils.env_checker import check_env
from test_resume import assert_same, newest

from racer.adopt import adopt_policy
from racer.cli.main import main
from racer.envs.plain.episodes import drive_episodes
from racer.envs.plain.sb3 import PlainVecEnv
from racer.errors import ConfigError, PolicyError
from racer.kinds import Kind, find_id, kind_of, register
from racer.train.config import load_preset, load_train_config
from racer.train.run_folder import RunFolder
from racer.train.trainer import resume, train

ID = "racer/Slot-v0"
TINY = {"env_id": ID, "n_envs": 8, "evaluations": 2, "evaluation_starts": 4, "checkpoints": 2}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of PPO that was interrupted half-way, by its steps, and resumed."""
    path = tmp_path_factory.mktemp("runs") / "slot"
    train(tiny(512), path, show=False)
    assert resume(path, steps=1024, show=False)["finished"]
    return path


def tiny(steps: int):
    content = {key: load_preset("ppo")[key] for key in ("algo", "ppo")}
    content["ppo"].update(net_arch=[16], batch_size=64, n_steps=16, n_epochs=2)
    return load_train_config({**content, **TINY, "steps": steps}, "tiny")


def test_it_is_short_and_stands_alone():
    assert len(Path(slot_car.__file__).read_text("utf-8").splitlines()) < 150
    root = Path(__file__).resolve().parent.parent
    for folder in ("racer", "viewer", "tools"):
        for path in (root / folder).rglob("*.py"):
            text = path.read_text("utf-8")
            if path.name != "kinds.py":  # whose docstring has an example
                assert not any(word in text for word in ("slot_car", "SlotWorlds", "Slot-v0")), path


def test_makes_and_is_checked():
    env = gymnasium.make(ID, render_mode="rgb_array")
    check_env(env.unwrapped, skip_render_check=True)
    env.reset(seed=1)
    first = env.render()
    assert first.shape == (60, 100, 3)
    assert first.dtype == np.uint8
    for _ in range(10):
        env.step(np.ones(1, np.float32))
    assert (env.render() != first).any()


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_a_batch_is_its_worlds_one_by_one(mode: str):
    autoreset = gymnasium.vector.AutoresetMode(mode)
    batch = gymnasium.make_vec(ID, num_envs=3, autoreset_mode=autoreset)
    single = gymnasium.make(ID).unwrapped
    seeds = [5, 6, 7]
    seen, _ = batch.reset(seed=seeds)
    observation, _ = single.reset(seed=6)
    over = False
    actions = np.random.default_rng(0).uniform(-1, 1, (150, 3, 1)).astype(np.float32)
    for rows in actions:
        seen, rewards, ended, cut, infos = batch.step(rows)
        if over and mode == "NextStep":
            observation, _ = single.reset()
            reward, over = 0.0, False
        else:
            observation, reward, terminated, truncated, _ = single.step(rows[1])
            over = terminated or truncated
            assert (ended[1], cut[1]) == (terminated, truncated)
            if over and mode == "SameStep":
                np.testing.assert_array_equal(infos["final_obs"][1], observation)
                observation, _ = single.reset()
                over = False
        np.testing.assert_array_equal(seen[1], observation)
        assert rewards[1] == pytest.approx(reward)


def test_states_copies_and_settings():
    env = gymnasium.make(ID, grip_speed=2.0).unwrapped
    assert env.config.grip_speed == 2.0
    env.reset(seed=3)
    for _ in range(5):
        env.step(np.ones(1, np.float32))
    state, twin = env.snapshot(), copy.deepcopy(env)
    wanted = [env.step(np.full(1, 0.5, np.float32))[0] for _ in range(4)]
    assert all((twin.step(np.full(1, 0.5, np.float32))[0] == w).all() for w in wanted)
    env.restore(state)
    assert all((env.step(np.full(1, 0.5, np.float32))[0] == w).all() for w in wanted)
    with pytest.raises(ConfigError, match="no setting 'grip'"):
        gymnasium.make(ID, grip=2.0)


def test_telemetry_is_its_state_live_and_read_only():
    def reward(telemetry):
        with pytest.raises(ValueError, match="read-only"):
            telemetry["speed"][:] = 0.0
        return telemetry["speed"] * 2.0

    env = PlainVecEnv(3, env_id=ID, seed=1, reward_fn=reward)
    worlds = env.worlds
    env.reset()
    telemetry = worlds.telemetry
    assert list(telemetry) == ["distance", "speed"]
    before = telemetry["distance"].copy()
    _, rewards, _, _ = env.step(np.ones((3, 1), np.float32))
    assert (telemetry["distance"] > before).all()
    np.testing.assert_array_equal(telemetry["distance"], worlds.state["distance"])
    np.testing.assert_allclose(rewards, 2.0 * telemetry["speed"], rtol=1e-6)
    with pytest.raises(ValueError, match="read-only"):
        telemetry["speed"][0] = 9.0
    twin = copy.deepcopy(env)
    twin.step(np.ones((3, 1), np.float32))
    assert (twin.worlds.telemetry["distance"] > telemetry["distance"]).all()
    worlds.set_states(twin.worlds.states())
    np.testing.assert_array_equal(telemetry["distance"], twin.worlds.telemetry["distance"])
    assert env.get_attr("speed") == telemetry["speed"].tolist()


def test_trains_and_resumes(run: Path):
    report = json.loads((run / "report.json").read_text("utf-8"))
    assert (report["env_id"], report["steps"]) == (ID, 1024)
    assert {"low", "high"} < set(report["evaluation"]["total"]["return"])
    again = resume(run, steps=1280, show=False)
    assert again["finished"]
    assert again["steps"] == 1280


def test_a_resumed_run_is_the_run_that_was_never_interrupted(tmp_path: Path):
    for name in ("whole", "cut"):
        train(tiny(512), tmp_path / name, show=False)
    folder, _ = RunFolder.open(tmp_path / "cut")
    folder.checkpoint_paths()[-1].unlink()  # as if it had been killed before its end
    before = newest(tmp_path / "cut")["counters"]["num_timesteps"]
    assert 0 < before < 512
    assert resume(tmp_path / "cut", show=False)["finished"]
    whole, cut = newest(tmp_path / "whole"), newest(tmp_path / "cut")
    del whole["facts"], cut["facts"]  # the time that it took
    assert_same(whole, cut)


def test_its_policy_exports_drives_and_is_judged(run: Path, tmp_path: Path, capsys):
    output = tmp_path / "slot.onnx"
    assert main(["export", str(run), "--output", str(output), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["env_id"] == ID
    command = ["evaluate", "--env", "Slot", "--policy", str(output), "--episodes", "5"]
    assert main([*command, "--json", "--out", str(tmp_path)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == json.loads((tmp_path / "evaluation_metrics.json").read_text("utf-8"))
    assert (said["format"], said["episode_count"]) == ("racer-evaluation", 5)
    assert said["policy_faults"] == 0
    assert main(command) == 0
    assert "return" in capsys.readouterr().out
    with pytest.raises(PolicyError, match="policy for 'racer/Slot-v0'"):
        kind_of("racer/HighwayRisk-v0").load("drivers").policy(output, "racer/HighwayRisk-v0", {})


def test_the_numbers_of_its_evaluation_are_those_of_a_plain_loop():
    class Half:
        def reset(self, mask=None):
            pass

        def act(self, obs):
            return np.zeros((len(obs), 1), np.float32)

    found = drive_episodes(Half(), ID, None, episodes=3, seed=4)
    env = PlainVecEnv(3, env_id=ID)
    env.seed(4)
    env.reset()
    returns, done = np.zeros(3), np.zeros(3, bool)
    while not done.all():
        _, rewards, ended, _ = env.step(np.zeros((3, 1), np.float32))
        returns += np.where(done, 0.0, rewards)
        done |= ended
    np.testing.assert_allclose(found["return"], returns, rtol=1e-5)


def test_a_model_of_somebody_elses_is_adopted(tmp_path: Path):
    from stable_baselines3 import PPO

    model = PPO("MlpPolicy", PlainVecEnv(4, env_id=ID), n_steps=16, batch_size=32)
    metadata = adopt_policy(model, tmp_path / "mine.onnx", name="Mine")
    assert metadata.env_id == ID
    assert metadata.settings["grip_speed"] == 3.0


class NumberedSlots(slot_car.SlotWorlds):
    """The same with three positions of the trigger."""

    kind = "numbered slots"
    action_space = Discrete(3)

    def advance(self, worlds, actions):
        return super().advance(worlds, actions[:, None] - 1.0)


def test_actions_may_be_numbered(tmp_path: Path):
    env_id = "racer/SlotSteps-v0"
    place = f"{__name__}:NumberedSlots"
    register(Kind("numbered slots", ids={env_id: ""}, noun="numbered slots", worlds=place))
    env = gymnasium.make(env_id).unwrapped
    check_env(env, skip_render_check=True)
    with pytest.raises(ValueError, match="whole numbers from 0 to 2"):
        env.step(3)
    dqn = {**load_preset("highway-dqn")["dqn"], "net_arch": [8], "learning_starts": 16}
    content = {"algo": "dqn", "dqn": dqn, **TINY, "env_id": env_id, "steps": 256}
    report = train(load_train_config(content, "tiny"), tmp_path / "run", show=False)
    assert report["evaluation"]["episodes"] == 16
    assert main(["evaluate", "--env", env_id, "--policy", str(tmp_path / "run")]) == 0
    with pytest.raises(ConfigError, match="sac needs continuous actions"):
        train(
            load_train_config({**TINY, "algo": "sac", "env_id": env_id, "steps": 9}, "tiny"),
            tmp_path / "no",
            show=False,
        )


def test_options_of_other_kinds_are_refused(capsys):
    for options in (["--track", "harbour"], ["--starts", "3"], ["--video", "a.mp4"]):
        assert main(["evaluate", "--env", "Slot", "--policy", "random", *options]) == 2
        assert f"{options[0]} is for " in capsys.readouterr().err
    assert main(["play", "--env", "Slot"]) == 2
    assert "the kind of world 'slot' has no play" in capsys.readouterr().err


def test_the_command_line_finds_it_by_its_module():
    command = [sys.executable, "-m", "racer", "evaluate", "--policy", "random", "--episodes", "2"]
    place = Path(slot_car.__file__).parent
    done = subprocess.run(
        [*command, "--env", "slot_car:racer/Slot-v0"], cwd=place, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "random in racer/Slot-v0, 2 episodes" in done.stdout
    done = subprocess.run([*command, "--env", "none:racer/Slot-v0"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "the module 'none' cannot be imported" in done.stderr
    assert done.stderr.count("\n") == 1


def test_ids_belong_to_one_kind():
    assert find_id("slot") == ID
    with pytest.raises(ConfigError, match="is an id of the kind 'slot' already"):
        register(Kind("other", ids={ID: ""}, worlds="nowhere:Nothing"))
    with pytest.raises(ConfigError, match="no environment 'racer/Nothing-v0'"):
        kind_of("racer/Nothing-v0")
