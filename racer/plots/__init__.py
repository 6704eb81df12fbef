"""Pictures with matplotlib: laps, circuits, minimum-time laps. Needs the extra `plots`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from racer.lazy import loader

if TYPE_CHECKING:
    from racer.plots.laps import COLOURS as COLOURS
    from racer.plots.laps import draw_track as draw_track
    from racer.plots.laps import label_of as label_of
    from racer.plots.laps import lap_figure as lap_figure
    from racer.plots.laps import lap_picture as lap_picture

__getattr__ = loader(
    __name__,
    {
        "COLOURS": "racer.plots.laps",
        "draw_track": "racer.plots.laps",
        "label_of": "racer.plots.laps",
        "lap_figure": "racer.plots.laps",
        "lap_picture": "racer.plots.laps",
    },
)
