"""Centre lines in GPX and KML, read as a stream (`racer.tracks.markup`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from racer.errors import TrackError
from racer.formats.text import shown
from racer.tracks.geographic import MOST_POINTS, check_count, joined_metres
from racer.tracks.markup import read_xml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from racer.tracks.spline import Array


def read_gpx(path: Path) -> Array:
    """The tracks of a GPX file, or its routes, joined, (M, 2) in metres.

    Raises:
        TrackError: it is not GPX, or holds no track, or several that do not form a ring.
    """
    reader = _Gpx(path)
    read_xml(path, "GPX", reader)
    kind = "trk" if any(reader.counts["trk"]) else "rte"
    if not any(reader.counts[kind]):
        raise TrackError(f"{path}: holds no track and no route with points.")
    return joined_metres(path, reader.points[kind].all(), reader.counts[kind])


class _Points:
    """Positions in degrees as they come; those beyond the most are counted only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: list[tuple[float, float]] = []
        self.count = 0

    def add(self, lon: float, lat: float) -> None:
        """One more, in degrees."""
        self.count += 1
        if self.count <= MOST_POINTS:
            self._kept.append((lon, lat))

    def all(self) -> list[tuple[float, float]]:
        """All of them.

        Raises:
            TrackError: there are too many.
        """
        check_count(self._path, self.count)
        return self._kept


class _Gpx:
    """Reads tracks and routes; see `racer.tracks.markup.Reader`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inside: list[str] = []
        self.counts: dict[str, list[int]] = {"trk": [], "rte": []}  # points of each
        self.points = {"trk": _Points(path), "rte": _Points(path)}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name in self.counts and len(self._inside) == 1:
            self.counts[name].append(0)
            if len(self.counts[name]) > MOST_POINTS:
                raise TrackError(f"{self._path}: holds more than {MOST_POINTS:,} tracks.")
        kind = self._inside[1] if len(self._inside) > 1 else ""
        self._inside.append(name)
        if kind not in self.points or name not in ("trkpt", "rtept"):
            return
        points = self.points[kind]
        self.counts[kind][-1] += 1
        try:
            points.add(float(attributes["lon"]), float(attributes["lat"]))
        except (KeyError, ValueError):
            raise TrackError(
                f"{self._path}: point {points.count + 1} must have lat and lon in degrees, "
                f"not {shown(str(dict(attributes))[:200], 60)}."
            ) from None

    def end(self, name: str) -> None:
        del name
        self._inside.pop()

    def data(self, text: str) -> None:
        """Heights, times and the like."""


def read_kml(path: Path) -> Array:
    """The lines of a KML file (LineString, LinearRing, gx:Track), joined, (M, 2) in metres.

    Raises:
        TrackError: it is not KML, or holds no line, or several that do not form a ring.
    """
    reader = _Kml(path)
    read_xml(path, "KML", reader)
    if not reader.counts:
        raise TrackError(f"{path}: holds no lines; a track is a LineString or a gx:Track.")
    return joined_metres(path, reader.points.all(), reader.counts)


_TEXTS = {"LineString": "coordinates", "LinearRing": "coordinates", "Track": "coord"}
_PIECE = 1 << 16  # letters of coordinates that are taken apart at once


class _Kml:
    """Reads lines; see `racer.tracks.markup.Reader`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inside: list[str] = []
        self._text = ""
        self._wanted = False
        self.counts: list[int] = []  # points of each line
        self.points = _Points(path)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        del attributes
        parent = self._inside[-1] if self._inside else ""
        self._inside.append(name)
        self._text = ""
        self._wanted = _TEXTS.get(parent) == name
        if name in _TEXTS:
            self.counts.append(0)
            if len(self.counts) > MOST_POINTS:
                raise TrackError(f"{self._path}: holds more than {MOST_POINTS:,} lines.")

    def end(self, name: str) -> None:
        del name
        self._inside.pop()
        if self._wanted:
            self._take(self._text)
        self._wanted = False

    def data(self, text: str) -> None:
        if not self._wanted:
            return
        self._text += text
        if len(self._text) > _PIECE and self._inside[-1] == "coordinates":
            cut = max(map(self._text.rfind, " \n\t\r"))
            whole, self._text = self._text[: cut + 1], self._text[cut + 1 :]
            self._take(whole or self._text)  # a word of so many letters is no position

    def _take(self, text: str) -> None:
        """Positions in a text: one of words in a gx:Track, else one in each word."""
        before = self.points.count
        if self._inside[-1:] == ["Track"]:
            self._add(text.split(None, 2))
        else:
            for word in text.split():
                self._add(word.split(",", 2))
        self.counts[-1] += self.points.count - before

    def _add(self, words: list[str]) -> None:
        try:
            self.points.add(float(words[0]), float(words[1]))
        except (IndexError, ValueError):
            raise TrackError(
                f"{self._path}: point {self.points.count + 1} must be longitude,latitude, "
                f"not '{shown(','.join(words), 40)}'."
            ) from None
