"""What TensorBoard says of a training's laps, and that a training improves them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import VecNormalize
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from track_scene import ring, write_csv

from racer import _core
from racer.envs.circuit.statistics import DrivingStatistics
from racer.envs.sb3 import RacerVecEnv
from racer.plots.run_report import OLD_LABELS, _curves
from racer.tracks import load_track
from racer.train.config import load_preset, load_train_config
from racer.train.normalise import FastNormalize
from racer.train.trainer import train

COMPLETE = "rollout/lap_complete_rate"
VALID = "rollout/valid_lap_rate"


def recorded(statistics: DrivingStatistics) -> dict[str, Any]:
    logger = Logger(None, [])
    statistics.record(logger)
    return logger.name_to_value


def ends(running: list[int], terminated: list[bool], completed: list[int]) -> Any:
    """A batch of one-car worlds after a step in which so much happened."""
    n = len(running)
    events = np.zeros((n, 1), [(name, "f8") for name in ("completed", "valid", "time", "standing")])
    events["completed"][:, 0] = completed
    last = np.zeros((n, 1), [("lap_running", "i4")])
    last["lap_running"][:, 0] = running
    return SimpleNamespace(
        num_worlds=n,
        cars_per_world=1,
        reward_terms=np.zeros((n, 1, len(_core.circuit.REWARD_TERMS)), np.float32),
        facts={"wheels_off": np.zeros((n, 1))},
        terminated=np.array(terminated),
        final_records=last,
        lap_events=events,
    )


def test_laps_cut_short_by_a_fault_are_not_completed() -> None:
    """A lap that ends, a fault in a lap, one on the way to the line, a lap that is truncated."""
    batch = ends([1, 1, 0, 1], [False, True, True, False], [1, 0, 0, 0])
    statistics = DrivingStatistics(batch)
    statistics.after_step()
    found = recorded(statistics)
    assert found[COMPLETE] == 0.5
    assert found[VALID] == 0.0
    assert COMPLETE not in recorded(statistics)  # counted once


@pytest.mark.parametrize(("s", "speed", "begun"), [(0.0, 0.0, True), (300.0, 20.0, False)])
def test_a_fault_of_the_engine(s: float, speed: float, begun: bool) -> None:
    """From rest on the line the first lap is under way; further on its clock waits for the line."""
    config = _core.circuit.Config()
    config.terminate_on_wall = True
    batch = _core.circuit.Batch([load_track("harbour")], 1, action="pedals", config=config)
    statistics = DrivingStatistics(batch)
    batch.place(0, 0, s, 0.0, 0.0, speed)
    for _ in range(1200):
        batch.step(np.array([[[1.0, 1.0, 0.0]]], np.float32))
        statistics.after_step()
        if batch.terminated[0]:
            break
    assert batch.terminated[0]
    assert recorded(statistics).get(COMPLETE) == (0.0 if begun else None)


def test_a_report_says_what_old_runs_meant() -> None:
    curve = {"steps": [1, 2], "values": [0.0, 0.5]}
    for curves, old in (({COMPLETE: curve}, True), ({COMPLETE: curve, VALID: curve}, False)):
        run: Any = SimpleNamespace(content={"name": "run", "curves": curves})
        drawn = _curves([run])
        assert (OLD_LABELS[COMPLETE] in drawn) == old


@pytest.mark.parametrize("keywords", [{}, {"norm_reward": False}, {"norm_obs": False}])
def test_normalisation_has_the_same_bits(keywords: dict[str, bool]) -> None:
    """Observations, last observations, rewards and statistics, as of Stable-Baselines3."""
    made = [
        kind(RacerVecEnv(8, seed=3, episode={"max_steps": 20}), clip_obs=3.0, gamma=0.9, **keywords)
        for kind in (VecNormalize, FastNormalize)
    ]
    random = np.random.default_rng(0)
    first = [env.reset() for env in made]
    np.testing.assert_array_equal(*first)
    last = 0
    for _ in range(50):
        action = random.uniform(-1.0, 1.0, (8, *made[0].action_space.shape)).astype(np.float32)
        (obs, rewards, _, infos), ours = (env.step(action) for env in made)
        np.testing.assert_array_equal(ours[0], obs)
        np.testing.assert_array_equal(ours[1], rewards)
        assert ours[0].dtype == obs.dtype
        for theirs, mine in zip(infos, ours[3], strict=True):
            if "terminal_observation" in theirs:
                last += 1
                np.testing.assert_array_equal(
                    mine["terminal_observation"], theirs["terminal_observation"]
                )
    assert last > 8
    for name in ("mean", "var", "count"):
        if made[0].norm_obs:
            np.testing.assert_array_equal(*(getattr(env.obs_rms, name) for env in made))
        np.testing.assert_array_equal(*(getattr(env.ret_rms, name) for env in made))
    np.testing.assert_array_equal(*(env.get_original_obs() for env in made))


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_training_improves_what_it_logs(tmp_path: Path) -> None:
    content = load_preset("ppo")
    content["ppo"].update(batch_size=512, n_epochs=4)
    track = write_csv(tmp_path / "ring.csv", ring(radius=80.0, width=8.0))
    settings = {"n_envs": 64, "steps": 150_000, "seed": 1, "evaluations": 0, "checkpoints": 1}
    settings |= {"evaluation_starts": 1, "evaluation_laps": 1, "track": str(track)}
    train(load_train_config({**content, **settings}, "test"), tmp_path / "run", show=False)
    (file,) = (tmp_path / "run").glob("**/events*")
    events = EventAccumulator(str(file))
    events.Reload()
    for tag, better in (("rollout/ep_rew_mean", 1), ("rollout/lap_time_mean", -1), (COMPLETE, 1)):
        values = [event.value for event in events.Scalars(tag)]
        third = len(values) // 3
        assert third > 2, tag
        first, last = np.mean(values[:third]), np.mean(values[-third:])
        assert better * (last - first) > 0.0, tag
