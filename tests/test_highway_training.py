"""What training on the highway adds to the rules: collisions that cost more and more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("stable_baselines3", reason="needs the extra train")

from racer.cli.main import main
from racer.envs.highway.task import HighwayTask
from racer.envs.highway.worlds import HighwayWorlds
from racer.envs.sb3 import HighwayVecEnv
from racer.errors import ConfigError
from racer.train.config import TrainConfig, load_preset, load_train_config, read_toml
from racer.train.trainer import train

RISK = "racer/HighwayRisk-v0"
RULES = {"normalize_reward": False, "collision_reward": -20.0, "vehicles_count": 12, "duration": 6}


def config(**changes: Any) -> TrainConfig:
    content: dict[str, Any] = {"env_id": RISK, "steps": 128, "n_envs": 4, "highway": RULES}
    content |= {"evaluations": 1, "evaluation_starts": 2}
    content["ppo"] = {"n_steps": 8, "batch_size": 16, "n_epochs": 1, "net_arch": [8]}
    return load_train_config({**content, **changes}, "test")


def drive(env: HighwayVecEnv, steps: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Rewards and collisions (steps, N) of vehicles that accelerate straight ahead."""
    env.seed(3)
    env.reset()
    rewards, collisions = [], []
    for _ in range(steps):
        _, reward, _, infos = env.step(np.tile(np.array([1.0, 0.0], np.float32), (env.num_envs, 1)))
        rewards.append(reward)
        collisions.append([bool(info.get("crashed")) for info in infos])
    return np.array(rewards), np.array(collisions)


def test_only_collisions_cost_more() -> None:
    before, collided = drive(HighwayVecEnv(8, preset="risk", flatten=True))
    assert 0 < collided.sum() < collided.size / 4
    env = HighwayVecEnv(8, preset="risk", flatten=True)
    env.collision_extra = -7.0
    after, again = drive(env)
    assert np.array_equal(collided, again)
    np.testing.assert_allclose(after, before - 7.0 * collided, atol=1e-5)


def test_the_cost_grows_from_one_setting_to_the_other() -> None:
    task = HighwayTask(config(final_collision_reward=-100.0))
    env = task.make_env()
    found = []
    for fraction in (0.0, 0.25, 1.0):
        task.advance(fraction)
        found.append(env.collision_extra)
    assert found == [0.0, -5.0, -80.0]
    steady = HighwayTask(config())
    env = steady.make_env()
    steady.advance(0.5)
    assert env.collision_extra == 0.0


def test_a_run_follows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    advance = HighwayTask.advance

    def watch(self: HighwayTask, fraction: float) -> None:
        seen.append(fraction)
        advance(self, fraction)

    monkeypatch.setattr(HighwayTask, "advance", watch)
    train(config(final_collision_reward=-100.0), tmp_path / "run", show=False)
    assert seen == [0.0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"highway": {}, "final_collision_reward": -5.0}, "normalize_reward = false"),
        ({"final_collision_reward": 5.0}, "from -1,000,000 to 0"),
    ],
)
def test_what_cannot_be(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        HighwayTask(config(**changes))


def test_circuits_have_no_such_thing() -> None:
    with pytest.raises(ConfigError, match="final_collision_reward is for the highway"):
        load_train_config(load_preset("ppo"), "ppo", final_collision_reward=-1.0)


def test_the_middle_of_a_lane_pays_best() -> None:
    worlds = HighwayWorlds(5, {"off_centre_reward": -1.0}, "risk", seed=0)
    vehicles, records = worlds.batch.snapshot()
    vehicles["y"][:, 0] = [0.0, 1.0, 4.0, 6.0, 30.0]
    vehicles["speed"][:, 0] = 0.0
    vehicles["crashed"][:, 0] = 0
    worlds.batch.restore(vehicles, records)
    worlds.step(np.zeros((5, 2), np.float32))
    terms = worlds.reward_terms[:, worlds.term_names.index("off_centre")]
    np.testing.assert_allclose(terms, [0.0, -0.25, 0.0, -1.0, -1.0], atol=1e-12)
    plain = HighwayWorlds(1, preset="risk", seed=0)
    plain.step(np.zeros((1, 2), np.float32))
    assert plain.reward_terms[0, -1] == 0.0


def scene(place: tuple[float, float], speed: float, heading: float, **settings: Any) -> float:
    """The safety term for one other vehicle; the ego stands at the origin and drives 25 m/s."""
    rules = {"vehicles_count": 1, "safety_reward": -1.0, "simulation_frequency": 100}
    rules |= {"policy_frequency": 100, "safety_of_path": True, **settings}
    worlds = HighwayWorlds(1, rules, "risk", seed=0)
    vehicles, records = worlds.batch.snapshot()
    for name, ego, other in (
        ("x", 100.0, 100.0 + place[0]),
        ("y", 4.0, 4.0 + place[1]),
        ("speed", 25.0, speed),
        ("heading", heading, 0.0),
        ("target_speed", 0.0, speed),
    ):
        vehicles[name][0] = ego, other
    vehicles["lane"][0] = 1, 1 + round(place[1] / 4)
    vehicles["target_lane"] = vehicles["lane"]
    worlds.batch.restore(vehicles, records)
    worlds.step(np.zeros((1, 2), np.float32))
    return float(worlds.reward_terms[0, worlds.term_names.index("safety")])


def test_danger_on_the_path_is_who_will_be_met() -> None:
    assert scene((20.0, 0.0), 20.0, 0.0) == 0.0  # 14.5 m at 5 m/s: 3 s
    near, nearer = scene((10.0, 0.0), 20.0, 0.0), scene((8.0, 0.0), 20.0, 0.0)
    assert -1.0 < nearer < near < 0.0
    assert scene((10.0, 0.0), 26.0, 0.0) == 0.0  # it gets away
    # Passing is harmless, drifting towards whom it passes is not, wherever that one is.
    assert scene((6.0, 4.0), 15.0, 0.0) == 0.0
    assert scene((6.0, 4.0), 15.0, 0.0, safety_of_path=False, safety_cone=40.0) < 0.0
    assert scene((0.0, 4.0), 24.0, 0.05) < -0.1
    assert scene((-2.0, 4.0), 25.5, 0.05) < -0.1
    assert scene((0.0, 4.0), 24.0, -0.05) == 0.0
    assert scene((0.0, -4.0), 24.0, -0.05) < -0.1
    # Who turns out in time does not meet the one ahead.
    assert scene((12.0, 0.0), 20.0, 0.1) == 0.0


def test_a_configuration_leaves_the_presets_reward_alone(tmp_path: Path) -> None:
    file = tmp_path / "sparse.json"
    file.write_text(json.dumps({"vehicles_count": 5, "duration": 3}), "utf-8")
    command = ["train", "--env", "HighwayRisk", "--config", str(file), "--steps", "1", "--quiet"]
    assert main([*command, "--n-envs", "2", "--log-dir", str(tmp_path), "--name", "run"]) == 0
    table = read_toml(tmp_path / "run" / "config.toml")["highway"]
    preset = load_preset("highway-ppo")["highway"]
    assert table == {**preset, "vehicles_count": 5, "duration": 3}
