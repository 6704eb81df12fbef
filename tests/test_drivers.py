"""Every driver keeps the protocol and drives every environment; the scripted ones drive well."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from small_models import small_config, small_driver, small_policy

from racer import _core
from racer.drivers import BUILT_IN, make_driver
from racer.drivers.circuit.car_model import CarModel
from racer.drivers.circuit.grip_map import grip_map
from racer.drivers.circuit.keyboard_like import LOOK_TICKS, TAP_TICKS, KeyboardDriver
from racer.drivers.circuit.observed import ObservationReader
from racer.drivers.circuit.racing_line import _bounded_least_squares, _solve_ring
from racer.drivers.circuit.scripted import ScriptedDriver
from racer.drivers.keys import KeyFilter, Keys
from racer.envs.circuit.episodes import evaluate_driver, reference_lap_seconds
from racer.envs.circuit.policy import ACTIONS
from racer.envs.circuit.session import Seat, Session, drive
from racer.envs.circuit.settings import EnvConfig
from racer.envs.sb3 import RacerVecEnv
from racer.errors import LapError, PolicyError
from racer.laps import save_lap
from racer.tools import pace_table
from racer.tools.pace_table import BARS, pace
from racer.tracks import list_tracks, load_track

KINDS = (*BUILT_IN, "sb3", "onnx", "replay", "human")
REAL_CIRCUITS = sorted((Path(__file__).resolve().parents[2] / "shared" / "tracks").glob("*.csv"))


@pytest.fixture(scope="module")
def track() -> _core.circuit.Track:
    return load_track("harbour")


@pytest.fixture(scope="module")
def standing_lap(track: _core.circuit.Track, tmp_path_factory: pytest.TempPathFactory) -> Path:
    result = evaluate_driver(make_driver("casual", track), track, starts=1, laps=1, record=True)
    path = tmp_path_factory.mktemp("laps") / "casual.lap.npz"
    save_lap(result.finished[0].record("casual", "agent"), path)
    return path


@pytest.fixture
def driver(
    request: pytest.FixtureRequest, track: _core.circuit.Track, standing_lap: Path, tmp_path: Path
) -> Any:
    kind = request.param
    if kind == "sb3":
        return small_driver(small_config("sac"))
    if kind == "onnx":
        path = small_policy(small_config("ppo", "lidar", "pedals"), tmp_path / "p.onnx")
        return make_driver(str(path), track)
    if kind == "replay":
        return make_driver(str(standing_lap), track)
    if kind == "human":
        from racer.play.keyboard import HumanDriver, Keys, ScriptedKeyboard

        return HumanDriver(ScriptedKeyboard(lambda: Keys(left=True, up=True)))
    return make_driver(kind, track)


@pytest.mark.parametrize("driver", KINDS, indirect=True)
def test_every_driver_keeps_the_protocol(driver: Any) -> None:
    assert isinstance(driver.name, str)
    assert driver.name
    assert driver.action in ACTIONS
    assert driver.ticks_per_action >= 1
    fields = ACTIONS[driver.action]
    low = np.array([f["low"] for f in fields])
    high = np.array([f["high"] for f in fields])
    size = ObservationReader(driver.observation).size
    random = np.random.default_rng(0)
    for rows in (1, 5):
        driver.reset()
        obs = random.uniform(-1.0, 1.0, (rows, size)).astype(np.float32)
        before = obs.copy()
        first = driver.act(obs)
        kept = first.copy()
        assert first.shape == (rows, len(fields))
        assert first.dtype == np.float32
        driver.act(obs)
        driver.reset(np.arange(rows) % 2 == 0)
        last = driver.act(obs)
        for action in (first, last):
            assert np.all((action >= low) & (action <= high))
        np.testing.assert_array_equal(obs, before)
        np.testing.assert_array_equal(first, kept)  # an answer is the asker's to keep


@pytest.mark.parametrize("driver", KINDS, indirect=True)
def test_every_driver_drives_every_environment(driver: Any, track: _core.circuit.Track) -> None:
    config = EnvConfig(
        observation=driver.observation,
        action=driver.action,
        ticks_per_action=driver.ticks_per_action,
    )
    driver.reset()
    single = gymnasium.make("racer/Circuit-v0", track=track, config=config)
    obs, _ = single.reset(seed=1)
    for _ in range(20):
        action = driver.act(obs[None])[0]
        assert single.action_space.contains(action)
        obs = single.step(action)[0]
    many = gymnasium.make_vec("racer/Circuit-v0", num_envs=3, track=track, config=config)
    driver.reset()
    obs, _ = many.reset(seed=1)
    for _ in range(20):
        obs = many.step(driver.act(obs))[0]
    batch = RacerVecEnv(3, track, config, seed=1)
    driver.reset()
    obs = batch.reset()
    for _ in range(20):
        obs = batch.step(driver.act(obs))[0]
    session = Session(track, worlds=2)
    drive(session, [Seat(driver, session)], 60)
    assert session.batch.nan_actions == 0


@pytest.mark.parametrize("name", BARS)
def test_scripted_drivers_lap_harbour_at_their_pace(name: str, track: _core.circuit.Track) -> None:
    found = pace(name, track, starts=3, laps=1)
    assert found.bound_known
    assert found.clean == found.laps == 4
    assert found.holds, found


@pytest.mark.slow
@pytest.mark.parametrize("name", BARS)
@pytest.mark.parametrize("circuit", list_tracks())
def test_scripted_drivers_lap_the_catalogue(name: str, circuit: str) -> None:
    found = pace(name, load_track(circuit), starts=8, laps=3)
    assert found.clean == found.laps
    assert found.holds, found


@pytest.mark.slow
@pytest.mark.skipif(not REAL_CIRCUITS, reason="the real circuits are not here")
@pytest.mark.parametrize("name", BARS)
@pytest.mark.parametrize("path", REAL_CIRCUITS, ids=lambda path: path.stem)
def test_scripted_drivers_lap_real_circuits(name: str, path: Path) -> None:
    found = pace(name, load_track(path), starts=4, laps=2)
    assert found.clean == found.laps
    assert found.holds, found


@pytest.mark.slow
@pytest.mark.parametrize("circuit", [*list_tracks(), *map(str, REAL_CIRCUITS)])
def test_a_classical_driver_holds_95_per_cent_of_the_grip(circuit: str) -> None:
    track = load_track(circuit)
    result = evaluate_driver(ScriptedDriver("95 %", track, grip=0.95), track, starts=4, laps=2)
    assert result.valid == result.laps
    assert all(lap.valid for lap in result.finished)


@pytest.mark.slow
@pytest.mark.parametrize("circuit", list_tracks())
def test_good_comes_back_from_a_disturbed_start(circuit: str) -> None:
    """Wrong heading, off the line, too fast for a stranger: it may run wide, but it laps again."""
    track = load_track(circuit)
    session = Session(track, worlds=24, record=False)
    random = np.random.default_rng(5)
    for world in range(24):
        s = (world + random.random()) / 24 * track.length
        station = track.stations[int(s / track.spacing) % track.station_count]
        side = random.uniform(-0.6, 0.6)
        room = station["width_left"] if side > 0.0 else station["width_right"]
        speed = random.uniform(0.2, 1.0) * float(station["spawn_speed"])
        session.place(world, 0, s, side * float(room), random.uniform(-0.35, 0.35), speed)
    seat = Seat(make_driver("good", track), session)
    seconds = 3.2 * reference_lap_seconds(track)
    laps = drive(session, [seat], int(seconds / _core.TICK_SECONDS))
    for world in range(24):
        own = [lap for lap in laps if lap.world == world]
        assert own, f"start {world} never crossed the line"
        assert own[-1].valid, f"start {world} does not lap cleanly again"


def test_the_keyboard_like_driver_is_its_seed(track: _core.circuit.Track) -> None:
    def inputs(seed: int, worlds: int) -> Any:
        session = Session(track, worlds=worlds)
        seat = Seat(make_driver("keyboard", track, seed=seed), session)
        taken = []
        for _ in range(240):
            session.tick(seat.pedals()[:, None])
            taken.append(session.batch.inputs[:, 0].copy())
        return np.stack(taken)

    first = inputs(1, 3)
    np.testing.assert_array_equal(first, inputs(1, 3))
    np.testing.assert_array_equal(first[:, :1], inputs(1, 1))  # a car's draws are its own
    assert np.any(first != inputs(2, 3))
    assert np.any(first[:, 0] != first[:, 1])


def test_the_keyboard_like_driver_has_only_keys(track: _core.circuit.Track) -> None:
    """Its pedals are what the filter of a person's keys makes of keys held for 50 or 100 ms."""
    session = Session(track)
    driver = KeyboardDriver(track, seed=4)
    seat = Seat(driver, session)
    hands, key_filter = driver._hands, KeyFilter()
    read = ObservationReader("track")
    held: list[Keys] = []
    delay = 0
    for tick in range(600):
        # As the driver reads it: in float32.
        speed = float(read(session.observation(), "speed")[0])
        pedals = seat.pedals()
        if tick == 0:
            delay = hands[0].delay
            held = [Keys(up=True)] * delay  # on the grid it waits with the throttle key down
            assert 0.1 <= delay * _core.TICK_SECONDS <= 0.2 + 1e-9
        held.append(hands[0].keys[tick % LOOK_TICKS])
        expected = key_filter.step(held[tick], speed)
        np.testing.assert_allclose(pedals[0], expected, atol=1e-6)
        session.tick(pedals[:, None])
    pressed = np.array([(k.left, k.right, k.up, k.down) for k in held[delay:]])
    changes = np.flatnonzero(np.any(pressed[1:] != pressed[:-1], axis=1)) + 1
    assert len(changes) > 20
    assert np.all(changes % TAP_TICKS == 0)
    assert 5 < np.sum(changes % LOOK_TICKS != 0) < len(changes) - 5


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("vehicle", _core.vehicles())
def test_grip_maps_know_where_grip_goes(vehicle: str) -> None:
    # The cached function's own body: what it computes must be finite on the way, too.
    limits = grip_map.__wrapped__(vehicle, 1.0)
    assert all(np.all(np.isfinite(table)) for table in (limits.brake, limits.drive))
    # Braking hardest straight ahead, and still possible at the lateral limit of a steady corner.
    assert np.all(np.diff(limits.brake, axis=1) >= 0.0)
    assert np.all(np.diff(limits.drive, axis=1) <= 0.0)
    row = int(np.searchsorted(limits.speeds, 40.0))
    assert limits.brake[row, -1] < -5.0
    less = grip_map.__wrapped__(vehicle, 0.8)
    assert np.all(less.lateral < limits.lateral)
    # Less grip, less braking: but where the pedal is at its end grip does not matter.
    assert np.all(less.brake[row] >= limits.brake[row])
    assert np.all(less.brake[row, 10:] > limits.brake[row, 10:])


def test_a_replay_drives_the_same_lap_again(track: _core.circuit.Track, standing_lap: Path) -> None:
    driver = make_driver(str(standing_lap), track)
    session = Session(track, worlds=2)
    laps = drive(session, [Seat(driver, session)], driver.record.ticks)  # type: ignore[attr-defined]
    assert [lap.time_s for lap in laps] == [driver.record.lap_time_s] * 2  # type: ignore[attr-defined]


def test_drivers_that_cannot_be(
    track: _core.circuit.Track, standing_lap: Path, tmp_path: Path
) -> None:
    with pytest.raises(PolicyError, match="no driver 'fast'; there are random, casual, good"):
        make_driver("fast", track)
    with pytest.raises(PolicyError, match="can run code"):
        make_driver("model.zip", track)
    with pytest.raises(PolicyError, match="no such policy"):
        make_driver(str(tmp_path / "none.onnx"), track)
    with pytest.raises(PolicyError, match="no such policy"):
        make_driver(str(tmp_path), track)  # the folder of a run without a policy
    with pytest.raises(LapError, match="was driven on 'Harbour'"):
        make_driver(str(standing_lap), load_track("ridgeway"))


def test_the_ring_is_solved_like_any_matrix() -> None:
    random = np.random.default_rng(0)
    for count in (16, 33, 100):
        here = np.arange(count)
        narrow = np.zeros((count, count))
        for shift in (-1, 0, 1):
            narrow[here, (here + shift) % count] = random.normal(size=count)
        matrix = narrow.T @ narrow + 0.1 * np.eye(count)
        right = random.normal(size=count)
        x = _solve_ring(matrix, right)
        np.testing.assert_allclose(matrix @ x, right, atol=1e-9)
        low, high = np.full(count, -0.2), np.full(count, 0.3)
        best = _bounded_least_squares(narrow, right, low, high, np.zeros(count))
        gradient = narrow.T @ (narrow @ best + right)
        # Where the cost still falls, there is no room left that way.
        assert np.all(np.maximum(-gradient, 0.0) * (high - best) < 1e-3)
        assert np.all(np.maximum(gradient, 0.0) * (best - low) < 1e-3)
        assert np.all((best >= low) & (best <= high))


def test_the_car_model_knows_the_cars_limits() -> None:
    """Against the engine: full throttle and full brake on an endless plane."""
    car = CarModel("gt")
    slow, fast = np.array(30.0), np.array(50.0)
    pushing = (car.drive_limit(slow) - car.resistance(slow)) / car.mass
    braking = -car.braking_limit(fast) - car.resistance(fast) / car.mass
    for speed, pedals, wanted in ((30.0, (1.0, 0.0), pushing), (50.0, (0.0, 1.0), braking)):
        start = np.array([0, 0, 1, 0, speed, 0, 0, 0, 0], float)
        states = _core.simulate("gt", start, np.tile([0.0, *pedals], (30, 1)))
        measured = (states[25, 4] - states[15, 4]) / (10 * _core.TICK_SECONDS)
        assert measured == pytest.approx(float(wanted), rel=0.08)


def test_the_pace_table_passes_over_files_that_hold_no_circuit(tmp_path, capsys):
    (tmp_path / "nonsense.csv").write_text("1,2,3,4\n", "utf-8")
    assert pace_table.main(["--tracks", str(tmp_path), "--only", "nonsense"]) == 1
    output = capsys.readouterr()
    assert "nonsense.csv" in output.err
    assert "files that hold no circuit: 1" in output.out
