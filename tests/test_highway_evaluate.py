"""Evaluation on the highway: its numbers, intervals, drivers, policies and command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_models import small_config, small_policy
from tiny_runs import tiny_run, trained_in

from racer.cli.main import main
from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.drivers.highway.drivers import BUILT_IN, list_policies, make_highway_driver
from racer.envs.circuit.episodes import intervals
from racer.envs.highway.episodes import MEANS, RATES, evaluate_highway
from racer.envs.highway.settings import highway_settings
from racer.envs.highway.worlds import HighwayWorlds
from racer.envs.sb3 import HighwayVecEnv
from racer.envs.worlds import world_seeds
from racer.errors import ConfigError, PolicyError
from racer.train.config import TrainConfig
from racer.train.trainer import train

RISK = "racer/HighwayRisk-v0"
PRESETS = {"risk": RISK, "highway": "racer/Highway-v0", "fast": "racer/HighwayFast-v0"}
SHORT = {"duration": 6, "vehicles_count": 12}


def tiny(algo: str, **changes: Any) -> TrainConfig:
    """A run of a few updates that learns nothing."""
    settings = {"steps": 256, "n_envs": 8, "evaluations": 1, "evaluation_starts": 4}
    highway = {"highway": {**SHORT, **changes.pop("highway", {})}}
    return tiny_run(algo, "highway", **{**settings, **highway, **changes})


@pytest.fixture(scope="module", params=trained_in("highway"))
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of each algorithm."""
    path = tmp_path_factory.mktemp("runs") / request.param
    report = train(tiny(request.param), path, show=False)
    assert report["finished"]
    assert report["evaluation"]["episodes"] == 16
    return path


def driver(name: str, preset: str = "risk", seed: int = 0) -> Any:
    return make_highway_driver(name, PRESETS[preset], highway_settings(None, preset).values, seed)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson_intervals_are_the_published_ones(
    hits: int, trials: int, low: float, high: float
) -> None:
    """Values of Newcombe, "Two-sided confidence intervals for the single proportion" (1998)."""
    found = intervals.rate(np.arange(trials) < hits)
    assert found["value"] == pytest.approx(hits / trials)
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=1e-4)


def test_bootstrap_intervals_hold_the_mean_as_often_as_they_say() -> None:
    random = np.random.default_rng(3)
    held = 0
    for _ in range(200):
        found = intervals.mean(random.normal(5.0, 2.0, 60))
        held += found["low"] <= 5.0 <= found["high"]
    assert 180 <= held <= 199  # 95 % of 200, within chance
    assert intervals.mean(np.full(5, 2.5)) == {
        "value": 2.5, "low": 2.5, "high": 2.5, "interval": "bootstrap",
    }  # fmt: skip


def test_the_numbers_are_those_of_a_plain_loop() -> None:
    """One episode at a time, counted step by step."""
    result = evaluate_highway(driver("random", seed=4), config=SHORT, episodes=3, seed=9)
    again = driver("random", seed=4)
    settings = highway_settings(SHORT, "risk")
    worlds = [HighwayWorlds(1, settings, autoreset="disabled", seed=0) for _ in range(3)]
    for world, seed in zip(worlds, world_seeds(9, 3), strict=True):
        world.reset(None, np.array([seed], np.uint64))
    start = [float(w.outcomes["x"][0]) for w in worlds]
    total, steps, danger, accelerations = [0.0] * 3, [0] * 3, [0] * 3, [[], [], []]
    nearest = [float(w.outcomes["nearest"][0]) for w in worlds]
    while not all(w.over()[0] for w in worlds):
        actions = again.act(np.concatenate([w.observations for w in worlds]))
        for i, world in enumerate(worlds):
            if world.over()[0]:
                continue
            world.step(actions[i : i + 1])
            total[i] += world.rewards[0]
            steps[i] += 1
            danger[i] += world.outcomes["time_to_collision"][0] < 2.0
            nearest[i] = min(nearest[i], world.outcomes["nearest"][0])
            accelerations[i].append(world.outcomes["acceleration"][0])
    columns = result.columns
    np.testing.assert_allclose(columns["return"], total, rtol=1e-12)
    assert columns["length"].tolist() == steps
    assert columns["collision"].tolist() == [bool(w.outcomes["crashed"][0]) for w in worlds]
    np.testing.assert_allclose(columns["minimum_distance"], nearest)
    np.testing.assert_allclose(columns["safety_violation_rate"], np.divide(danger, steps))
    distance = [w.outcomes["x"][0] - x for w, x in zip(worlds, start, strict=True)]
    np.testing.assert_allclose(columns["distance"], distance)
    np.testing.assert_allclose(columns["speed"], np.divide(distance, np.multiply(steps, 0.2)))
    jerk = [np.sqrt(np.mean(np.square(np.diff(a) * 5.0))) for a in accelerations]
    np.testing.assert_allclose(columns["jerk"], jerk)


def test_the_baselines_do_what_their_names_say() -> None:
    found = {name: evaluate_highway(driver(name), episodes=32, seed=2).total() for name in BUILT_IN}
    assert found["idle"]["steering_rate"]["value"] == 0.0
    assert found["idle"]["speed"]["value"] == pytest.approx(25.0, abs=0.2)
    assert found["idle"]["collision_rate"]["value"] > 0.5
    assert found["random"]["off_road_rate"]["value"] > 0.5
    assert found["traffic"]["collision_rate"]["value"] <= 0.05
    assert 18.0 < found["traffic"]["speed"]["value"] <= 30.0
    assert found["traffic"]["lane_changes"]["value"] > 0.0


def test_the_same_seeds_give_the_same_file(tmp_path: Path, capsys: Any) -> None:
    command = ["evaluate", "--env", "HighwayRisk", "--policy", "random", "--episodes", "5"]
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        assert main([*command, "--seed", seed, "--out", str(tmp_path / name)]) == 0
    files = [(tmp_path / name / "evaluation_metrics.json").read_bytes() for name in "abc"]
    assert files[0] == files[1] != files[2]
    content = json.loads(files[0])
    assert content["versions"]["highway_rules"] == 1
    assert content["settings"]["lanes_count"] == 4
    assert len(content["episodes"]) == content["episode_count"] == 5
    assert set(content["episodes"][0]) == {*RATES, *MEANS}
    for entry in content["total"].values():
        assert entry["low"] <= entry["value"] <= entry["high"]
    shown = capsys.readouterr().out
    assert "collision rate" in shown
    assert "wilson" in shown


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", [*BUILT_IN, "model"])
def test_every_driver_keeps_the_protocol(name: str, preset: str, tmp_path: Path) -> None:
    if name == "model":
        algo = "ppo" if preset == "risk" else "dqn"
        train(tiny(algo, env_id=PRESETS[preset]), tmp_path / "run", show=False)
        name = str(tmp_path / "run")
    subject = driver(name, preset)
    assert subject.name
    settings = highway_settings(None, preset, subject.settings)
    for rows in (1, 5):
        env = HighwayVecEnv(rows, settings, seed=1)
        subject.reset()
        obs = env.reset()
        before = obs.copy()
        first = subject.act(obs)
        kept = first.copy()
        assert first.shape == (rows, *env.action_space.shape)
        assert first.dtype == env.action_space.dtype
        for _ in range(5):
            actions = subject.act(obs)
            assert all(env.action_space.contains(action) for action in actions)
            env.step(actions)
            subject.reset(np.arange(rows) % 2 == 0)
        np.testing.assert_array_equal(obs, before)
        np.testing.assert_array_equal(first, kept)  # an answer is the asker's to keep


@pytest.mark.parametrize("name", list_policies())
def test_shipped_policies_beat_idle_and_random(name: str) -> None:
    found = {
        who: evaluate_highway(driver(who), episodes=64, seed=5).total()
        for who in ("idle", "random", name)
    }
    ours = found.pop(name)
    for other in found.values():
        assert ours["return"]["low"] > other["return"]["high"]
        assert ours["arrival_rate"]["low"] > other["arrival_rate"]["high"]
        assert ours["speed"]["low"] > other["speed"]["high"]
    assert ours["collision_rate"]["high"] < found["idle"]["collision_rate"]["low"]
    assert ours["success_rate"]["value"] > 0.95


def test_a_trained_policy_drives_and_reports(run: Path, tmp_path: Path, capsys: Any) -> None:
    report = json.loads((run / "report.json").read_text("utf-8"))
    env_id = report["env_id"]
    command = ["evaluate", "--env", env_id, "--policy", str(run), "--episodes", "4", "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["episode_count"] == 4
    output = tmp_path / "out.onnx"
    assert main(["export", str(run), "--output", str(output), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["env_id"] == env_id
    assert main(["resume", str(run), "--steps", "300", "--quiet"]) == 0
    assert json.loads((run / "report.json").read_text("utf-8"))["steps"] >= 300


def test_policies_for_something_else_are_refused(run: Path, tmp_path: Path) -> None:
    path = str(run / "policy.onnx")
    env_id = json.loads((run / "report.json").read_text("utf-8"))["env_id"]
    with pytest.raises(PolicyError, match=f"policy for '{env_id}', not for 'racer/Circuit-v0'"):
        OnnxDriver(path)
    other = "fast" if env_id != PRESETS["fast"] else "risk"
    with pytest.raises(PolicyError, match="not for 'racer/HighwayFast-v0'"):
        driver(path, other)
    preset = next(preset for preset, known in PRESETS.items() if known == env_id)
    settings = highway_settings({"policy_frequency": 3}, preset).values
    with pytest.raises(PolicyError, match=r"policy_frequency = ., the environment has 3"):
        make_highway_driver(path, env_id, settings)
    circuits = small_policy(small_config(), tmp_path / "circuit.onnx")
    with pytest.raises(PolicyError, match="policy for 'racer/Circuit-v0', not for 'racer/Highway"):
        driver(str(circuits))


def test_one_seed_one_result(tmp_path: Path) -> None:
    obs = np.random.default_rng(0).uniform(-1.0, 1.0, (8, 90)).astype(np.float32)
    actions = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(tiny("sac", seed=seed), tmp_path / name, show=False)
        actions.append(driver(str(tmp_path / name)).act(obs))
    assert np.array_equal(actions[0], actions[1])
    assert not np.array_equal(actions[0], actions[2])


@pytest.mark.parametrize(
    ("algo", "changes", "said"),
    [
        ("dqn", {"env_id": RISK}, "dqn needs meta-actions"),
        ("sac", {"env_id": PRESETS["highway"]}, "sac needs continuous actions"),
        ("sac", {"action_scale": [1.0]}, "action_scale is .* does not fit"),
        ("ppo", {"env_id": "racer/Highway-v9"}, "env_id is 'racer/Highway-v9'"),
        ("ppo", {"highway": {"lanes": 3}}, "no setting 'lanes'"),
        (
            "ppo",
            {
                "highway": {
                    "normalize_reward": False,
                    "observation": {"type": "Kinematics", "features": ["x", "presence"]},
                }
            },
            "row_width needs observation.features that begin with presence",
        ),
        ("ppo", {"env_id": "racer/Circuit-v0"}, "action_scale is for the highway"),
        ("dqn", {"env_id": "racer/Circuit-v0", "row_width": 0}, "which circuits do not have"),
    ],
)
def test_runs_that_cannot_be(algo: str, changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        train(tiny(algo, **changes), tmp_path / "run", show=False)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["evaluate", "--env", "Motorway", "--policy", "idle"], "no environment 'Motorway'"),
        (["evaluate", "--env", "Highway", "--policy", "fast"], "no driver 'fast' for the highway"),
        (["evaluate", "--env", "Highway", "--policy", "idle", "--track", "harbour"], "--track is"),
        (["evaluate", "--policy", "casual"], "choose a circuit with --track NAME"),
        (["evaluate", "--env", "Highway", "--policy", "idle", "--episodes", "0"], "episodes must"),
        (["train", "--env", "HighwayRisk", "--track", "harbour", "--steps", "9"], "--track is for"),
    ],
)
def test_commands_that_cannot_be(command: list[str], said: str, capsys: Any) -> None:
    assert main(command) != 0
    assert said in capsys.readouterr().err
