"""Resuming: a run that was cut in two is the run that was not, and no kill harms it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_highway_evaluate import tiny as highway_tiny
from test_train import tiny
from tiny_runs import PAIRS

from racer import _core
from racer.envs.circuit.statistics import DrivingStatistics
from racer.errors import ConfigError
from racer.train.checkpoint import load_checkpoint
from racer.train.config import TrainConfig
from racer.train.run_folder import RunFolder
from racer.train.trainer import load_newest, resume, train


def newest(run: Path) -> dict[str, Any]:
    folder, _ = RunFolder.open(run)
    return load_checkpoint(folder.checkpoint_paths()[-1])[0]


def assert_same(a: Any, b: Any, where: str = "") -> None:
    """Equal to the last bit, however deeply nested."""
    assert type(a) is type(b), where
    if isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            assert_same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, list):
        assert len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{where}[{i}]")
    elif isinstance(a, torch.Tensor):
        assert torch.equal(a, b), where
    else:
        assert a == b, where


def small(algo: str, world: str, **settings: Any) -> TrainConfig:
    """A run of a few updates."""
    if world == "circuit":
        return tiny(algo=algo, **settings)
    return highway_tiny(algo, **settings)


@pytest.mark.parametrize(("algo", "world"), PAIRS)
def test_a_resumed_run_is_the_run_that_was_never_interrupted(
    algo: str, world: str, tmp_path: Path
) -> None:
    """Weights, optimiser, schedules, normalisation, worlds and random generators, bit for bit."""
    config = small(algo, world, steps=256, evaluations=0, checkpoints=4)
    train(config, tmp_path / "whole", show=False)
    train(config, tmp_path / "cut", show=False)
    folder, _ = RunFolder.open(tmp_path / "cut")
    checkpoints = folder.checkpoint_paths()
    assert len(checkpoints) == 2
    checkpoints[-1].unlink()  # as if the run had been killed before its end
    before = newest(tmp_path / "cut")
    assert 0 < before["counters"]["num_timesteps"] < 256
    report = resume(tmp_path / "cut", show=False)
    assert report["finished"]
    whole, cut = newest(tmp_path / "whole"), newest(tmp_path / "cut")
    del whole["facts"], cut["facts"]  # the time that it took
    assert_same(whole, cut)
    rates = [s["parameters"] for s in (before, cut)]
    name = next(key for key in cut["parameters"] if key.endswith(".optimizer"))
    first, last = (r[name]["param_groups"][0]["lr"] for r in rates)
    assert last < first  # the schedule went on


def test_a_saved_model_predicts_what_the_model_did(tmp_path: Path) -> None:
    train(tiny(), tmp_path / "run", show=False)
    folder, config = RunFolder.open(tmp_path / "run")
    first, second = load_newest(folder, config), load_newest(folder, config)
    shape = (100, *first[0].observation_space.shape)
    obs = np.random.default_rng(0).uniform(-1.0, 1.0, shape).astype(np.float32)
    actions = [model.predict(norm.normalize_obs(obs), deterministic=True)[0]
               for model, norm in (first, second)]  # fmt: skip
    np.testing.assert_array_equal(actions[0], actions[1])


def test_a_longer_end_goes_on_from_the_old_one(tmp_path: Path) -> None:
    train(tiny(), tmp_path / "run", show=False)
    assert resume(tmp_path / "run", show=False)["steps"] == 128  # nothing left to do
    report = resume(tmp_path / "run", steps=256, show=False)
    assert report["steps"] == 256
    assert RunFolder.open(tmp_path / "run")[1].steps == 256


def test_a_run_of_another_engine_is_not_resumed(tmp_path: Path) -> None:
    train(tiny(), tmp_path / "run", show=False)
    path = tmp_path / "run" / "versions.json"
    text = path.read_text("utf-8")
    path.write_text(text.replace(_core.physics_fingerprint("gt"), "0" * 16), "utf-8")
    with pytest.raises(ConfigError, match=r"'gt' as '0{16}', .*start a new run"):
        resume(tmp_path / "run", steps=256, show=False)
    path.write_text("{}", "utf-8")
    with pytest.raises(ConfigError, match="is damaged"):
        resume(tmp_path / "run", steps=256, show=False)


def test_an_interrupt_saves_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody presses Ctrl-C during the second update."""
    after_step = DrivingStatistics.after_step
    steps = []

    def press(self: DrivingStatistics) -> None:
        steps.append(0)
        if len(steps) == 12:
            signal.raise_signal(signal.SIGINT)
        after_step(self)

    monkeypatch.setattr(DrivingStatistics, "after_step", press)
    before = signal.getsignal(signal.SIGINT)  # a shell's background job ignores it
    report = train(tiny(steps=10_000, checkpoints=0), tmp_path / "run", show=False)
    assert not report["finished"]
    assert signal.getsignal(signal.SIGINT) is before
    assert newest(tmp_path / "run")["counters"]["num_timesteps"] == 128
    assert resume(tmp_path / "run", steps=192, show=False)["steps"] == 192


def test_kill_in_the_middle_then_resume(tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "racer.cli.main", "train", "--preset", "small.toml"]
    config = tiny(steps=1_000_000, checkpoints=10_000)
    (tmp_path / "small.toml").write_text(config.to_toml(), "utf-8")
    process = subprocess.Popen(
        [*command, "--log-dir", ".", "--name", "run", "--quiet"],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    try:
        deadline = time.monotonic() + 90.0
        while len(list((run / "checkpoints").glob("[0-9]*.pt"))) < 2:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    saved = newest(run)
    done = saved["counters"]["num_timesteps"]
    assert done > 0
    report = resume(run, steps=done + 64, show=False)
    assert report["finished"]
    assert report["steps"] == done + 64
    after = newest(run)
    updates = config.algo_settings.n_epochs
    assert after["counters"]["_n_updates"] == saved["counters"]["_n_updates"] + updates
    count = saved["normalise"]["obs_rms"][2]
    assert after["normalise"]["obs_rms"][2] == pytest.approx(count + 64)
