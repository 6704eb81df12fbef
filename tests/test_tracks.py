"""Track files: the catalogue, the formats that others write, refusals that say what is wrong."""

import os
from pathlib import Path

import numpy as np
import pytest

from racer._core.circuit import Track
from racer.envs.circuit.session import Session
from racer.errors import RacerError, TrackError
from racer.tracks import (
    CATALOGUE,
    TrackSettings,
    corners,
    list_tracks,
    load_track,
    read_centre_line,
    read_settings,
    track_path,
)

REAL = Path(os.environ.get("RACER_REAL_TRACKS", Path(__file__).parents[2] / "shared" / "tracks"))
REAL_FILES = sorted(REAL.glob("*.csv"))

needs_real_tracks = pytest.mark.skipif(
    not REAL_FILES, reason="needs real circuits: set RACER_REAL_TRACKS to a folder of them"
)


def circle(count: int = 64, radius: float = 100.0, width: float = 5.0) -> np.ndarray:
    angle = np.arange(count) * (2 * np.pi / count)
    widths = np.full(count, width)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), widths, widths])


def write(path: Path, table: np.ndarray, separator: str = ",", header: str = "") -> Path:
    rows = [separator.join(repr(float(value)) for value in row) for row in table]
    path.write_text("\n".join([*([header] if header else []), *rows, ""]), "utf-8")
    return path


@pytest.fixture
def circle_file(tmp_path: Path) -> Path:
    return write(tmp_path / "circle.csv", circle())


# The catalogue ------------------------------------------------------------------------------------


def test_catalogue_has_circuits_of_different_character() -> None:
    ours = {"harbour", "oldtown", "ridgeway", "saltpan", "timberline", "viaduct"}
    assert ours == set(list_tracks())
    harbour, ridgeway = load_track("harbour"), load_track("ridgeway")
    assert 1500 < harbour.length < 2000
    assert 3000 < ridgeway.length < 3500
    assert 1 / np.abs(harbour.stations["curvature"]).max() < 15
    assert 1 / np.abs(ridgeway.stations["curvature"]).max() > 35
    assert 4500 < load_track("timberline").length < 6000
    assert [np.sign(corner.turn) for corner in corners(load_track("saltpan"))] == [1, 1]
    hairpins = [corner for corner in corners(load_track("oldtown")) if abs(corner.turn) > 2.6]
    assert len(hairpins) == 2
    assert abs(sum(corner.turn for corner in corners(load_track("viaduct")))) < 0.2


def test_corners_of_a_circle_and_around_the_line() -> None:
    table = circle()
    (round_and_round,) = corners(Track(*table.T))
    assert round_and_round.turn == pytest.approx(2 * np.pi, abs=1e-3)
    assert round_and_round.radius == pytest.approx(100.0, abs=0.1)
    moved = Track(*np.ascontiguousarray(read_centre_line(CATALOGUE / "saltpan.csv").T),
                  start_offset=700.0)  # fmt: skip
    assert len(corners(moved)) == 2
    assert corners(moved)[1].end > moved.length


def test_a_car_on_the_bridge_stays_on_its_road() -> None:
    """Two roads share the crossing: a car on either keeps its own distance along the lap."""
    track = load_track("viaduct")
    at = track.stations
    apart = np.hypot(*(at[axis][:, None] - at[axis][None, :] for axis in ("x", "y")))
    far = np.abs(np.subtract.outer(np.arange(len(at)), np.arange(len(at)))) > 300
    first, second = sorted(np.unravel_index(np.argmin(np.where(far, apart, np.inf)), apart.shape))
    assert apart[first, second] < 1.0
    for station in (first, second):
        session = Session(track, record=False)
        session.place(0, 0, (station - 60) * track.spacing, n=2.0, speed=30.0)
        before = float(session.telemetry["s"][0, 0])
        for _ in range(240):
            session.tick(np.array([[[0.0, 0.4, 0.0]]], np.float32))
            moved = float(session.telemetry["s"][0, 0]) - before
            assert 0.0 < moved < 2.0
            before += moved
        assert before > (station + 40) * track.spacing


@pytest.mark.parametrize("name", list_tracks())
def test_every_circuit_of_the_catalogue_is_fit_to_drive(name: str) -> None:
    track = load_track(name)
    stations = track.stations
    width = stations["width_left"] + stations["width_right"]
    assert width.min() > 9.0
    for side, sign in (("left", 1), ("right", -1)):
        bend = sign * stations["curvature"]
        assert np.max(bend * stations[f"wall_{side}"]) < 0.95
        assert np.min(stations[f"wall_{side}"] - stations[f"width_{side}"]) > 1.0
    around_the_line = np.concatenate([stations["curvature"][-60:], stations["curvature"][:60]])
    assert np.abs(around_the_line).max() < 1e-3, "the start line lies on a straight"
    assert len(track.checkpoints) >= 12
    assert np.all(np.diff(track.checkpoints) > 0)
    settings = read_settings(track_path(name))
    assert settings.licence
    assert settings.description
    assert track.name == settings.name


@pytest.mark.parametrize("name", list_tracks())
def test_files_of_the_catalogue_are_what_the_design_draws(name: str, tmp_path: Path) -> None:
    design = pytest.importorskip("racer.tools.design_tracks")
    design.write(design.CIRCUITS[name], tmp_path, name)
    for suffix in (".csv", ".toml"):
        drawn = (tmp_path / f"{name}{suffix}").read_text("utf-8")
        assert drawn == (CATALOGUE / f"{name}{suffix}").read_text("utf-8")


@needs_real_tracks
@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.stem)
def test_real_circuits_load(path: Path) -> None:
    track = load_track(path)
    assert track.name == path.stem
    line = read_centre_line(path)
    s, n = track.locate(line[:, 0], line[:, 1])
    # Where a circuit crosses itself, a station of the other road can be the nearest.
    assert np.sum(np.abs(n) > 0.05) <= 2
    assert s[0] < 0.01 or s[0] > track.length - 0.01
    ahead = np.mod(np.diff(s), track.length)
    assert np.median(ahead) == pytest.approx(5.0, abs=0.1)


def test_locate_finds_places_off_the_centre_line() -> None:
    track = load_track("harbour")
    at = track.stations[::50]
    for n in (-5.0, 0.0, 5.0):
        s, found = track.locate(at["x"] - n * at["tangent_y"], at["y"] + n * at["tangent_x"])
        assert found == pytest.approx(n, abs=1e-3)
        assert s == pytest.approx(np.arange(len(at)) * 50 * track.spacing, abs=1e-2)


# Formats ------------------------------------------------------------------------------------------


def test_variants_of_the_format_mean_the_same_track(circle_file: Path, tmp_path: Path) -> None:
    table = circle()
    xy, widths = table[:, :2], table[:, 2:]
    height = np.linspace(0.0, 3.0, len(table))[:, None]
    expected = load_track(circle_file).fingerprint
    header = "# x_m,y_m,w_tr_right_m,w_tr_left_m"
    variants = {
        "header": write(tmp_path / "a.csv", table, header=header),
        "bare header": write(tmp_path / "b.csv", table, header=header.removeprefix("# ")),
        "semicolons": write(tmp_path / "c.csv", table, separator="; "),
        "whole width": write(tmp_path / "d.csv", np.hstack([xy, 2 * widths[:, :1]])),
        "height": write(tmp_path / "e.csv", np.hstack([xy, height, widths])),
        "banking": write(
            tmp_path / "f.csv",
            np.hstack([table, height]),
            header="# x_m; y_m; w_tr_right_m; w_tr_left_m; banking_rad",
        ),
        "repeated first point": write(tmp_path / "g.csv", np.vstack([table, table[:1]])),
        "comments": write(tmp_path / "h.csv", table, header="# drawn by hand, in a hurry\n\n#"),
    }
    for what, path in variants.items():
        assert load_track(path).fingerprint == expected, what


def test_order_of_the_columns_follows_the_header(tmp_path: Path) -> None:
    table = circle()
    table[:, 2] = 3.0
    plain = write(tmp_path / "a.csv", table)
    swapped = write(
        tmp_path / "b.csv", table[:, [0, 1, 3, 2]], header="#x_m,y_m,w_tr_left_m,w_tr_right_m"
    )
    assert load_track(plain).fingerprint == load_track(swapped).fingerprint
    assert load_track(plain).stations["width_right"] == pytest.approx(3.0, abs=0.06)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(circle_file: Path) -> None:
    expected = load_track(circle_file).fingerprint
    text = circle_file.read_text("utf-8")
    circle_file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert load_track(circle_file).fingerprint == expected


def test_settings_beside_the_file(circle_file: Path) -> None:
    plain = load_track(circle_file)
    assert plain.name == "circle"
    assert read_settings(circle_file) == TrackSettings()
    circle_file.with_suffix(".toml").write_text(
        'name = "Round"\ncountry = "none"\nlicence = "MIT"\nstart_offset = 157\n'
        'direction = "reverse"\nrunoff = 4.5\n',
        "utf-8",
    )
    track = load_track(circle_file)
    assert track.name == "Round"
    assert track.stations["curvature"][0] == pytest.approx(-0.01, abs=1e-5)
    assert track.stations["y"][0] == pytest.approx(-100.0, abs=0.1)
    assert track.stations["wall_left"] - track.stations["width_left"] == pytest.approx(4.5)
    assert track.fingerprint != plain.fingerprint


# Refusals -----------------------------------------------------------------------------------------


def test_track_errors_are_value_errors() -> None:
    assert issubclass(TrackError, RacerError)
    assert issubclass(TrackError, ValueError)


def test_unknown_name_lists_the_catalogue() -> None:
    with pytest.raises(TrackError, match=r"no track 'harbor'; the catalogue has harbour, oldtown"):
        load_track("harbor")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "holds no points"),
        ("# x_m,y_m,w_tr_right_m,w_tr_left_m\n", "holds no points"),
        ("1,2\n3,4\n", "rows have 2 columns"),
        ("1,2,3,4\n5,6,7\n", r"row 2 \(line 2\) has 3 columns, but the rows before it have 4"),
        ("# a comment\n1,2,3,4\n5,six,7,8\n", r"row 2 \(line 3\): 'six' is not a number"),
        ("1,2,3,4\n5,,7,8\n", r"row 2 \(line 2\): '' is not a number"),
        ("1,2,3,4\n", "at least 4 different points, not 1"),
        ("#x_m,y_m,z_m\n1,2,3\n", "header must name x, y and either"),
        ("#x_m,y_m,x_m,width\n1,2,3,4\n", "header must name x, y and either"),
        ("#x_m,y_m,w_tr_m\n1,2,3,4\n", "header names 3 columns, but rows have 4"),
    ],
)
def test_bad_tables_are_refused(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(TrackError, match=reason) as refusal:
        load_track(path)
    assert str(path) in str(refusal.value)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        (10, 0, "nan", r"row 11 \(line 12\): x is not a finite number"),
        (10, 1, "inf", r"row 11 \(line 12\): y is not a finite number"),
        (20, 2, "0", r"row 21 \(line 22\): width_right must be greater than 0, not 0"),
        (20, 3, "-3", r"row 21 \(line 22\): width_left must be greater than 0, not -3"),
    ],
)
def test_bad_values_are_refused_with_their_row(
    tmp_path: Path, row: int, column: int, value: str, reason: str
) -> None:
    table = [[repr(float(v)) for v in values] for values in circle()]
    table[row][column] = value
    path = tmp_path / "bad.csv"
    path.write_text("# x_m,y_m,w_tr_right_m,w_tr_left_m\n" + "\n".join(map(",".join, table)))
    with pytest.raises(TrackError, match=reason):
        load_track(path)


def test_geometry_that_cannot_be_driven_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrackError, match=r"row \d+ \(line \d+\): the left boundary folds"):
        load_track(write(tmp_path / "wide.csv", circle(radius=30, width=31)))
    with pytest.raises(TrackError, match=r"m long, not from 100 m to 50 km"):
        load_track(write(tmp_path / "short.csv", circle(radius=10, width=2)))
    with pytest.raises(TrackError, match="the circuit is not closed"):
        load_track(write(tmp_path / "open.csv", circle()[:40]))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("runof = 3", "no setting 'runof'; did you mean 'runoff'"),
        ("runoff = '3'", "runoff is '3', but it must be a number"),
        ("runoff = true", "runoff is True, but it must be a number"),
        ("name = 3", "name is 3, but it must be a text"),
        (
            "direction = 'backwards'",
            "direction is 'backwards', but it must be 'forward' or 'reverse'",
        ),
        ("runoff = ", "is not valid TOML"),
        ("runoff = -1", "runoff must be from 0 to 100 m, not -1"),
        ("start_offset = nan", "start_offset is nan, but it must be a number"),
    ],
)
def test_bad_settings_are_refused(circle_file: Path, content: str, reason: str) -> None:
    circle_file.with_suffix(".toml").write_text(content, "utf-8")
    with pytest.raises(TrackError, match=reason):
        load_track(circle_file)


def test_files_that_are_no_tracks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrackError, match="there is no such track file"):
        load_track(tmp_path / "absent.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(TrackError, match="is a folder"):
        load_track(tmp_path / "folder.csv")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    with pytest.raises(TrackError, match="is UTF-8 text"):
        load_track(tmp_path / "binary.csv")
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(64 << 20)
    with pytest.raises(TrackError, match="at most"):
        load_track(tmp_path / "huge.csv")


def test_track_refuses_arrays_of_different_length() -> None:
    x, y, right, left = circle().T
    with pytest.raises(ValueError, match="equally long, not 64, 64, 63 and 64"):
        Track(x, y, right[:-1], left)
