"""The benchmark measures what it says, and its JSON is what scripts rely on."""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from racer.cli import bench
from racer.errors import ConfigError
from racer.tools.bench import LAYERS, machine, measure, peer_cases, report, runner
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
    "ratio": float,
    "share": float,
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
    rates = [name for name in ("steps_per_second", "median_us", "share") if name in case]
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
        assert ("physics, track and rules", worlds, 64) in seen
        for observation in ("lidar", "track"):
            for ticks in (1, 6):
                assert (f"batch, {observation} observation", worlds, ticks) in seen


@pytest.mark.parametrize("layer", ["scaling", "env", "sb3", "policy"])
def test_the_layers_above_the_engine(layer: str) -> None:
    results = runner.run_layers([layer], seconds=0.02, threads=[1])
    assert not results.skipped
    assert results.cases
    for case in results.cases:
        check_case(case)
        assert case["layer"] == layer


@pytest.mark.slow
def test_training_says_where_its_time_goes() -> None:
    results = runner.run_layers(["train"], seconds=0.05, threads=[1])
    for case in results.cases:
        check_case(case)
    assert results.cases[0]["ratio"] > 0.0
    shares = {case["case"]: case["share"] for case in results.cases if "share" in case}
    assert {name.removeprefix("PPO's time in ") for name in shares} == {
        "environment",
        "policy",
        "update",
        "rest",
    }
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.slow
def test_a_whole_run_beside_ppo_alone() -> None:
    results = runner.run_layers(["pipeline"], seconds=0.05, threads=[1])
    for case in results.cases:
        check_case(case)
    for name in ("preset ppo", "PPO's defaults"):
        rows = [case for case in results.cases if str(case["case"]).startswith(f"{name}, ")]
        whole, free, *parts = rows
        assert whole["ratio"] > 0.0
        assert "1 evaluations and checkpoints" in whole["note"]
        assert "ratio" not in free
        assert sum(part["share"] for part in parts) == pytest.approx(1.0, abs=1e-2)


def test_without_a_venv_of_peers_one_sentence_tells_how(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RACER_PEERS", str(tmp_path))
    results = runner.run_layers(["peers"], seconds=0.02, threads=[1, 2])
    assert not results.cases
    assert list(results.skipped) == ["peers"]
    assert "`make peers` creates it" in results.skipped["peers"]


def test_peers_are_measured_beside_racer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = {"layer": "peers", "case": "slow", "num_envs": 1, "steps_per_second": 10.0}
    fake = tmp_path / "bin" / "python"
    fake.parent.mkdir()
    broken = "echo no such package >&2; exit 1"
    fake.write_text(
        f"#!/bin/sh\ncase \"$*\" in *' highway '*) {broken};; esac\necho '{json.dumps(row)}'\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("RACER_PEERS", str(tmp_path))
    cases = runner.run_layers(["peers"], seconds=0.02, threads=[1]).cases
    ours = next(c for c in cases if c["case"] == "Racer" and c["num_envs"] == 1024)
    theirs = [c for c in cases if c["case"] == "slow"]
    assert len(theirs) == len(peer_cases.CASES) - 1
    assert theirs[0]["ratio"] == pytest.approx(ours["steps_per_second"] / 10.0, rel=1e-3)
    assert any("highway: no such package" in c.get("note", "") for c in cases)
    assert cases[-1]["ratio"] <= 1.001 * theirs[0]["ratio"]


def test_the_highway_is_measured_and_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RACER_PEERS", str(tmp_path))
    alone = runner.run_layers(["highway"], seconds=0.02, threads=[1])
    assert "comparison with envpool: no venv" in alone.skipped["highway"]
    crowds = {c["case"].split()[0]: c for c in alone.cases if "growth over" in c["case"]}
    assert list(crowds) == ["10", "50", "200", "1000"]
    assert "ratio" not in crowds["10"]
    for fewer, more in (("10", "50"), ("50", "200"), ("200", "1000")):
        each = [float(crowds[n]["note"].split()[0]) for n in (fewer, more)]
        allowed = np.log(int(more)) / np.log(int(fewer))
        assert crowds[more]["ratio"] == pytest.approx(each[1] / each[0] / allowed, rel=0.05)
    for case in alone.cases:
        check_case(case)
    row = {"layer": "peers", "case": "slow", "num_envs": 64, "steps_per_second": 10.0,
           "ticks_per_action": 150, "wall_seconds": 2.0, "cpu_seconds": 1.0}  # fmt: skip
    fake = tmp_path / "bin" / "python"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\necho '{json.dumps(row)}'\n")
    fake.chmod(0o755)
    peer, ours = runner.run_layers(["highway"], seconds=0.02, threads=[1]).cases[-2:]
    check_case(peer)
    assert (peer["layer"], peer["case"]) == ("highway", "slow")
    assert ours["ratio"] == pytest.approx(ours["steps_per_second"] / 10.0, rel=1e-3)
    assert "over 20 steps" in ours["note"]
    page = report.page({"machine": machine.describe(), "cases": [peer, ours]}, "x.png")
    assert "## Highway" in page


def test_a_peer_says_what_its_step_is() -> None:
    for name, peer in peer_cases.CASES.items():
        assert name.isascii()
        assert peer.updates >= 1
        assert " s" in peer.one_step
    answer = subprocess.run(
        [sys.executable, "-I", peer_cases.__file__, "pool-highway-1", "0.1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No module named 'envpool'" in answer.stderr  # Racer's own venv has none


def test_results_are_written_down(tmp_path: Path) -> None:
    results = runner.run_layers(["scaling"], seconds=0.02, threads=[1]).as_json()
    peer = {"layer": "peers", "case": "Racer again", "num_envs": 1024, "ratio": 371.5, "note": "n"}
    other = {"layer": "peers", "case": "slow", "num_envs": 1, "steps_per_second": 10.0}
    results["cases"] += [other, peer | {"steps_per_second": 3715.0}]
    results["machine"]["load"] = 3.0
    files = report.write(results, tmp_path)
    page = files[0].read_text("utf-8")
    assert files[0] == tmp_path / "benchmarks" / "RESULTS.md"
    assert "## Scaling" in page
    assert "**372x**" in page or "**371x**" in page
    assert "Measured on a busy machine" in page
    assert results["machine"]["date"] in page
    assert json.loads(files[1].read_text("utf-8")) == results
    assert files[2].read_bytes().startswith(b"\x89PNG")
    assert report.doubts({"machine": {"load": 0.0}, "cases": []}) == ""


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
    telemetry = scene.batch.facts
    assert telemetry["v_x"].mean() > 10.0
    assert (telemetry["wheels_off"] == 4).mean() < 0.05
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
