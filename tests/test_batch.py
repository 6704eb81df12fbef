"""The batch: same bits however it is cut up, snapshots, misuse."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from racer import _core
from racer.tracks import list_tracks, load_track

TRACKS = [load_track(name) for name in list_tracks()[:2]]
STEPS = 120


def make_batch(worlds: int, *, threads: int = 1, **options) -> _core.circuit.Batch:
    """A batch of random starts whose world i is on track i % 2."""
    config = options.pop("config", None) or _core.circuit.Config()
    config.start = "random"
    index = np.arange(worlds, dtype=np.int32) % len(TRACKS)
    options = {"action": "axis", "observation": "track", "ticks_per_action": 3} | options
    return _core.circuit.Batch(
        TRACKS, worlds, world_tracks=index, threads=threads, config=config, **options
    )


def actions_of(worlds: int, steps: int = STEPS, cars: int = 1) -> np.ndarray:
    """Wild but smooth actions (steps, N, K, 2); world i's do not depend on N."""
    time = np.arange(steps)[:, None, None]
    world = np.arange(worlds)[None, :, None] + 0.37 * np.arange(cars)[None, None, :]
    steer = 0.6 * np.sin(0.11 * time + 1.7 * world)
    drive = np.sin(0.05 * time + 0.9 * world) + 0.4
    return np.ascontiguousarray(np.stack([steer, drive], axis=-1), np.float32)


def seeds_of(worlds: int, first: int = 0) -> np.ndarray:
    return np.array([_core.split_seed(7, i) for i in range(first, first + worlds)], np.uint64)


def run(
    batch: _core.circuit.Batch, seeds: np.ndarray, actions: np.ndarray
) -> dict[str, np.ndarray]:
    """Everything that a batch says over some steps, stacked."""
    batch.reset(None, seeds)
    said = {"observations": [], "rewards": [], "terminated": [], "truncated": [], "hash": []}
    for row in actions:
        batch.step(np.ascontiguousarray(row))
        for name in ("observations", "rewards", "terminated", "truncated"):
            said[name].append(getattr(batch, name).copy())
        said["hash"].append(batch.state_hash())
    return {name: np.array(rows) for name, rows in said.items()}


def test_a_world_of_a_batch_is_that_world_alone() -> None:
    worlds = 64
    actions = actions_of(worlds)
    together = run(make_batch(worlds), seeds_of(worlds), actions)
    for world in (0, 1, 17, 63):
        alone = _core.circuit.Batch(
            [TRACKS[world % 2]],
            1,
            action="axis",
            observation="track",
            ticks_per_action=3,
            config=make_config(),
        )
        single = run(alone, seeds_of(1, world), actions[:, world : world + 1])
        for name, rows in single.items():
            assert np.array_equal(rows[:, 0], together[name][:, world]), (name, world)


def make_config() -> _core.circuit.Config:
    config = _core.circuit.Config()
    config.start = "random"
    return config


@pytest.mark.parametrize("worlds", [1, 7, 64, 1000])
def test_threads_do_not_change_a_bit(worlds: int) -> None:
    actions = actions_of(worlds, 20)
    one = run(make_batch(worlds), seeds_of(worlds), actions)
    for threads in (2, 4, 8):
        many = run(make_batch(worlds, threads=threads), seeds_of(worlds), actions)
        for name, rows in one.items():
            assert np.array_equal(rows, many[name]), (name, threads)


def test_instruction_sets_do_not_change_a_bit() -> None:
    chosen = _core.instruction_set()
    results = {}
    try:
        for name in _core.instruction_sets():
            _core.set_instruction_set(name)
            results[name] = run(make_batch(33), seeds_of(33), actions_of(33))
    finally:
        _core.set_instruction_set(chosen)
    first = results.pop("scalar")
    assert results
    for name, result in results.items():
        for what, rows in first.items():
            assert np.array_equal(rows, result[what]), (name, what)


def test_a_seed_repeats_and_another_differs() -> None:
    actions = actions_of(8)
    batch = make_batch(8)
    once = run(batch, seeds_of(8), actions)
    again = run(batch, seeds_of(8), actions)
    other = run(batch, seeds_of(8, 100), actions)
    for name, rows in once.items():
        assert np.array_equal(rows, again[name]), name
    assert not np.array_equal(once["observations"][0], other["observations"][0])


def test_worlds_of_several_cars_keep_their_bits() -> None:
    config = make_config()
    batch = make_batch(40, cars_per_world=3, config=config)
    actions = actions_of(40, 60, 3)
    one = run(batch, seeds_of(40), actions)
    two = run(make_batch(40, cars_per_world=3, threads=3), seeds_of(40), actions)
    for name, rows in one.items():
        assert np.array_equal(rows, two[name]), name


def test_a_snapshot_restores_to_the_bit() -> None:
    batch = make_batch(20)
    actions = actions_of(20, 60)
    batch.reset(None, seeds_of(20))
    for row in actions[:30]:
        batch.step(row)
    some = [3, 4, 19]
    records = batch.snapshot(some)
    observations = batch.observations[some].copy()
    hashes = batch.state_hash()[some]
    for row in actions[30:]:
        batch.step(row)
    after = batch.state_hash()[some]
    batch.restore(records, some)
    assert np.array_equal(batch.state_hash()[some], hashes)
    assert np.array_equal(batch.observations[some], observations)
    for row in actions[30:]:
        batch.step(row)
    assert np.array_equal(batch.state_hash()[some], after)


def test_a_record_that_makes_no_sense_is_refused() -> None:
    batch = make_batch(2)
    for field, value, word in [
        ("x", np.nan, "x"),
        ("station", 10**6, "station"),
        ("s", -1.0, "s"),
        ("sector", 7, "sector"),
        ("cos_yaw", 3.0, "cos_yaw"),
        ("v_x", 1e9, "v_x"),
    ]:
        records = batch.snapshot()
        records[field][1] = value
        before = batch.state_hash()
        with pytest.raises(ValueError, match=word):
            batch.restore(records)
        assert np.array_equal(batch.state_hash(), before), "a refused record changed a world"


def test_nan_actions_count_as_zero_and_are_counted() -> None:
    batch, twin = make_batch(3), make_batch(3)
    for b in (batch, twin):
        b.reset(None, seeds_of(3))
    actions = actions_of(3, 1)[0]
    zeros = actions.copy()
    actions[1, 0, 1] = np.nan
    zeros[1, 0, 1] = 0.0
    batch.step(actions)
    twin.step(zeros)
    assert batch.nan_actions == 1
    assert np.array_equal(batch.observations, twin.observations)
    assert twin.nan_actions == 0


def test_actions_are_clamped_and_quantised() -> None:
    batch = make_batch(1, action="pedals")
    batch.step(np.array([[[-7.0, 3.0, 0.5]]], np.float32))
    assert batch.inputs.tolist() == [[[-32767, 32767, 16384]]]
    assert np.all(np.isfinite(batch.observations))
    batch.step(np.array([[[np.inf, -np.inf, 0.0]]], np.float32))
    assert batch.inputs.tolist() == [[[32767, 0, 0]]]


@pytest.mark.parametrize(
    ("actions", "error"),
    [
        (np.zeros((3, 1, 2), np.float64), TypeError),
        (np.zeros((3, 1, 3), np.float32), ValueError),
        (np.zeros((3, 2), np.float32), ValueError),
        (np.zeros((3, 1, 4), np.float32)[:, :, ::2], TypeError),
    ],
)
def test_wrong_actions_are_refused(actions: np.ndarray, error: type[Exception]) -> None:
    with pytest.raises(error):
        make_batch(3).step(actions)


def test_options_that_make_no_sense_are_refused() -> None:
    config = _core.circuit.Config()
    with pytest.raises(ValueError, match="worlds"):
        _core.circuit.Batch(TRACKS, 0, config=config)
    with pytest.raises(ValueError, match="ticks_per_action"):
        _core.circuit.Batch(TRACKS, 1, ticks_per_action=0, config=config)
    with pytest.raises(ValueError, match="'lidar', 'track'"):
        _core.circuit.Batch(TRACKS, 1, observation="camera", config=config)
    with pytest.raises(ValueError, match="world_tracks"):
        _core.circuit.Batch(TRACKS, 1, world_tracks=[9], config=config)
    with pytest.raises(ValueError, match="vehicle"):
        _core.circuit.Batch(TRACKS, 1, vehicle="tank", config=config)
    with pytest.raises(ValueError, match="standing"):
        config.start = "flying"


def test_two_threads_on_one_batch_are_refused_not_raced() -> None:
    batch = make_batch(1000)
    actions = np.zeros((1000, 1, 2), np.float32)
    errors: list[Exception] = []
    go = threading.Barrier(2)

    def work() -> None:
        go.wait()
        for _ in range(300):
            try:
                batch.step(actions)
            except RuntimeError as error:
                errors.append(error)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors
    assert "another thread" in str(errors[0])


def test_facts_are_read_only_and_live() -> None:
    batch = make_batch(2)
    speed = batch.facts["v_x"]
    with pytest.raises(ValueError, match="read-only"):
        speed[0, 0] = 1.0
    before = speed.copy()
    batch.step(np.ones((2, 1, 2), np.float32))
    assert not np.array_equal(before, speed)
    del batch
    assert np.isfinite(speed).all()  # the view keeps the batch alive


def test_progress_telescopes_over_a_lap() -> None:
    """The distance since the spawn is the way along the centre line, whole laps included."""
    config = _core.circuit.Config()
    config.max_steps = 0
    config.stillness_timeout_ticks = 0
    track = TRACKS[0]
    batch = _core.circuit.Batch(
        [track], 1, autoreset="disabled", observation="track", config=config
    )
    telemetry = batch.facts
    road = next(f for f in _core.circuit.observation_layout("track") if f["name"] == "road_y")
    crossed = 0
    for _ in range(60 * 200):
        before = telemetry["s"][0, 0]
        aim = batch.observations[0, 0, road["offset"] + 2]
        throttle = 1.0 if telemetry["v_x"][0, 0] < 12.0 else 0.0
        batch.step(np.array([[[3.0 * aim, throttle, 0.0]]], np.float32))
        crossed += telemetry["s"][0, 0] < before - track.length / 2
        if crossed and telemetry["s"][0, 0] > 10.0:
            break
    assert crossed == 1
    total = telemetry["distance"][0, 0]
    assert total == pytest.approx(track.length + telemetry["s"][0, 0], abs=1e-6)


@pytest.mark.parametrize("per", [0.0, 100.0])
def test_progress_is_paid_per_lap_or_per_length(per: float) -> None:
    config = _core.circuit.Config()
    config.progress_length = per
    batch = _core.circuit.Batch(
        list(TRACKS[:2]), 20, world_tracks=np.arange(20) % 2, action="axis", config=config
    )
    lengths = np.array([TRACKS[world % 2].length for world in range(20)])
    assert lengths[0] != lengths[1]
    paid = np.zeros(20)
    for _ in range(120):
        batch.step(np.tile(np.float32([0.0, 1.0]), (20, 1, 1)))
        paid += batch.reward_terms[:, 0, _core.circuit.REWARD_TERMS.index("progress")]
    moved = batch.facts["distance"][:, 0]
    assert moved.min() > 10.0
    np.testing.assert_allclose(paid, moved / (per or lengths), rtol=1e-5)


@pytest.mark.parametrize("cars", [1, 2])
def test_any_observation_can_be_asked_for(cars: int) -> None:
    """It is that of a batch that computes it in every step, to the bit."""
    kinds = ("lidar", "track", "road")
    batches = {
        kind: _core.circuit.Batch(
            list(TRACKS[:2]), 9, world_tracks=np.arange(9) % 2, cars_per_world=cars,
            observation=kind, action="axis", seed=4,
        )
        for kind in kinds
    }  # fmt: skip
    random = np.random.default_rng(1)
    for batch in batches.values():
        batch.reset()
    for _ in range(30):
        actions = random.uniform(-1, 1, (9, cars, 2)).astype(np.float32)
        for batch in batches.values():
            batch.step(actions)
    for kind in kinds:
        for batch in batches.values():
            assert np.array_equal(batch.observe(kind), batches[kind].observations)
    with pytest.raises(ValueError, match="observation"):
        batches["lidar"].observe("radar")
