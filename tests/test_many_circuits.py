"""Runs on many circuits: their names, how they are dealt, how a model is judged on them."""

import copy
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from test_resume import assert_same, newest
from test_train import tiny

from racer import _core
from racer.cli.main import main
from racer.drivers.circuit.scripted import casual_driver
from racer.envs.circuit.episodes import evaluate_circuits, evaluate_driver
from racer.envs.circuit.sampler import BEFORE, CircuitSampler
from racer.envs.circuit.sb3 import RacerVecEnv
from racer.envs.circuit.task import rank
from racer.errors import ConfigError, TrackError
from racer.tracks import list_tracks, load_track, track_names
from racer.train.circuits import REPORT, SELECTION, TRAINING, circuit_names
from racer.train.trainer import resume, train

NAMES = ("random:1", "random:2", "random:3")
TRACKS = [load_track(name) for name in NAMES]
SHORT = {"episode": {"maxSteps": 3}, "observation": "road", "action": "axis"}


def test_names_that_mean_several_circuits() -> None:
    assert track_names(["harbour", "random:7", "mine.csv"]) == ["harbour", "random:7", "mine.csv"]
    assert track_names(["all"]) == list_tracks()
    assert track_names(["random:8-10"]) == ["random:8", "random:9", "random:10"]
    assert track_names(["random:3-4-street"]) == ["random:3-street", "random:4-street"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("random:9-8", "FIRST is not above LAST"),
        ("random:1-2-swamp", "KIND is one of"),
        ("random:0-10000", "10,001 circuits; 10,000 can be"),
    ],
)
def test_ranges_that_cannot_be(name: str, reason: str) -> None:
    with pytest.raises(TrackError, match=reason):
        track_names([name])


def batch(dealt: list[int], seed: int = 5) -> _core.circuit.Batch:
    config = _core.circuit.Config()
    config.max_steps = 3
    numbers = np.array(dealt, np.int32)
    return _core.circuit.Batch(
        TRACKS, len(dealt), world_tracks=numbers, observation="road", seed=seed, config=config
    )


def test_a_dealt_circuit_is_driven_from_the_next_episode_on() -> None:
    moved, there = batch([0, 0]), batch([2, 1])
    actions = np.zeros((2, 1, 3), np.float32)
    moved.deal([2, 1])
    for _ in range(3):
        assert moved.world_tracks.tolist() == [0, 0]
        moved.step(actions)
        there.step(actions)
    assert moved.truncated.all()
    assert moved.world_tracks.tolist() == moved.next_tracks.tolist() == [2, 1]
    # The new episodes are those of worlds that were on these circuits from the beginning.
    assert moved.state_hash().tolist() == there.state_hash().tolist()
    np.testing.assert_array_equal(moved.observations, there.observations)


def test_a_copied_batch_keeps_what_was_dealt() -> None:
    one = batch([0, 1])
    one.deal([2], [1])
    other = copy.deepcopy(one)
    assert other.world_tracks.tolist() == [0, 1]
    assert other.next_tracks.tolist() == [0, 2]
    for each in (one, other):
        each.reset()
    assert one.state_hash().tolist() == other.state_hash().tolist()


@pytest.mark.parametrize(
    ("numbers", "worlds", "kind"),
    [([3], [0], IndexError), ([-1], [0], IndexError), ([0, 1], [0], ValueError)],
)
def test_circuits_that_cannot_be_dealt(
    numbers: list[int], worlds: list[int], kind: type[Exception]
) -> None:
    one = batch([0, 1])
    with pytest.raises(kind):
        one.deal(numbers, worlds)
    assert one.next_tracks.tolist() == [0, 1]


def sampled(seed: int = 1, **shares: float) -> RacerVecEnv:
    return RacerVecEnv(
        2,
        TRACKS,
        SHORT,
        seed=seed,
        sampler=lambda circuits: CircuitSampler(circuits, seed, **shares),
    )


def test_every_circuit_is_driven_with_fewer_worlds_than_circuits() -> None:
    env = sampled()
    env.reset()
    seen = set()
    for _ in range(60):
        before = env.worlds.dealt.tolist()
        _, _, dones, infos = env.step(np.zeros((2, 2), np.float32))
        seen |= set(before)
        assert env.worlds.driven.tolist() == before
        for world in np.flatnonzero(dones):
            # An ended episode is told of by the circuit that it was driven on.
            length = TRACKS[before[world]].length
            record = env.worlds.final_records[world]
            assert infos[world]["progress"] == pytest.approx(record["progress"] / length)
        assert [track.name for track in env.worlds.tracks] == [
            TRACKS[number].name for number in env.worlds.dealt
        ]
    assert seen == {0, 1, 2}


def test_a_state_holds_the_circuits() -> None:
    one, other = sampled(), sampled(seed=9)
    for env in (one, other):
        env.reset()
    for _ in range(4):
        one.step(np.zeros((2, 2), np.float32))
    other.worlds.set_states(one.worlds.states())
    other.restore_plan(json.loads(json.dumps(one.plan())))
    for _ in range(9):
        ours, theirs = (env.step(np.ones((2, 2), np.float32)) for env in (one, other))
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(one.worlds.dealt, other.worlds.dealt)
    records, numbers = one.worlds.states()
    with pytest.raises(ConfigError, match="of circuit 9, but there are 3"):
        one.worlds.set_states((records, numbers + 9 - numbers.max()))


def test_circuits_with_faults_are_drawn_more_often() -> None:
    sampler = CircuitSampler(TRACKS, 0, by_faults=1.0)
    for _ in range(40):
        sampler.note(
            np.array([0, 1, 2], np.int32), np.array([False, True, False]), np.array([9.0] * 3)
        )
    drawn = np.bincount(sampler.draw(1000), minlength=3)
    assert drawn[1] > 900
    evenly = CircuitSampler(TRACKS, 0)
    evenly.faults[:] = sampler.faults
    assert np.bincount(evenly.draw(3000), minlength=3).min() > 900


def test_starts_before_a_fault_are_seconds_before_it() -> None:
    sampler = CircuitSampler(TRACKS, 0, before_faults=1.0)
    assert sampler.starts(np.zeros(5, np.int32)) == []  # nothing has happened yet
    sampler.note(np.array([0], np.int32), np.array([True]), np.array([20.0]))
    track = TRACKS[0]
    speeds = np.maximum(track.stations["spawn_speed"], 5.0)
    found = sampler.starts(np.zeros(50, np.int32))
    assert len(found) == 50
    for _, s, speed in found:
        way = np.arange(int(s / track.spacing), int((20.0 + track.length) / track.spacing))
        seconds = float(np.sum(track.spacing / speeds[way % len(speeds)])) % float(
            np.sum(track.spacing / speeds)
        )
        assert BEFORE[0] - 0.2 < seconds < BEFORE[1] + 0.2
        assert 0.0 < speed <= speeds.max()


def test_circuits_together_give_what_each_gives_alone() -> None:
    """A driver's laps do not depend on what else is driven beside them."""
    track = TRACKS[0]
    driver = casual_driver(track)
    alone = evaluate_driver(driver, track, starts=2, laps=1, seed=3)
    first, second = evaluate_circuits(
        casual_driver(track), [track, track], starts=2, laps=1, seed=3
    )
    assert alone.as_json() == first.as_json() == second.as_json()
    assert alone.distance == first.distance
    assert alone.valid > 0


def test_a_few_circuits_judge_themselves_and_many_do_not() -> None:
    few = tiny(track=["random:1-3"])
    assert circuit_names(few, SELECTION) == circuit_names(few, REPORT) == list(NAMES)
    many = tiny(track=["random:1-40"])
    lists = [set(circuit_names(many, role)) for role in (TRAINING, SELECTION, REPORT)]
    assert all(lists)
    assert not lists[0] & lists[1]
    assert not lists[0] & lists[2]
    assert not lists[1] & lists[2]


def test_a_model_is_ranked_by_pace_and_validity() -> None:
    score = {"laps": 100, "valid": 90, "pace": 0.8, "distance": 1.0}
    assert rank({**score, "valid": 95}) > rank({**score, "pace": 0.76}) > rank(score)
    assert rank({**score, "distance": 2.0}) > rank(score)


def test_a_run_on_many_circuits_resumes_to_the_same_bits(tmp_path: Path) -> None:
    config = tiny(
        track=list(NAMES),
        by_faults=0.5,
        before_faults=0.5,
        steps=256,
        evaluations=0,
        checkpoints=4,
        evaluation_starts=1,
        env={"episode": {"maxSteps": 5}},
    )
    train(config, tmp_path / "whole", show=False)
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    checkpoints = sorted((tmp_path / "cut" / "checkpoints").glob("*.pt"))
    checkpoints[-1].unlink()
    report = resume(tmp_path / "cut", show=False)
    assert_same(newest(tmp_path / "whole")["plan"], newest(tmp_path / "cut")["plan"])
    ours, theirs = newest(tmp_path / "whole"), newest(tmp_path / "cut")
    assert_same(ours["parameters"], theirs["parameters"])
    assert_same(ours["worlds"], theirs["worlds"])
    assert [row["track"] for row in report["evaluation"]["tracks"]] == [t.name for t in TRACKS]


def test_a_run_keeps_its_circuits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its files may go: the run and its settings as a preset use the run's own copies."""
    for name in ("harbour", "oldtown"):
        for end in ("csv", "toml"):
            source = Path(__file__).parent.parent / "racer" / "data" / "tracks" / f"{name}.{end}"
            shutil.copy(source, tmp_path / f"my{name}.{end}")
    tracks = [str(tmp_path / "myharbour.csv"), str(tmp_path / "myoldtown.csv"), "random:1"]
    command = ["train", "--steps", "64", "--n-envs", "4", "--log-dir", str(tmp_path), "--quiet"]
    for track in tracks:
        command += ["--track", track]
    assert main([*command, "--name", "run"]) == 0
    told = capsys.readouterr().out
    assert "Harbour" in told
    assert "Old Town" in told
    for path in tmp_path.glob("my*"):
        path.unlink()
    run = tmp_path / "run"
    assert main(["resume", str(run), "--steps", "128", "--quiet"]) == 0
    again = ["--preset", str(run / "config.toml"), "--log-dir", str(tmp_path), "--quiet"]
    assert main(["train", *again, "--steps", "64", "--name", "again"]) == 0
