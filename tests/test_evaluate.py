"""Evaluation: what it counts, what it prints, what it saves."""

import json
from pathlib import Path

import pytest
from track_scene import ring, write_csv

from racer import _core
from racer.cli.main import main
from racer.drivers import make_driver
from racer.drivers.circuit.random_driver import RandomDriver
from racer.envs.circuit.episodes import evaluate_driver
from racer.errors import ConfigError
from racer.laps import verify_lap
from racer.tracks import load_track

FIELDS = {
    "track",
    "starts",
    "laps",
    "completed",
    "valid",
    "best_lap_s",
    "median_lap_s",
    "standing_lap_s",
    "gap_to_optimal",
    "gap_to_demonstrated",
    "policy_faults",
    "intervals",
    "stints_finished",
    "stints_valid",
    "first_failure_lap",
    "standing_starts",
    "standing_completed",
    "standing_valid",
    "standing_median_lap_s",
}


def test_the_answer_for_scripts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "--policy", "good", "--track", "harbour", "--starts", "2", "--laps", "1"]
    assert main([*command, "--json", "--save-laps", str(tmp_path)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {"policy", "vehicle", "physics", "tracks", "env_id", "seed"} < set(answer)
    assert (answer["format"], answer["format_version"]) == ("racer-evaluation", 2)
    assert answer["policy"] == "good"
    assert answer["physics"] == _core.physics_fingerprint("gt")
    (result,) = answer["tracks"]
    assert set(result) == FIELDS
    assert result["track"] == "harbour"
    assert (result["starts"], result["laps"], result["completed"], result["valid"]) == (2, 2, 2, 2)
    assert result["intervals"]["valid_rate"]["value"] == 1.0
    lap = result["intervals"]["lap_s"]
    assert result["best_lap_s"] <= lap["low"] <= lap["value"] <= lap["high"]
    assert 0.0 < result["gap_to_demonstrated"] < result["gap_to_optimal"] < 0.4
    assert result["best_lap_s"] <= result["median_lap_s"] < result["standing_lap_s"]
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == [
        "good-harbour-flying-1.lap.npz",
        "good-harbour-flying-2.lap.npz",
        "good-harbour-standing-1.lap.npz",
    ]
    checks = [verify_lap(path) for path in sorted(tmp_path.iterdir())]
    assert all(check.ok and check.valid for check in checks)
    assert min(check.lap_time_s or 0.0 for check in checks) == result["best_lap_s"]

    assert main(command) == 0
    shown = capsys.readouterr().out
    assert f"{result['best_lap_s']:.3f}" in shown
    assert "harbour" in shown


def test_a_driver_without_laps() -> None:
    track = load_track("harbour")
    result = evaluate_driver(RandomDriver(1), track, starts=2, laps=1)
    assert result.completed == result.valid == 0
    assert result.best_lap_s is None
    assert result.median_lap_s is None
    assert result.standing_lap_s is None
    assert result.as_json()["best_lap_s"] is None


def test_the_same_seed_gives_the_same_answer(tmp_path: Path) -> None:
    track = load_track(write_csv(tmp_path / "ring.csv", ring(radius=60.0)))
    driver = make_driver("casual", track)
    first, second, other = (
        evaluate_driver(driver, track, starts=3, laps=1, seed=seed) for seed in (4, 4, 5)
    )
    assert first.as_json() == second.as_json()
    assert first.distance == second.distance
    assert first.distance != other.distance


def test_numbers_that_make_no_sense(capsys: pytest.CaptureFixture[str]) -> None:
    track = load_track("harbour")
    with pytest.raises(ConfigError, match="starts must be 1 to"):
        evaluate_driver(RandomDriver(), track, starts=0)
    assert main(["evaluate", "--policy", "nobody", "--track", "harbour"]) == 2
    assert "there is no driver 'nobody'" in capsys.readouterr().err.lower()
    assert main(["evaluate", "--policy", "casual", "--track", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
