"""The policies for circuits that come with Racer drive as their reports say."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from racer.cli.main import build_parser
from racer.drivers.circuit.make import circuit_policies
from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.envs.circuit.episodes import evaluate_circuits
from racer.tracks import list_tracks, load_track
from racer.train.config import list_presets
from racer.train.weights import find_weights, settings_to_start_from

POLICIES = circuit_policies()
LARGEST = 1_000_000  # bytes
KEYS = {load_track(key).name: key for key in list_tracks()}


def report_of(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.with_suffix(".json").read_text("utf-8"))
    return content


def test_there_are_some() -> None:
    assert {"champion", "harbour", "lidar"} <= POLICIES.keys()


@pytest.mark.parametrize("name", POLICIES)
def test_it_says_how_it_was_made(name: str) -> None:
    """Small, and with commands whose options and presets exist."""
    assert POLICIES[name].stat().st_size < LARGEST
    report = report_of(POLICIES[name])
    for command in report["command"].split(" && "):
        words = shlex.split(command)
        assert words[0] == "racer"
        args = build_parser().parse_args(words[1:])
        assert getattr(args, "preset", None) in (*list_presets(), None)


@pytest.mark.parametrize("name", POLICIES)
def test_it_drives_as_its_report_says(name: str) -> None:
    """The same driver: from two starts on the circuit that it is best on, within a tenth."""
    rows = [row for row in report_of(POLICIES[name])["catalogue"] if row["valid"] == row["laps"]]
    row = min(rows, key=lambda row: row["gap_to_optimal"])
    driver = OnnxDriver(POLICIES[name], "gt")
    (result,) = evaluate_circuits(driver, [load_track(KEYS[row["track"]])], starts=2, laps=1)
    assert result.valid == 2
    assert result.best_lap_s == pytest.approx(row["median_lap_s"], abs=0.1)


@pytest.mark.parametrize("name", [n for n, p in POLICIES.items() if p.with_suffix(".npz").exists()])
def test_it_can_be_trained_further(name: str) -> None:
    weights = find_weights(name)
    assert settings_to_start_from(weights)["algo"] == "ppo"
