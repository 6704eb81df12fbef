"""The scripted drivers lap cleanly everywhere, and the tool that says so can say no."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from racer import _core
from racer.drivers import make_driver
from racer.drivers.circuit import keyboard_like
from racer.drivers.circuit.car_model import CarModel
from racer.drivers.circuit.scripted import LineFollower, ScriptedDriver
from racer.envs.circuit.session import Seat, Session
from racer.errors import TrackError
from racer.tools import drivers_clean
from racer.tools.drivers_clean import DRIVERS, clean_laps, starts_on
from racer.tools.odd_circuits import KINDS, odd_circuit, odd_track
from racer.tracks import list_tracks, load_track

REAL = sorted((Path(__file__).resolve().parents[2] / "shared" / "tracks").glob("*.csv"))
# Circuits on which `good` ran wide once: braking out of a long bend, turning into a hairpin.
ONCE_UNCLEAN = (("braking-bend", 0), pytest.param("mixed", 4, marks=pytest.mark.slow))


@pytest.mark.parametrize(("kind", "seed"), ONCE_UNCLEAN)
def test_good_is_clean_where_it_brakes_while_it_turns(kind: str, seed: int) -> None:
    track = odd_track(kind, seed)
    found = clean_laps(make_driver("good", track), "good", track, starts=10, laps=1)
    assert (found.standing, found.flying) == (2, 10)
    assert found.clean, drivers_clean.line(found)
    assert found.gap is not None
    assert found.gap < 0.12


@pytest.mark.slow
@pytest.mark.parametrize("name", DRIVERS)
@pytest.mark.parametrize(
    "circuit",
    [
        *list_tracks(),
        *map(str, REAL),
        *(f"random:{seed}" for seed in range(2000, 2008)),
        *(f"{kind}-{seed}" for kind in KINDS for seed in (2000, 2001)),
    ],
)
def test_drivers_are_clean_from_a_hundred_starts(circuit: str, name: str) -> None:
    kind, _, seed = circuit.rpartition("-")
    track = odd_track(kind, int(seed)) if kind in KINDS else load_track(circuit)
    found = clean_laps(make_driver(name, track), name, track, starts=100, laps=2, seed=7)
    assert found.clean, drivers_clean.line(found)


def test_braked_wheels_hold_the_corner_and_what_their_brakes_pull_outwards() -> None:
    """The forces that the model finds, put together again as the engine does it."""
    car = CarModel("gt")
    p = car.parameters
    rng = np.random.default_rng(4)
    speed = rng.uniform(15.0, 70.0, 200)
    capacity = car.capacity(speed, rng.uniform(0.0, 4000.0, 200))
    inwards = capacity * rng.uniform(0.05, 0.6, (200, 1))
    slowing = rng.uniform(0.1, 0.7, 200) * capacity.sum(axis=-1)
    corner = car.braked(inwards, slowing, capacity)
    holds = np.all(corner.sideways < 0.97 * _largest(car, corner.brake, capacity), axis=-1)
    holds &= corner.brake[:, 0] < 0.97 * corner.left[:, 0]
    assert np.sum(holds) > 80
    for axle, name in enumerate(("front", "rear")):
        slip, brake = corner.slip[holds, axle], corner.brake[holds, axle]
        bx = p[f"stiffness_{name}"] * slip
        curvature = p[f"curvature_{name}"]
        tyre = np.sin(p[f"shape_{name}"] * np.arctan(bx - curvature * (bx - np.arctan(bx))))
        lateral = tyre * np.sqrt(np.square(capacity[holds, axle]) - np.square(brake))
        turning = lateral * np.cos(slip) - brake * np.sin(slip)
        np.testing.assert_allclose(turning, inwards[holds, axle], rtol=0.03)
    pulled = np.sum(corner.brake + corner.sideways * capacity * np.sin(corner.slip), axis=-1)
    braking = holds & (corner.brake[:, 0] > 0.0)
    np.testing.assert_allclose(pulled[braking], slowing[braking], rtol=0.02)


def _largest(car: CarModel, brake: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    """Lateral share that is left beside a braking force."""
    used = np.minimum(brake / capacity, car.parameters["grip_use"])
    return np.sqrt(1.0 - np.square(used))


def test_a_driver_looks_ahead_along_its_line() -> None:
    """Outside of a hairpin a metre of the line is less than one of the centre line, inside more."""
    track = odd_track("hairpins", 1)
    follower = LineFollower(track, smooth=True, grip=0.9, margin=0.5, vehicle="gt")
    s = np.linspace(0.0, track.length, 500, endpoint=False)
    ahead = follower.ahead(s, np.full(500, 2.0))
    at = track.stations
    grid = np.arange(track.station_count + 1) * track.spacing

    def point(place: np.ndarray) -> np.ndarray:
        points = at["x"] + 1j * at["y"]
        points = points + 1j * follower.line.offset * (at["tangent_x"] + 1j * at["tangent_y"])
        closed = np.append(points, points[0])
        return np.interp(place, grid, closed.real) + 1j * np.interp(place, grid, closed.imag)

    gone = np.abs(point(ahead % track.length) - point(s))
    np.testing.assert_allclose(gone, 2.0, atol=0.12)
    moved = np.abs((ahead - s + track.length / 2) % track.length - track.length / 2)
    assert np.max(moved) > 2.3
    assert np.min(moved) < 1.8


def test_odd_circuits_are_their_kind_and_seed() -> None:
    for kind in KINDS:
        line, track = odd_circuit(kind, 5)
        again, _ = odd_circuit(kind, 5)
        np.testing.assert_array_equal(line, again)
        assert track.name == f"odd:{kind}-5"
        assert 700.0 < track.length < 7100.0
    assert np.max(np.abs(odd_track("hairpins", 5).stations["curvature"])) > 1.0 / 9.5
    narrow = odd_track("narrow", 5).stations
    np.testing.assert_allclose(narrow["width_left"] + narrow["width_right"], 7.5, atol=0.05)
    with pytest.raises(TrackError, match="odd circuits are oval"):
        odd_track("square", 1)


def test_starts_stand_across_the_road_and_roll_around_the_lap() -> None:
    track = load_track("harbour")
    places = np.array(starts_on(track, 100))
    stands = places[:, 2] == 0.0
    assert np.sum(stands) == 20
    assert np.all(places[stands, 0] == 0.0)
    assert len(np.unique(places[stands, 1])) == 20
    assert np.max(np.diff(np.sort(places[~stands, 0]))) < track.length / 35.0


def test_the_tool_tells_a_driver_that_runs_wide(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wild(name: str, track: _core.circuit.Track, vehicle: str) -> ScriptedDriver:
        return ScriptedDriver(name, track, grip=1.25, margin=0.2, vehicle=vehicle)

    wanted = ["--only", "odd:oval-1", "--driver", "good", "--starts", "6", "--laps", "1"]
    assert drivers_clean.main(wanted) == 0
    assert "1 circuits: all clean" in capsys.readouterr().out
    monkeypatch.setattr(drivers_clean, "make_driver", wild)
    assert drivers_clean.main(wanted) == 1
    told = capsys.readouterr().out
    assert "NOT CLEAN" in told
    assert drivers_clean.main(["--only", "nowhere"]) == 2


@pytest.mark.skipif(not REAL, reason="the real circuits are not here")
def test_a_car_far_inside_of_a_line_that_crosses_the_road_stays_on_it() -> None:
    """Its way to the line leads along the edge, not with the line over it towards the apex."""
    track = load_track(next(path for path in REAL if path.stem == "Norisring"))
    session = Session(track, record=False)
    session.place(0, 0, 1626.8, 1.84, 0.0, 15.1)
    seat = Seat(make_driver("good", track), session)
    for _ in range(240):
        session.tick(seat.pedals()[:, None])
        assert session.telemetry["wheels_off"][0, 0] < 4.0
        assert session.telemetry["wall_contact"][0, 0] == 0.0


@pytest.mark.parametrize(("return_grip", "stays"), [(None, True), (np.inf, False)])
def test_a_keyboard_that_points_away_from_the_road_slows_down(
    monkeypatch: pytest.MonkeyPatch, return_grip: float | None, stays: bool
) -> None:
    """Placed along the centre line where its line crosses to the inside; it must not speed up."""
    if return_grip is not None:
        hands = replace(keyboard_like.HANDS, return_grip=return_grip)
        monkeypatch.setattr(keyboard_like, "HANDS", hands)
    track = odd_track("mixed", 1001)
    session = Session(track, worlds=12, record=False)
    for world in range(12):
        session.place(world, 0, 2175.9, 1.4, 0.0, 13.8)
    seat = Seat(make_driver("keyboard", track), session)
    strayed = np.zeros(12, np.bool_)
    for _ in range(180):
        session.tick(seat.pedals()[:, None])
        strayed |= session.telemetry["wheels_off"][:, 0] >= 4.0
        strayed |= session.telemetry["wall_contact"][:, 0] > 0.0
    assert np.any(strayed) != stays


def test_a_keyboard_waits_on_the_grid_with_the_throttle_key_down() -> None:
    """A car that stands still on the line may come to be a rounding error behind it."""
    track = odd_track("long-straight", 1001)
    session = Session(track, worlds=20, record=False)
    for world, n in enumerate(np.linspace(-3.0, 3.0, 20)):
        session.place(world, 0, 0.0, n, 0.0, 0.0)
    seat = Seat(make_driver("keyboard", track), session)
    for tick in range(20):
        pedals = seat.pedals()
        assert tick > 0 or (pedals[:, 1] > 0.0).all()
        session.tick(pedals[:, None])
    assert (session.telemetry["lap_reasons"][:, 0] == 0).all()
