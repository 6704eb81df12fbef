"""Pictures of laps: racing lines on the track, speed and gap over distance (matplotlib).

Needs the extra `plots`; `lap_picture` writes a file and shows nothing, so it needs no display.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from racer.errors import RacerError
from racer.formats.files import atomic_path
from racer.formats.text import shown
from racer.laps.traces import LapTrace, gap_over_distance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from racer._core.circuit import Track

COLOURS: Final = ("#e08a00", "#2a7fc9", "#c73a5f", "#2f9e57", "#7d4fc4", "#555b63")
_INK: Final = "#22262b"
_SOFT: Final = "#7a828c"
_GRID: Final = "#e3e6ea"
_TARMAC: Final = "#e6e8eb"
_EDGE: Final = "#b4bac2"
_STEP: Final = 2.0  # [m] between the points of a curve
_SUFFIXES: Final = (".png", ".svg", ".pdf")


def lap_picture(
    laps: Sequence[LapTrace],
    path: str | PathLike[str],
    *,
    labels: Sequence[str] | None = None,
    title: str = "",
) -> None:
    """Draws laps of one track into a file: lines on the track, speed and gap over distance.

    The fastest lap is the reference of the gap.

    Args:
        laps: one to six laps.
        path: ends in .png, .svg or .pdf.
        labels: one per lap; the drivers' names and times if None.
        title: over the picture; the track's name if empty.

    Raises:
        RacerError: matplotlib is missing, the laps are of different tracks, or the file cannot be
            written.
    """
    if Path(path).suffix.lower() not in _SUFFIXES:
        raise RacerError(
            f"{fspath(path)}: the name of a picture must end in {', '.join(_SUFFIXES)}."
        )
    figure = lap_figure(laps, labels=labels, title=title)
    try:
        with atomic_path(path) as temporary:
            figure.savefig(temporary, dpi=150)
    except OSError as problem:
        raise RacerError(f"{fspath(path)}: cannot be written ({problem.strerror}).") from None


def lap_figure(
    laps: Sequence[LapTrace], *, labels: Sequence[str] | None = None, title: str = ""
) -> Figure:
    """The picture of `lap_picture` as a matplotlib figure that belongs to no window."""
    _check(laps)
    from matplotlib.figure import Figure

    track = laps[0].record.track
    names = list(labels) if labels is not None else [label_of(lap) for lap in laps]
    figure = Figure(figsize=(13.2, 7.2), layout="constrained", facecolor="white")
    grid = figure.add_gridspec(3, 2, width_ratios=(1.0, 1.15), height_ratios=(1.5, 1.0, 0.8))
    plan = figure.add_subplot(grid[:, 0])
    speed = figure.add_subplot(grid[0, 1])
    gap = figure.add_subplot(grid[1, 1], sharex=speed)
    pedals = figure.add_subplot(grid[2, 1], sharex=speed)
    figure.suptitle(
        title or f"{_text(track.name)}, {track.length:,.0f} m", color=_INK, weight="bold"
    )
    colours = [COLOURS[i % len(COLOURS)] for i in range(len(laps))]
    draw_lines(plan, laps, colours)
    draw_speed(speed, laps, colours, names)
    draw_gap(gap, laps, colours)
    _draw_pedals(pedals, laps, colours)
    return figure


def draw_track(axes: Axes, track: Track) -> None:
    """The road, its start line and its sectors, seen from above."""
    left, right = _closed(np.asarray(track.left)), _closed(np.asarray(track.right))
    outline = np.concatenate([left, right[::-1]])
    axes.fill(*outline.T, color=_TARMAC, lw=0, zorder=1)
    for edge in (left, right):
        axes.plot(*edge.T, color=_EDGE, lw=0.7, zorder=2)
    ends = [0.0, *np.asarray(track.sector_ends)[:-1].tolist()]
    for number, s in enumerate(ends):
        line = _across(track, s)
        axes.plot(*line.T, color=_INK, lw=2.0 if number == 0 else 1.0, zorder=5)
        outward = line[1] + (line[1] - line[0]) * 1.1
        text = "start" if number == 0 else f"S{number + 1}"
        axes.annotate(text, outward, ha="center", va="center", size=8, color=_SOFT, zorder=6)
    axes.set_aspect("equal")
    axes.set_axis_off()


def draw_lines(axes: Axes, laps: Sequence[LapTrace], colours: Sequence[str]) -> None:
    """The track with the line that each lap drove."""
    draw_track(axes, laps[0].record.track)
    for number, (lap, colour) in enumerate(zip(laps, colours, strict=True)):
        axes.plot(lap.x, lap.y, color=colour, lw=1.5, alpha=0.95, zorder=4 - number * 0.01)


def draw_speed(
    axes: Axes, laps: Sequence[LapTrace], colours: Sequence[str], names: Sequence[str]
) -> None:
    """Speed [km/h] over distance, with the legend."""
    _prepare(axes, laps[0].record.track, "km/h", sectors=True)
    for lap, colour, name in zip(laps, colours, names, strict=True):
        places = _places(lap)
        axes.plot(places, _over(lap, lap.speed * 3.6, places), color=colour, lw=1.5, label=name)
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.06), ncols=min(3, len(laps)), frameon=False,
        labelcolor=_INK, fontsize=9,
    )  # fmt: skip


def draw_gap(axes: Axes, laps: Sequence[LapTrace], colours: Sequence[str]) -> None:
    """Seconds behind the fastest lap that counts, over distance; of proved laps alone."""
    _prepare(axes, laps[0].record.track, "gap, s")
    counting = [lap for lap in laps if lap.counts]
    reference = min(counting, key=lambda lap: lap.record.lap_time_s, default=None)
    for lap, colour in zip(laps, colours, strict=True):
        if reference is None or not lap.check.proved:
            continue
        places = _places(lap)
        gap = gap_over_distance(lap, reference, places)
        axes.plot(places, gap, color=colour, lw=1.5)
        if lap is not reference:
            text = f"{lap.record.lap_time_s - reference.record.lap_time_s:+.3f}"
            axes.annotate(
                text, (places[-1], gap[-1]), xytext=(4, 0), textcoords="offset points",
                va="center", size=8, color=colour, annotation_clip=False,
            )  # fmt: skip


def label_of(lap: LapTrace) -> str:
    """The driver's name and lap time, and whether the lap counts."""
    record = lap.record
    minutes, seconds = divmod(record.lap_time_s, 60)
    kind = " standing" if record.standing else ""
    return (
        f"{_text(record.driver or 'unknown')}  {int(minutes)}:{seconds:06.3f}{kind}"
        f"{'' if record.valid else ' (not valid)'}"
        f"{'' if lap.check.proved else ' (not proved)'}"
    )


def _text(name: str) -> str:
    """A name from a file for matplotlib, which reads mathematics between dollars."""
    return shown(name, 60).replace("$", r"\$").lstrip("_") or "unknown"


def _draw_pedals(axes: Axes, laps: Sequence[LapTrace], colours: Sequence[str]) -> None:
    _prepare(axes, laps[0].record.track, "pedals", bottom=True)
    for lap, colour in zip(laps, colours, strict=True):
        places = _places(lap)
        pedals = lap.throttle - lap.brake
        axes.plot(places, _over(lap, pedals, places), color=colour, lw=1.0, alpha=0.9)
    axes.set_yticks([-1, 0, 1], ["brake", "0", "throttle"])
    axes.set_ylim(-1.15, 1.15)


def _prepare(
    axes: Axes, track: Track, label: str, *, sectors: bool = False, bottom: bool = False
) -> None:
    axes.set_ylabel(label, color=_SOFT, size=9)
    axes.grid(visible=True, axis="y", color=_GRID, lw=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_GRID)
    axes.tick_params(colors=_SOFT, labelsize=8, labelbottom=bottom)
    axes.set_xlim(0.0, track.length)
    if bottom:
        axes.set_xlabel("distance from the start line, m", color=_SOFT, size=9)
    start = 0.0
    for number, end in enumerate(np.asarray(track.sector_ends).tolist()):
        if number < len(track.sector_ends) - 1:
            axes.axvline(end, color=_EDGE, lw=0.8, ls=(0, (4, 4)))
        if sectors:
            axes.annotate(
                f"S{number + 1}", ((start + end) / 2, 1.0), xycoords=("data", "axes fraction"),
                ha="center", va="bottom", size=8, color=_SOFT,
            )  # fmt: skip
        start = end


def _check(laps: Sequence[LapTrace]) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        raise RacerError("pictures need matplotlib: pip install 'racer-sim[plots]'.")
    if not laps:
        raise RacerError("a picture of laps needs at least one lap.")
    first = laps[0].record.track
    for lap in laps:
        track = lap.record.track
        if track.fingerprint != first.fingerprint:
            raise RacerError(
                f"the laps are of different tracks ({first.name} {first.fingerprint} and"
                f" {track.name} {track.fingerprint})."
            )


def _places(lap: LapTrace) -> NDArray[np.float64]:
    return np.arange(0.0, lap.record.track.length, _STEP)


def _over(
    lap: LapTrace, values: NDArray[np.float64], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``values`` (T,) of a lap, read at ``places`` (P,) [m]."""
    return np.interp(places, np.maximum.accumulate(lap.place), values)


def _closed(line: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([line, line[:1]])


def _across(track: Track, s: float) -> NDArray[Any]:
    """Ends (2, 2), left and right, of the line across the road at ``s``."""
    stations = track.stations
    at = stations[round(s / track.spacing) % len(stations)]
    centre = np.array([at["x"], at["y"]])
    normal = np.array([-at["tangent_y"], at["tangent_x"]])
    return np.stack([centre + normal * at["width_left"], centre - normal * at["width_right"]])
