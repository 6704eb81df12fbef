"""Pictures of circuits: one with its corners and findings, or many on a sheet (matplotlib)."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from racer.errors import RacerError
from racer.formats.files import atomic_path
from racer.plots.laps import draw_track
from racer.tracks.corners import corners
from racer.tracks.spline import ClosedSpline

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from racer._core.circuit import Track
    from racer.tracks.check import Finding
    from racer.tracks.survey import Survey

SUFFIXES: Final = (".png", ".svg", ".pdf")
_INK: Final = "#22262b"
_SOFT: Final = "#7a828c"
_COLOURS: Final = {"error": "#c4262e", "repaired": "#c77700", "note": "#2a7fc9"}
_WORDS: Final = {"error": "error", "repaired": "repaired", "note": "note"}
_MOST_LINES: Final = 8


def draw_survey(result: Survey, path: str | os.PathLike[str], *, title: str) -> None:
    """Draws what became of a file: the road if there is one, else its line, and the findings.

    Raises:
        RacerError: the name of the picture has another suffix, or it cannot be written.
    """
    figure, axes = _figure(path)
    if result.track is not None:
        _draw_circuit(axes, result.track)
    else:
        _draw_outline(axes, result)
    _draw_findings(figure, axes, result.findings)
    heading = title if result.track is None else f"{title}, {result.track.length:,.0f} m"
    axes.set_title(heading, color=_INK, weight="bold")
    _save(figure, path, dpi=110)


def draw_circuit(
    track: Track,
    path: str | os.PathLike[str],
    *,
    title: str = "",
    findings: tuple[Finding, ...] = (),
) -> None:
    """Draws one circuit with its corners numbered.

    Raises:
        RacerError: the name of the picture has another suffix, or it cannot be written.
    """
    figure, axes = _figure(path)
    _draw_circuit(axes, track)
    _draw_findings(figure, axes, list(findings))
    axes.set_title(title or f"{track.name}, {track.length:,.0f} m", color=_INK, weight="bold")
    _save(figure, path, dpi=110)


def draw_sheet(
    tracks: Mapping[str, Track], path: str | os.PathLike[str], *, columns: int = 3
) -> None:
    """Draws many circuits on one sheet, each with its name, length and corner count."""
    from matplotlib.figure import Figure

    rows = -(-len(tracks) // columns)
    figure = Figure(figsize=(3.4 * columns, 2.7 * rows), layout="constrained", facecolor="white")
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in places[len(tracks) :]:
        axes.set_axis_off()
    for axes, (name, track) in zip(places, tracks.items(), strict=False):
        left, right = np.asarray(track.left), np.asarray(track.right)
        outline = np.concatenate([left, left[:1], right[:1], right[::-1]])
        axes.fill(*outline.T, color=_INK, lw=0.6)
        at = track.stations[0]
        across = np.array([-at["tangent_y"], at["tangent_x"]]) * 4.0 * at["width_left"]
        start = np.array([at["x"], at["y"]]) + np.outer([-1.0, 1.0], across)
        axes.plot(*start.T, color=_COLOURS["error"], lw=1.6)
        axes.set_aspect("equal")
        axes.set_axis_off()
        count = len(corners(track))
        axes.set_title(f"{name}: {track.length:,.0f} m, {count} corners", size=9, color=_INK)
    _check_suffix(path)
    _save(figure, path, dpi=270 // columns)


def _draw_circuit(axes: Axes, track: Track) -> None:
    draw_track(axes, track)
    stations = track.stations
    for number, corner in enumerate(corners(track), start=1):
        middle = (corner.start + corner.end) / 2.0
        at = stations[round(middle / track.spacing) % len(stations)]
        side = -np.sign(corner.turn)  # outside of the corner
        away = side * (at["width_left"] + 0.008 * track.length)
        place = (at["x"] - away * at["tangent_y"], at["y"] + away * at["tangent_x"])
        axes.annotate(
            str(number), place, ha="center", va="center", size=8, color=_INK, weight="bold",
            annotation_clip=False,
        )  # fmt: skip
    along = stations[round(30.0 / track.spacing) % len(stations)]
    axes.annotate(
        "",
        (along["x"] + 30.0 * along["tangent_x"], along["y"] + 30.0 * along["tangent_y"]),
        (along["x"], along["y"]),
        arrowprops={"arrowstyle": "->", "color": _INK},
    )


def _draw_outline(axes: Axes, result: Survey) -> None:
    """The line and its edges, for what is no circuit."""
    samples = ClosedSpline(result.line[:, :2]).sample(2.0)
    widths = ClosedSpline(result.line[:, :2]).widths(result.line[:, 2:], samples.u)
    for offset, colour in ((widths[:, 1], _SOFT), (-widths[:, 0], _SOFT), (0.0 * samples.u, _INK)):
        edge = samples.xy + samples.normal * offset[:, None]
        axes.plot(*np.vstack([edge, edge[:1]]).T, color=colour, lw=0.8)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _draw_findings(figure: Figure, axes: Axes, findings: list[Finding]) -> None:
    """A numbered mark at each place, and the sentences below."""
    lines = []
    for number, finding in enumerate(findings[:_MOST_LINES], start=1):
        colour = _COLOURS[finding.level]
        if finding.xy is not None:
            axes.plot(*finding.xy, "o", ms=14, mfc="none", mec=colour, mew=1.6, zorder=8)
            axes.annotate(
                str(number), finding.xy, xytext=(9, 9), textcoords="offset points",
                color=colour, size=9, weight="bold", zorder=9,
            )  # fmt: skip
        lines.append(f"{number}  {_WORDS[finding.level]}: {finding.text}")
    if len(findings) > _MOST_LINES:
        lines.append(f"and {len(findings) - _MOST_LINES} more")
    if lines:
        text = "\n".join(textwrap.fill(line, 150, subsequent_indent="    ") for line in lines)
        figure.supxlabel(text, x=0.01, ha="left", size=7.5, color=_INK)


def _figure(path: str | os.PathLike[str]) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    _check_suffix(path)
    figure = Figure(figsize=(10.0, 7.5), layout="constrained", facecolor="white")
    return figure, figure.subplots()


def _check_suffix(path: str | os.PathLike[str]) -> None:
    if Path(path).suffix.lower() not in SUFFIXES:
        raise RacerError(f"{path}: the name of a picture must end in {', '.join(SUFFIXES)}.")


def _save(figure: Figure, path: str | os.PathLike[str], dpi: int) -> None:
    try:
        with atomic_path(path) as temporary:
            figure.savefig(temporary, dpi=dpi, metadata={"Software": None} if _png(path) else None)
    except OSError as problem:
        raise RacerError(f"{path}: cannot be written ({problem.strerror}).") from None


def _png(path: str | os.PathLike[str]) -> bool:
    return Path(path).suffix.lower() == ".png"
