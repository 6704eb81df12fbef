"""A version, once recorded, never changes: parameters, fingerprints, golden hashes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from racer import _core
from racer.tools.determinism import parse

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden.txt"
RECORD = ROOT / "tests" / "physics_versions.json"
HIGHWAY_RECORD = ROOT / "tests" / "highway_versions.json"
PROGRAM = ROOT / "build" / "dev" / "test_determinism"


@pytest.fixture(scope="module")
def versions() -> dict[str, dict]:
    """What was recorded when each version was frozen; lines are added, never changed."""
    return json.loads(RECORD.read_text("utf-8"))


def test_this_version_is_the_last_recorded(versions):
    assert max(int(version) for version in versions) == _core.PHYSICS_VERSION


@pytest.mark.parametrize("vehicle", _core.vehicles())
def test_the_parameters_are_those_of_their_version(versions, vehicle):
    recorded = versions[str(_core.PHYSICS_VERSION)][vehicle]
    now = {row["name"]: row["value"] for row in _core.vehicle_parameters(vehicle)}
    changed = {name for name in {*now, *recorded["parameters"]}
               if now.get(name) != recorded["parameters"].get(name)}  # fmt: skip
    assert not changed, f"frozen parameters of {vehicle} changed: raise kPhysicsVersion"
    assert _core.physics_fingerprint(vehicle) == recorded["fingerprint"]


def test_every_vehicle_of_a_version_is_still_there(versions):
    assert sorted(versions[str(_core.PHYSICS_VERSION)]) == sorted([*_core.vehicles(), "golden"])


def test_the_golden_file_holds_what_its_versions_were_frozen_with(versions):
    """Every hash: of vehicles, of circuits (walls, grass, rays, rules, laps), of the highway."""
    golden = parse(GOLDEN.read_text("utf-8"))
    highway = json.loads(HIGHWAY_RECORD.read_text("utf-8"))
    recorded = versions[str(_core.PHYSICS_VERSION)]
    wanted = {"physics_version": str(_core.PHYSICS_VERSION)}
    wanted |= {f"physics_{name}": recorded[name]["fingerprint"] for name in _core.vehicles()}
    wanted |= recorded["golden"] | highway[str(_core.highway.RULES_VERSION)]
    assert golden == wanted


def write(path: Path) -> subprocess.CompletedProcess[str]:
    command = [str(PROGRAM), "--write", str(path)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.skipif(not PROGRAM.exists(), reason="needs the program of `make test-cpp`")
def test_a_changed_golden_needs_a_new_version(tmp_path):
    golden = GOLDEN.read_text("utf-8")
    path = tmp_path / "golden.txt"
    assert write(path).returncode == 0  # a new file
    assert path.read_text("utf-8") == golden
    assert write(path).returncode == 0  # the same hashes again
    assert path.read_text("utf-8") == golden

    value = parse(golden)["wild"]
    other = golden.replace(value, ("1" if value[0] == "0" else "0") + value[1:])
    path.write_text(other, "utf-8")
    refused = write(path)
    assert refused.returncode == 1
    assert "(wild): a version never changes; raise kPhysicsVersion" in refused.stderr
    assert path.read_text("utf-8") == other  # untouched

    # The hashes of another version are not this one's business.
    path.write_text(
        other.replace(f"physics_version {_core.PHYSICS_VERSION}\n", "physics_version 0\n"), "utf-8"
    )
    assert write(path).returncode == 0
    assert path.read_text("utf-8") == golden
