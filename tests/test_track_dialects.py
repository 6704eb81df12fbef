"""Tables and maps as people have them: what each dialect means, or which sentence it gets."""

import io
import itertools
import json
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from track_scene import degrees_of, gpx, line_of, ring

from racer.cli.main import main
from racer.errors import TrackError
from racer.tracks import load_track, read_centre_line
from racer.tracks.source import read_source
from racer.tracks.survey import survey

TABLE = np.round(ring(radius=120.0) + [10.0, -20.0, 0.0, 1.0], 3)  # noqa: RUF005
XY = TABLE[:, :2]


def rows(table: np.ndarray, separator: str = ",", end: str = "", comma: bool = False) -> str:
    text = "\n".join(separator.join(f"{value:.3f}" for value in row) + end for row in table)
    return (text.replace(".", ",") if comma else text) + "\n"


def savetxt(**options) -> str:
    stream = io.StringIO()
    np.savetxt(stream, TABLE, **options)
    return stream.getvalue()


WAY = np.cumsum(np.hypot(*np.diff(XY, axis=0, prepend=XY[:1]).T))[:, None]
COUNT = np.arange(len(TABLE), dtype=float)[:, None]
HEAD = '"x_m","y_m","w_tr_right_m","w_tr_left_m"\n'
WITH_WIDTHS = {
    "plain": rows(TABLE),
    "numpy savetxt": savetxt(),
    "numpy savetxt, tabs": savetxt(delimiter="\t", header="x\ty\twidth_right\twidth_left"),
    "numpy savetxt, commas": savetxt(delimiter=",", header="x,y,right,left", fmt="%.4f"),
    "several spaces": rows(TABLE, "   "),
    "quoted header": HEAD + rows(TABLE),
    "quoted fields": HEAD + "".join('"' + '","'.join(f"{v:.3f}" for v in r) + '"\n' for r in TABLE),
    "quotes with commas inside": "x;y;right;left\n"
    + "".join(";".join(f'"{v:.3f}"'.replace(".", ",") for v in row) + "\n" for row in TABLE),
    "single quotes": "'x','y','right','left'\n" + rows(TABLE),
    "separator at the end": rows(TABLE, end=","),
    "separator at the end, and of the header": "x,y,right,left,\n" + rows(TABLE, end=","),
    "semicolons at the end": "# x_m;y_m;w_tr_right_m;w_tr_left_m;\n" + rows(TABLE, ";", end=";"),
    "a title above": "My circuit\nx,y,right,left\n" + rows(TABLE),
    "titles with numbers": "Track: Egg, 2024\nLength: 1 km\nx,y,right,left\n" + rows(TABLE),
    "a line of units": "x,y,right,left\nm,m,m,m\n" + rows(TABLE),
    "Excel's first line": "sep=;\nx;y;right;left\n" + rows(TABLE, ";"),
    "MATLAB": "% x y right left\n" + rows(TABLE, " "),
    "slashes": "// x y right left\n" + rows(TABLE, " "),
    "bars": rows(TABLE, "|"),
    "comma and tab": rows(TABLE, ",\t"),
    "lists": "".join(f"[{', '.join(f'{v:.3f}' for v in row)}],\n" for row in TABLE),
    "FORTRAN": "".join(" ".join(f"{v:.9E}".replace("E", "D") for v in r) + "\n" for r in TABLE),
    "millimetres": "x [mm],y_mm,right (mm),left [mm]\n" + rows(1000.0 * TABLE),
    "mixed units": "x_km,y_cm,right,left [ft]\n"
    + "".join(f"{x / 1e3:.9f},{y * 1e2:.6f},{r},{w / 0.3048:.9f}\n" for x, y, r, w in TABLE),
    "times and words": "time,x,y,right,left,note\n"
    + "".join(f"2024-01-01T00:00Z,{','.join(map(str, row))},apex\n" for row in TABLE),
    "an empty column": "x,y,right,left,note\n" + rows(TABLE, end=","),
    "distances": rows(np.hstack([WAY, TABLE])),
    "counted rows": rows(np.hstack([COUNT, TABLE])),
    "counted from 1": rows(np.hstack([COUNT + 1, TABLE])),
    "pandas": ",x,y,width_right,width_left\n" + rows(np.hstack([COUNT, TABLE])),
    "index by name": "id,x,y,w_r,w_l\n" + rows(np.hstack([COUNT, TABLE])),
    "decimal commas": rows(TABLE, ";", comma=True),
    "decimal commas, header": "X [m];Y [m];right width;left width\n" + rows(TABLE, ";", comma=True),
    "decimal commas, tabs": "x\ty\tright\tleft\n" + rows(TABLE, "\t", comma=True),
    "other order": "left_width,right_width,y,x\n" + rows(TABLE[:, ::-1]),
    "the other header": "x,y,left_width,right_width\n" + rows(TABLE[:, [0, 1, 3, 2]]),
    "F1TENTH": "# x_m, y_m, w_tr_right_m, w_tr_left_m\n" + rows(TABLE, ", "),
    "whole": "x,y,width\n" + rows(np.column_stack([XY, np.full(len(XY), 11.0)])),
    "units": "x (m),y (m),w right (m),w left (m)\n" + rows(TABLE),
    "CRLF": rows(TABLE).replace("\n", "\r\n"),
    "old Mac": "x,y,right,left\r" + rows(TABLE).replace("\n", "\r"),
    "BOM": "\ufeffx,y,right,left\n" + rows(TABLE),
    "other columns": "t,x,y,speed,right,left\n"
    + rows(np.column_stack([COUNT * 0.1, XY, COUNT, TABLE[:, 2:]])),
    "spaces around": rows(TABLE, " , "),
}
RACELINE = np.column_stack([COUNT * 11.8, XY, COUNT, COUNT, COUNT, COUNT])
WITHOUT_WIDTHS = {
    "x,y": rows(XY),
    "x,y with a header": "x,y\n" + rows(XY),
    "x,y with spaces": rows(XY, " "),
    "counted": rows(np.hstack([COUNT, XY])),
    "x,y,z": "x_m,y_m,z_m\n" + rows(np.hstack([XY, COUNT])),
    "raceline": "# 0a1b2c\n# s_m; x_m; y_m; psi_rad; kappa_radpm; vx_mps; ax_mps2\n"
    + rows(RACELINE, "; "),
    "raceline without names": rows(RACELINE, ";"),
    "raceline, bare": "s;x;y;psi;kappa;vx;ax\n" + rows(RACELINE, ";"),
}


@pytest.mark.parametrize("name", WITH_WIDTHS)
def test_tables_with_widths(name, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(WITH_WIDTHS[name], "utf-8", newline="")
    line = read_centre_line(path)
    assert line[:, :2] == pytest.approx(XY, abs=1e-3)
    assert line.sum(axis=1) == pytest.approx(TABLE.sum(axis=1), abs=2e-3)
    if name != "whole":
        assert line == pytest.approx(TABLE, abs=1e-3)
    assert load_track(path).length == pytest.approx(2 * np.pi * 120.0, rel=1e-3)


@pytest.mark.parametrize("name", WITHOUT_WIDTHS)
@pytest.mark.parametrize("suffix", [".csv", ".txt"])
def test_tables_without_widths_take_the_roads(name, suffix, tmp_path, capsys):
    path = tmp_path / f"a{suffix}"
    path.write_text(WITHOUT_WIDTHS[name], "utf-8")
    source = read_source(path, width=12.0)
    assert source.line == pytest.approx(np.column_stack([XY, np.full((64, 2), 6.0)]), abs=1e-3)
    assert survey(source).track is not None
    with pytest.raises(TrackError, match="give the width of the road with --width METRES"):
        read_source(path)
    assert main(["tracks", "validate", str(path), "--width", "12"]) == 0
    assert "fit to drive" in capsys.readouterr().out


@pytest.mark.parametrize("head", ["lat,lon", "lon;lat;ele", "time,latitude,longitude"])
def test_degrees_in_a_table(head, tmp_path):
    degrees = degrees_of(XY)
    columns = {"lat": degrees[:, 1], "lon": degrees[:, 0], "latitude": degrees[:, 1],
               "longitude": degrees[:, 0]}  # fmt: skip
    separator = ";" if ";" in head else ","
    table = [columns.get(name, COUNT[:, 0]) for name in head.split(separator)]
    text = "\n".join(separator.join(f"{v:.8f}" for v in row) for row in np.column_stack(table))
    path = tmp_path / "a.csv"
    path.write_text(f"{head}\n{text}\n", "utf-8")
    source = read_source(path, width=12.0)
    assert source.geographic
    assert survey(source).track.length == pytest.approx(2 * np.pi * 120.0, rel=2e-3)


# Maps ---------------------------------------------------------------------------------------------

LINE = line_of("harbour", 8.0)[:, :2]
DEGREES = degrees_of(LINE).tolist()


def parts(*cuts: int, turned: tuple[int, ...] = ()) -> list:
    """The ring in pieces that share their ends, some of them turned round."""
    edges = [0, *cuts, len(DEGREES)]
    ring_ = [*DEGREES, DEGREES[0]]
    pieces = [ring_[a : b + 1] for a, b in itertools.pairwise(edges)]
    return [piece[::-1] if k in turned else piece for k, piece in enumerate(pieces)]


def line_string(points: list) -> dict:
    return {"type": "LineString", "coordinates": points}


def features(pieces: list) -> dict:
    inside = [{"type": "Feature", "properties": {}, "geometry": line_string(p)} for p in pieces]
    return {"type": "FeatureCollection", "features": inside}


def kml(body: str) -> str:
    return f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'


def coordinates(points: list) -> str:
    return " ".join(f"{lon:.8f},{lat:.8f},0" for lon, lat in points)


GX = '<gx:Track xmlns:gx="http://www.google.com/kml/ext/2.2">'
MAPS = {
    "a MultiLineString of one": {"type": "MultiLineString", "coordinates": [DEGREES]},
    "a MultiPolygon": {"type": "MultiPolygon", "coordinates": [[DEGREES]]},
    "a MultiLineString": {"type": "MultiLineString", "coordinates": parts(60, 130)},
    "a GeometryCollection": {
        "type": "GeometryCollection",
        "geometries": [line_string(piece) for piece in parts(30, 99)],
    },
    "ways of a map": features(parts(20, 50, 90, 160)),
    "ways in another order": features([parts(20, 50, 90, 160)[k] for k in (3, 0, 4, 2, 1)]),
    "ways turned round": features(parts(20, 50, 90, 160, turned=(0, 2))),
    "KML": kml(f"<LineString><coordinates>{coordinates(DEGREES)}</coordinates></LineString>"),
    "KML in parts": kml(
        "".join(
            f"<Placemark><LineString><coordinates>{coordinates(p)}</coordinates></LineString>"
            "</Placemark>"
            for p in parts(70, 120)
        )
    ),
    "KML polygon": kml(
        "<Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{coordinates([*DEGREES, DEGREES[0]])}</coordinates></LinearRing></outerBoundaryIs>"
        "</Polygon>"
    ),
    "gx:Track": kml(
        GX + "".join(f"<gx:coord>{x:.8f} {y:.8f} 0</gx:coord>" for x, y in DEGREES) + "</gx:Track>"
    ),
}


@pytest.mark.parametrize("name", MAPS)
def test_maps_in_parts_are_joined(name, tmp_path):
    content = MAPS[name]
    path = tmp_path / ("a.kml" if isinstance(content, str) else "a.geojson")
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    result = survey(read_source(path, width=10.0))
    assert result.track is not None, result.refusal()
    assert result.track.length == pytest.approx(load_track("harbour").length, rel=5e-3)
    assert any("counter-clockwise" in f.text for f in result.findings) or "turned" in name


# Scale --------------------------------------------------------------------------------------------


def test_a_model_track_is_scaled(tmp_path, capsys):
    small = line_of("harbour", 3.0) * 0.1
    path = tmp_path / "a.csv"
    path.write_text(rows(small), "utf-8")
    assert main(["tracks", "validate", str(path)]) == 1
    assert "no car fits: a model track of 1:10 takes --scale 10" in capsys.readouterr().out
    result = survey(read_source(path, scale=10.0))
    assert result.track.length == pytest.approx(load_track("harbour").length, rel=1e-3)
    assert result.line[:, 2].mean() == pytest.approx(10.0 * small[:, 2].mean(), rel=1e-3)
    path.write_text(rows(small[:, :2]), "utf-8")
    assert read_source(path, width=1.1, scale=10.0).line[0, 2] == pytest.approx(5.5)
    with pytest.raises(TrackError, match=r"must be from 2 to 100 m, not 12 \(times the scale"):
        read_source(path, width=12.0, scale=10.0)


ATTRIBUTES = [f'a{k}=""' for k in range(1_300_000)]


def test_tracks_of_a_gpx_that_make_a_ring_are_joined(tmp_path):
    path = tmp_path / "a.gpx"
    one = gpx(np.array(DEGREES))
    path.write_text(one, "utf-8")
    whole = survey(read_source(path, width=12.0)).track
    points = re.findall("<trkpt[^>]*/>", one)
    parts = (points[40:90], points[:41], points[89:])
    inside = "".join(f"<trk><trkseg>{''.join(part)}</trkseg></trk>" for part in parts)
    path.write_text(f"<gpx><trk/>{inside}</gpx>", "utf-8")
    assert survey(read_source(path, width=12.0)).track.length == pytest.approx(whole.length, 1e-3)
    path.write_text(f"<gpx>{inside.replace(points[60], '', 1)}<rte/></gpx>", "utf-8")
    read_source(path, width=12.0)
    path.write_text("<gpx><trk><trkseg/></trk></gpx>", "utf-8")
    with pytest.raises(TrackError, match="no track and no route with points"):
        read_source(path, width=12.0)


# Bounds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", "1,2,3,4\n" * 300_000, "has 300,000 points; 200,000 are the most"),
        ("a.csv", "1," * 400_000, "has more than 64 columns"),
        ("a.csv", "#" + "," * 400_000, "has more than 64 columns"),
        ("a.csv", "x,y," + "a," * 400_000, "has more than 64 columns"),
        ("a.csv", "\n" * 3_000_000, "has 3,000,000 lines; 200,000 points are the most"),
        ("a.csv", "0,0,5,5\n1e7,0,5,5\n1e7,1e7,5,5\n0,1e7,5,5\n", "km long|more than 10000 km"),
        ("a.csv", "0,0,5,5\n1e300,0,5,5\n1,1e300,5,5\n0,1,5,5\n", "more than 10000 km"),
        ("a.csv", "0,0,5,5\n25e6,0,5,5\n25e6,9,5,5\n0,9,5,5\n", "more than 10000 km"),
        ("a.csv", "0,0,5,5\n9e6,0,5,5\n9e6,9,5,5\n0,9,5,5\n", "km"),
        ("a.csv", "1e999,0,5,5\n" * 5, "is not a finite number"),
        ("a.csv", "1_0,0,5,5\n" * 5, "'1_0' is not a number"),
        ("a.csv", "\x1b[2J,0,5,5\n1,2,3,4\n", r"'\\x1b\[2J' is not a number"),
        ("a.geojson", "[" * 100_000, "not JSON|nested|too many"),
        ("a.geojson", '{"a":' * 50_000, "not JSON|nested"),
        ("a.geojson", "[1,1]," * 2_000_000, "too many points"),
        ("a.geojson", '{"type":"LineString","coordinates":[[1,' + "9" * 9000 + "]]}", "not JSON"),
        ("a.geojson", '{"type":"LineString","coordinates":[[true,1]]}', "point 1 must be"),
        ("a.geojson", '{"type":"LineString","coordinates":[[NaN,1]]}', "not on Earth"),
        ("a.geojson", '{"type":"MultiLineString","coordinates":[1]}', "must be a list of lines"),
        ("a.geojson", '{"type":["x"]}', "neither a LineString"),
        ("a.gpx", "<gpx>" + "<a/>" * 3_000_000, "elements"),
        ("a.kml", "<kml>" + "<a>" * 50_000, "not XML|nested"),
        ("a.kml", kml("<LineString><coordinates>1,2 x,y</coordinates></LineString>"), "point 2"),
        ("a.kml", kml("<LineString><coordinates>1</coordinates></LineString>"), "point 1 must"),
        ("a.kml", kml("<LineString/>" * 201_000), "more than 200,000 lines"),
        (
            "a.kml",
            kml(f"<LineString><coordinates>{'1,2 ' * 201_000}</coordinates></LineString>"),
            "has 201,000 points; 200,000 are the most",
        ),
        (
            "a.kml",
            kml(f"<LineString><coordinates>{',' * 900_000}</coordinates></LineString>"),
            "point 1 must",
        ),
        ("a.kml", kml(f"<a {' '.join(ATTRIBUTES[:99_000])}/>"), "tag of more than"),
        (
            "a.gpx",
            "<gpx><trk>" + '<trkpt lat="1" lon="2"/>' * 201_000 + "</trk></gpx>",
            "has 201,000 points; 200,000 are the most",
        ),
        (
            "a.geojson",
            '{"type":"LineString","coordinates":[' + "[1,2]," * 201_000 + "[1,2]]}",
            "has 201,001 points; 200,000 are the most",
        ),
        ("a.kml", "<!DOCTYPE x><kml/>", "document type"),
    ],
)
def test_what_is_too_much_or_no_number_gets_one_sentence(name, content, reason, tmp_path, capsys):
    path = Path(tmp_path / name)
    path.write_text(content, "utf-8")
    options = [] if name == "a.csv" else ["--width", "12"]
    assert main(["tracks", "validate", str(path), *options]) == 1
    answer = capsys.readouterr()
    assert answer.err.count("\n") == 1
    assert re.search(reason, answer.err), answer.err
    assert "\x1b" not in answer.err


LARGE = {  # the beginning of a file, and what comes so many times
    "positions.kml": ("<kml><LineString><coordinates>", "1,2 ", 500_000),
    "one word.kml": ("<kml><LineString><coordinates>", ",", 15_900_000),
    "elements.gpx": ("<gpx><trk>", '<trkpt lat="1" lon="2"/>', 210_000),
    "attributes.gpx": (f"<gpx {' '.join(ATTRIBUTES)}", " ", 1),
    "commas.csv": ("", ",", 16_000_000),
    "line ends.csv": ("", "\n", 16_000_000),
    "comments.csv": ("", "#\n", 8_000_000),
    "columns.csv": ("x,y,", "a,", 7_900_000),
    "objects.geojson": ('{"type":"FeatureCollection","features":[', '{"a":1},', 1_900_000),
    "points.geojson": ('{"type":"LineString","coordinates":[', "[1,2],", 2_600_000),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_is_refused_before_it_takes_memory(name, tmp_path):
    path = tmp_path / f"large{Path(name).suffix}"
    head, piece, times = LARGE[name]
    path.write_text(head + piece * times, "utf-8")
    tracemalloc.start()
    try:
        with pytest.raises(TrackError):
            read_source(path, width=12.0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 70e6, f"{peak / 1e6:.0f} MB for a file of {path.stat().st_size / 1e6:.0f} MB"
