"""Every vehicle: its table is whole, drivers lap in it, and docs/physics.md tells the truth."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from racer import _core
from racer.drivers import make_driver
from racer.envs.circuit.episodes import evaluate_driver
from racer.tools import physics_measure, physics_report
from racer.tracks import load_track

ROOT = Path(__file__).resolve().parent.parent
VEHICLES = _core.vehicles()


def test_there_are_three_and_the_default_comes_first():
    assert VEHICLES == ["gt", "formula", "kart"]


def test_every_parameter_has_a_unit_a_meaning_and_a_source():
    tables = [_core.vehicle_parameters(vehicle) for vehicle in VEHICLES]
    assert len({tuple(row["name"] for row in table) for table in tables}) == 1
    for row in (row for table in tables for row in table):
        assert row["unit"]
        assert row["meaning"]
        assert row["source"]


def test_each_has_physics_of_its_own():
    assert len({_core.physics_fingerprint(vehicle) for vehicle in VEHICLES}) == len(VEHICLES)


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_the_page_of_the_physics_is_up_to_date(vehicle):
    page = (ROOT / "docs" / "physics.md").read_text("utf-8")
    column = VEHICLES.index(vehicle)
    fresh = physics_report.figures([physics_measure.car(vehicle)])
    for line in fresh.splitlines()[2:]:
        name, value = (cell.strip() for cell in line.strip("|").split("|"))
        row = re.search(rf"^\| {re.escape(name)} \|(.*)\|$", page, flags=re.MULTILINE)
        assert row, name
        assert row[1].split("|")[column].strip() == value, name


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_the_scripted_driver_laps_cleanly(vehicle):
    track = load_track("harbour")
    driver = make_driver("good", track, vehicle)
    result = evaluate_driver(driver, track, vehicle=vehicle, starts=2, laps=1)
    assert result.completed == result.valid == result.laps
    assert all(lap.valid for lap in result.finished)


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_wild_driving_between_walls_never_fails(vehicle):
    worlds = 64
    config = _core.circuit.Config()
    config.start = "random"
    batch = _core.circuit.Batch(
        [load_track("harbour")], worlds, vehicle=vehicle, observation="track", config=config
    )
    rng = np.random.default_rng(3)
    batch.reset(seeds=np.arange(worlds, dtype=np.uint64))
    for step in range(1500):
        if step % 10 == 0:
            actions = rng.uniform(-1.0, 1.0, (worlds, 1, 3)).astype(np.float32)
            actions[rng.random((worlds, 1, 3)) < 0.2] = 1.0
        batch.step(actions)
        assert np.isfinite(batch.observations).all()
        assert np.isfinite(batch.rewards).all()
    assert not batch.facts["fault"].any()
    speed = np.hypot(batch.facts["v_x"], batch.facts["v_y"])
    assert speed.max() < 95.0
