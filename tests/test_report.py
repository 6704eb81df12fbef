"""`racer report`: curves from event files, the best lap, time lost per corner; missing parts."""

import json
from pathlib import Path

import numpy as np
import pytest
from track_scene import ring, write_csv

from racer import _core
from racer.cli.main import main
from racer.laps import load_lap
from racer.laps.traces import trace_lap
from racer.optimal.reference import demonstrated_lap, reference_lap
from racer.plots.run_facts import RunFacts, lap_facts, run_facts, section_edges
from racer.plots.run_report import report_html
from racer.tracks import load_track
from racer.train.config import load_preset, load_train_config
from racer.train.curves import read_curves
from racer.train.trainer import train


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of some seconds, too short for a valid lap."""
    content = load_preset("ppo")
    content["ppo"].update(n_steps=64, batch_size=512, n_epochs=1, net_arch=[16])
    settings = {"n_envs": 16, "steps": 4096, "evaluations": 1, "evaluation_starts": 1}
    config = load_train_config({**content, **settings, "evaluation_laps": 1}, "test")
    place = tmp_path_factory.mktemp("runs") / "a<b"
    train(config, place, show=False)
    return place


def test_event_files_have_the_tags(run: Path) -> None:
    curves = read_curves(run / "tb")
    wanted = {f"reward/{name}" for name in _core.circuit.REWARD_TERMS}
    wanted |= {"rollout/off_track_rate", "eval/valid_lap_rate", "train/std"}
    assert wanted <= set(curves)
    assert curves["reward/progress"]["steps"] == [1024, 2048, 3072, 4096]


def test_a_run_without_a_valid_lap_says_so(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.html"
    assert main(["report", str(run), str(run), "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["format"] == "racer-run-report"
    assert [one["name"] for one in found["runs"]] == ["a<b", "a<b"]
    assert found["runs"][0]["best_lap"] is None
    page = out.read_text("utf-8")
    assert "No lap to show: no valid lap of 8 on Harbour." in page
    assert "a&lt;b" in page
    assert "a<b" not in page
    assert "<svg" in page
    assert "<script" not in page
    assert "src=" not in page


def test_a_lap_is_compared_with_the_minimum_time(run: Path) -> None:
    """The times lost in all sections add up to the gap of the lap."""
    track = load_track("harbour")
    path = demonstrated_lap(track)
    assert path is not None
    lap = load_lap(path)
    trace, reference = trace_lap(lap), reference_lap(track)
    assert reference is not None
    facts = lap_facts(trace, reference)
    lost = sum(part["lost_s"] for part in facts["corners"])
    assert lost == pytest.approx(lap.lap_time_s - reference.flying_lap_s, abs=0.02)
    assert len(facts["corners"]) == len(section_edges(track)) - 1 > 3
    assert np.median(facts["speed_m_s"]) < np.median(facts["bound_speed_m_s"])
    content = {**run_facts(run).content, "best_lap": facts}
    page = report_html([RunFacts(content, trace, reference)])
    assert f"{lap.lap_time_s:.3f} s" in page
    unknown = lap_facts(trace, None)
    assert unknown["corners"] == []
    page = report_html([RunFacts({**content, "best_lap": unknown}, trace)])
    assert "No minimum time is known" in page


def test_noise_disturbs_the_laps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same seed gives the same laps; the report names the condition only where there is one."""
    track = write_csv(tmp_path / "ring.csv", ring(radius=60.0))
    words = ["evaluate", "--policy", "casual", "--track", str(track)]
    words += ["--starts", "1", "--laps", "1"]
    found = []
    for more in ([], ["--noise", "0.02"], ["--noise", "0.02"]):
        main([*words, *more, "--json"])
        found.append(json.loads(capsys.readouterr().out))
    assert "conditions" not in found[0]
    assert found[1]["conditions"] == {"noise": 0.02}
    assert found[1] == found[2]
    assert found[0]["tracks"][0]["median_lap_s"] != found[1]["tracks"][0]["median_lap_s"]
    assert main([*words, "--noise", "-1"]) == 2
    assert "noise must be 0 to 1" in capsys.readouterr().err


def test_what_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "is not the folder of a training run" in capsys.readouterr().err
    assert main(["report", str(tmp_path), "--out", "page.txt"]) == 2
    assert "ends in .html" in capsys.readouterr().err
