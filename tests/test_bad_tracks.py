"""Track files that are no circuits: each is refused with one sentence that says where and why."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from track_scene import HEADER, degrees_of, gpx, line_of, ring, stadium

from racer.cli.main import main


def text(table: np.ndarray, header: str = HEADER) -> str:
    return "\n".join([header, *(",".join(f"{v:.4f}" for v in row) for row in table), ""])


def with_cell(row: int, column: int, value: str) -> str:
    """A good file with one cell changed; rows count from 1, the header is line 1."""
    lines = text(ring()).splitlines()
    cells = lines[row].split(",")
    cells[column] = value
    lines[row] = ",".join(cells)
    return "\n".join(lines)


def without_cell(row: int) -> str:
    lines = text(ring()).splitlines()
    lines[row] = lines[row].rpartition(",")[0]
    return "\n".join(lines)


def shifted(row: int, x: float, y: float) -> str:
    table = line_of("saltpan", 5.0)
    table[row - 1, :2] += [x, y]
    return text(table)


def swapped(first: int, second: int) -> str:
    table = line_of("harbour", 5.0)
    table[[first - 1, second - 1]] = table[[second - 1, first - 1]]
    return text(table)


def backwards() -> str:
    table = line_of("harbour", 5.0)
    table[49:60] = table[49:60][::-1]
    return text(table)


def hairpin_too_tight() -> str:
    table = line_of("harbour", 2.0)
    table[:, 2:] *= 3.0
    return text(table)


def spiral() -> str:
    angle = np.linspace(0.0, 6 * np.pi, 300)
    xy = (50.0 + 10.0 * angle[:, None]) * np.column_stack([np.cos(angle), np.sin(angle)])
    return text(np.column_stack([xy, np.full((300, 2), 4.0)]))


def geojson(coordinates: object, kind: str = "LineString") -> str:
    return json.dumps({"type": kind, "coordinates": coordinates})


HARBOUR = degrees_of(line_of("harbour", 10.0)[:, :2])
POINTS = HARBOUR.tolist()
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@dataclass(frozen=True)
class Bad:
    """A file that is no circuit, and what the refusal must say."""

    file: str
    content: Callable[[], str | bytes]
    reason: str
    options: tuple[str, ...] = ()


def csv(content: Callable[[], str | bytes] | str | bytes, reason: str, *options: str) -> Bad:
    return Bad("a.csv", content if callable(content) else lambda: content, reason, options)


def geo(content: str, reason: str, *options: str) -> Bad:
    return Bad("a.geojson", lambda: content, reason, options or ("--width", "12"))


def track(content: str | bytes, reason: str, *options: str) -> Bad:
    return Bad("a.gpx", lambda: content, reason, options or ("--width", "12"))


BAD = {
    # Tables that cannot be read
    "empty": csv("", "holds no points"),
    "header only": csv(HEADER, "holds no points"),
    "binary": csv(bytes(range(256)), "UTF-8 text, byte 128"),
    "a page of the web": csv(
        "<html>\n<body>Not Found</body></html>", r"row 1 \(line 1\): '<html>'"
    ),
    "a word": csv(lambda: with_cell(17, 1, "north"), r"row 17 \(line 18\): 'north' is not"),
    "an empty cell": csv(lambda: with_cell(3, 0, ""), r"row 3 \(line 4\): '' is not a number"),
    "eight columns": csv("1,5,2,5,3,0,4,0\n" * 9, "rows have 8 columns; a track file has 2"),
    "an unknown header": csv(
        "a;b;c\n1;2;3\n" + "4;5;6\n" * 5, "header must name x, y and .*; it names a, b, c"
    ),
    "one width only": csv("x,y,w_left\n1,2,3\n", "it names the left width only"),
    "a short row": csv(lambda: without_cell(12), r"row 12 \(line 13\) has 3 columns"),
    "two columns": csv("1,2\n3,4\n5,6\n7,8\n", "rows have 2 columns"),
    "a header without widths": csv("# x_m,y_m,z_m\n1,2,3\n", "must name x, y and either"),
    "a header of other length": csv(
        "# x_m,y_m,w_tr_m\n1,2,3,4\n", "names 3 columns, but rows have 4"
    ),
    # Values that cannot be
    "nan": csv(lambda: with_cell(11, 0, "nan"), r"row 11 \(line 12\): x is not a finite"),
    "infinite": csv(lambda: with_cell(11, 1, "-inf"), r"row 11 \(line 12\): y is not a finite"),
    "a width of nan": csv(lambda: with_cell(5, 3, "nan"), r"row 5 .*width_left is not a finite"),
    "off the planet": csv(lambda: with_cell(20, 0, "1e12"), r"row 20 .*more than 10000 km"),
    "no width": csv(lambda: with_cell(30, 2, "0"), r"row 30 .*width_right must be greater than 0"),
    "a negative width": csv(lambda: with_cell(31, 3, "-4"), r"row 31 .*width_left must .*not -4"),
    # Lines that are no circuit
    "one point": csv("1,2,3,4\n", "at least 4 different points, not 1"),
    "one point many times": csv("1,2,3,4\n" * 50, "at least 4 different points, not 1"),
    "half a circle": csv(
        lambda: text(ring(count=200)[:100]),
        r"not closed: the gap from row 100 \(line 101\) to row 1 \(line 2\) is 200\.\d m",
    ),
    "a way with an end": csv(spiral, r"not closed: the gap from row 300 .* is \d+\.\d m;"),
    "too short": csv(lambda: text(ring(radius=10, width=2)), "63 m long, not from 100 m to 50 km"),
    "too long": csv(lambda: text(ring(radius=9000)), "m long, not from 100 m to 50 km"),
    "points all over the place": csv(
        lambda: text(np.random.default_rng(0).uniform(1.0, 99.0, (400, 4)) * [1e4, 1e4, 1, 1]),
        r"from row 1 \(line 2\) to row 400 .* km long",
    ),
    "degrees for metres": csv(
        lambda: text(np.column_stack([HARBOUR, np.full((len(HARBOUR), 2), 6.0)])),
        "row 1 .* all points lie within .* m; positions must be in metres",
    ),
    "a point astray": csv(lambda: shifted(101, 60, 300), r"row 101 \(line 102\) lies \d+ m away"),
    "rows in another order": csv(lambda: swapped(20, 40), r"row (20|40) .* away from the line"),
    "a stretch backwards": csv(backwards, r"row \d+ \(line \d+\)"),
    "wider than its bends": csv(hairpin_too_tight, r"boundary folds .* after the start, near row"),
    "wide as a sea": csv(lambda: with_cell(7, 2, "900000"), "row 7 .*is 900000, more than 100 m"),
    "a ring wider than its radius": csv(
        lambda: text(ring(radius=30, width=31)), r"left boundary folds .* inside of a bend"
    ),
    "roads on one another": csv(
        lambda: text(stadium(gap=5.0)), r"overlaps itself: \d+ m and \d+ m after the start .*row"
    ),
    "more noise than allowed": csv(
        lambda: text(line_of("harbour", 1.0, noise=2.0)), "of noise was more than a tolerance"
    ),
    # Options and settings
    "a width of its own": csv(lambda: text(ring()), "has widths of its own", "--width", "12"),
    "a tolerance below zero": csv(lambda: text(ring()), "tolerance must be", "--tolerance", "-1"),
    "a run-off of nan": csv(lambda: text(ring()), "run-off must be", "--runoff", "nan"),
    "an endless offset": csv(lambda: text(ring()), "start offset must", "--start-offset", "1e9"),
    "a name of the catalogue": csv(lambda: text(ring()), "of the catalogue", "--name", "Harbour"),
    "a name that is taken": csv(lambda: text(ring()), "cannot be the name", "--name", "all"),
    "another format": Bad("a.xyz", lambda: "1,2,3", r"must end in \.csv, \.geojson"),
    "KML without a line": Bad("a.kml", lambda: "<kml/>", "holds no lines", ("--width", "12")),
    "another scale": csv(lambda: text(ring()), "scale must be from 0.001", "--scale", "0"),
    "a road for no car": csv(
        lambda: text(ring(width=0.6)), "only 1.2 m wide.* no car fits: .*--scale"
    ),
    # GeoJSON
    "no JSON": geo("{", "is not JSON"),
    "a list": geo("[1, 2]", "not a GeoJSON object"),
    "a point": geo(geojson([11.0, 48.0], "Point"), "holds no lines"),
    "two lines": geo(
        json.dumps(
            {
                "type": "GeometryCollection",
                "geometries": [{"type": "LineString", "coordinates": POINTS}] * 2,
            }
        ),
        "holds 2 lines",
    ),
    "a ring with a hole": geo(geojson([POINTS, POINTS], "Polygon"), "one ring"),
    "lines that do not join": geo(
        geojson([POINTS[:60], POINTS[90:120]], "MultiLineString"), r"line \d is .* m away from"
    ),
    "a pit lane beside": geo(
        geojson([[*POINTS, POINTS[0]], POINTS[:9]], "MultiLineString"), "line 2 is not part of"
    ),
    "a place of words": geo(geojson([*POINTS[:6], ["a", "b"]]), r"point 7 must be \[longitude"),
    "metres for degrees": geo(
        geojson([*POINTS[:6], [691000.0, 5335000.0]]), "point 7 is at longitude 691000"
    ),
    "a number without end": geo(geojson([[10**400, 1]]), "point 1 is at longitude inf"),
    "across the country": geo(geojson([[8.0, 50.0], [12.0, 48.0]]), "more than a degree"),
    "no width given": geo(geojson(POINTS), "give the width of the road with --width", "--force"),
    "a road of a kilometre": geo(geojson(POINTS), "must be from 2 to 100 m", "--width", "1000"),
    "no points": geo(geojson([]), "holds no points"),
    # GPX
    "no XML": track("lat,lon\n48,11\n", "is not XML"),
    "another XML": track("<kml/>", "root is <kml>"),
    "entities": track(gpx(HARBOUR, head=BOMB), "document type or entities"),
    "a file from outside": track(gpx(HARBOUR, head=OUTSIDE), "document type or entities"),
    "no track": track("<gpx><wpt lat='1' lon='1'/></gpx>", "holds no track and no route"),
    "two tracks": track(
        gpx(HARBOUR).replace("</gpx>", "<trk>" + gpx(HARBOUR).partition("<trk>")[2]),
        "holds 2 lines that do not form one ring",
    ),
    "a point without latitude": track(
        gpx(HARBOUR).replace('lat="', 'la="', 3), r"point 1 must have lat and lon"
    ),
    "a latitude of nan": track("<gpx><trk><trkpt lat='nan' lon='1'/></trk></gpx>", "point 1 is at"),
    "half a lap": track(gpx(HARBOUR[:80]), "not closed: the gap from point 80 to point 1 is"),
}


def test_the_corpus_is_large_enough() -> None:
    assert len(BAD) >= 30


@pytest.mark.parametrize("name", BAD)
def test_a_bad_track_file_is_refused_with_one_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    monkeypatch.setenv("RACER_TRACKS_DIR", str(folder))
    bad = BAD[name]
    path = tmp_path / bad.file
    content = bad.content()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main(["tracks", "import", str(path), "--no-picture", *bad.options]) == 1
    answer = capsys.readouterr()
    assert answer.out == ""
    assert answer.err.startswith("racer tracks: ")
    assert answer.err.endswith(".\n")
    assert answer.err.count("\n") == 1
    assert len(answer.err) < 500 + len(str(path))
    refusal = answer.err.replace(str(path), "FILE")
    assert re.search(bad.reason, refusal), refusal
    assert not folder.exists() or not list(folder.iterdir())


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("runof = 3", "no setting 'runof'"),
        ("runoff = 'wide'", "but it must be a number"),
        ("runoff = -1", "runoff must be from 0 to 100 m, not -1"),
        ("start_offset = nan", "start_offset is nan, but it must be a number"),
        ("runoff = " + "9" * 900, "but it must be a number"),
        ("runoff = " + "9" * 9000, "longer than 1,000"),
        ("runoff = 1e999", "runoff is inf, but it must be a number"),
        ("start_offset = inf", "start_offset is inf, but it must be a number"),
        ("start_offset = [1]", "start_offset is [1], but it must be a number"),
        ("runoff = true", "runoff is True, but it must be a number"),
        ("runoff = 1979-05-27", "but it must be a number"),
        ('name = "a\\nb"', "but it must be a text of at most"),
        ("name = '" + "a" * 600 + "'", "but it must be a text of at most"),
        ("a = " + "[" * 900, "nested too deeply"),
        ("direction = 'up'", "direction is 'up', but it must be 'forward' or 'reverse'"),
        ("name = ", "is not valid TOML"),
    ],
)
def test_bad_settings_beside_a_good_file(
    settings: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text(text(ring()), "utf-8")
    (tmp_path / "a.toml").write_text(settings, "utf-8")
    assert main(["tracks", "import", str(tmp_path / "a.csv"), "--no-picture"]) == 1
    answer = capsys.readouterr()
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert reason in answer.err


def test_the_many_points_of_a_huge_file_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("racer.tracks.source.MOST_POINTS", 60)
    (tmp_path / "a.csv").write_text(text(ring()), "utf-8")
    assert main(["tracks", "validate", str(tmp_path / "a.csv")]) == 1
    assert "has 64 points; 60 are the most" in capsys.readouterr().err
