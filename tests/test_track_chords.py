"""The road between the points of a file: by their chords, however far these lie apart."""

import json
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from polylines import WIDTH, circuit, distances, geojson
from track_scene import line_of, write_csv

from racer.cli.main import main
from racer.tracks import list_tracks, load_track
from racer.tracks.source import read_source
from racer.tracks.store import ImportOptions, import_track
from racer.tracks.survey import survey

REAL = Path(os.environ.get("RACER_REAL_TRACKS", Path(__file__).parents[2] / "shared" / "tracks"))
REAL_FILES = sorted(REAL.glob("*.csv"))
needs_real_tracks = pytest.mark.skipif(
    not REAL_FILES, reason="needs real circuits: set RACER_REAL_TRACKS to a folder of them"
)
PINNED = json.loads((Path(__file__).parent / "data" / "track_fingerprints.json").read_text())


def rectangle(points: int) -> np.ndarray:
    """(M, 4) straights of 800 and 200 m and four bends of radius 40 m, only these with points."""
    rows = []
    for x, y, angle in ((400, 0, -90), (400, 200, 0), (-400, 200, 90), (-400, 0, 180)):
        for turned in np.radians(angle + np.linspace(0, 90, points)):
            rows.append((x + 40 * np.cos(turned), y + 40 * np.sin(turned), 6.0, 6.0))
    return np.array(rows)


def oval(points: int) -> np.ndarray:
    """(M, 4) two straights of 800 m and two half circles of radius 40 m, only these with points."""
    rows = []
    for x, angle in ((400, -90), (-400, 90)):
        for turned in np.radians(angle + np.linspace(0, 180, points)):
            rows.append((x + 40 * np.cos(turned), 40 * np.sin(turned), 6.0, 6.0))
    return np.array(rows)


def road(track) -> np.ndarray:
    """(K, 2) the centre line as it is built, about every metre."""
    return np.column_stack([track.stations["x"], track.stations["y"]])


def check_tube(track, polyline: np.ndarray, tolerance: float) -> None:
    """The road leaves the polyline nowhere by more than the tolerance, nor misses a point."""
    line = road(track)
    assert distances(line, polyline).max() <= tolerance
    assert distances(polyline, line).max() <= tolerance


# What was built yesterday is built today ----------------------------------------------------------


def test_circuits_that_had_points_enough_are_the_same_to_the_last_bit():
    for name in list_tracks():
        assert str(load_track(name).fingerprint) == str(PINNED["catalogue"][name])
    for name, fingerprint in PINNED["random"].items():
        assert str(load_track(name).fingerprint) == str(fingerprint)


@needs_real_tracks
@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.stem)
def test_real_circuits_are_the_same_to_the_last_bit(path, tmp_path, monkeypatch):
    monkeypatch.setenv("RACER_TRACKS_DIR", str(tmp_path))
    assert str(load_track(path).fingerprint) == str(PINNED["by_path"][path.stem])
    import_track(read_source(path), ImportOptions())
    imported = load_track(path.stem)
    assert str(imported.fingerprint) == str(PINNED["imported"][path.stem])
    check_tube(imported, read_source(path).line[:, :2], 2.0)


# Far points ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [rectangle, oval])
@pytest.mark.parametrize("points", [4, 5, 7, 13, 25])
@pytest.mark.parametrize("way", ["path", "import"])
def test_long_straights_stay_straight_beside_bends(shape, points, way, tmp_path):
    table = shape(points)
    path = write_csv(tmp_path / "a.csv", table)
    track = load_track(path) if way == "path" else survey(read_source(path)).track
    check_tube(track, table[:, :2], 2.0)
    stations = track.stations
    bend = np.abs(stations["curvature"])
    assert 1.0 / bend.max() > 14.0
    straight = np.abs(stations["x"]) < 300.0
    assert bend[straight].max() < 1.0 / 800.0
    assert np.abs(np.diff(bend)).max() < 0.01  # no jumps for a driver to feel
    sides = (-40.0, 240.0) if shape is rectangle else (-40.0, 40.0)
    beside = np.min(np.abs(stations["y"][straight][:, None] - sides), axis=1)
    assert beside.max() < (0.3 if points > 5 else 1.1)


def test_the_report_says_how_far_the_line_leaves_its_chords(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("RACER_TRACKS_DIR", str(tmp_path / "mine"))
    path = write_csv(tmp_path / "a.csv", oval(4))
    assert main(["tracks", "validate", str(path), "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    result = survey(read_source(path))
    line, points = road(result.track), oval(4)[:, :2]
    assert report["largest_gap_m"] == pytest.approx(distances(line, points).max(), abs=0.05)
    assert report["largest_move_m"] == pytest.approx(distances(points, line).max(), abs=0.05)
    assert any(f.level == "repaired" and "far apart" in f.text for f in result.findings)
    assert main(["tracks", "import", str(path), "--no-picture"]) == 0
    said = f"moved {result.largest_move:.2f} m at most, {result.largest_gap:.2f} m from its chords"
    assert said in capsys.readouterr().out


def test_points_too_few_for_the_bends_are_still_kept_to(tmp_path):
    for step in (20.0, 30.0):
        table = line_of("timberline", step)
        result = survey(read_source(write_csv(tmp_path / "a.csv", table)))
        check_tube(result.track, table[:, :2], 2.0)
        check_tube(load_track(tmp_path / "a.csv"), table[:, :2], 2.0)
        assert 1.0 / np.abs(result.track.stations["curvature"]).max() > 12.0


@pytest.mark.parametrize("tolerance", [0.5, 1.0, 4.0])
def test_the_tolerance_that_somebody_states_is_kept(tolerance, tmp_path):
    table = oval(5)
    result = survey(read_source(write_csv(tmp_path / "a.csv", table)), tolerance=tolerance)
    check_tube(result.track, table[:, :2], tolerance)


def test_smoothing_leaves_a_narrow_road_on_its_ground(tmp_path):
    """A 1:10 track: the line moves by a third of the way to the nearer edge, at most."""
    table = line_of("ridgeway", 2.0, noise=1.2, seed=5) * 0.1
    table[:, 2:] = 1.1
    source = read_source(write_csv(tmp_path / "a.csv", table))
    result = survey(source)
    assert 0.0 < result.largest_move <= 1.1 / 3.0 + 1e-3
    assert distances(result.line[:, :2], table[:, :2]).max() <= 1.1 / 3.0 + 1e-3


def test_points_are_put_on_no_chord_of_a_bend(tmp_path):
    """Uneven points in a bend are no straight: the road stays round."""
    angle = np.radians(np.cumsum([3, 3, 3, 12, 3, 3, 3, 12, 3, 3] * 8))
    angle = angle[angle < 2 * np.pi - 0.02]
    table = np.column_stack(
        [100 * np.cos(angle), 100 * np.sin(angle), *np.full((2, len(angle)), 5)]
    )
    track = load_track(write_csv(tmp_path / "a.csv", table))
    assert track.stations["curvature"] == pytest.approx(0.01, rel=0.1)


# Maps ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_a_circuit_from_a_map_keeps_to_its_line(seed, tmp_path):
    line, clicked = circuit(seed)
    path = tmp_path / "a.geojson"
    path.write_text(geojson(clicked), "utf-8")
    source = read_source(path, width=WIDTH)
    result = survey(source)
    assert result.track is not None, result.refusal()
    polyline = source.line[:-1, :2]
    check_tube(result.track, polyline, 5.0)
    # Nearer to the way that was clicked than what the tolerance asks for: it is no smoothing.
    asked = distances(polyline_on(line, clicked, polyline), polyline).max()
    assert distances(road(result.track), polyline).max() < max(1.0, 3.0 * asked)


def polyline_on(line: np.ndarray, clicked: np.ndarray, polyline: np.ndarray) -> np.ndarray:
    """The true line in the coordinates that the clicked points got by way of degrees."""
    own = np.column_stack([clicked, np.ones(len(clicked))])
    change, *_ = np.linalg.lstsq(own, polyline, rcond=None)
    return np.column_stack([line, np.ones(len(line))]) @ change


@pytest.mark.slow
def test_points_all_in_one_spot_cost_no_memory(tmp_path):
    angle = np.concatenate(
        [np.linspace(0, 0.06, 15_000, endpoint=False), np.linspace(0.06, 2 * np.pi, 9_000)[:-1]]
    )
    line = np.column_stack(
        [5000 * np.cos(angle), 5000 * np.sin(angle), 0 * angle + 5, 0 * angle + 5]
    )
    path = tmp_path / "dense.csv"
    np.savetxt(path, line, fmt="%.9f")
    tracemalloc.start()
    try:
        assert load_track(path).length == pytest.approx(2 * np.pi * 5000, rel=1e-3)
        assert survey(read_source(path)).largest_gap < 0.01
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100e6, f"{peak / 1e6:.0f} MB"
