import itertools

import numpy as np
import pytest
from laps_for_viewer import Person, agent_records, short_track

from racer import _core
from racer.drivers import make_driver
from racer.envs.circuit.session import FinishedLap, Seat, Session, drive
from racer.laps import verify_lap
from racer.laps.traces import trace_lap
from racer.optimal.reference import reference_lap
from racer.play.circuit.race import Race
from racer.play.circuit.timing import CarTiming, LapResult, Timing
from racer.play.keyboard import HumanDriver, KeyFilter, Keys, ScriptedKeyboard
from racer.tracks import list_tracks, load_track
from racer.viewer.circuit.replay import Replay
from racer.viewer.text import clock, signed

TICK = _core.TICK_SECONDS


# The keyboard.


def test_steering_builds_up_returns_faster_and_is_left_positive():
    keys = KeyFilter()
    pressed = [keys.step(Keys(left=True), 5.0)[0] for _ in range(30)]
    assert all(a < b for a, b in itertools.pairwise(pressed)) or pressed[-1] == pytest.approx(1.0)
    assert 0 < pressed[0] < 0.1
    building = next(i for i in range(1000) if keys.step(Keys(left=True), 5.0)[0] >= 1.0)
    ticks_up = 30 + building
    ticks_down = next(i for i in range(1000) if keys.step(Keys(), 5.0)[0] == 0.0)
    assert ticks_down < ticks_up
    assert KeyFilter().step(Keys(right=True), 5.0)[0] < 0


def test_less_lock_at_speed_and_both_keys_cancel():
    slow, fast = KeyFilter(), KeyFilter()
    for _ in range(60):
        at_rest = slow.step(Keys(left=True), 2.0)
        at_speed = fast.step(Keys(left=True), 60.0)
    assert at_rest[0] == pytest.approx(1.0)
    assert 0 < at_speed[0] < 0.5
    for _ in range(60):
        both = slow.step(Keys(left=True, right=True), 2.0)
    assert both[0] == 0.0


def test_pedals_ramp_stay_in_range_and_the_brake_wins():
    keys = KeyFilter()
    for _ in range(60):
        pedals = keys.step(Keys(up=True), 10.0)
        assert (pedals >= [-1, 0, 0]).all()
        assert (pedals <= 1).all()
    assert pedals[1] == pytest.approx(1.0)
    pedals = keys.step(Keys(up=True, down=True), 10.0)
    assert pedals[1] == 0.0
    assert 0 < pedals[2] < 1
    keys.reset()
    assert keys.step(Keys(), 10.0).tolist() == [0.0, 0.0, 0.0]


def test_human_driver_follows_the_protocol():
    driver = HumanDriver(ScriptedKeyboard(lambda: Keys(up=True, left=True)))
    for rows in (1, 5):
        actions = driver.act(np.zeros((rows, 14), np.float32))
        assert actions.shape == (rows, 3)
        assert actions.dtype == np.float32
    driver.reset(np.array([True, False, False, False, False]))
    first, second, *_ = driver.act(np.zeros((5, 14), np.float32))
    assert first[1] < second[1]
    driver.reset()
    assert (driver.act(np.zeros((5, 14), np.float32))[:, 1] == first[1]).all()


@pytest.mark.parametrize("track", ["harbour"])
def test_four_keys_are_enough_for_a_valid_lap(track):
    person = Person()
    race = Race(load_track(track), [person.driver])
    race.restart()
    for tick in range(7000):
        if tick % 6 == 0:
            person.look(race.session.observation("lidar")[0])
        finished = race.tick()
        if finished:
            break
    (lap,) = finished
    assert lap.valid
    assert 50 < lap.time_s < 115
    check = verify_lap(lap.record("Ada", "keyboard"))
    assert check.ok, check.reason


@pytest.mark.parametrize(
    "track",
    [
        name if name in ("harbour", "viaduct") else pytest.param(name, marks=pytest.mark.slow)
        for name in list_tracks()
    ],
)
@pytest.mark.parametrize("names", [("good", "casual"), ("casual", "good")])
def test_drivers_that_start_side_by_side_stay_on_the_road(track, names):
    road = load_track(track)
    race = Race(road, [make_driver(name, road) for name in names])
    race.restart()
    for _ in range(12 * 60):
        race.tick()
    assert not race.row["lap_reasons"].any()
    assert (race.row["distance"] > 150).all()


# Timing.


def test_clock_and_gap_are_written_as_people_read_them():
    assert clock(83.4564) == "1:23.456"
    assert clock(59.9996) == "1:00.000"
    assert clock(None, 2) == "-:--.--"
    assert signed(0.5321) == "+0.532"
    assert signed(-120.04) == "-120.0"


def test_timing_screen_agrees_with_the_engine():
    track = short_track()
    race = Race(track, [make_driver("good", track), make_driver("casual", track)])
    race.restart()
    mine = race.timing.cars[0]
    results, gaps = [], []
    while len(results) < 2:
        for lap in race.tick():
            if lap.car == 0:
                results.append(lap)
                assert mine.last.time == lap.time_s
                assert [s.time for s in mine.splits] == [float(x) for x in lap.event["sectors"]]
        gaps.append(race.gap())
    standing, flying = results
    assert mine.best == flying.time_s < standing.time_s
    assert sum(mine.last.sectors) == pytest.approx(flying.time_s)
    name, gap = gaps[-1]
    assert name == "casual"
    assert gap < 0
    assert race.timing.gap(1, 0) == pytest.approx(-race.timing.gap(0, 1))
    assert mine.delta == pytest.approx(0.0, abs=3.0)


def test_the_gap_to_a_car_that_stands_grows():
    track = short_track()
    race = Race(track, [make_driver("good", track), make_driver("casual", track)])
    race.restart()
    assert race.gap() == ("casual", 0.0)
    for _ in range(60):
        race.session.tick(np.array([[[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]], np.float32))
        race.timing.tick(race.row, {})
    assert race.gap()[1] == pytest.approx(1.0, abs=0.05)
    assert race.timing.gap(1, 0) == pytest.approx(-race.gap()[1])


def facts_of(**changes):
    telemetry = {
        "episode_ticks": 60,
        "distance": 10.0,
        "lap": 1,
        "lap_reasons": 0,
        "lap_running": 1,
        "lap_start": 0.0,
        "s": 10.0,
        "sector": 0,
        "sector_time_1": 0.0,
        "sector_time_2": 0.0,
    }
    return {name: np.array([value]) for name, value in (telemetry | changes).items()}


def test_sector_colours():
    timing = Timing(1)
    car = timing.cars[0]
    timing.tick(facts_of(sector=1, sector_time_1=20.0), {})
    assert car.splits[0].colour == "purple"
    timing.tick(facts_of(), {0: LapResult(61.0, (20.0, 20.0, 21.0), True, False)})
    assert [split.fresh for split in car.splits] == [False] * 3
    timing.tick(facts_of(sector=1, sector_time_1=20.5), {})
    assert (car.splits[0].colour, car.splits[0].fresh) == ("yellow", True)
    other = CarTiming()
    other.tick(facts_of(sector=1, sector_time_1=20.5), 0, [20.0, None, None])
    assert other.splits[0].colour == "green"


def test_a_lap_that_does_not_count_is_no_best():
    timing = Timing(1)
    timing.tick(facts_of(), {0: LapResult(50.0, (10.0, 20.0, 20.0), False, False, ("wall",))})
    assert timing.cars[0].best is None
    assert timing.cars[0].last.time == 50.0


def test_the_replay_says_how_far_laps_are_from_the_best_known() -> None:
    track = load_track("harbour")
    session = Session(track)
    seat = Seat(make_driver("good", track), session)
    laps: list[FinishedLap] = []
    while len(laps) < 2 and session.ticks < 10_000:
        laps += drive(session, [seat], 60)
    lap = laps[1].record("good", "agent")
    known = reference_lap(track, "gt")
    assert known is not None
    assert known.demonstrated_lap_s is not None
    slower = 100.0 * (lap.lap_time_s / known.flying_lap_s - 1.0)
    behind = 100.0 * (lap.lap_time_s / known.demonstrated_lap_s - 1.0)
    text = f"minimum {slower:+.1f} %, demonstrated {behind:+.1f} %"
    assert Replay([trace_lap(lap)]).gaps == [text]
    session.place(0, 0, track.length - 60.0, 0.0, 0.0, 20.0)
    seat.reset()
    rolling: list[FinishedLap] = []
    while not rolling and session.ticks < 20_000:
        rolling = drive(session, [seat], 60)
    unproved = Replay([trace_lap(rolling[0].record("good", "agent"))])
    assert unproved.gaps == [""]
    assert "(not proved)" in unproved.names[0]
    assert unproved.hud(1.0).timing.best is None
    unknown = Replay([trace_lap(agent_records()[1])])
    assert unknown.gaps == [""]
