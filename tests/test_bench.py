"""The benchmark measures what it says, and its JSON is what scripts rely on."""

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from racer.cli import bench
from racer.errors import ConfigError
from racer.tools.bench import LAYERS, measure, runner
from racer.tools.bench.engine import Scene

FIELDS = {
    "layer": str,
    "case": str,
    "num_envs": int,
    "threads": int,
    "ticks_per_action": int,
    "ticks_per_second": float,
    "steps_per_second": float,
    "best_steps_per_second": float,
    "median_us": float,
    "p99_us": float,
    "wall_seconds": float,
    "cpu_seconds": float,
    "note": str,
}


def run_command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    bench.add_parser(parser.add_subparsers())
    args = parser.parse_args(["bench", *words])
    status: int = args.run(args)
    return status


def check_case(case: dict[str, object]) -> None:
    for name, value in case.items():
        assert isinstance(value, (FIELDS[name], int)), name
    assert case["layer"] in LAYERS
    rates = [name for name in ("steps_per_second", "median_us") if name in case]
    assert rates
    assert all(float(str(case[name])) > 0.0 for name in rates)
    if "ticks_per_second" in case:
        ticks = float(str(case["ticks_per_second"]))
        steps = float(str(case["steps_per_second"]))
        assert ticks == pytest.approx(steps * int(str(case["ticks_per_action"])), rel=1e-3)


def test_the_names_of_layers_stand_once() -> None:
    assert bench.LAYERS == LAYERS


def test_json_of_the_engine_layer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("engine", "--json", "--seconds", "0.02", "--threads", "1") == 0
    result = json.loads(capsys.readouterr().out)
    assert {"cpu", "cores", "compiler", "instruction_set", "python", "versions"} <= set(
        result["machine"]
    )
    assert result["machine"]["physics"]
    for case in result["cases"]:
        check_case(case)
    seen = {(c["case"], c["num_envs"], c["ticks_per_action"]) for c in result["cases"]}
    for worlds in (1, 64, 1024):
        assert ("physics alone", worlds, 1) in seen
        for observation in ("lidar", "track"):
            for ticks in (1, 6):
                assert (f"batch, {observation} observation", worlds, ticks) in seen


@pytest.mark.parametrize("layer", ["env", "sb3"])
def test_the_layers_above_the_engine(layer: str) -> None:
    results = runner.run_layers([layer], seconds=0.02, threads=[1])
    assert not results.skipped
    assert results.cases
    for case in results.cases:
        check_case(case)
        assert case["layer"] == layer


def test_the_table_has_a_row_per_case() -> None:
    row = {"layer": "env", "case": "x", "num_envs": 1, "median_us": 12.3, "note": "hm"}
    assert runner.table_row(row).startswith("env: x")
    assert runner.table_row(row).endswith("(hm)")
    assert "steps/s" in runner.table_head()
    assert runner.short(1_234_567.0) == "1.23 M"
    assert runner.short(999.4) == "999"


@pytest.mark.parametrize(
    "words", [["warp"], ["engine", "--seconds", "0"], ["engine", "--threads", "0"]]
)
def test_wrong_arguments_are_named(words: list[str]) -> None:
    with pytest.raises(ConfigError):
        run_command(*words)


def test_a_missing_package_skips_a_layer() -> None:
    code = (
        "import sys; sys.modules['stable_baselines3'] = None; sys.modules['torch'] = None;"
        "sys.argv = ['x', 'train', '--seconds', '0.1', '--threads', '1'];"
        "from racer.tools.bench.__main__ import main; sys.exit(main())"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "is not installed" in json.loads(answer.stdout)["skipped"]


def test_a_failing_layer_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner.sys, "executable", "/bin/false")
    with pytest.raises(ValueError, match="bench layer engine failed: exit code 1"):
        runner.run_layers(["engine"], seconds=0.1, threads=[1])


def test_the_measured_cars_drive() -> None:
    scene = Scene(64, "lidar", 1, 1)
    for _ in range(300):  # past the end of the recording: the same stretch again
        scene.step()
    facts = scene.batch.facts
    assert facts["v_x"].mean() > 10.0
    assert (facts["wheels_off"] == 4).mean() < 0.05
    again = [scene.batch.observations.copy()]
    for _ in range(len(scene.actions)):
        scene.step()
    again.append(scene.batch.observations.copy())
    np.testing.assert_array_equal(*again)


def test_a_rate_is_calls_per_second() -> None:
    calls = 0

    def step() -> None:
        nonlocal calls
        calls += 1
        time.sleep(0.001)

    measured = measure.rate(step, 0.05)
    assert 1.0 <= measured.median <= measured.best <= 1000.0
    assert calls > measure.REPEATS
    assert measured.cpu_seconds < measured.wall_seconds
    median, p99, per_second = measure.latencies(step, 0.05)
    assert 1000.0 <= median <= p99
    assert per_second <= 1000.0


def test_pinning_keeps_to_the_allowed_cores() -> None:
    code = (
        "import os; from racer.tools.bench.measure import pin; a = os.sched_getaffinity(0);"
        "n = pin(1); b = os.sched_getaffinity(0); print(n, len(b), b <= a, pin(99) == 1)"
    )
    if hasattr(os, "sched_setaffinity"):
        answer = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert answer.stdout.split() == ["1", "1", "True", "True"]
