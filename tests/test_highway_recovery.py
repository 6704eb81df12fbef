"""The option `traffic_recovery`: traffic that stands behind an obstacle drives around it."""

from __future__ import annotations

import numpy as np
import pytest

from racer import _core

OBSTACLE = 120.0  # m, where the crashed vehicles lie
IDLE = np.zeros((1, 2), np.float32)


def drive(recovery, movers, wrecks, *, lanes, seconds=30.0, ego=(0.0, -1000.0)):
    """Facts after some time.

    Args:
        recovery: the option.
        movers: x, lane and maybe speed (else 0) of vehicles that want 22 m/s.
        wrecks: lanes blocked by a crashed vehicle each.
        lanes: of the road.
        seconds: to drive.
        ego: x and y of the ego vehicle, which stands and does nothing.
    """
    config = _core.highway.Config()
    config.action = "ContinuousAction"
    config.policy_frequency = 5
    config.duration = 1000
    config.lanes_count = lanes
    config.vehicles_count = len(movers) + len(wrecks)
    config.traffic_recovery = recovery
    batch = _core.highway.Batch(1, config, autoreset="disabled")
    vehicles, worlds = batch.snapshot()
    vehicles["speed"] = vehicles["heading"] = vehicles["timer"] = 0.0
    vehicles["x"][0, 0], vehicles["y"][0, 0] = ego
    places = [*movers, *((OBSTACLE, lane) for lane in wrecks)]
    for i, (x, lane, *speed) in enumerate(places, 1):
        vehicles["x"][0, i], vehicles["y"][0, i] = x, 4.0 * lane
        vehicles["speed"][0, i] = sum(speed)
        vehicles["lane"][0, i] = vehicles["target_lane"][0, i] = round(lane)
        vehicles["target_speed"][0, i] = 22.0
        vehicles["crashed"][0, i] = i > len(movers)
    batch.restore(vehicles, worlds)
    for _ in range(round(5 * seconds)):
        batch.step(IDLE)
    return {name: values[0, 1:].copy() for name, values in batch.facts.items() if values.ndim == 2}


@pytest.mark.parametrize(
    ("movers", "wrecks", "lanes"),
    [
        ([(110.0, 0)], [0], 2),
        ([(110.0, 1)], [1], 2),
        ([(110.0, 0), (100.0, 0), (90.0, 0)], [0], 2),  # a queue
        ([(110.0, 1)], [0, 1], 3),  # the lane to the left is blocked, too
        ([(110.0, 1), (110.0, 2)], [1, 2], 4),  # two side by side
    ],
)
def test_who_stands_behind_an_obstacle_gets_past_it(movers, wrecks, lanes):
    first = len(movers)
    stuck = drive(False, movers, wrecks, lanes=lanes)
    assert np.all(stuck["x"][:first] < OBSTACLE), "HighwayEnv's traffic stands there for ever"
    assert np.all(np.abs(stuck["speed"][:first]) < 0.1)
    free = drive(True, movers, wrecks, lanes=lanes)
    assert np.all(free["x"][:first] > OBSTACLE + 100)
    assert np.all(free["speed"][:first] > 20)
    assert not free["crashed"][:first].any()
    # Nobody ends between lanes or across the road.
    assert np.allclose(free["y"][:first], 4.0 * free["lane"][:first], atol=0.2)
    assert np.allclose(free["heading"][:first], 0.0, atol=0.02)


def test_where_there_is_no_way_past_it_waits():
    """On a single lane, and where the lane beside is blocked as near."""
    for movers, wrecks, lanes in (([(110.0, 0)], [0], 1), ([(110.0, 0)], [0, 1], 3)):
        waiting = drive(True, movers, wrecks, lanes=lanes)
        assert np.allclose(waiting["x"][0], 110.0, atol=0.5)
        assert not waiting["crashed"][0]


def test_it_pulls_out_behind_who_comes_and_not_before():
    movers = [(110.0, 0), (40.0, 1, 22.0)]
    before = drive(True, movers, [0], lanes=2, seconds=3.0)
    assert before["x"][1] > 100
    assert before["x"][0] == pytest.approx(110, abs=0.1)
    after = drive(True, movers, [0], lanes=2)
    assert after["x"][1] > after["x"][0] > OBSTACLE + 100
    assert not after["crashed"][:2].any()


def test_a_parked_ego_vehicle_far_behind_holds_nobody_back():
    found = drive(True, [(110.0, 0)], [0], lanes=2, ego=(0.0, 4.0))
    assert found["x"][0] > OBSTACLE + 100


def test_moving_traffic_drives_as_without_the_option():
    """As long as nobody stands, not a bit differs."""
    said = []
    for recovery in (False, True):
        config = _core.highway.Config()
        config.action = "ContinuousAction"
        config.policy_frequency = 5
        config.traffic_recovery = recovery
        batch = _core.highway.Batch(4, config, autoreset="disabled")
        batch.reset(None, np.arange(4, dtype=np.uint64))
        vehicles, worlds = batch.snapshot()
        vehicles["y"][:, 0] = 1000.0  # the ego vehicle is in nobody's way
        batch.restore(vehicles, worlds)
        rows = []
        for _ in range(100):
            batch.step(np.zeros((4, 2), np.float32))
            rows.append(batch.state_hash().tolist())
        assert np.abs(batch.facts["speed"][:, 1:]).min() > 1.0
        said.append(rows)
    assert said[0] == said[1]
