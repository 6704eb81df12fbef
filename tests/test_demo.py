"""The demo: a short one end to end, and its small parts."""

import subprocess
import sys
from pathlib import Path

import pytest
from lap_scene import circuit, egg_laps

from racer.errors import RacerError
from racer.laps import load_lap, verify_lap
from racer.tools import demo


@pytest.mark.slow
def test_a_short_demo_leaves_everything(tmp_path: Path) -> None:
    words = ["--seconds", "6", "--film-seconds", "1", "--any-agent", "--out", "out"]
    answer = subprocess.run(
        [sys.executable, "-m", "racer.tools.demo", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    out = tmp_path / "out"
    for name in ("policy.onnx", "laps.png", "race.mp4", "config.toml", "report.json"):
        assert (out / name).stat().st_size > 0, name
    for name in demo.OPPONENTS:
        assert verify_lap(out / "laps" / f"{name}.lap.npz").ok
    assert "Ranking" in answer.stdout
    assert "racer play --track harbour --against out/policy.onnx" in answer.stdout


def test_laps_are_recorded_verified_and_ranked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "LONGEST_STINT", 200.0)
    specs = {"quick": "casual", "lost": "random"}
    entries = demo.record_and_verify(specs, circuit(), tmp_path)
    lap = load_lap(tmp_path / "quick.lap.npz")
    assert (lap.driver, lap.device, lap.valid, lap.standing) == ("quick", "agent", True, False)
    assert "verified" in capsys.readouterr().out
    ranked = demo.ranking([demo.Entry("lost"), *entries])
    assert ranked[0].startswith("  1  quick")
    assert ranked[1:] == ["  -  lost     no valid flying lap"] * 2


def test_the_ranking_shows_gaps() -> None:
    entries = [demo.Entry(f"n{i}", record) for i, record in enumerate(egg_laps())]
    first, second = demo.ranking(entries)
    assert first.startswith("  1  n1")
    assert second.endswith("s  +1.226 s")


def test_only_the_last_demo_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    demo.prepare(demo.HOME)
    demo.HOME.mkdir(parents=True)
    (demo.HOME / "thesis.txt").write_text("mine")
    with pytest.raises(RacerError, match="is no training run"):
        demo.prepare(demo.HOME)
    (demo.HOME / "config.toml").write_text("")
    demo.prepare(demo.HOME)
    assert not demo.HOME.exists()
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(RacerError, match="already exists"):
        demo.prepare(other)
    assert demo.main(["--out", str(other)]) == 1
