"""Evaluation under other conditions: cars that are not the frozen one, stints, standing starts."""

import copy
import json
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from track_scene import ring, write_csv

from racer import _core
from racer.cli.main import main
from racer.drivers import make_driver
from racer.envs.circuit.conditions import CarConditions
from racer.envs.circuit.episodes import evaluate_driver
from racer.envs.circuit.session import Session
from racer.envs.circuit.stints import Stints, stint_notes, stints_of
from racer.errors import ConfigError, LapError
from racer.laps import Placement
from racer.optimal import reference
from racer.tracks import load_track

KNOWN = {"flying_lap_s": 9.0, "standing_lap_s": 9.5, "demonstrated_lap_s": 9.1}


def batch(**factors: float) -> _core.circuit.Batch:
    """A car that drives off and turns, to its state after two seconds."""
    made = _core.circuit.Batch([load_track("harbour")], 1, autoreset="disabled", **factors)
    made.place(0, 0, 0.0)
    for _ in range(120):
        made.step(np.array([[[0.05, 1.0, 0.0]]], np.float32))
    return made


def test_the_engine_drives_the_changed_car() -> None:
    frozen = batch().snapshot()
    assert np.array_equal(batch(grip=1.0, mass=1.0).snapshot(), frozen)
    heavy = batch(mass=1.2)
    assert 1.1 < frozen["v_x"][0, 0] / heavy.facts["v_x"][0, 0] < 1.3  # power alone limits it
    assert batch(grip=0.6).facts["v_x"][0, 0] < frozen["v_x"][0, 0]
    twin = copy.deepcopy(heavy)
    for each in (heavy, twin):
        each.step(np.array([[[0.05, 1.0, 0.0]]], np.float32))
    assert np.array_equal(twin.snapshot(), heavy.snapshot())


@pytest.mark.parametrize("name", ["grip", "mass"])
@pytest.mark.parametrize("value", [0.4, 1.6, float("nan")])
def test_factors_out_of_range(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} must be 0.5 to 1.5"):
        batch(**{name: value})
    with pytest.raises(ConfigError, match=f"{name} must be 0.5 to 1.5"):
        CarConditions(**{name: value})


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ring that takes some ten seconds."""
    return write_csv(tmp_path_factory.mktemp("track") / "ring.csv", ring(radius=60.0))


def answer_of(capsys: pytest.CaptureFixture[str], track: Path, *words: str) -> dict[str, Any]:
    command = ["evaluate", "--policy", "casual", "--track", str(track), *words, "--json"]
    assert main(command) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_other_conditions_are_named(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = ("--starts", "1", "--laps", "1")
    plain = answer_of(capsys, small, *short)
    assert "conditions" not in plain
    changed = answer_of(capsys, small, *short, "--grip", "0.9", "--mass", "1.1")
    assert changed["conditions"] == {"grip": 0.9, "mass": 1.1, "physics": "not the frozen one"}
    assert changed["tracks"][0]["best_lap_s"] > plain["tracks"][0]["best_lap_s"]
    main(["evaluate", "--policy", "casual", "--track", str(small), *short, "--grip", "0.9"])
    assert "physics not the frozen one (grip 0.9)" in capsys.readouterr().out.splitlines()[0]


def test_a_changed_car_has_no_gap_to_the_minimum_time(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "reference_lap", lambda *_: SimpleNamespace(**KNOWN))
    track = load_track(small)
    driver = make_driver("casual", track)
    for conditions, compared in ((CarConditions(), True), (CarConditions(mass=0.9), False)):
        result = evaluate_driver(driver, track, starts=1, laps=1, conditions=conditions)
        assert result.best_lap_s is not None
        assert (result.gap_to_optimal is not None) == compared
        assert (result.gap_to_demonstrated is not None) == compared


def test_laps_of_a_changed_car_are_no_proofs(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", "--policy", "good", "--track", str(small), "--save-laps", str(tmp_path)]
    assert main([*command, "--grip", "0.95"]) == 2
    assert "laps with grip 0.95 cannot be recorded or saved" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    track, light = load_track(small), CarConditions(mass=0.9)
    with pytest.raises(ConfigError, match=r"laps with mass 0\.9 cannot be recorded"):
        Session(track, conditions=light)
    driver = make_driver("casual", track)
    driven = evaluate_driver(driver, track, starts=1, laps=1, conditions=light).finished[0]
    assert not driven.proved
    with pytest.raises(LapError, match=r"was driven with mass 0\.9"):
        driven.record()


def lap(world: int, *, valid: bool = True, standing: bool = False, time_s: float = 50.0) -> Any:
    return SimpleNamespace(world=world, valid=valid, standing=standing, time_s=time_s)


def test_stints_are_counted() -> None:
    """Car 0 drives all its laps, 1 a bad one, 2 ends after one, 3 never laps."""
    finished = [
        *(lap(0), lap(1), lap(2), lap(0), lap(1, valid=False), lap(0), lap(1)),
        *(lap(0, standing=True, time_s=60.0), lap(1, standing=True, valid=False)),
    ]
    found = stints_of(finished, starts=3, laps=3, standing_starts=3)
    assert found == Stints(2, 1, 2, 3, 2, 1, 60.0)
    assert stints_of(finished, starts=4, laps=3, standing_starts=3).first_failure_lap == 1
    best = stints_of([lap(0), lap(0)], starts=1, laps=2, standing_starts=1)
    assert best == Stints(1, 1, None, 1, 0, 0, None)
    shared = {"starts": 3, "laps": 9}
    stints, standing = stint_notes({**shared, **asdict(found)})
    assert "2 of 3 cars finished, 1 with every lap valid, first failure in lap 2" in stints
    assert standing == "standing laps: 2 of 3 completed, 1 valid, median 60.000 s"
    assert stint_notes({"starts": 1, "laps": 2, **asdict(best)}) == []
    assert stint_notes(shared) == []  # of an earlier version


def test_stints_with_noise(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (result,) = answer_of(capsys, small, *("--starts", "3", "--laps", "3", "--noise", "0.02"))[
        "tracks"
    ]
    assert (result["stints_finished"], result["stints_valid"]) == (3, 3)
    assert result["first_failure_lap"] is None


def test_standing_starts(small: Path) -> None:
    track = load_track(small)
    driver = make_driver("casual", track)
    result = evaluate_driver(driver, track, starts=4, laps=1, start="standing", record=True)
    stints = result.stints
    assert (stints.standing_starts, stints.standing_completed, stints.standing_valid) == (4, 4, 4)
    assert stints.standing_median_lap_s is not None
    assert result.standing_lap_s is not None
    assert result.standing_lap_s <= stints.standing_median_lap_s
    standing = [each for each in result.finished if each.standing]
    assert all(each.proved for each in standing)
    assert len({each.begin.n_mm for each in standing if isinstance(each.begin, Placement)}) == 4
    with pytest.raises(ConfigError, match="start must be one of rest, rolling, standing"):
        evaluate_driver(driver, track, start="flying")
