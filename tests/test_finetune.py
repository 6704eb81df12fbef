"""Fine-tuning: a run begins with the weights of another, and says what does not fit."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_resume import assert_same, newest
from test_train import tiny

from racer.cli.main import main
from racer.errors import ConfigError
from racer.formats import npz
from racer.train.config import TrainConfig, load_preset
from racer.train.learner import build
from racer.train.run_folder import RunFolder
from racer.train.trainer import resume, train
from racer.train.weights import find_weights, place_weights, read_weights

WARM = {"critic_warmup": 1, "n_steps": 8, "batch_size": 64, "n_epochs": 2}


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two updates."""
    path = tmp_path_factory.mktemp("runs") / "policy"
    train(tiny(), path, show=False)
    return path


def from_it(policy: Path, **changes: Any) -> TrainConfig:
    return tiny(start_from=str(policy), **changes)


def rewritten(source: Path, target: Path, **changes: Any) -> Path:
    """A file of weights with other arrays; None takes one away."""
    with np.load(source) as found:
        arrays = {name: found[name] for name in found.files} | changes
    target.write_bytes(npz.encode({k: v for k, v in arrays.items() if v is not None}))
    return target


@pytest.mark.parametrize("algo", ["ppo", "sac"])
def test_weights_and_statistics_of_the_best_model_come_back(algo: str, tmp_path: Path) -> None:
    """Actor, critic and normalisation: to the last bit what the run ended with."""
    config = tiny(algo=algo, evaluations=0)  # its only evaluation is that of the end
    train(config, tmp_path / "run", show=False)
    learner = build(config)
    place_weights(find_weights(str(tmp_path / "run")), learner, config)
    last = newest(tmp_path / "run")
    assert_same(dict(learner.model.policy.state_dict()), dict(last["parameters"]["policy"]))
    now, then = learner.normalise.obs_rms, last["normalise"]["obs_rms"]
    assert np.array_equal(now.mean, then[0].numpy())
    assert np.array_equal(now.var, then[1].numpy())
    assert now.count == then[2]


def test_a_run_keeps_what_it_began_with_and_resumes_without_the_other(
    policy: Path, tmp_path: Path
) -> None:
    """Killed before its first checkpoint, it begins again with its own copy."""
    other = tmp_path / "other"
    policy_files = ("best/policy.onnx", "best/weights.npz")
    for name in policy_files:
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes((policy / name).read_bytes())
    config = from_it(other, evaluations=0)
    for name in ("whole", "cut"):
        train(config, tmp_path / name, show=False)
    for name in policy_files:
        (other / name).unlink()
    folder, _ = RunFolder.open(tmp_path / "cut")
    for path in folder.checkpoint_paths():
        path.unlink()
    resume(tmp_path / "cut", show=False)
    whole, cut = newest(tmp_path / "whole"), newest(tmp_path / "cut")
    assert_same(whole["parameters"], cut["parameters"])
    fresh = tiny(evaluations=0)
    train(fresh, tmp_path / "fresh", show=False)
    values = [
        n["parameters"]["policy"]["action_net.weight"] for n in (whole, newest(tmp_path / "fresh"))
    ]
    assert not torch.equal(*values)


def test_only_the_critic_learns_at_first_and_a_resume_knows_for_how_long(
    policy: Path, tmp_path: Path
) -> None:
    """After the warm-up the actor moves; cut inside it, the run ends with the same bits."""
    steps = 8 * 8
    own = {**WARM, "critic_warmup": 2}
    config = from_it(policy, steps=4 * steps, evaluations=0, checkpoints=4, ppo=own)
    start = read_weights(policy / "best" / "weights.npz")
    learner = build(config)
    place_weights(start, learner, config)
    before = {k: v.clone() for k, v in learner.model.policy.state_dict().items()}
    learner.model.learn(2 * steps)
    after = learner.model.policy.state_dict()
    critic = {name for name in before if "value" in name}
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == critic
    learner.model.learn(steps, reset_num_timesteps=False)
    moved = {
        k for k, v in learner.model.policy.state_dict().items() if not torch.equal(before[k], v)
    }
    assert moved == set(before)
    config = replace(config, algo_settings=replace(config.algo_settings, critic_warmup=4))
    for name in ("whole", "cut"):
        train(config, tmp_path / name, show=False)
    RunFolder(tmp_path / "cut").checkpoint_paths()[-1].unlink()  # one update before the end
    assert newest(tmp_path / "cut")["counters"]["num_timesteps"] == 3 * steps
    resume(tmp_path / "cut", show=False)
    whole, cut = (newest(tmp_path / name)["parameters"] for name in ("whole", "cut"))
    assert_same(whole, cut)
    moved = {k for k in before if not torch.equal(before[k], cut["policy"][k])}
    assert moved == critic


def test_exploration_has_a_floor(policy: Path) -> None:
    """The floor raises what is below it, and only at the start."""
    config = from_it(policy, ppo={"log_std_floor": 0.5})
    learner = build(config)
    place_weights(find_weights(str(policy)), learner, config)
    assert learner.model.policy.log_std.tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ppo": {"net_arch": [24]}}, r"ppo.net_arch = \[16\], but this run has \[24\]"),
        ({"ppo": {"activation": "tanh"}}, "ppo.activation"),
        ({"env": {"observation": "track"}}, "env.observation"),
        ({"env": {"action": "pedals"}}, "env.action"),
        ({"normalise_observation": False}, "normalise_observation"),
        ({"algo": "sac"}, "algo"),
    ],
)
def test_what_does_not_fit_is_named(
    changes: dict[str, Any], words: str, policy: Path, tmp_path: Path
) -> None:
    """And no run is left."""
    with pytest.raises(ConfigError, match=words):
        train(from_it(policy, **changes), tmp_path / "run", show=False)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"policy.log_std": None}, "lacks the entry 'policy.log_std'"),
        ({"policy.extra": np.zeros(1, "<f4")}, "has the entry 'policy.extra'"),
        ({"policy.log_std": np.full(2, np.nan, "<f4")}, "numbers that are none"),
        ({"policy.log_std": np.zeros(3, "<f4")}, r"has the shape \(3,\) instead of \(2,\)"),
        ({"policy.log_std": np.zeros(2, "<f8")}, "is not an array of float32"),
        ({"observation.count": np.zeros(1, "<f8")}, "statistics"),
        ({"about": None}, "no entry 'about'"),
        ({"about": np.frombuffer(b"{}", np.uint8)}, "does not say what it fits"),
    ],
)
def test_a_wrong_file_is_refused(
    changes: dict[str, Any], words: str, policy: Path, tmp_path: Path
) -> None:
    """One sentence that names the file and the entry."""
    path = rewritten(policy / "best" / "weights.npz", tmp_path / "w.npz", **changes)
    with pytest.raises(ConfigError, match=words):
        train(from_it(path), tmp_path / "run", show=False)
    assert not (tmp_path / "run").exists()


def test_every_damaged_byte_is_noticed(policy: Path, tmp_path: Path) -> None:
    """A flipped bit, a lost end, and a policy of another model beside it."""
    data = (policy / "best" / "weights.npz").read_bytes()
    path = tmp_path / "w.npz"
    for place in np.linspace(0, len(data) - 1, 50).astype(int):
        path.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        with pytest.raises(ConfigError):
            read_weights(path)
    path.write_bytes(data[:-1])
    with pytest.raises(ConfigError, match="cut off"):
        read_weights(path)
    (tmp_path / "weights.npz").write_bytes(data)
    (tmp_path / "policy.onnx").write_bytes(b"another")
    with pytest.raises(ConfigError, match="of another model than"):
        find_weights(str(tmp_path / "weights.npz"))


def test_the_command_takes_settings_from_the_policy(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Network and environment as trained, rates of the preset, the circuit as asked."""
    logs = ["--log-dir", str(tmp_path), "--quiet"]
    words = ["finetune", str(policy), "--track", "timberline", "--steps", "64", *logs]
    assert main(words) == 0
    _, config = RunFolder.open(tmp_path / "ppo-timberline-finetuned")
    _, before = RunFolder.open(policy)
    assert (config.env, config.n_envs) == (before.env, before.n_envs)
    assert config.algo_settings.net_arch == before.algo_settings.net_arch
    assert config.algo_settings.learning_rate == load_preset("finetune")["ppo"]["learning_rate"]
    assert tuple(config.tracks) == ("timberline",)
    assert (config.steps, config.start_from) == (64, str(policy))
    own = tmp_path / "own.toml"
    own.write_text('track = "random:1"\nsteps = 64\n', "utf-8")
    assert main(["finetune", str(policy), "--preset", str(own), "--name", "own", *logs]) == 0
    assert tuple(RunFolder.open(tmp_path / "own")[1].tracks) == ("random:1",)
    capsys.readouterr()
    for wrong, said in (
        (["finetune", str(policy), *logs], "needs --track"),
        (["finetune", "none", "--track", "harbour", *logs], "has no weights to start from"),
        (["finetune", str(tmp_path), "--track", "harbour", *logs], "there is no"),
        (["finetune", "highway-risk-ppo", *logs], "has no weights to start from"),
        (["finetune", str(policy), "--track", "harbour", "--env", "Highway", *logs], "trained in"),
    ):
        assert main(wrong) == 2
        assert said in capsys.readouterr().err
