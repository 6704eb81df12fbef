"""The picture of the results: rates over worlds, and peers beside Racer."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from racer.errors import ConfigError
from racer.tools.bench.runner import Row, short

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

OURS = "#c8102e"
THEIRS = "#8a9099"
THREADS = ("#c8102e", "#1f6f8b", "#4f8a3c", "#8a5a9e")


def draw(rows: list[Row], path: Path) -> None:
    """Draws the layers `scaling` and `peers`, as far as they were measured.

    Raises:
        ConfigError: matplotlib is missing.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise ConfigError("the picture needs matplotlib: pip install 'racer-sim[plots]'.")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, 4.0), dpi=130, layout="constrained")
    scaling, peers = figure.subplots(1, 2)
    draw_scaling(scaling, [row for row in rows if row["layer"] == "scaling"])
    draw_peers(
        peers, [row for row in rows if row["layer"] == "peers" and "steps_per_second" in row]
    )
    figure.savefig(path, metadata={"Software": None})


def draw_scaling(axes: Axes, rows: list[Row]) -> None:
    """Ticks per second over worlds, a line per number of threads."""
    for i, threads in enumerate(sorted({row["threads"] for row in rows})):
        line = [(r["num_envs"], r["ticks_per_second"]) for r in rows if r["threads"] == threads]
        name = f"{threads} thread{'s' if threads > 1 else ''}"
        axes.loglog(*zip(*line, strict=True), "o-", ms=4, color=THREADS[i % 4], label=name)
    axes.set_xlabel("worlds")
    axes.set_ylabel("ticks per second")
    axes.set_title("Whole steps from Python, observation track", fontsize=10)
    axes.grid(visible=True, alpha=0.3)
    if rows:
        axes.legend(frameon=False)


def draw_peers(axes: Axes, rows: list[Row]) -> None:
    """Steps per second of every simulator, the fastest on top."""
    rows = sorted(
        (row for row in rows if "again" not in row["case"]),
        key=lambda r: float(r["steps_per_second"]),
    )
    names = [f"{row['case']}, {row['num_envs']}" for row in rows]
    rates = [float(row["steps_per_second"]) for row in rows]
    colours = [OURS if row["case"] == "Racer" else THEIRS for row in rows]
    axes.barh(names, rates, color=colours)
    for place, rate in enumerate(rates):
        axes.annotate(
            short(rate), (rate, place), xytext=(3, 0), textcoords="offset points",
            va="center", size=8,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.margins(x=0.2)
    axes.set_xlabel("steps per second, one core")
    axes.set_title("Peers and Racer, with their numbers of worlds", fontsize=10)
    axes.tick_params(axis="y", labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
