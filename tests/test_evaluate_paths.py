"""`racer evaluate` goes the same way for every kind of world, but for the modules of the kind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import inspect, json, sys
seen = set()
def watch(frame, event, arg):
    if frame.f_code.co_flags & inspect.CO_OPTIMIZED:  # a function's call, not an import
        seen.add(frame.f_code.co_filename)
from racer.cli.main import build_parser, own_modules
own_modules(sys.argv[1:])
args = build_parser().parse_args(sys.argv[1:])
sys.settrace(watch)
code = args.run(args)
sys.settrace(None)
names = [name for name, module in sys.modules.items()
         if name.startswith("racer.") and getattr(module, "__file__", None) in seen]
print(json.dumps({"code": code, "seen": names}), file=sys.stderr)
"""
OVAL = Path(__file__).parent / "fixtures" / "house_of_2026" / "oval.csv"
COMMANDS = {
    "circuit": "--track {oval} --policy casual --starts 1 --laps 1",
    "highway": "--env Highway --policy idle --episodes 2",
    "plain": "--env slot_car:racer/Slot-v0 --policy random --episodes 2",
}
# What a kind has of its own: its folders, and the modules about roads that only circuits have.
OWN = {
    "circuit": (
        *("racer.envs.circuit", "racer.drivers.circuit", "racer.tracks", "racer.laps"),
        *("racer.optimal.reference", "racer.drivers.observed"),
    ),
    "highway": ("racer.envs.highway", "racer.drivers.highway", "racer.envs.frozen"),
    "plain": ("racer.envs.plain", "racer.drivers.plain"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the reports are."""
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def ways(folder: Path) -> dict[str, list[str]]:
    """The modules of which something runs, for each kind."""
    return {kind: visited(kind, folder) for kind in COMMANDS}


def visited(kind: str, folder: Path) -> list[str]:
    words = ["evaluate", *COMMANDS[kind].format(oval=OVAL).split(), "--out", str(folder / kind)]
    tests = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], cwd=tests, capture_output=True, text=True
    )
    found = json.loads(done.stderr.splitlines()[-1])
    assert found["code"] == 0, done.stderr
    return list(found["seen"])


def test_the_way_is_the_same_but_for_the_kind(ways: dict[str, list[str]]) -> None:
    common: dict[str, set[str]] = {}
    for kind, modules in ways.items():
        own = {name for name in modules if name.startswith(OWN[kind])}
        assert own, kind
        common[kind] = set(modules) - own
        foreign = [
            name
            for other, prefixes in OWN.items()
            if other not in (kind, "plain")
            for name in modules
            if name.startswith(prefixes) and not name.endswith(".options")
        ]
        assert not foreign, f"{kind}: {foreign}"
    shared = set.intersection(*common.values())
    assert {"racer.cli.evaluate", "racer.kinds", "racer.evaluate.report"} <= shared
    helpers = (
        *("racer.formats", "racer.envs.checks", "racer.envs.worlds", "racer.evaluate.intervals"),
        "racer.envs.step_rewards",
        "racer.drivers.onnx_",
    )
    for kind, way in common.items():  # what only some kinds need is of the floors below
        assert all(name.startswith(helpers) for name in way - shared), f"{kind}: {way - shared}"


def test_one_format_of_reports(ways: dict[str, list[str]], folder: Path) -> None:
    reports = {}
    for kind in ways:
        text = (folder / kind / "evaluation_metrics.json").read_text("utf-8")
        reports[kind] = json.loads(text)
    keys = [set(report) for report in reports.values()]
    shared = {"format", "format_version", "versions", "env_id", "driver", "seed", "policy_faults"}
    assert shared | {"confidence"} <= set.intersection(*keys)
    assert {report["format"] for report in reports.values()} == {"racer-evaluation"}
    (track,) = reports["circuit"]["tracks"]
    for entry in (*track["intervals"].values(), *reports["highway"]["total"].values()):
        assert set(entry) == {"value", "low", "high", "interval"}
        assert entry["low"] <= entry["value"] <= entry["high"]
