"""The highway world against episodes that the real highway-env package played."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from racer import _core
from racer.tools import highway_parity

RECORDED = highway_parity.load(Path(__file__).parent / "data" / "highway_episodes.npz")


@pytest.mark.parametrize("number", range(len(RECORDED)), ids=[e["name"] for e, _ in RECORDED])
def test_it_drives_as_highway_env_does(number: int) -> None:
    entry, arrays = RECORDED[number]
    found = highway_parity.compare(entry, arrays)
    assert found.steps > 10
    assert found.equal, dataclasses.asdict(found)


def test_the_recordings_hold_crashes_and_lane_changes() -> None:
    assert len(RECORDED) >= 8
    assert sum(highway_parity.compare(*recorded).crashes for recorded in RECORDED) >= 5
    lane = highway_parity.STATE.index("lane")
    assert sum(len(np.unique(a["states"][:, 5:, lane], axis=0)) for _, a in RECORDED) > 30


def test_a_difference_is_found() -> None:
    entry, arrays = RECORDED[0]
    start = arrays["start"].copy()
    start[0, 3, highway_parity.START.index("speed")] += 1e-6
    found = highway_parity.compare(entry, {**arrays, "start": start})
    assert not found.equal
    assert found.speed > 1e-9


@pytest.mark.parametrize("name", _core.instruction_sets())
def test_every_instruction_set_is_within_the_bars(name: str) -> None:
    chosen = _core.instruction_set()
    try:
        _core.set_instruction_set(name)
        assert highway_parity.compare(*RECORDED[1]).equal
    finally:
        _core.set_instruction_set(chosen)


def test_a_number_beyond_a_rounding_boundary_is_told_from_one_that_differs() -> None:
    one = np.float32(1.0)
    boundary = 0.5 * (1.0 + float(np.nextafter(one, np.float32(2.0))))
    for theirs, bits, beyond in (
        (boundary + 1e-15, 1, 0),  # rounds up; a hair below it would have rounded to ours
        (boundary + 1e-10, 0, 1),
        (boundary - 1e-10, 0, 0),
        (1e-20, 0, 1),
    ):
        found = highway_parity.Difference("", 1)
        highway_parity._compare_observations(found, np.array([one]), np.array([theirs]))
        assert (found.last_bits, found.observations) == (bits, beyond), theirs


def test_own_configurations_become_a_plan(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        "lanes_count = 3\n[observation]\ntype = 'Kinematics'\nabsolute = true\n", "utf-8"
    )
    plan = highway_parity.own_plan(['{"duration": 9}', str(path)], "highway-fast-v0", 5, 60, 1)
    assert [entry["config"] for entry in plan] == [
        {"duration": 9},
        {"lanes_count": 3, "observation": {"type": "Kinematics", "absolute": True}},
    ]
    assert {entry["id"] for entry in plan} == {"highway-fast-v0"}
    assert plan[0]["seed"] != plan[1]["seed"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('{"lane_count": 3}', "did you mean 'lanes_count'"),
        ('{"flatten": true}', "is a setting of Racer"),
        ('{"action": {"type": "Traffic"}}', "Traffic is Racer's"),
        ('{"observation": {"type": "OccupancyGrid"}}', "only 'Kinematics' is offered"),
        ('{"action": {"type": "DiscreteAction"}}', "must be one of ContinuousAction"),
        ('{"controlled_vehicles": 2}', "only 1 is offered"),
        ('{"other_vehicles_type": "highway_env.vehicle.behavior.LinearVehicle"}', "IDMVehicle"),
        ("{3", "is not valid JSON"),
        ("none.json", "there is no such configuration file"),
    ],
)
def test_what_cannot_be_compared_is_said(
    config: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["highway_parity", "--config", config])
    assert highway_parity.main() == 2
    assert said in capsys.readouterr().err
