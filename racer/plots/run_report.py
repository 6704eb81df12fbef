"""The report of training runs as one HTML file that needs nothing else. Needs the extra `plots`."""

from __future__ import annotations

import html
import io
import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from racer.formats.text import shown
from racer.optimal.reference import gap_text
from racer.plots.laps import COLOURS, draw_track

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from racer.laps.traces import LapTrace
    from racer.plots.run_facts import RunFacts

CURVES: Final = (
    ("rollout/ep_rew_mean", "reward of an episode"),
    ("rollout/lap_time_best", "best lap in training, s"),
    ("rollout/valid_lap_rate", "share of valid laps"),
    ("rollout/lap_complete_rate", "share of laps completed"),
    ("rollout/off_track_rate", "share of steps off the track"),
    ("train/std", "standard deviation of actions"),
)
OLD_LABELS: Final = {"rollout/lap_complete_rate": "share of laps completed (of old runs: valid)"}
STYLE: Final = """body{font:15px/1.5 system-ui,sans-serif;color:#22262b;max-width:1100px;margin:2em
auto;padding:0 1em}table{border-collapse:collapse;margin:1em 0}td,th{border-bottom:1px solid
#e3e6ea;padding:.3em .8em;text-align:right}td:first-child,th:first-child{text-align:left}svg{
max-width:100%;height:auto}pre{background:#f5f6f8;padding:1em;overflow:auto;font-size:12px}"""


def report_html(runs: Sequence[RunFacts]) -> str:
    """The page: results, curves of all runs together, then each run's best lap and settings."""
    title = "Training report: " + ", ".join(_text(run.content["name"]) for run in runs)
    parts = [f"<h1>{title}</h1>", _results(runs), "<h2>Learning curves</h2>", _curves(runs)]
    for run in runs:
        name = _text(run.content["name"])
        parts.append(f"<h2>{name}: best lap</h2>")
        if run.trace is None:
            parts.append(f"<p>No lap to show: {_text(run.content['why_no_lap'])}.</p>")
        else:
            parts += [_svg(_lap_figure(run, run.trace)), _sections(run)]
        about = {key: run.content[key] for key in ("settings", "versions")}
        text = html.escape(json.dumps(about, indent=1))
        parts.append(
            f"<details><summary>Settings and versions</summary><pre>{text}</pre></details>"
        )
    head = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'


def _results(runs: Sequence[RunFacts]) -> str:
    head = ("run", "algorithm", "steps", "best lap", "bound", "to bound", "valid in evaluation")
    rows = [head]
    for run in runs:
        content = run.content
        report = content["report"] or {}
        lap = content["best_lap"] or {}
        judged = report.get("evaluation") or {}
        steps = report.get("steps")
        laps = f"{judged['valid']} of {judged['laps']}" if "valid" in judged else "-"
        rows.append(
            (
                content["name"],
                str(content["settings"].get("algo", "-")),
                f"{steps:,}" if isinstance(steps, int) else "-",
                _seconds(lap.get("lap_time_s")),
                _seconds(lap.get("bound_lap_s")),
                gap_text(lap.get("gap_to_optimal")),
                laps,
            )
        )
    return _table(rows)


def _sections(run: RunFacts) -> str:
    found = run.content["best_lap"]["corners"]
    if not found:
        return "<p>No minimum time is known for this circuit; `racer optimal` computes it.</p>"
    rows = [("section", "from, m", "to, m", "lost, s")]
    for part in found:
        cells = (str(part["section"]), f"{part['from_m']:.0f}", f"{part['to_m']:.0f}")
        rows.append((*cells, f"{part['lost_s']:+.3f}"))
    return "<h3>Time lost to the minimum time, corner by corner</h3>" + _table(rows)


def _curves(runs: Sequence[RunFacts]) -> str:
    tags = {tag for run in runs for tag in run.content["curves"]}
    old = any(_has_old_tag(run.content["curves"]) for run in runs)
    labels = {**dict(CURVES), **(OLD_LABELS if old else {})}
    drawn = [(tag, label) for tag, label in labels.items() if tag in tags]
    if not drawn:
        return "<p>There are no curves: the runs have no event files.</p>"
    from matplotlib.figure import Figure

    rows = (len(drawn) + 1) // 2
    figure = Figure(figsize=(11.0, 2.8 * rows), layout="constrained")
    for number, (tag, label) in enumerate(drawn, 1):
        axes = figure.add_subplot(rows, 2, number)
        for i, run in enumerate(runs):
            curve = run.content["curves"].get(tag)
            if curve:
                name = shown(run.content["name"], 40).replace("$", r"\$").lstrip("_")
                colour = COLOURS[i % len(COLOURS)]
                axes.plot(curve["steps"], curve["values"], color=colour, label=name or "run")
        axes.set_title(label, size=10)
        axes.set_xlabel("environment steps", size=8)
        axes.grid(color="#e3e6ea")
        if number == 1 and len(runs) > 1:
            axes.legend(frameon=False, fontsize=8)
    return _svg(figure)


def _has_old_tag(curves: Mapping[str, Any]) -> bool:
    """Whether an earlier version wrote them: it called the share of valid laps by another tag."""
    complete = curves.get("rollout/lap_complete_rate")
    return bool(complete and any(complete["values"])) and "rollout/valid_lap_rate" not in curves


def _lap_figure(run: RunFacts, trace: LapTrace) -> Figure:
    from matplotlib.figure import Figure

    reference, lap = run.reference, run.content["best_lap"]
    track = trace.record.track
    figure = Figure(figsize=(11.0, 5.6), layout="constrained")
    grid = figure.add_gridspec(2, 2)
    plan = figure.add_subplot(grid[:, 0])
    draw_track(plan, track)
    plan.plot(trace.x, trace.y, color=COLOURS[0], lw=1.4, zorder=4)
    speed, gap = figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, 1])
    places = lap["distance_m"]
    speed.plot(places, 3.6 * np.array(lap["speed_m_s"]), color=COLOURS[0], label="best lap")
    if reference is not None:
        at = track.stations
        rim = np.append(np.arange(track.station_count) * track.spacing, track.length)
        x, y, tx, ty = (
            np.interp(reference.lap["s"], rim, np.append(at[key], at[key][0]))
            for key in ("x", "y", "tangent_x", "tangent_y")
        )
        n = reference.lap["n"] / np.hypot(tx, ty)
        plan.plot(x - n * ty, y + n * tx, color=COLOURS[1], lw=1.0, zorder=3)
        bound = 3.6 * np.array(lap["bound_speed_m_s"])
        speed.plot(places, bound, color=COLOURS[1], lw=1.0, label="minimum time")
        gap.plot(places, lap["gap_s"], color=COLOURS[0])
    speed.set_ylabel("speed, km/h")
    speed.legend(frameon=False, fontsize=8)
    gap.set_ylabel("behind the minimum time, s")
    gap.set_xlabel("distance from the start line, m")
    for axes in (speed, gap):
        axes.grid(color="#e3e6ea")
        axes.set_xlim(0.0, track.length)
    return figure


def _svg(figure: Figure) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg")
    text = file.getvalue()
    return text[text.index("<svg") :]


def _table(rows: Sequence[Sequence[Any]]) -> str:
    def line(cells: Sequence[Any], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{_text(cell)}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{line(rows[0], 'th')}{''.join(line(row, 'td') for row in rows[1:])}</table>"


def _text(value: Any) -> str:
    return html.escape(shown(str(value), 200))


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} s"
