"""Training: a short run learns to lap and leaves a complete folder; bad settings are refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stable_baselines3 import SAC
from stable_baselines3.common.logger import Logger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_runs import tiny_run, trained_in
from track_scene import ring, write_csv

from racer import _core
from racer.cli.main import main
from racer.drivers import make_driver
from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.drivers.sb3 import Sb3Driver
from racer.envs.circuit.episodes import evaluate_driver
from racer.envs.circuit.session import Seat, Session
from racer.envs.circuit.statistics import DrivingStatistics
from racer.envs.circuit.task import rank
from racer.errors import ConfigError
from racer.tracks import load_track
from racer.train.algorithms import DEFAULT
from racer.train.algorithms.ppo import PpoConfig
from racer.train.config import (
    TrainConfig,
    list_presets,
    load_preset,
    load_train_config,
    read_toml,
)
from racer.train.run_folder import RunFolder
from racer.train.trainer import load_newest, train

STEPS = 100_000  # enough to lap an oval


def tiny(**changes: Any) -> TrainConfig:
    """A run of two updates that learns nothing."""
    settings = {"n_envs": 8, "steps": 128, "evaluations": 1, "checkpoints": 2}
    settings |= {"evaluation_starts": 1, "evaluation_laps": 1}
    return tiny_run(changes.pop("algo", DEFAULT), "circuit", **{**settings, **changes})


def oval(path: Path) -> Path:
    """A wide and simple circuit of 635 m."""
    angle = np.linspace(0.0, 2.0 * np.pi, 100, endpoint=False)
    rows = np.column_stack([120.0 * np.cos(angle), 80.0 * np.sin(angle), np.full((100, 2), 8.0)])
    np.savetxt(path, rows, "%.3f", ",", header="x_m,y_m,w_tr_right_m,w_tr_left_m")
    return path


def test_soft_actor_critic_follows_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Returns over several steps; an entropy that goes from the first aim to the last."""
    train_model = SAC.train
    aims = []

    def note(model: SAC, *args: Any, **keywords: Any) -> None:
        assert model.n_steps == 3
        aims.append(model.target_entropy)
        train_model(model, *args, **keywords)

    monkeypatch.setattr(SAC, "train", note)
    own = {"n_steps": 3, "target_entropy": 0.2}
    train(tiny(algo="sac", evaluations=0, sac=own), tmp_path / "run", show=False)
    done = 48 + 8 * np.arange(len(aims))  # learning starts after 50 steps, set at their beginning
    np.testing.assert_allclose(aims, 2 * (0.2 - 1.2 * done / 128), atol=1e-12)


@pytest.mark.timeout(400)
def test_a_short_run_learns_to_lap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Train, evaluate, export: the exported policy drives the model's laps to the millisecond."""
    content = load_preset("ppo")
    content["ppo"].update(batch_size=512, n_epochs=6)
    settings = {"evaluations": 1, "checkpoints": 1, "evaluation_starts": 3, "evaluation_laps": 1}
    settings |= {"n_envs": 128, "steps": STEPS, "seed": 2}
    config = load_train_config({**content, **settings}, "test")
    (tmp_path / "short.toml").write_text(config.to_toml(), "utf-8")
    track = oval(tmp_path / "oval.csv")
    command = ["train", "--preset", str(tmp_path / "short.toml"), "--track", str(track)]
    command += ["--log-dir", str(tmp_path), "--name", "short", "--quiet", "--json"]
    assert main(command) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["finished"]
    assert report["evaluation"]["valid"] > 0
    assert report["steps"] >= STEPS

    folder, config = RunFolder.open(tmp_path / "short")
    assert read_toml(folder.config)["track"] == str(track)
    assert json.loads(folder.report.read_text("utf-8")) == report
    assert json.loads((folder.best / "score.json").read_text("utf-8")) == report["best"]
    found = json.loads((folder.path / "versions.json").read_text("utf-8"))
    assert found["physics"] == {"gt": _core.physics_fingerprint("gt")}
    assert 1 <= len(folder.checkpoint_paths()) <= 2
    check_tags(folder.tensorboard)

    newest = tmp_path / "newest.onnx"
    assert main(["export", str(folder.path), "--newest", "--output", str(newest)]) == 0
    model, normalise = load_newest(folder, config)
    env = config.env
    ours = Sb3Driver(
        model,
        observation=env.observation,
        action=env.action,
        ticks_per_action=env.ticks_per_action,
        normalise=normalise,
    )
    circuit = load_track(track)
    laps = [
        sorted(lap.time_s for lap in evaluate_driver(driver, circuit, starts=4, laps=2).finished)
        for driver in (ours, OnnxDriver(newest))
    ]
    assert len(laps[0]) > 4
    np.testing.assert_allclose(laps[0], laps[1], atol=1e-3)


def check_tags(folder: Path) -> None:
    """The tags that docs/training.md lists, at steps that count environment steps."""
    events = EventAccumulator(str(folder))
    events.Reload()
    tags = set(events.Tags()["scalars"])
    assert {f"reward/{name}" for name in _core.circuit.REWARD_TERMS} <= tags
    assert {
        "rollout/off_track_rate",
        "rollout/lap_time_best",
        "rollout/lap_time_mean",
        "rollout/lap_complete_rate",
        "rollout/valid_lap_rate",
        "rollout/ep_rew_mean",
        "train/loss",
        "eval/oval/lap_time",
        "eval/valid_lap_rate",
    } <= tags
    steps = [event.step for event in events.Scalars("reward/progress")]
    assert steps == sorted(steps)
    assert steps[-1] >= 0.9 * STEPS


def test_laps_in_training_are_counted(tmp_path: Path) -> None:
    """One world laps, another stands still: a standing and a flying lap, both valid."""
    track = load_track(write_csv(tmp_path / "ring.csv", ring(radius=60.0)))
    session = Session(track, worlds=2, record=False)
    statistics = DrivingStatistics(session.batch)
    seat = Seat(make_driver("good", session.track), session)
    laps = []
    while len(laps) < 2:
        pedals = seat.pedals()[:, None]
        pedals[1] = 0.0
        laps += session.tick(pedals)
        statistics.after_step()
    logger = Logger(None, [])
    statistics.record(logger)
    found = logger.name_to_value
    assert found["rollout/lap_complete_rate"] == 1.0
    assert found["rollout/valid_lap_rate"] == 1.0
    assert found["rollout/lap_time_best"] == laps[1].time_s
    assert found["rollout/lap_time_mean"] == laps[1].time_s
    assert found["rollout/off_track_rate"] == 0.0
    assert found["reward/progress"] * 2 * session.ticks == pytest.approx(2.0, abs=0.01)
    assert found["reward/stillnessPenalty"] < 0.0
    statistics.record(logger)
    assert found["reward/progress"] == 0.0  # counted once


def weights(run: Path) -> dict[str, np.ndarray]:
    model, _ = load_newest(*RunFolder.open(run))
    return {name: value.numpy() for name, value in model.policy.state_dict().items()}


@pytest.mark.parametrize("algo", trained_in("circuit"))
def test_one_seed_one_result(algo: str, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        report = train(tiny(algo=algo, seed=seed), tmp_path / name, show=False)
        assert report["finished"]
        assert report["steps"] >= 128
    first, same, other = (weights(tmp_path / name) for name in "abc")
    assert all(np.array_equal(first[name], same[name]) for name in first)
    assert not all(np.array_equal(first[name], other[name]) for name in first)


def test_time_ends_a_run(tmp_path: Path) -> None:
    report = train(tiny(steps=0, minutes=0.02), tmp_path / "run", show=False)
    assert report["finished"]
    assert report["steps"] > 0
    model, _ = load_newest(*RunFolder.open(tmp_path / "run"))
    assert model.num_timesteps == report["steps"]


def test_a_run_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "file").write_text("mine")
    with pytest.raises(ConfigError, match="already exists"):
        train(tiny(), tmp_path / "run", show=False)
    assert main(["resume", str(tmp_path / "run")]) == 2
    assert "no config.toml" in capsys.readouterr().err


def test_settings_travel_through_files(tmp_path: Path) -> None:
    for name in list_presets():
        config = load_train_config(load_preset(name), name, minutes=1.5)
        path = tmp_path / f"{name}.toml"
        path.write_text(config.to_toml(), "utf-8")
        assert load_train_config(load_preset(str(path)), str(path)) == config


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("steps = 0", "needs --steps or --minutes"),
        ("steps = -1", "steps is -1"),
        ("steps = 1.5", "steps is 1.5"),
        ("steps = true", "steps is True"),
        ("minutes = nan", "minutes is nan"),
        ("minutes = inf", "minutes is inf"),
        ("step = 9", "no setting 'step'"),
        ("steps = 9\n[ppo]\ngama = 0.9", "no setting 'ppo.gama'; did you mean 'gamma'?"),
        ("steps = 9\n[ppo]\ngamma = 'x'", "ppo.gamma is 'x'"),
        ("steps = 9\n[ppo]\nnet_arch = [0]", "ppo.net_arch is"),
        ("steps = 9\n[ppo]\nnet_arch = 64", "ppo.net_arch is 64"),
        ("steps = 9\nppo = 3", "ppo is 3"),
        ("steps = 9\n[sac]\ngama = 0.9", "no setting 'sac.gama'; did you mean 'gamma'?"),
        ("steps = 9\n[algo_settings]\ngamma = 0.9", "no setting 'algo_settings'"),
        ("steps = 9\nalgo = 'a2c'", "algo is 'a2c'"),
        ("steps = 9\ntrack = 3", "track is 3"),
        ("steps = 9\nnormalise_reward = 1", "normalise_reward is 1"),
        ("steps = 9\n[env.weights]\nspeed = 1", "speed"),
        ("steps = 9\nsteps = 8", "is not valid TOML"),
        ("steps = ", "is not valid TOML"),
        ("\x00", "is not valid TOML"),
        ("a = " + "[" * 5000, "longer than"),
    ],
)
def test_presets_that_cannot_be_used(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_train_config(load_preset(str(path)), str(path))
    assert sentence in str(caught.value)
    assert "p.toml" in str(caught.value)


def test_an_algorithm_has_its_own_settings() -> None:
    from dataclasses import replace

    config = tiny()
    assert isinstance(config.algo_settings, PpoConfig)
    with pytest.raises(ConfigError, match=r"sac is PpoConfig\(.*, but it must be a table of"):
        replace(config, algo="sac")
    other = replace(config, algo="sac", algo_settings={"gamma": 0.5})
    assert other.to_dict()["sac"]["gamma"] == 0.5
    assert "ppo" not in other.to_dict()


def test_preset_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    for content in (b"\xff\xfe", b"\x80" * 10):
        path.write_bytes(content)
        with pytest.raises(ConfigError, match=r"p\.toml"):
            load_preset(str(path))
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match="has at most"):
        load_preset(str(path))
    with pytest.raises(
        ConfigError, match=r"there are finetune, generalist, .*highway-dqn, .*ppo, sac, .*tqc"
    ):
        load_preset("dqn")


def test_the_best_model_is_the_one_with_the_best_lap_that_it_can_repeat() -> None:
    def score(valid: int, median: float | None, distance: float = 0.0) -> dict[str, Any]:
        return {"laps": 10, "valid": valid, "median_lap_s": median, "distance": distance}

    ranked = [
        score(0, None, 10.0),
        score(0, None, 20.0),
        score(2, 50.0),
        score(8, 49.0),
        score(9, 60.0),
        score(10, 55.0),
    ]
    assert sorted(ranked, key=rank) == ranked
