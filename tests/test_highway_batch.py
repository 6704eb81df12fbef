"""The highway batch: same bits however it is cut up, snapshots, misuse, nonsense, traffic."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from racer import _core

SHARED = ("observations", "rewards", "reward_terms", "terminated", "truncated")


def make_config(**settings) -> _core.highway.Config:
    config = _core.highway.Config()
    settings = {
        "action": "ContinuousAction",
        "policy_frequency": 5,
        "vehicles_count": 20,
    } | settings
    for name, value in settings.items():
        setattr(config, name, value)
    return config


def make_batch(worlds: int, *, threads: int = 1, autoreset: str = "same_step", **settings):
    return _core.highway.Batch(
        worlds, make_config(**settings), threads=threads, autoreset=autoreset
    )


def seeds_of(worlds: int, first: int = 0) -> np.ndarray:
    return np.array([_core.split_seed(7, i) for i in range(first, first + worlds)], np.uint64)


def actions_of(worlds: int, steps: int, first: int = 0) -> np.ndarray:
    """Mild actions (steps, N, 2); world i's do not depend on N."""
    time = np.arange(steps)[:, None]
    world = np.arange(first, first + worlds)[None, :]
    speed = np.sin(0.05 * time + 0.9 * world) + 0.3
    steer = 0.05 * np.sin(0.31 * time + 1.7 * world)
    return np.ascontiguousarray(np.stack([speed, steer], axis=-1), np.float32)


def run(batch, seeds: np.ndarray, actions: np.ndarray) -> dict[str, np.ndarray]:
    """Everything that a batch says over some steps, stacked."""
    batch.reset(None, seeds)
    said: dict[str, list] = {name: [] for name in (*SHARED, "hash")}
    for row in actions:
        batch.step(np.ascontiguousarray(row))
        for name in SHARED:
            said[name].append(getattr(batch, name).copy())
        said["hash"].append(batch.state_hash())
    return {name: np.array(rows) for name, rows in said.items()}


def assert_same(one: dict, two: dict, hint: object = "") -> None:
    for name, rows in one.items():
        assert np.array_equal(rows, two[name]), (name, hint)


def test_a_world_of_a_batch_is_that_world_alone() -> None:
    actions = actions_of(24, 150)
    together = run(make_batch(24), seeds_of(24), actions)
    assert together["terminated"].any()
    for world in (0, 5, 23):
        alone = run(make_batch(1), seeds_of(1, world), actions[:, world : world + 1])
        assert_same(alone, {k: v[:, world : world + 1] for k, v in together.items()}, world)


@pytest.mark.parametrize(
    ("simulation", "policy", "frames"),
    [(15, 0.2, 74), (15, 0.1, 149), (5, 0.2, 24), (9, 0.9, 9), (15, 0.3, 50), (15, 4, 3)],
)
def test_a_policy_step_has_as_many_frames_as_in_highway_env(
    simulation: float, policy: float, frames: int
) -> None:
    assert frames == simulation // policy  # HighwayEnv's floor division
    batch = make_batch(
        1, simulation_frequency=simulation, policy_frequency=policy, vehicles_count=0
    )
    before = batch.facts["x"][0, 0]
    batch.step(np.zeros((1, 2), np.float32))
    assert batch.facts["x"][0, 0] - before == pytest.approx(25.0 * frames / simulation)


@pytest.mark.parametrize("worlds", [1, 5, 64])
def test_threads_do_not_change_a_bit(worlds: int) -> None:
    actions = actions_of(worlds, 40)
    one = run(make_batch(worlds), seeds_of(worlds), actions)
    for threads in (2, 3, 8):
        assert_same(one, run(make_batch(worlds, threads=threads), seeds_of(worlds), actions))


@pytest.mark.parametrize("action", ["ContinuousAction", "DiscreteMetaAction"])
def test_instruction_sets_do_not_change_a_bit(action: str) -> None:
    chosen = _core.instruction_set()
    actions = actions_of(9, 60)
    if action == "DiscreteMetaAction":
        actions = np.random.default_rng(3).integers(5, size=(60, 9))
    results = {}
    try:
        for name in _core.instruction_sets():
            _core.set_instruction_set(name)
            results[name] = run(make_batch(9, action=action), seeds_of(9), actions)
    finally:
        _core.set_instruction_set(chosen)
    first = results.pop("scalar")
    assert results
    for name, result in results.items():
        assert_same(first, result, name)


def test_a_seed_repeats_and_another_differs() -> None:
    batch, actions = make_batch(4), actions_of(4, 50)
    once = run(batch, seeds_of(4), actions)
    assert_same(once, run(batch, seeds_of(4), actions))
    other = run(batch, seeds_of(4, 100), actions)
    assert not np.array_equal(once["observations"], other["observations"])
    assert len(set(once["hash"][0].tolist())) == 4


def test_a_snapshot_restores_to_the_bit() -> None:
    batch, actions = make_batch(8), actions_of(8, 120)
    batch.reset(None, seeds_of(8))
    for row in actions[:60]:
        batch.step(row)
    some = [1, 6]
    vehicles, records = batch.snapshot(some)
    observations, hashes = batch.observations[some].copy(), batch.state_hash()[some]
    for row in actions[60:]:
        batch.step(row)
    after = batch.state_hash()[some]
    batch.restore(vehicles, records, some)
    assert np.array_equal(batch.state_hash()[some], hashes)
    assert np.array_equal(batch.observations[some], observations)
    for row in actions[60:]:
        batch.step(row)
    assert np.array_equal(batch.state_hash()[some], after)


def test_shuffled_vehicles_drive_on_as_before() -> None:
    """The order along the road follows from the state, wherever a vehicle stands in the list."""
    batch = make_batch(1, traffic_collisions=False)
    vehicles, records = batch.snapshot()
    turned = vehicles[:, np.r_[0, vehicles.shape[1] - 1 : 0 : -1]]
    batch.step(np.zeros((1, 2), np.float32))
    expected = batch.facts["x"][0].copy()
    batch.restore(turned, records)
    batch.step(np.zeros((1, 2), np.float32))
    assert np.allclose(np.sort(batch.facts["x"][0]), np.sort(expected), atol=1e-9)


@pytest.mark.parametrize(
    ("field", "value"),
    [("x", np.nan), ("lane", 9), ("target_lane", -1), ("speed", 1e6), ("exponent", 0.0),
     ("crashed", 2), ("slip", 3.0), ("heading", np.inf)],
)  # fmt: skip
def test_a_record_that_makes_no_sense_is_refused(field: str, value: float) -> None:
    batch = make_batch(2)
    vehicles, records = batch.snapshot()
    vehicles[field][1, 3] = value
    before = batch.state_hash()
    with pytest.raises(ValueError, match=field):
        batch.restore(vehicles, records)
    assert np.array_equal(batch.state_hash(), before), "a refused record changed a world"


@pytest.mark.parametrize(
    ("setting", "value"),
    [("lanes_count", 0), ("vehicles_count", -1), ("initial_lane_id", 4), ("policy_frequency", 30),
     ("duration", np.nan), ("target_speeds", [20.0]), ("target_speeds", [30.0, 20.0]),
     ("speed_range", (5.0, 5.0)), ("vehicles_density", 0.0), ("observed_vehicles", 0),
     ("collision_reward", 0.5), ("traffic_behind", 1.5)],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(setting: str, value: object) -> None:
    said = {"observed_vehicles": "vehicles_count of the observation"}
    if setting == "collision_reward":  # equal to the best reward: nothing to normalise by
        said[setting] = "normalize_reward"
    with pytest.raises(ValueError, match=said.get(setting, setting)):
        make_batch(1, **{setting: value})


@pytest.mark.parametrize(
    ("actions", "error"),
    [
        (np.zeros((3, 2), np.float64), TypeError),
        (np.zeros((3, 3), np.float32), ValueError),
        (np.zeros((2, 2), np.float32), ValueError),
        (np.zeros((3, 4), np.float32)[:, ::2], TypeError),
    ],
)
def test_wrong_actions_are_refused(actions: np.ndarray, error: type[Exception]) -> None:
    with pytest.raises(error):
        make_batch(3).step(actions)
    with pytest.raises(ValueError, match="0 to 4"):
        make_batch(1, action="DiscreteMetaAction").step(np.array([5]))


def test_nan_actions_count_as_zero_and_are_counted() -> None:
    batch, twin = make_batch(2), make_batch(2)
    for b in (batch, twin):
        b.reset(None, seeds_of(2))
    batch.step(np.array([[np.nan, 0.1], [0.2, 0.0]], np.float32))
    twin.step(np.array([[0.0, 0.1], [0.2, 0.0]], np.float32))
    assert (batch.nan_actions, twin.nan_actions) == (1, 0)
    assert np.array_equal(batch.observations, twin.observations)


def test_two_threads_on_one_batch_are_refused_not_raced() -> None:
    batch = make_batch(300)
    actions = np.zeros((300, 2), np.float32)
    errors: list[Exception] = []
    go = threading.Barrier(2)

    def step() -> None:
        try:
            batch.step(actions)
        except RuntimeError as error:
            errors.append(error)

    def work() -> None:
        go.wait()
        for _ in range(30):
            step()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors
    assert "another thread" in str(errors[0])


@pytest.mark.parametrize("case", range(30))
def test_wild_settings_and_actions_stay_finite(case: int) -> None:
    rng = np.random.default_rng(case)
    meta = case % 3 == 0
    settings = {
        "action": "DiscreteMetaAction" if meta else "ContinuousAction",
        "lanes_count": int(rng.integers(1, 9)),
        "vehicles_count": int(rng.choice([0, 1, 7, 60])),
        "vehicles_density": float(rng.choice([0.2, 1.0, 5.0, 50.0])),
        "ego_spacing": float(rng.choice([0.1, 2.0])),
        "simulation_frequency": float(rng.choice([1, 5, 15, 30])),
        "policy_frequency": 1.0,
        "duration": 30.0,
        "observed_vehicles": int(rng.integers(1, 20)),
        "features": list(_core.highway.FEATURES),
        "normalize": bool(rng.integers(2)),
        "absolute": bool(rng.integers(2)),
        "see_behind": bool(rng.integers(2)),
        "shuffled": bool(rng.integers(2)),
        "traffic_behind": float(rng.choice([0.0, 0.5, 1.0])),
        "traffic_caution": bool(rng.integers(2)),
        "traffic_recovery": bool(rng.integers(2)),
        "safety_of_path": bool(rng.integers(2)),
        "clip_action": bool(rng.integers(2)),
        "safety_reward": -1.0,
        "steering_range": (-1.5, 1.5),
    }
    batch = make_batch(3, **settings)
    for _ in range(60):
        if meta:
            actions = rng.integers(0, 5, 3)
        else:
            actions = rng.choice([-np.inf, -1.0, -0.1, 0.0, 0.3, 1.0, 1e30, np.nan], (3, 2))
            actions = actions.astype(np.float32)
        batch.step(actions)
        assert np.isfinite(batch.observations).all()
        assert np.isfinite(batch.rewards).all()
        for name, values in batch.facts.items():
            assert np.isfinite(values).all(), name


def test_facts_are_read_only_and_live() -> None:
    batch = make_batch(2)
    x = batch.facts["x"]
    with pytest.raises(ValueError, match="read-only"):
        x[0, 0] = 1.0
    before = x.copy()
    batch.step(np.zeros((2, 2), np.float32))
    assert not np.array_equal(before, x)
    del batch
    assert np.isfinite(x).all()  # the view keeps the batch alive


def test_autoreset_modes() -> None:
    actions = np.tile(np.array([1.0, 0.2], np.float32), (1, 1))
    said = {}
    for mode in ("same_step", "next_step", "disabled"):
        batch = make_batch(1, autoreset=mode, duration=2.5, policy_frequency=4)
        batch.reset(None, seeds_of(1))
        rows = []
        for _ in range(13):
            batch.step(actions)
            ended = bool(batch.truncated[0] or batch.terminated[0])
            rows.append((ended, float(batch.rewards[0]), batch.observations[0].tolist()))
        said[mode] = rows
    assert [row[0] for row in said["same_step"]].index(True) == 9
    assert said["same_step"][8] == said["next_step"][8]
    # The next step shows the new episode that the same step shows at once.
    assert said["next_step"][10][2] == said["same_step"][9][2]
    assert said["next_step"][10][:2] == (False, 0.0)
    assert all(row[0] for row in said["disabled"][9:])


def test_cautious_traffic_crashes_less() -> None:
    crashed = {}
    for caution in (False, True):
        batch = make_batch(
            16, autoreset="disabled", traffic_caution=caution, vehicles_count=50,
            vehicles_density=3.0,
        )  # fmt: skip
        batch.reset(None, seeds_of(16))
        vehicles, records = batch.snapshot()
        vehicles["y"][:, 0] = 1000.0  # the ego vehicle watches from afar
        batch.restore(vehicles, records)
        for _ in range(150):
            batch.step(np.zeros((16, 2), np.float32))
        crashed[caution] = int((batch.facts["crashed"][:, 1:] != 0).sum())
    assert crashed[True] < crashed[False]


def test_traffic_may_start_behind() -> None:
    batch = make_batch(8, traffic_behind=0.5)
    x = batch.facts["x"]
    behind = (x[:, 1:] < x[:, :1]).sum(axis=1)
    assert np.all(behind == 10)
    ahead = make_batch(8).facts["x"]
    assert np.all(ahead[:, 1:] > ahead[:, :1])


def test_terms_of_the_reward_are_listed_once() -> None:
    table = _core.highway.reward_term_table()
    assert ("base", *(row["name"] for row in table)) == _core.highway.REWARD_TERMS
    for row in table:
        config = _core.highway.Config()
        assert getattr(config, row["field"]) == row["weight"] == 0.0
        setattr(config, row["field"], row["high"] + 1.0)
        with pytest.raises(ValueError, match=f"{row['field']} must be -1000000 to 1000000"):
            _core.highway.Batch(1, config)
