"""Centre lines in degrees: GeoJSON, GPX and KML.

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
from racer.formats.files import MAX_TRACK_BYTES, read_bytes, read_text
from racer.formats.text import shown
from racer.tracks.lines import joined

if TYPE_CHECKING:
    from racer.tracks.spline import Array

SEMI_MAJOR = 6_378_137.0  # WGS 84 [m]
ECCENTRICITY2 = 6.694379990141e-3  # WGS 84, squared
FARTHEST = 1.0  # degrees of latitude that a circuit may span
_DEPTH = 6  # of nested GeoJSON collections
_MOST_BRACKETS = 500_000  # lists and objects of a JSON file; more would take a lot of memory
_MOST_VALUES = 2_000_000  # commas
_MOST_TAGS = 2_000_000  # of an XML file, two for each element
_COLLECTIONS = (("FeatureCollection", "features"), ("GeometryCollection", "geometries"))


def read_geojson(path: Path) -> Array:
    """The line of a GeoJSON file (RFC 7946), (M, 2) in metres; several are joined.

    Raises:
        TrackError: it is no GeoJSON, or holds no line, or several that make no ring.
    """
    text = read_text(path, limit=MAX_TRACK_BYTES, error=TrackError, what="track file")
    if text.count("[") + text.count("{") > _MOST_BRACKETS or text.count(",") > _MOST_VALUES:
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
            "LineStrings that make a ring."
        )
    degrees: list[tuple[float, float]] = []
    for line in lines:
        for point in line:
            if not isinstance(point, list) or len(point) < 2 or not all(map(_is_number, point[:2])):
                raise TrackError(
                    f"{path}: point {len(degrees) + 1} must be [longitude, latitude], "
                    f"not {shown(str(point)[:100], 40)}."
                )
            degrees.append((_degrees(point[0]), _degrees(point[1])))
    return _joined(path, degrees, [len(line) for line in lines])


def read_gpx(path: Path) -> Array:
    """The one track or route of a GPX file, (M, 2) in metres; segments are joined.

    Raises:
        TrackError: it is no GPX, or holds no track, or several.
    """
    root = _xml(path, "GPX")
    if _tag(root) != "gpx":
        raise TrackError(f"{path}: is not GPX, its root is <{shown(_tag(root), 40)}>.")
    paths = [item for item in root if _tag(item) == "trk"]
    paths = paths or [item for item in root if _tag(item) == "rte"]
    if len(paths) != 1:
        raise TrackError(f"{path}: holds {len(paths) or 'no'} tracks; it must be exactly one.")
    degrees = []
    for point in paths[0].iter():
        if _tag(point) not in ("trkpt", "rtept"):
            continue
        try:
            degrees.append((float(point.attrib["lon"]), float(point.attrib["lat"])))
        except (KeyError, ValueError):
            raise TrackError(
                f"{path}: point {len(degrees) + 1} must have lat and lon in degrees, "
                f"not {shown(str(dict(point.attrib))[:200], 60)}."
            ) from None
    return to_metres(path, degrees)


def read_kml(path: Path) -> Array:
    """The lines of a KML file (LineString, LinearRing, gx:Track), joined, (M, 2) in metres.

    Raises:
        TrackError: it is no KML, or holds no line, or several that make no ring.
    """
    root = _xml(path, "KML")
    if _tag(root) != "kml":
        raise TrackError(f"{path}: is not KML, its root is <{shown(_tag(root), 40)}>.")
    degrees: list[tuple[float, float]] = []
    counts = []
    for item in root.iter():
        if _tag(item) in ("LineString", "LinearRing"):
            words = [
                word.split(",")
                for child in item
                if _tag(child) == "coordinates"
                for word in (child.text or "").split()
            ]
        elif _tag(item) == "Track":
            words = [(child.text or "").split() for child in item if _tag(child) == "coord"]
        else:
            continue
        degrees += [_pair(path, len(degrees) + k, word) for k, word in enumerate(words, start=1)]
        counts.append(len(words))
    if not counts:
        raise TrackError(f"{path}: holds no lines; a track is a LineString or a gx:Track.")
    return _joined(path, degrees, counts)


def _pair(path: Path, number: int, words: list[str]) -> tuple[float, float]:
    try:
        return float(words[0]), float(words[1])
    except (IndexError, ValueError):
        raise TrackError(
            f"{path}: point {number} must be longitude,latitude, "
            f"not '{shown(','.join(words), 40)}'."
        ) from None


def _joined(path: Path, degrees: list[tuple[float, float]], counts: list[int]) -> Array:
    """The points in metres (M, 2) of the lines, which have so many points each, end to end."""
    xy = to_metres(path, degrees)
    parts = np.split(xy, np.cumsum(counts)[:-1])
    return joined(path, [part for part in parts if len(part)])


def _xml(path: Path, kind: str) -> Any:
    """The root of an XML file.

    The parser refuses document types and entities: nothing is expanded, nothing is fetched.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    data = read_bytes(path, limit=MAX_TRACK_BYTES, error=TrackError, what="track file")
    if data.count(b"<") > _MOST_TAGS:
        raise TrackError(f"{path}: has more than {_MOST_TAGS // 2:,} elements.")
    try:
        return fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise TrackError(
            f"{path}: has a document type or entities, which no {kind} needs."
        ) from None
    except (ParseError, ValueError, LookupError) as problem:
        raise TrackError(f"{path}: is not XML ({shown(problem, 100)}).") from None
    except RecursionError:
        raise TrackError(f"{path}: is nested too deeply to be {kind}.") from None


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
            f"{lat[bad[0]]:g}, which is not on Earth."
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
                raise TrackError(f"{path}: a {collection} has a list of {members}.")
            return [line for member in inside for line in _lines(path, member, depth - 1)]
    return _geometry(path, kind, item.get("coordinates"))


def _geometry(path: Path, kind: Any, coordinates: Any) -> list[list[Any]]:
    if kind == "LineString" and isinstance(coordinates, list):
        return [coordinates]
    if kind == "MultiLineString" and isinstance(coordinates, list):
        if all(isinstance(part, list) for part in coordinates):
            return coordinates
        raise TrackError(f"{path}: a MultiLineString is a list of lines.")
    if kind == "Polygon" and isinstance(coordinates, list):
        if len(coordinates) == 1 and isinstance(coordinates[0], list):
            return [coordinates[0]]
        raise TrackError(f"{path}: the Polygon must be one ring, the centre line of the road.")
    if kind in ("Point", "MultiPoint"):
        return []
    raise TrackError(f"{path}: holds a '{shown(kind, 40)}', which is no LineString and no Polygon.")


def _degrees(value: float) -> float:
    """A number of JSON, whose whole numbers have no limit, as a float."""
    return float(value) if abs(value) < 1e9 else math.inf


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _tag(element: Any) -> str:
    """The name of an XML element without its namespace."""
    return str(element.tag).rpartition("}")[2]
