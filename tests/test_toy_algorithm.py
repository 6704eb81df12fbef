"""Adding an algorithm touches its own module and one line of the registry; the rest follows."""

import ast
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from stable_baselines3 import SAC
from stable_baselines3.common.policies import ActorCriticPolicy
from test_architecture import ALL_SOURCES, ROOT
from test_old_house import actions
from test_resume import assert_same, newest
from test_train import oval
from toy_algorithm import LINE, Curious, CuriousSac

from racer.cli.main import main
from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.errors import ConfigError, PolicyError
from racer.train.actors import find_actor
from racer.train.algorithms import ALGORITHMS, load_algorithm
from racer.train.algorithms.base import Algorithm
from racer.train.algorithms.ppo import Ppo
from racer.train.algorithms.sac import Sac
from racer.train.config import TrainConfig, load_preset, load_train_config
from racer.train.export import export_policy, model_metadata
from racer.train.learner import build
from racer.train.run_folder import RunFolder
from racer.train.trainer import load_newest, train

PRESET = """\
algo = "curious"
track = "oval.csv"
steps = 256
n_envs = 8
evaluations = 1
checkpoints = 8
evaluation_starts = 1
evaluation_laps = 1

[curious]
buffer_size = 160  # 20 rows: the ring is full before the end
learning_starts = 40
batch_size = 32
gradient_steps = 1
net_arch = [16]
curiosity = 0.25

[env]
observation = "lidar"
action = "axis"
ticksPerAction = 6
"""
# A process that is killed in its 21st step: between two checkpoints, in the middle of an update.
KILLED = f"""\
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from racer.train.actors import find_actor
from racer.train.algorithms import ALGORITHMS
ALGORITHMS.update({LINE!r})
from racer.cli.main import main
from racer.envs.circuit.statistics import DrivingStatistics
steps, after_step = [], DrivingStatistics.after_step
def count(self):
    steps.append(0)
    if len(steps) == 21:
        os.kill(os.getpid(), signal.SIGKILL)
    after_step(self)
DrivingStatistics.after_step = count
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line."""
    for name, entry in LINE.items():
        monkeypatch.setitem(ALGORITHMS, name, entry)


def config(path: Path, **changes: object) -> TrainConfig:
    (path / "toy.toml").write_text(PRESET, "utf-8")
    content = load_preset(str(path / "toy.toml"))
    return load_train_config(content, "toy.toml", track=str(oval(path / "oval.csv")), **changes)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.usefixtures("known")
def test_a_killed_run_of_it_resumes_exports_and_drives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The extra column and the extra optimiser come back, and the weights are those of no kill."""
    monkeypatch.chdir(tmp_path)
    config(tmp_path)
    command = ["train", "--preset", "toy.toml", "--quiet", "--log-dir", ".", "--name"]
    assert main([*command, "whole"]) == 0
    killed = subprocess.run([sys.executable, "-c", KILLED, *command, "cut"], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert newest(Path("cut"))["counters"]["num_timesteps"] == 160
    assert main(["resume", "cut", "--quiet"]) == 0
    whole, cut = newest(Path("whole")), newest(Path("cut"))
    del whole["facts"], cut["facts"]
    assert_same(whole, cut)
    rows = cut["replay"]["surprises"]
    assert rows.shape == (20, 8)
    assert rows.min() > 0.0
    assert cut["replay_place"] == [12, 1]
    adam = cut["parameters"]["predictor_optimizer"]["state"]
    assert adam[0]["step"] == (256 - 40) // 8  # learning starts after 40 steps
    assert adam[0]["exp_avg"].abs().sum() > 0.0

    capsys.readouterr()
    assert main(["export", "cut", "--newest", "--output", "cut.onnx", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["algorithm"] == "curious"
    model, normalise = load_newest(*RunFolder.open(Path("cut")))
    seen = np.random.default_rng(1).uniform(-1.0, 1.0, (50, 14)).astype(np.float32)
    wanted, _ = model.predict(normalise.normalize_obs(seen), deterministic=True)
    np.testing.assert_allclose(OnnxDriver(Path("cut.onnx")).act(seen), wanted, atol=1e-5)
    words = ["--policy", "cut.onnx", "--track", "oval.csv", "--starts", "1", "--laps", "1"]
    assert main(["evaluate", *words, "--json"]) in (0, 1)  # 1: no valid lap, after 256 steps
    assert json.loads(capsys.readouterr().out)["tracks"][0]["policy_faults"] == 0


@pytest.mark.usefixtures("known")
def test_its_settings_are_checked_written_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = config(tmp_path, evaluations=0, steps=64)
    assert made.algo_settings.curiosity == 0.25
    assert "[curious]" in made.to_toml()
    with pytest.raises(ConfigError, match=r"curious\.curiosity is -1, but it must be a number"):
        config(tmp_path, curious={"curiosity": -1})
    with pytest.raises(ConfigError, match=r"no setting 'curious\.curious'; did you mean"):
        config(tmp_path, curious={"curious": 1})
    run = tmp_path / "run"
    train(made, run, show=False)
    text = (run / "config.toml").read_text("utf-8")
    (run / "config.toml").write_text(text.replace("buffer_size = 160", "buffer_size = 80"), "utf-8")
    assert main(["resume", str(run), "--steps", "128"]) == 2
    assert "curious.buffer_size is 80, but the run was trained with 160" in capsys.readouterr().err


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("algo", "copies"), [("ppo", 2), ("sac", 1), ("curious", 1)])
def test_the_estimate_of_memory_is_what_a_buffer_takes(
    algo: str, copies: int, tmp_path: Path
) -> None:
    """To the byte; ppo's steps are there once more when they are flattened."""
    own = {"buffer_size": 160} if copies == 1 else {"n_steps": 12, "batch_size": 32}
    made = config(tmp_path, algo=algo, **{algo: own})
    model = build(made).model
    buffer = model.rollout_buffer if algo == "ppo" else model.replay_buffer
    arrays = [value for value in vars(buffer).values() if isinstance(value, np.ndarray)]
    taken = sum(array.nbytes for array in arrays if array.base is None)  # without views
    observed, acted = model.observation_space.shape[0], model.action_space.shape[0]
    estimate = made.algorithm.buffer_bytes(made.algo_settings, made.n_envs, observed, acted)
    assert estimate == copies * taken


@pytest.mark.usefixtures("known")
def test_it_learns_on_the_highway_as_well(tmp_path: Path) -> None:
    """With a network of the task's own in front, and actions that the export scales."""
    content = {"algo": "curious", "env_id": "racer/HighwayRisk-v0", "steps": 64, "n_envs": 4}
    content |= {"row_width": 8, "action_scale": [1.0, 0.1], "evaluation_starts": 2}
    content["highway"] = {"vehicles_count": 5, "duration": 4}
    content["curious"] = {"learning_starts": 8, "buffer_size": 100, "net_arch": [8]}
    report = train(load_train_config(content, "test"), tmp_path / "run", show=False)
    assert report["finished"]
    assert report["evaluation"]["episodes"] == 8
    steering = np.abs(actions(str(tmp_path / "run" / "policy.onnx")))[:, 1]
    assert 0.0 < steering.max() <= np.float32(0.1)


@pytest.mark.usefixtures("known")
def test_it_is_an_algorithm_of_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert f"{{{','.join(ALGORITHMS)}}}" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="curious needs continuous actions"):
        build(load_train_config({"algo": "curious", "env_id": "racer/Highway-v0", "steps": 1}, "p"))
    assert main(["train", "--algo", "curious", "--log-dir", str(tmp_path)]) == 2
    assert "there is no preset 'curious'" in capsys.readouterr().err


# What is refused -----------------------------------------------------------------------------


def test_a_name_that_nobody_knows() -> None:
    known = ", ".join(ALGORITHMS)
    with pytest.raises(ConfigError, match=f"no algorithm 'curious'; there are {known}"):
        load_algorithm("curious")
    with pytest.raises(ConfigError, match="algo is 'curious', but it must be 'ppo' or"):
        load_train_config({"algo": "curious", "steps": 1}, "p.toml")
    with pytest.raises(ConfigError, match="no setting 'curious'; known are"):
        load_train_config({"steps": 1, "curious": {}}, "p.toml")


class Headless(Sac):
    """Says nothing about which part acts, nor about its settings."""

    settings = Algorithm.settings
    actor = Algorithm.actor


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (f"{__name__}:Headless", "does not define actor, settings"),
        (
            "racer.train.algorithms.base:Algorithm",
            "does not define actions, actor, advance",
        ),
        ("stable_baselines3:PPO", "which is not an Algorithm"),
        ("toy_algorithm:Nothing", "which is not an Algorithm"),
    ],
)
def test_one_that_leaves_something_out(
    entry: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ALGORITHMS, "half", entry)
    with pytest.raises(ConfigError, match=said) as caught:
        load_train_config({"algo": "half", "steps": 1}, "p.toml")
    assert str(caught.value).count("'half'") == 1


@pytest.mark.usefixtures("known")
def test_one_whose_state_would_be_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = config(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Curious, "columns", Sac.columns)
        with pytest.raises(ConfigError, match=r"CuriousBuffer\.surprises would not be saved"):
            build(made)
    with monkeypatch.context() as patch:
        patch.setattr(CuriousSac, "_get_torch_save_params", SAC._get_torch_save_params)
        with pytest.raises(ConfigError, match=r"CuriousSac\.predictor_optimizer would not be"):
            build(made)
    with monkeypatch.context() as patch:
        patch.setattr(Curious, "state", lambda *_: {"random": 3})
        with pytest.raises(ConfigError, match=r"Curious\.state uses the key 'random'"):
            train(made, tmp_path / "run", show=False)


def test_a_model_of_a_policy_that_nobody_knows_is_not_exported(tmp_path: Path) -> None:
    """A policy that has the attributes of others is not taken for one of theirs."""

    class Policy(torch.nn.Module):
        actor = q_net = action_net = torch.nn.Linear(1, 1)
        squash_output = False

    class Model:
        policy = Policy()

    metadata = model_metadata(TrainConfig(steps=1), name="p", training_steps=0)
    with pytest.raises(PolicyError, match="the policy Policy cannot be exported"):
        export_policy(Model(), None, metadata, tmp_path / "p.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_policy_with_memory_is_not_taken_for_its_base() -> None:
    names = {"__module__": "sb3_contrib.common.recurrent.policies"}
    names["__qualname__"] = "RecurrentActorCriticPolicy"
    kind = type("RecurrentActorCriticPolicy", (ActorCriticPolicy,), names)
    with pytest.raises(PolicyError, match="the policy RecurrentActorCriticPolicy cannot be"):
        find_actor(SimpleNamespace(policy=kind.__new__(kind)))


# Nothing else knows them ---------------------------------------------------------------------

GUESSES = re.compile(
    r"hasattr\((self\.)?_?(model|policy|actor|buffer|space)\b"
    r"|isinstance\([^)]*\b(PPO|SAC|DQN|TD3|A2C)\b"
    r"|from stable_baselines3 import|\b(PPO|SAC|DQN|TD3|A2C)\("
)
# Names of the presets that an environment without --algo is trained with.
NAMED: dict[str, set[str]] = {}


def test_no_algorithm_is_named_or_guessed_outside_its_module() -> None:
    seen = []
    for path, module in ALL_SOURCES:
        where = str(path.relative_to(ROOT))
        if not module.startswith("racer.") or where.startswith(("tools", "racer/train/algorithms")):
            continue
        text = path.read_text("utf-8")
        seen += [f"{where}: {found.group()}" for found in GUESSES.finditer(text)]
        words = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)
                 and isinstance(node.value, str)} & set(ALGORITHMS)  # fmt: skip
        seen += [f"{where}: {word!r}" for word in sorted(words - NAMED.get(where, set()))]
    assert not seen, "\n".join(seen)
    assert GUESSES.search("if hasattr(policy, 'q_net')")
    assert GUESSES.search("isinstance(self.model, SAC)")


def test_training_does_not_import_what_imports_it() -> None:
    """The old place of the export looks down into the training, and nothing looks back."""
    for path, module in ALL_SOURCES:
        if module.startswith("racer.train"):
            assert "racer.export" not in path.read_text("utf-8"), path


def test_every_algorithm_says_everything() -> None:
    for name in ALGORITHMS:
        found = load_algorithm(name)
        fields = found.settings.__dataclass_fields__
        assert {*found.fixed, found.size_setting} <= fields.keys()
        assert {"learning_rate", "final_learning_rate", "batch_size", "gamma"} <= fields.keys()
    assert isinstance(load_algorithm("ppo"), Ppo)
