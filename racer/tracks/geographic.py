"""Centre lines in degrees: GeoJSON, and what it shares with GPX and KML (`racer.tracks.xml_lines`).

Positions become metres on the plane that touches the WGS 84 ellipsoid in the middle of the line, x
to the east and y to the north (the exact formula, heights taken as 0). Seen straight from above, a
distance d from the middle comes out too short by d^3 / (6 R^2): 4 mm at 10 km, 0.5 mm at 5 km.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from racer.errors import TrackError
from racer.formats.files import MAX_TRACK_BYTES, read_text
from racer.formats.text import shown
from racer.tracks.lines import joined

if TYPE_CHECKING:
    from racer.tracks.spline import Array

SEMI_MAJOR = 6_378_137.0  # WGS 84 [m]
ECCENTRICITY2 = 6.694379990141e-3  # WGS 84, squared
MOST_POINTS = 200_000
FARTHEST = 1.0  # degrees of latitude that a circuit may span
_DEPTH = 6  # of nested GeoJSON collections
# What a JSON file may hold, by the signs that stand for it; more would take a lot of memory.
_MOST = {"[": 500_000, "{": 50_000, ",": 1_000_000}
_COLLECTIONS = (("FeatureCollection", "features"), ("GeometryCollection", "geometries"))


def read_geojson(path: Path) -> Array:
    """The line of a GeoJSON file (RFC 7946), (M, 2) in metres; several are joined.

    Raises:
        TrackError: it is not GeoJSON, or holds no line, or several that do not form a ring.
    """
    text = read_text(path, limit=MAX_TRACK_BYTES, error=TrackError, what="track file")
    if any(text.count(sign) > most for sign, most in _MOST.items()):
        raise TrackError(f"{path}: has too many points or properties; 200,000 points are the most.")
    try:
        content = json.loads(text)
    except RecursionError:
        raise TrackError(f"{path}: is nested too deeply to be GeoJSON.") from None
    except ValueError as problem:
        raise TrackError(f"{path}: is not JSON ({shown(problem, 100)}).") from None
    lines = _lines(path, content, _DEPTH)
    if not lines:
        raise TrackError(
            f"{path}: holds no lines; a track is a LineString, a Polygon of one ring, or several "
            "LineStrings that form a ring."
        )
    check_count(path, sum(map(len, lines)))
    degrees: list[tuple[float, float]] = []
    for line in lines:
        for point in line:
            if not isinstance(point, list) or len(point) < 2 or not all(map(_is_number, point[:2])):
                raise TrackError(
                    f"{path}: point {len(degrees) + 1} must be [longitude, latitude], "
                    f"not {shown(str(point)[:100], 40)}."
                )
            degrees.append((_degrees(point[0]), _degrees(point[1])))
    return joined_metres(path, degrees, [len(line) for line in lines])


def check_count(path: Path, count: int) -> None:
    """Raises TrackError for more points than a track has."""
    if count > MOST_POINTS:
        raise TrackError(f"{path}: has {count:,} points; {MOST_POINTS:,} are the most.")


def joined_metres(path: Path, degrees: list[tuple[float, float]], counts: list[int]) -> Array:
    """Lines in degrees as the points of one ring, (M, 2) float64 in metres.

    Args:
        path: the file, for messages.
        degrees: (longitude, latitude) of the points of all lines, one line after the other.
        counts: how many of the points belong to each line.

    Raises:
        TrackError: a point is not on Earth, they are too far apart, or the lines form no ring.
    """
    xy = to_metres(path, degrees)
    parts = np.split(xy, np.cumsum(counts)[:-1])
    return joined(path, [part for part in parts if len(part)])


def to_metres(path: Path, degrees: list[tuple[float, float]]) -> Array:
    """Positions (M, 2) [m] on the plane through the middle, of (longitude, latitude) [degrees].

    Raises:
        TrackError: there are no points, or one is not on Earth, or they are too far apart.
    """
    if not degrees:
        raise TrackError(f"{path}: holds no points.")
    table = np.array(degrees, np.float64)
    lon, lat = table.T
    bad = np.flatnonzero(~((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)))
    if len(bad):
        raise TrackError(
            f"{path}: point {bad[0] + 1} is at longitude {lon[bad[0]]:g} and latitude "
            f"{lat[bad[0]]:g}, which is not on Earth; positions are degrees (WGS 84)."
        )
    lon = lon[0] + np.mod(lon - lon[0] + 180.0, 360.0) - 180.0  # across the date line
    if np.ptp(lat) > FARTHEST or np.ptp(lon) * math.cos(math.radians(lat.mean())) > FARTHEST:
        raise TrackError(f"{path}: spans more than a degree, about 111 km: too far for a circuit.")
    middle = np.radians([(lon.min() + lon.max()) / 2.0, (lat.min() + lat.max()) / 2.0])
    east, north = _plane(middle[0], middle[1])
    apart = _earth_centred(np.radians(lon), np.radians(lat)) - _earth_centred(*middle)
    return np.column_stack([apart @ east, apart @ north])


def _earth_centred(lon: Any, lat: Any) -> Array:
    """Cartesian positions (..., 3) [m] on the ellipsoid."""
    radius = SEMI_MAJOR / np.sqrt(1.0 - ECCENTRICITY2 * np.sin(lat) ** 2)
    return np.stack(
        [
            radius * np.cos(lat) * np.cos(lon),
            radius * np.cos(lat) * np.sin(lon),
            radius * (1.0 - ECCENTRICITY2) * np.sin(lat),
        ],
        axis=-1,
    )


def _plane(lon: float, lat: float) -> tuple[Array, Array]:
    """Unit vectors to the east and to the north of a place."""
    east = np.array([-math.sin(lon), math.cos(lon), 0.0])
    north = np.array(
        [-math.sin(lat) * math.cos(lon), -math.sin(lat) * math.sin(lon), math.cos(lat)]
    )
    return east, north


def _lines(path: Path, item: Any, depth: int) -> list[list[Any]]:
    """The coordinates of every line of a GeoJSON object."""
    if not isinstance(item, dict) or depth == 0:
        raise TrackError(f"{path}: is not a GeoJSON object.")
    kind = item.get("type")
    if kind == "Feature":
        if "geometry" in item and item["geometry"] is None:
            return []  # a feature without a place, which RFC 7946 (3.2) writes so
        return _lines(path, item.get("geometry"), depth - 1)
    for collection, members in _COLLECTIONS:
        if kind == collection:
            inside = item.get(members)
            if not isinstance(inside, list):
                raise TrackError(f"{path}: a {collection} must have a list of {members}.")
            return [line for member in inside for line in _lines(path, member, depth - 1)]
    return _geometry(path, kind, item.get("coordinates"))


def _geometry(path: Path, kind: Any, coordinates: Any) -> list[list[Any]]:
    if kind == "LineString" and isinstance(coordinates, list):
        return [coordinates]
    if kind == "MultiLineString" and isinstance(coordinates, list):
        if all(isinstance(part, list) for part in coordinates):
            return coordinates
        raise TrackError(f"{path}: the coordinates of a MultiLineString must be a list of lines.")
    if kind == "Polygon" and isinstance(coordinates, list):
        if len(coordinates) == 1 and isinstance(coordinates[0], list):
            return [coordinates[0]]
        raise TrackError(f"{path}: the Polygon must be one ring, the centre line of the road.")
    if kind == "MultiPolygon" and isinstance(coordinates, list):
        return [line for part in coordinates for line in _geometry(path, "Polygon", part)]
    if kind in ("Point", "MultiPoint"):
        return []
    if kind is None:
        raise TrackError(
            f"{path}: is not GeoJSON: an object in it has no type; export OpenStreetMap's data as "
            "GeoJSON, not as its own JSON."
        )
    raise TrackError(
        f"{path}: holds a '{shown(kind, 40)}', which is neither a LineString nor a Polygon."
    )


def _degrees(value: float) -> float:
    """A number of JSON, whose whole numbers have no limit, as a float."""
    return float(value) if abs(value) < 1e9 else math.inf


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
