"""Importing circuits: formats, noise, closing, bridges, the folder of the user's tracks."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from track_scene import degrees_of, gpx, hairpins, line_of, ring, stadium, write_csv

from racer.cli.main import main
from racer.drivers.circuit.make import make_driver
from racer.envs.circuit.episodes import evaluate_driver
from racer.errors import TrackError
from racer.tracks import catalogue as catalogue_module
from racer.tracks import (
    list_tracks,
    list_user_tracks,
    load_track,
    read_settings,
    track_key,
    track_path,
)
from racer.tracks.geographic import to_metres
from racer.tracks.source import read_source
from racer.tracks.store import ImportOptions, import_track
from racer.tracks.survey import Survey, survey

REAL = Path(os.environ.get("RACER_REAL_TRACKS", Path(__file__).parents[2] / "shared" / "tracks"))
REAL_FILES = sorted(REAL.glob("*.csv"))
needs_real_tracks = pytest.mark.skipif(
    not REAL_FILES, reason="needs real circuits: set RACER_REAL_TRACKS to a folder of them"
)


@pytest.fixture
def user_tracks(monkeypatch, tmp_path):
    folder = tmp_path / "mine"
    monkeypatch.setenv("RACER_TRACKS_DIR", str(folder))
    return folder


def surveyed(tmp_path: Path, table: np.ndarray, **options) -> Survey:
    return survey(read_source(write_csv(tmp_path / "a.csv", table)), **options)


def texts(result: Survey, level: str) -> str:
    return "\n".join(finding.text for finding in result.findings if finding.level == level)


def offsets(name: str, result: Survey) -> np.ndarray:
    """Distances (K,) of the result's line from a circuit's centre line [m]."""
    return np.abs(load_track(name).locate(result.line[:, 0], result.line[:, 1])[1])


# Folds --------------------------------------------------------------------------------------------


def test_a_hairpin_that_folds_by_centimetres_loses_the_tip_of_its_loop(tmp_path):
    table = hairpins(width=6.4)
    result = surveyed(tmp_path, table)
    assert result.track is not None
    repaired = texts(result, "repaired")
    assert repaired.count("the left boundary folded over itself") == 2, repaired
    told = r"near row \d+ .* radius 5\.\d m the road is now \d\.\d m wide, not 6\.4 m"
    assert re.search(told, repaired)
    assert "folding" not in texts(result, "note")
    left, right = result.line[:, 3], result.line[:, 2]
    assert right.min() == 6.4
    assert 4.0 < left.min() < 5.6
    assert np.mean(left < 6.4) < 0.08  # nothing but the two apexes

    taken = load_track(tmp_path / "a.csv")  # as it is, but for the same repair
    assert taken.stations["width_left"].min() == pytest.approx(left.min(), abs=0.8)
    assert taken.stations["width_right"].min() > 6.3


@pytest.mark.parametrize("start", range(0, 88, 11))
def test_where_a_lap_begins_makes_no_fold(tmp_path, start):
    table = np.roll(hairpins(width=5.6), start, axis=0)  # as tight as its radius
    assert surveyed(tmp_path, table).track is not None
    assert surveyed(tmp_path, table, reverse=True, start_offset=1.7).track is not None


def test_a_road_wider_than_its_bends_stays_refused(tmp_path):
    result = surveyed(tmp_path, hairpins(width=7.5))
    assert result.track is None
    assert "the left boundary folds over itself" in texts(result, "error")
    with pytest.raises(TrackError, match="left boundary folds over itself"):
        load_track(tmp_path / "a.csv")


# Noise --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["harbour", "timberline"])
@pytest.mark.parametrize("step", [1.0, 5.0, 20.0])
def test_a_line_without_noise_stays_where_it_is(tmp_path, name, step):
    result = surveyed(tmp_path, line_of(name, step))
    assert result.track is not None
    assert "smoothed" not in texts(result, "repaired")
    if step < 20.0:
        assert result.largest_move < 1e-3
    assert result.track.length == pytest.approx(load_track(name).length, rel=0.01)


@pytest.mark.parametrize(("step", "noise"), [(1.0, 0.1), (1.0, 0.5), (5.0, 0.3)])
def test_smoothing_takes_noise_out_within_the_tolerance(tmp_path, step, noise):
    measured = line_of("ridgeway", step, noise=noise, seed=4)
    result = surveyed(tmp_path, measured)
    assert result.track is not None
    assert result.noise == pytest.approx(noise, rel=0.35)
    assert 0.0 < result.largest_move <= 2.0
    assert f"{result.largest_move:.2f} m at most" in texts(result, "repaired")
    _, apart = result.track.locate(measured[:, 0], measured[:, 1])
    assert np.abs(apart).max() <= result.largest_move + 0.01
    assert np.sqrt(np.mean(offsets("ridgeway", result) ** 2)) < 0.6 * noise
    smooth = 1.0 / np.abs(load_track("ridgeway").stations["curvature"]).max()
    assert 1.0 / np.abs(result.track.stations["curvature"]).max() > 0.6 * smooth


def test_the_tolerance_is_kept_and_named_when_it_is_too_small(tmp_path):
    noisy = line_of("harbour", 1.0, noise=0.3)
    kept = surveyed(tmp_path, noisy, tolerance=0.0)
    assert kept.largest_move < 1e-9
    tight = surveyed(tmp_path, noisy, tolerance=0.4)
    assert tight.largest_move <= 0.4
    assert tight.track is None
    assert "--tolerance" in str(tight.refusal())
    assert surveyed(tmp_path, noisy, tolerance=2.0).track is not None


def test_many_points_and_rounded_ones_are_averaged(tmp_path):
    dense = line_of("ridgeway", 1.0).repeat(4, axis=0)
    dense[:, :2] += 0.1 * np.random.default_rng(1).standard_normal((len(dense), 2))
    result = surveyed(tmp_path, dense)
    assert result.track is not None
    assert offsets("ridgeway", result).max() < 0.3
    rounded = line_of("timberline", 2.0)
    rounded[:, :2] = np.round(rounded[:, :2])
    assert surveyed(tmp_path, rounded).track is not None


def test_the_same_file_gives_the_same_bytes(user_tracks, tmp_path):
    path = write_csv(tmp_path / "a.csv", line_of("harbour", 2.0, noise=0.2))
    files = []
    for _ in range(2):
        import_track(read_source(path), ImportOptions(name="Twice", force=True))
        files.append([(user_tracks / f"twice{end}").read_bytes() for end in (".csv", ".toml")])
    assert files[0] == files[1]


# Ends, points, direction --------------------------------------------------------------------------


def test_what_is_repaired_is_said(tmp_path):
    line = line_of("timberline", 5.0)
    gap = surveyed(tmp_path, line[:-3])
    assert "a gap of 20.0 m from row 1061 (line 1062) to row 1 (line 2)" in texts(gap, "repaired")
    shift = np.array([0.4, 0.3, 0.0, 0.0])
    beyond = surveyed(tmp_path, np.vstack([line, line[:10] + shift]))
    assert "goes on beyond its beginning: row 1065" in texts(beyond, "repaired")
    assert beyond.track is not None
    assert beyond.track.length == pytest.approx(load_track("timberline").length, rel=0.002)
    twice = surveyed(tmp_path, np.vstack([line[:7], line[6:7], line[7:]]))
    assert "row 8 (line 9) repeats the point before it" in texts(twice, "repaired")
    closed = surveyed(tmp_path, np.vstack([line, line[:1]]))
    assert texts(closed, "repaired") == ""
    assert closed.track is not None


def test_a_line_that_comes_back_to_its_first_point_has_no_gap(tmp_path):
    straight = stadium(gap=80.0, length=600.0, step=20.0)
    keep = ~((straight[:, 1] < -39.9) & (np.abs(straight[:, 0]) < 280.0))
    at = int(np.flatnonzero(np.diff(keep.astype(int)) == 1)[0]) + 1
    open_line = np.roll(straight, -at, axis=0)[: keep.sum()]
    assert "gap" not in texts(surveyed(tmp_path, np.vstack([open_line, open_line[:1]])), "repaired")
    result = surveyed(tmp_path, np.vstack([open_line, open_line[:1]]))
    assert result.track is not None
    assert re.search(r"from row \d+ .* to row 1 .* no point for 5\d\d m", texts(result, "note"))
    with pytest.raises(TrackError, match="not closed"):
        surveyed(tmp_path, open_line)


def test_direction_start_and_reverse(tmp_path):
    line = line_of("saltpan", 5.0)
    plain = surveyed(tmp_path, line)
    assert "counter-clockwise, 2,583 m" in texts(plain, "note")
    back = surveyed(tmp_path, line, reverse=True)
    assert "\nclockwise" in "\n" + texts(back, "note")
    assert np.hypot(*(back.line[0, :2] - line[0, :2])) < 0.1
    assert back.line[1, 0] < back.line[0, 0] < plain.line[1, 0]
    moved = surveyed(tmp_path, line, start_offset=100.0)
    s, n = load_track("saltpan").locate(moved.line[:1, 0], moved.line[:1, 1])
    assert (s[0], n[0]) == pytest.approx((100.0, 0.0), abs=0.1)
    moved = surveyed(tmp_path, line, start_offset=100.0, reverse=True)
    s, _ = load_track("saltpan").locate(moved.line[:1, 0], moved.line[:1, 1])
    assert s[0] == pytest.approx(load_track("saltpan").length - 100.0, abs=0.1)


def test_widths_keep_to_their_sides(tmp_path):
    line = line_of("saltpan", 5.0)
    line[:, 2] = 4.0
    plain, back = surveyed(tmp_path, line), surveyed(tmp_path, line, reverse=True)
    assert plain.line[:, 2] == pytest.approx(4.0)
    assert back.line[:, 3] == pytest.approx(4.0)
    assert plain.track.stations["width_right"] == pytest.approx(4.0, abs=0.06)


def test_widths_stay_where_they_are_between_uneven_points(tmp_path):
    line = line_of("timberline", 1.0)
    line[:, 3] = 5.0 + 1.5 * np.sin(np.arange(len(line)) * (4 * np.pi / len(line)))
    gaps = np.random.default_rng(2).integers(2, 14, len(line))
    uneven = line[np.unique(np.minimum(np.cumsum(gaps), len(line) - 1))]
    track = surveyed(tmp_path, uneven, tolerance=0.0).track
    s, _ = track.locate(line[:, 0], line[:, 1])
    at = np.round(s / track.spacing).astype(int) % len(track.stations)
    assert track.stations["width_left"][at] == pytest.approx(line[:, 3], abs=0.12)


def test_the_start_stays_where_points_are_averaged(tmp_path):
    line = line_of("ridgeway", 1.0, noise=0.4, seed=3)
    result = surveyed(tmp_path, line, tolerance=3.0)
    clean = line_of("ridgeway", 1.0)
    assert np.hypot(*(result.line[0, :2] - clean[0, :2])) < 1.5


# The road against itself --------------------------------------------------------------------------


def test_a_bridge_is_told_apart_from_an_overlap(tmp_path):
    bridge = surveyed(tmp_path, line_of("viaduct", 5.0))
    assert bridge.track is not None
    assert "crosses over itself" in texts(bridge, "note")
    assert "a figure of eight" in texts(bridge, "note")
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    trefoil = np.column_stack(
        [
            200 * (np.sin(angle) + 2 * np.sin(2 * angle)),
            200 * (np.cos(angle) - 2 * np.cos(2 * angle)),
            np.full((400, 2), 6.0),
        ]
    )
    thrice = surveyed(tmp_path, trefoil)
    assert thrice.track is not None
    assert texts(thrice, "note").count("crosses over itself") == 3
    assert surveyed(tmp_path, stadium(gap=12.0)).track is not None
    for gap in (8.0, 4.0, 0.5):
        overlapping = surveyed(tmp_path, stadium(gap=gap))
        assert overlapping.track is None
        assert "the road overlaps itself" in str(overlapping.refusal())
        assert "near row" in str(overlapping.refusal())
    # The straights change sides, twice, at a small angle: no bridge.
    assert "overlaps itself" in str(surveyed(tmp_path, stadium(gap=-4.0)).refusal())


def test_narrow_roads_are_noted_and_driven(tmp_path):
    line = line_of("ridgeway", 5.0)
    line[:, 2:] = 1.75
    result = surveyed(tmp_path, line)
    assert "only 3.5 m wide" in texts(result, "note")
    assert result.track is not None


# Degrees ------------------------------------------------------------------------------------------


def geojson_of(kind: str, degrees: np.ndarray) -> object:
    points = degrees.tolist()
    line = {"type": "LineString", "coordinates": [[*point, 450.0] for point in points]}
    if kind == "line":
        return line
    if kind == "polygon":
        return {"type": "Polygon", "coordinates": [[*points, points[0]]]}
    feature = {"type": "Feature", "properties": {"name": "x"}, "geometry": line}
    if kind == "feature":
        return feature
    nowhere = {"type": "Feature", "properties": {}, "geometry": None}
    return {"type": "FeatureCollection", "features": [nowhere, feature]}


@pytest.mark.parametrize("kind", ["line", "polygon", "feature", "collection", "gpx", "route"])
def test_positions_in_degrees(tmp_path, kind):
    degrees = degrees_of(line_of("harbour", 3.0)[:, :2])
    path = tmp_path / ("a.gpx" if kind in ("gpx", "route") else "a.geojson")
    if kind == "route":
        path.write_text(gpx(degrees, tag="rte").replace("trkpt", "rtept").replace("trkseg", "x"))
    else:
        path.write_text(
            gpx(degrees) if kind == "gpx" else json.dumps(geojson_of(kind, degrees)), "utf-8"
        )
    result = survey(read_source(path, width=11.0))
    assert result.track is not None
    assert result.track.length == pytest.approx(load_track("harbour").length, rel=5e-4)
    stations = result.track.stations
    assert stations["width_left"] + stations["width_right"] == pytest.approx(11.0, abs=0.2)
    assert "counter-clockwise" in texts(result, "note")


def test_metres_from_degrees_are_true_to_the_ellipsoid():
    # One minute of arc along a meridian and along a parallel at 45 degrees (WGS 84 tables).
    degrees = [(10.0, 45.0 - 1 / 120), (10.0, 45.0 + 1 / 120), (10.0 + 1 / 60, 45.0)]
    xy = to_metres(Path("a.gpx"), degrees)
    assert xy[1, 1] - xy[0, 1] == pytest.approx(1852.2, abs=0.1)
    assert xy[2, 0] - xy[0, 0] == pytest.approx(1314.2, abs=0.1)
    across = to_metres(Path("a.gpx"), [(179.99, 0.0), (-179.99, 0.0), (180.0, 0.01)])
    assert np.ptp(across[:, 0]) == pytest.approx(2226.4, abs=0.1)


# The user's folder --------------------------------------------------------------------------------


def test_an_imported_circuit_is_known_by_name(user_tracks, tmp_path, capsys):
    path = write_csv(tmp_path / "My Lap.csv", line_of("harbour", 4.0))
    path.with_suffix(".toml").write_text('country = "Utopia"\nrunoff = 4\n', "utf-8")
    assert main(["tracks", "import", str(path), "--licence", "CC0"]) == 0
    assert "fit" not in capsys.readouterr().err
    assert {item.name for item in user_tracks.iterdir()} == {
        "my-lap.csv", "my-lap.toml", "my-lap.png",
    }  # fmt: skip
    assert list_user_tracks() == ["my-lap"]
    track = load_track("My Lap")
    assert track.name == "My Lap"
    settings = read_settings(track_path("my-lap"))
    assert (settings.country, settings.licence, settings.runoff) == ("Utopia", "CC0", 4.0)
    assert main(["tracks", "list", "--json"]) == 0
    (facts,) = [f for f in json.loads(capsys.readouterr().out) if f["name"] == "my-lap"]
    assert facts["optimal_lap_s"] is None
    assert facts["demonstrated_lap_s"] is None
    assert main(["tracks", "validate", "my-lap"]) == 0
    from racer.envs.circuit.env import RacerEnv

    env = RacerEnv(track="my-lap")
    env.reset(seed=1)
    env.close()


def test_names_become_names_of_files():
    assert track_key("Nürburgring Nordschleife (2024)") == "nurburgring-nordschleife-2024"
    assert track_key("  Brands_Hatch ") == "brands_hatch"
    assert track_key("鈴鹿") == ""


def test_nothing_is_overwritten_or_half_written(user_tracks, tmp_path, monkeypatch):
    source = read_source(write_csv(tmp_path / "a.csv", ring()))
    import_track(source, ImportOptions())
    before = (user_tracks / "a.csv").read_bytes()
    with pytest.raises(TrackError, match="already exists; --force"):
        import_track(source, ImportOptions())
    for name in ("harbour", "all", "random", "con", "...", "x" * 80):
        with pytest.raises(TrackError, match=r"another --name|give --name"):
            import_track(source, ImportOptions(name=name))
    bad = read_source(write_csv(tmp_path / "b.csv", ring(radius=30, width=31)))
    with pytest.raises(TrackError, match="folds"):
        import_track(bad, ImportOptions())
    assert {item.name for item in user_tracks.iterdir()} == {"a.csv", "a.toml"}
    wider = read_source(write_csv(tmp_path / "a.csv", ring(width=6)))

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TrackError, match="No space left"):
        import_track(wider, ImportOptions(force=True))
    monkeypatch.undo()
    assert (user_tracks / "a.csv").read_bytes() == before
    assert {item.name for item in user_tracks.iterdir()} == {"a.csv", "a.toml"}


@pytest.mark.usefixtures("user_tracks")
def test_a_folder_is_one_command(tmp_path, capsys):
    folder = tmp_path / "folder"
    folder.mkdir()
    write_csv(folder / "One.csv", line_of("harbour", 4.0))
    write_csv(folder / "two.csv", ring())
    (folder / "three.csv").write_text("1,2,3,4\n5,six,7,8\n")
    (folder / "notes.txt").write_text("not a track")
    assert main(["tracks", "import", str(folder), "--no-picture"]) == 1
    answer = capsys.readouterr()
    assert "2 of 3 imported" in answer.out
    assert answer.err.count("\n") == 1
    assert "row 2 (line 2): 'six' is not a number" in answer.err
    assert list_user_tracks() == ["one", "two"]
    assert main(["tracks", "validate", str(folder), "--json"]) == 1
    assert [result["ok"] for result in json.loads(capsys.readouterr().out)] == [True, True]
    assert main(["tracks", "import", str(tmp_path / "none"), "--no-picture"]) == 2


def test_without_platformdirs_the_catalogue_still_works(monkeypatch):
    import sys

    monkeypatch.delenv("RACER_TRACKS_DIR")
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    assert catalogue_module.user_folder() is None
    assert list_user_tracks() == []
    assert load_track("harbour").length > 1000.0
    with pytest.raises(TrackError, match=r"pip install 'racer-sim\[tracks\]'"):
        load_track("elsewhere")


def test_the_folder_is_the_platforms(monkeypatch):
    platformdirs = pytest.importorskip("platformdirs")
    monkeypatch.delenv("RACER_TRACKS_DIR")
    expected = Path(platformdirs.user_data_dir("racer", appauthor=False)) / "tracks"
    assert catalogue_module.user_folder() == expected


def test_pictures(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    assert main(["tracks", "draw", "viaduct", "--out", str(tmp_path / "a.png")]) == 0
    path = write_csv(tmp_path / "b.csv", ring(radius=30, width=31))
    assert main(["tracks", "validate", str(path), "--draw", str(tmp_path / "b.png")]) == 1
    for name in ("a.png", "b.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    capsys.readouterr()
    assert main(["tracks", "draw", "viaduct", "--out", str(tmp_path / "a.gif")]) == 2
    assert "a picture must end in .png" in capsys.readouterr().err


# Real circuits ------------------------------------------------------------------------------------


@needs_real_tracks
@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.stem)
@pytest.mark.usefixtures("user_tracks")
def test_real_circuits_import_as_they_are(path):
    done = import_track(read_source(path), ImportOptions())
    assert done.survey.largest_move < 0.05
    track = load_track(path.stem)
    assert track.length == pytest.approx(load_track(path).length, rel=2e-4)
    crossings = texts(done.survey, "note").count("crosses over itself")
    assert crossings == (1 if path.stem == "Suzuka" else 0)


@needs_real_tracks
@pytest.mark.slow
@pytest.mark.parametrize("driver", ["casual", "good"])
@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.stem)
@pytest.mark.usefixtures("user_tracks")
def test_imported_real_circuits_are_lapped(path, driver):
    import_track(read_source(path), ImportOptions())
    track = load_track(path.stem)
    result = evaluate_driver(make_driver(driver, track), track, starts=2, laps=1)
    assert (result.completed, result.valid) == (2, 2)


@pytest.mark.slow
@pytest.mark.parametrize("driver", ["casual", "good"])
@pytest.mark.parametrize(("step", "noise"), [(1.0, 0.5), (5.0, 0.5), (20.0, 0.0)])
@pytest.mark.parametrize("name", ["harbour", "timberline"])
def test_measured_circuits_are_lapped(name, step, noise, driver, tmp_path):
    track = surveyed(tmp_path, line_of(name, step, noise=noise)).track
    result = evaluate_driver(make_driver(driver, track), track, starts=1, laps=1)
    assert (result.completed, result.valid) == (1, 1)


def test_catalogue_passes_its_own_import():
    for name in list_tracks():
        result = survey(read_source(track_path(name)))
        assert result.track is not None
        assert texts(result, "repaired") == ""
