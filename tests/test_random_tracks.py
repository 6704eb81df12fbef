"""Random circuits: every seed gives one, always the same, and they differ."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from track_scene import write_csv

from racer.drivers.circuit.make import make_driver
from racer.envs.circuit.env import RacerEnv
from racer.envs.circuit.episodes import evaluate_driver
from racer.errors import TrackError
from racer.laps.names import track_title
from racer.tracks import corners, load_track, random_track
from racer.tracks.check import check_line
from racer.tracks.dice import Dice
from racer.tracks.random_tracks import KINDS, ROAD_COURSE, random_circuit
from racer.tracks.source import read_source
from racer.tracks.survey import survey

# SHA-256 of the points in whole millimetres. They may change only when the generator does, which
# makes other circuits of the seeds: say so in the changelog.
GOLDEN_ROAD_COURSES = {0: "4ad2328e8bda14f5", 1: "02c2a96d50def6ac", 7: "f6bef87e75a7c35a"}
GOLDEN = {
    0: "ad004e40bb42e083",
    1: "916a350dec14670a",
    2: "b1c39335a971318b",
    4: "0bdae38a86af1c11",
}


def millimetres(seed: int, kind: str | None = None) -> str:
    line = random_circuit(seed, kind).line
    return hashlib.sha256(np.round(line * 1000.0).astype("<i8").tobytes()).hexdigest()[:16]


def check(seed: int, kind: str | None = None) -> float:
    """Raises unless the seed gives a valid circuit; its length [m]."""
    circuit = random_circuit(seed, kind)
    findings, track = check_line(circuit.line, runoff=circuit.runoff)
    assert track is not None, (seed, findings)
    assert not [finding for finding in findings if finding.level == "error"], (seed, findings)
    assert np.array_equal(np.round(circuit.line, 3), circuit.line)
    return track.length


def test_seeds_give_valid_circuits_of_many_lengths() -> None:
    lengths = [check(seed) for seed in range(120)]
    assert min(lengths) < 1600.0
    assert max(lengths) > 4500.0


@pytest.mark.slow
@pytest.mark.parametrize("thousand", range(10))
def test_ten_thousand_seeds_give_valid_circuits(thousand: int) -> None:
    for seed in range(1000 * thousand, 1000 * (thousand + 1)):
        check(seed)
        check(seed, ROAD_COURSE)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_casual_laps_random_circuits(seed: int) -> None:
    track = load_track(f"random:{seed}")
    result = evaluate_driver(make_driver("casual", track), track, starts=2, laps=1)
    assert (result.completed, result.valid) == (2, 2)


def test_a_seed_means_the_same_circuit_everywhere() -> None:
    assert {seed: millimetres(seed) for seed in GOLDEN} == GOLDEN
    assert load_track("random:3").fingerprint == random_track(3).fingerprint
    assert load_track("random:3").name == "random:3"
    assert len({load_track(f"random:{seed}").fingerprint for seed in range(20)}) == 20


def test_road_courses_are_like_real_circuits() -> None:
    """Medians over seeds lie where the eight real circuits lie that we test with."""
    tracks = [random_track(seed, ROAD_COURSE) for seed in range(40)]
    found = [corners(track) for track in tracks]
    tightest = [min(corner.radius for corner in each) for each in found]
    assert 8.0 < np.median(tightest) < 15.0
    assert min(tightest) > 5.6
    assert sum(radius < 10.0 for radius in tightest) >= 8
    density = [1e3 * len(each) / track.length for each, track in zip(found, tracks, strict=True)]
    assert 2.0 < np.median(density) < 3.6
    lengths = [track.length for track in tracks]
    assert min(lengths) < 2500.0
    assert max(lengths) > 5000.0
    straight = [np.mean(np.abs(track.stations["curvature"]) < 1.0 / 400.0) for track in tracks]
    assert 0.5 < np.median(straight) < 0.78
    width = [
        (track.stations["width_left"] + track.stations["width_right"]).min() for track in tracks
    ]
    assert min(width) < 8.5
    assert max(width) > 13.0


def test_a_kind_can_be_named() -> None:
    for kind in KINDS:
        track = load_track(f"random:7-{kind}")
        assert track.name == f"random:7-{kind}"
        assert track.fingerprint == random_track(7, kind).fingerprint
        assert track_title(track) == f"random:7-{kind} (random circuit)"
    assert {seed: millimetres(seed, ROAD_COURSE) for seed in GOLDEN_ROAD_COURSES} == (
        GOLDEN_ROAD_COURSES
    )


def test_the_dice_are_the_raw_bits_of_the_generator() -> None:
    first = [0.7701409510034741, 0.1119272443176843, 0.18909773329712753]
    assert Dice(7, 1).many(3).tolist() == first
    assert Dice(7, 1).many(3, 2.0, 4.0).tolist() == [2.0 + 2.0 * share for share in first]
    assert {Dice(seed).whole(2, 4) for seed in range(50)} == {2, 3, 4}


def test_a_seed_passes_the_import_of_a_file(tmp_path: Path) -> None:
    for seed, kind in enumerate(KINDS):
        circuit = random_circuit(seed, kind)
        result = survey(read_source(write_csv(tmp_path / "a.csv", circuit.line)))
        assert result.track is not None
        assert result.largest_move < 1e-3
        assert result.track.length == pytest.approx(random_track(seed, kind).length, rel=1e-4)


def test_kinds_have_their_character() -> None:
    for seed in range(3):
        crossing = random_track(seed, "crossing").stations["curvature"].sum()
        assert abs(crossing * random_track(seed, "crossing").spacing) < 0.1
        street = corners(random_track(seed, "street"))
        assert len(street) >= 4
    technical = [len(corners(random_track(seed, "technical"))) for seed in range(8)]
    assert np.mean(technical) > 6.0


def test_environments_take_random_circuits_by_name() -> None:
    env = RacerEnv(track="random:5")
    observation, _ = env.reset(seed=1)
    assert env.observation_space.contains(observation)
    env.close()


@pytest.mark.parametrize(
    "name",
    [
        "random:",
        "random:-1",
        "random:x",
        "random:1.5",
        "random:9" * 9,
        "random:7-",
        "random:7-oval",
    ],
)
def test_what_is_no_seed_is_refused(name: str) -> None:
    with pytest.raises(TrackError, match="it must be random:SEED"):
        load_track(name)
    with pytest.raises(TrackError, match="there are technical"):
        random_track(1, "round")
    with pytest.raises(TrackError, match="from 0 to"):
        random_track(-1)
