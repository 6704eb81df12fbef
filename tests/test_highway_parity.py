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
