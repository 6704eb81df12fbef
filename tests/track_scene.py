"""Centre lines that tests need: made here, as a file gives them."""

from pathlib import Path

import numpy as np

from racer.tracks import load_track

HEADER = "# x_m,y_m,w_tr_right_m,w_tr_left_m"


def line_of(name: str, step: float, *, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """(M, 4) a circuit's centre line and widths about every `step` metres, with noise [m]."""
    track = load_track(name)
    stations = track.stations
    count = round(track.length / step)
    at = np.round(np.linspace(0, len(stations), count, endpoint=False)).astype(int)
    names = ("x", "y", "width_right", "width_left")
    line = np.column_stack([stations[name][at] for name in names])
    line[:, :2] += noise * np.random.default_rng(seed).standard_normal((count, 2))
    return line


def ring(count: int = 64, radius: float = 100.0, width: float = 5.0) -> np.ndarray:
    """(M, 4) a circle, counter-clockwise."""
    angle = np.arange(count) * (2 * np.pi / count)
    widths = np.full(count, width)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), widths, widths])


def stadium(gap: float, length: float = 400.0, step: float = 4.0, width: float = 5.0) -> np.ndarray:
    """(M, 4) two long straights whose centre lines are `gap` metres apart in their middle.

    The ends are round with a radius of 40 m; towards the middle the straights come closer.
    """
    s = np.linspace(0.0, 2 * length + 2 * np.pi * 40.0, 4000, endpoint=False)
    arc = np.pi * 40.0
    x = np.select(
        [s < length, s < length + arc, s < 2 * length + arc],
        [
            s - length / 2,
            length / 2 + 40.0 * np.sin((s - length) / 40.0),
            length / 2 - (s - length - arc),
        ],
        -length / 2 - 40.0 * np.sin((s - 2 * length - arc) / 40.0),
    )
    y = np.select(
        [s < length, s < length + arc, s < 2 * length + arc],
        [-40.0 + 0 * s, -40.0 * np.cos((s - length) / 40.0), 40.0 + 0 * s],
        40.0 * np.cos((s - 2 * length - arc) / 40.0),
    )
    squeeze = np.exp(-((x / 90.0) ** 2))
    y = y * (1.0 - squeeze * (1.0 - gap / 80.0))
    keep = slice(None, None, round(len(s) * step / s[-1]))
    return np.column_stack([x, y, np.full((len(s), 2), width)])[keep]


def hairpins(width: float, radius: float = 5.6, step: float = 4.7) -> np.ndarray:
    """(M, 4) two straights and two hairpins, to the left, whose bend peaks in one place.

    The curvature rises evenly to that of the radius and falls in the same way.
    """
    half = np.pi * radius  # of a hairpin
    s = np.linspace(0.0, 2 * (200.0 + 2 * half), 20_000, endpoint=False)
    along = np.mod(s, 200.0 + 2 * half) - 200.0
    bend = np.maximum(1.0 - np.abs(along - half) / half, 0.0) / radius
    angle = np.cumsum(bend) * s[1]
    xy = np.cumsum(np.column_stack([np.cos(angle), np.sin(angle)]), axis=0) * s[1]
    keep = slice(None, None, round(step / s[1]))
    return np.column_stack([xy, np.full((len(s), 2), width)])[keep]


def write_csv(path: Path, table: np.ndarray) -> Path:
    rows = [",".join(f"{value:.4f}" for value in row) for row in table]
    path.write_text("\n".join([HEADER, *rows, ""]), "utf-8")
    return path


def degrees_of(xy: np.ndarray, lon: float = 11.6, lat: float = 48.2) -> np.ndarray:
    """(M, 2) longitude and latitude of metres around a place, for small circuits."""
    radius = 6_378_137.0
    e2 = 6.694379990141e-3
    sine = np.sin(np.radians(lat))
    east = radius / np.sqrt(1 - e2 * sine**2) * np.cos(np.radians(lat))
    north = radius * (1 - e2) / (1 - e2 * sine**2) ** 1.5
    return np.column_stack([lon + np.degrees(xy[:, 0] / east), lat + np.degrees(xy[:, 1] / north)])


def gpx(degrees: np.ndarray, head: str = "", tag: str = "trk") -> str:
    """A GPX file of one track."""
    points = "".join(f'<trkpt lat="{lat:.9f}" lon="{lon:.9f}"/>' for lon, lat in degrees)
    return (
        f'<?xml version="1.0"?>{head}<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1">'
        f"<{tag}><trkseg>{points}</trkseg></{tag}></gpx>"
    )
