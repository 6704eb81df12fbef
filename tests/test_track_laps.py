"""Records of a car: more laps than one, a way from the pit lane, a car that stands."""

import numpy as np
import pytest
from track_scene import degrees_of, gpx, line_of, write_csv

from racer.tracks import load_track
from racer.tracks.source import read_source
from racer.tracks.survey import survey


def record(laps: float, *, step: float = 8.0, noise: float = 0.3, name: str = "timberline"):
    """(M, 2) a record of so many laps, each with its own noise."""
    line = line_of(name, step)[:, :2]
    count = round(laps * len(line))
    xy = line[np.arange(count) % len(line)]
    return xy + np.random.default_rng(7).normal(0.0, noise, xy.shape)


def standing(place: np.ndarray, count: int = 60, noise: float = 1.0) -> np.ndarray:
    return place + np.random.default_rng(3).normal(0.0, noise, (count, 2))


def surveyed(xy: np.ndarray, tmp_path):
    path = tmp_path / "a.gpx"
    path.write_text(gpx(degrees_of(xy)), "utf-8")
    result = survey(read_source(path, width=12.0))
    assert result.track is not None, result.refusal()
    assert result.track.length == pytest.approx(load_track("timberline").length, rel=0.01)
    return "\n".join(finding.text for finding in result.findings if finding.level == "repaired")


@pytest.mark.parametrize("laps", [1.1, 1.3, 2.0, 2.5, 3.0, 8.0])
def test_of_several_laps_the_first_is_used(laps, tmp_path):
    said = surveyed(record(laps), tmp_path)
    assert f"holds {laps:.1f} laps: the first complete one is used, from point 1 to" in said


@pytest.mark.parametrize("laps", [1.0, 1.02, 1.04])
def test_a_lap_and_a_little_more_is_a_lap(laps, tmp_path):
    assert "laps" not in surveyed(record(laps), tmp_path)


def test_a_table_of_two_laps_is_cut_too(tmp_path):
    table = line_of("saltpan", 5.0)
    result = survey(
        read_source(write_csv(tmp_path / "a.csv", np.vstack([table, table + [0.5, 0.5, 0, 0]])))  # noqa: RUF005
    )
    assert result.track.length == pytest.approx(load_track("saltpan").length, rel=0.01)
    assert any("holds 2.0 laps" in finding.text for finding in result.findings)


@pytest.mark.parametrize("where", ["first", "last", "between", "both ends"])
@pytest.mark.parametrize("laps", [1.0, 2.2])
def test_a_car_that_stands_leaves_no_trace(where, laps, tmp_path):
    xy = record(laps)
    parts = {
        "first": [standing(xy[0]), xy],
        "last": [xy, standing(xy[-1])],
        "between": [xy[:200], standing(xy[199]), xy[200:]],
        "both ends": [standing(xy[0]), xy, standing(xy[-1])],
    }[where]
    said = surveyed(np.vstack(parts), tmp_path)
    assert "the car stands from point" in said


def test_a_way_from_the_pit_lane_is_left_out(tmp_path):
    xy = record(2.3)
    out = xy[0] + np.column_stack([np.linspace(-300.0, -30.0, 40), np.linspace(60.0, 25.0, 40)])
    said = surveyed(np.vstack([out, xy]), tmp_path)
    assert "after a way of" in said
    assert "the first complete one is used" in said


def test_a_bridge_is_no_second_lap(tmp_path):
    result = survey(read_source(write_csv(tmp_path / "a.csv", line_of("viaduct", 5.0))))
    assert result.track.length == pytest.approx(load_track("viaduct").length, rel=1e-3)


def once_a_second(name: str, laps: float, seed: int, noise: float = 0.5) -> np.ndarray:
    """(M, 2) a record of one point a second, from anywhere on, at a car's speeds."""
    track = load_track(name)
    xy = np.column_stack([track.stations["x"], track.stations["y"]])
    bend = np.abs(track.stations["curvature"])
    speed = np.minimum(55.0, np.sqrt(12.0 / np.maximum(bend, 1e-4)))
    count, ahead = len(xy), round(120.0 / track.spacing)
    speed = np.min([np.roll(speed, -k) for k in range(0, ahead, 4)], axis=0)
    rng = np.random.default_rng(seed)
    s = rng.uniform(0.0, track.length)
    end = s + laps * track.length
    places = []
    while s < end:
        places.append(int(s / track.length * count) % count)
        s += speed[places[-1]]
    return xy[places] + rng.normal(0.0, noise, (len(places), 2))


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))]
)
@pytest.mark.parametrize("name", ["saltpan", "oldtown", "viaduct"])
def test_the_ends_of_a_record_meet_wherever_its_points_lie(name, seed, tmp_path):
    for laps in (1.0, 1.02, 1.04, 1.06, 1.15, 2.0):
        path = tmp_path / "a.gpx"
        path.write_text(gpx(degrees_of(once_a_second(name, laps, seed))), "utf-8")
        result = survey(read_source(path, width=12.0))
        assert result.track is not None, (laps, result.refusal())
        assert result.track.length == pytest.approx(load_track(name).length, rel=0.03), laps


@pytest.mark.parametrize("count", [60, 900])
@pytest.mark.parametrize("where", ["first", "last", "both ends"])
def test_a_car_may_stand_for_longer_than_it_drives(count, where, tmp_path):
    for name in ("saltpan", "timberline"):
        xy = once_a_second(name, 1.1, 1)
        first, last = standing(xy[0], count, 2.0), standing(xy[-1], count, 2.0)
        parts = {"first": [first, xy], "last": [xy, last], "both ends": [first, xy, last]}[where]
        path = tmp_path / "a.gpx"
        path.write_text(gpx(degrees_of(np.vstack(parts))), "utf-8")
        result = survey(read_source(path, width=12.0))
        assert result.track is not None, result.refusal()
        assert result.track.length == pytest.approx(load_track(name).length, rel=0.03)
