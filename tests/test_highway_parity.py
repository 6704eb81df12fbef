"""The highway world against episodes that the real highway-env package played."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

from racer import _core
from racer.envs.highway.worlds import HighwayWorlds
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


def test_single_steps_tell_a_difference_that_grows_from_one_in_the_rules() -> None:
    entry, recorded = RECORDED[0]
    arrays = dict(recorded)
    count = len(arrays["length"])
    ours = HighwayWorlds(count, entry["config"], autoreset="disabled", seed=0)
    ours.batch.restore(*highway_parity.start_records(arrays["start"]))
    states = []
    observations = []
    arrays["actions"] = np.full((count, 20, 2), [0.2, 0.001], np.float32)
    for step in range(20):
        ours.step(arrays["actions"][:, step])
        columns = [ours.facts[name] for name in highway_parity.STATE]
        states.append(np.stack(columns, axis=-1).astype(float))
        observations.append(ours.observations.astype(float))
    arrays["states"] = np.stack(states, axis=1).reshape(-1, *states[0].shape[1:])
    arrays["observations"] = np.stack(observations, axis=1).reshape(-1, *observations[0].shape[1:])
    arrays["actions"] = arrays["actions"].reshape(-1, 2)
    arrays["length"] = np.full(count, 20)
    for name in ("rewards", "terminated", "truncated"):
        arrays[name] = np.zeros(20 * count)
    whole = {**entry, "every": 1}

    found = highway_parity.compare(whole, arrays)
    assert found.position == found.step == 0.0
    elsewhere = arrays["start"].copy()
    elsewhere[0, 0, highway_parity.START.index("speed")] += 1e-6
    found = highway_parity.compare(whole, {**arrays, "start": elsewhere})
    assert found.speed > 1e-7
    assert found.step < 1e-12
    arrays["states"][19, 0, highway_parity.STATE.index("x")] += 1e-6
    assert highway_parity.compare(whole, arrays).step == pytest.approx(1e-6)


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
        ('{"lanes_count": 0}', "lanes_count must be"),
        ('{"policy_frequency": 20}', "policy_frequency must be"),
        ('{"observation": {"type": "Kinematics", "features": ["on_road"]}}', "on_road"),
    ],
)
def test_what_cannot_be_compared_is_said(
    config: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["highway_parity", "--config", config])
    assert highway_parity.main() == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--python", "no-such-python"], "highway-env did not play"),
        (["--python", sys.executable], "highway-env did not play"),  # it is not installed here
        (["--episodes", "0"], "must be at least 1"),
    ],
)
def test_a_reference_that_does_not_play_is_said(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("sys.argv", ["highway_parity", "--config", "{}", *arguments])
    assert highway_parity.main() == 2
    assert said in capsys.readouterr().err
