"""The picture of a minimum-time lap: its line coloured by speed, speed and controls over distance.

Needs the extra `plots`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from racer.formats.files import atomic_path

if TYPE_CHECKING:
    import os

    from racer import _core
    from racer.optimal.reference import Reference


def draw_reference(
    track: _core.circuit.Track, reference: Reference, path: str | os.PathLike[str]
) -> None:
    """Draws a result into a file.

    Args:
        track: the circuit of the result.
        reference: the result.
        path: ends in .png, .svg or .pdf.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    lap = reference.lap
    at = track.stations
    grid = np.append(np.arange(track.station_count) * track.spacing, track.length)

    def around(name: str) -> np.ndarray:
        return np.asarray(np.interp(lap["s"], grid, np.append(at[name], at[name][0])))

    angle = np.arctan2(around("tangent_y"), around("tangent_x"))
    x = around("x") - lap["n"] * np.sin(angle)
    y = around("y") + lap["n"] * np.cos(angle)
    speed = 3.6 * np.hypot(lap["v_x"], lap["v_y"])

    figure = Figure(figsize=(13.0, 7.5), layout="constrained")
    parts = figure.add_gridspec(3, 2, width_ratios=(1.15, 1.0), height_ratios=(1.4, 1.0, 1.0))
    plan = figure.add_subplot(parts[:, 0])
    for edge in (track.left, track.right):
        closed = np.vstack([edge, edge[:1]])
        plan.plot(closed[:, 0], closed[:, 1], color="#b4bac2", linewidth=0.8)
    points = np.column_stack([x, y])
    line = LineCollection(
        list(np.stack([points[:-1], points[1:]], axis=1)), cmap="turbo", linewidths=2.0
    )
    line.set_array(speed[:-1])
    plan.add_collection(line)
    plan.set_aspect("equal")
    plan.set_axis_off()
    figure.colorbar(line, ax=plan, label="speed [km/h]", shrink=0.5)
    standing = reference.standing_lap_s
    title = f"{reference.track}, {reference.vehicle}: minimum time"
    title += f" {reference.flying_lap_s:.3f} s flying"
    figure.suptitle(title + ("" if standing is None else f", {standing:.3f} s from rest"))
    upper, middle, lower = (figure.add_subplot(parts[i, 1]) for i in range(3))
    upper.plot(lap["s"], speed, color="#2a7fc9")
    upper.set_ylabel("speed [km/h]")
    middle.plot(lap["s"], lap["throttle"], color="#2f9e57", label="throttle")
    middle.plot(lap["s"], lap["brake"], color="#c73a5f", label="brake")
    middle.set_ylabel("pedals")
    middle.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False)
    lower.plot(lap["s"], np.degrees(lap["steer"]), color="#7d4fc4")
    lower.set_ylabel("road wheels [deg]")
    lower.set_xlabel("distance along the centre line [m]")
    for axes in (upper, middle, lower):
        axes.grid(color="#e3e6ea")
        axes.set_xlim(0.0, track.length)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
