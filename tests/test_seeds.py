"""Several random seeds with one command, and runs that end at a distance to the minimum time."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_train import tiny

from racer import _core
from racer.cli.main import main
from racer.envs.circuit.task import CircuitTask
from racer.errors import ConfigError
from racer.train.run_folder import RunFolder
from racer.train.seeds import summary_of, table_of, train_seeds
from racer.train.trainer import resume, train


def test_seeds_are_runs_of_their_own_and_go_on(tmp_path: Path) -> None:
    config = tiny(seed=4, track="random:1", evaluations=0)
    first = train_seeds(config, tmp_path / "a", 2, show=False)
    assert [report["name"] for report in first] == ["a-seed4", "a-seed5"]
    before = (tmp_path / "a-seed4" / "report.json").stat().st_mtime_ns
    shutil.rmtree(tmp_path / "a-seed5")
    again = train_seeds(config, tmp_path / "a", 2, show=False)
    assert [report["steps"] for report in again] == [report["steps"] for report in first]
    assert again[1]["evaluation"] == first[1]["evaluation"]  # the same run, made again
    assert (tmp_path / "a-seed4" / "report.json").stat().st_mtime_ns == before
    (tmp_path / "a-seed5" / "report.json").unlink()  # as if it had been killed
    assert train_seeds(config, tmp_path / "a", 2, show=False)[1]["finished"]
    with pytest.raises(ConfigError, match=r"a-seed4: holds a run with n_envs = 8 instead of 16"):
        train_seeds(tiny(seed=4, track="random:1", evaluations=0, n_envs=16), tmp_path / "a", 1)


def test_the_table_shows_the_spread() -> None:
    def report(gap: float | None, valid: int) -> dict[str, Any]:
        judged = {"laps": 10, "valid": valid, "gap_to_optimal": gap}
        return {"steps": 100, "seconds": 1.5, "evaluation": judged}

    summary = summary_of([report(0.02, 10), report(0.04, 5), report(None, 0)], [0, 1, 2])
    assert summary["spread"]["gap_to_optimal"] == {
        "mean": pytest.approx(0.03),
        "sd": pytest.approx(0.0141421, rel=1e-5),
        "min": 0.02,
        "max": 0.04,
        "runs": 2,
    }
    assert summary["spread"]["valid_rate"]["mean"] == pytest.approx(0.5)
    lines = table_of(summary)
    assert lines[0].split() == ["seed", "steps", "seconds", "valid_rate", "gap_to_optimal"]
    assert lines[3].split() == ["2", "100", "1.5", "0", "-"]
    assert lines[4].split() == ["mean", "100", "1.5", "0.5", "0.03"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "--track", "random:1", "--steps", "32", "--n-envs", "4", "--quiet"]
    command += ["--log-dir", str(tmp_path), "--name", "s"]
    assert main([*command, "--seeds", "2", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [row["seed"] for row in answer["runs"]] == [0, 1]
    assert answer["spread"]["steps"]["sd"] == 0.0
    assert main([*command, "--seeds", "0"]) == 2
    assert "--seeds is 0, but it must be a whole number from 1" in capsys.readouterr().err


def test_a_run_ends_at_its_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    score = {"laps": 2, "valid": 2, "gap_to_optimal": 0.05, "median_lap_s": 50.0}
    score["best_lap_s"] = 50.0
    monkeypatch.setattr(CircuitTask, "evaluate", lambda *_: {**score, "distance": 1.0})
    config = tiny(steps=6400, evaluations=50, until_gap=0.05)
    report = train(config, tmp_path / "run", show=False)
    assert report["target_reached"]
    assert report["finished"]
    assert report["steps"] < 1000
    folder, _ = RunFolder.open(tmp_path / "run")
    assert folder.checkpoint_paths()
    assert resume(tmp_path / "run", show=False)["steps"] == report["steps"]  # nothing is left
    score["gap_to_optimal"] = 0.051
    assert train(tiny(until_gap=0.05), tmp_path / "other", show=False)["target_reached"] is False
    score |= {"gap_to_optimal": 0.01, "valid": 1}
    assert train(tiny(until_gap=0.05), tmp_path / "void", show=False)["target_reached"] is False


def test_a_target_needs_a_minimum_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--track", "random:1", "--steps", "9", "--until-gap", "0.03"]) == 2
    assert "no minimum lap time is known of" in capsys.readouterr().err
    assert main(["train", "--env", "Highway", "--steps", "9", "--until-gap", "0.03"]) == 2
    assert "--until-gap is for" in capsys.readouterr().err


@pytest.mark.parametrize("limit", [1, 3])
def test_an_episode_ends_with_so_many_wheels_off(limit: int) -> None:
    from racer.tracks import load_track

    track = load_track("harbour")
    ends = {}
    for wheels in (0, limit, 4):
        config = _core.circuit.Config()
        config.terminate_wheels_off = wheels
        batch = _core.circuit.Batch([track], 1, autoreset="disabled", config=config)
        batch.place(0, 0, 100.0, 0.0, 0.35, 20.0)  # it drives off at an angle
        steps = 0
        while steps < 199 and not batch.terminated[0]:
            batch.step(np.zeros((1, 1, 3), np.float32))
            steps += 1
        ends[wheels] = (steps, float(batch.facts["wheels_off"][0, 0]))
    assert ends[0][0] == 199  # nothing else ends it so soon
    assert ends[limit][0] < ends[4][0] < 199
    assert limit <= ends[limit][1] < 4.0
    assert ends[4][1] == 4.0
