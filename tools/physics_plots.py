"""Draws the pictures of docs/physics.md (see physics_report.py)."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from racer.formats.files import atomic_path

from . import physics_measure as measure
from .physics_measure import GRAVITY, KMH, TICK, Car

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS: Final = ("#2a7fc9", "#c73a5f", "#2f9e57")
INK: Final = "#22262b"
SOFT: Final = "#7a828c"
STYLE: Final[dict[Any, Any]] = {
    "figure.dpi": 110,
    "font.size": 9,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e3e6ea",
    "axes.axisbelow": True,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}


def _figure(width: float, height: float, columns: int, rows: int = 1) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def coast(cars: Sequence[Car]) -> Figure:
    """Coast-down against the closed form."""
    figure, ((axes,),) = _figure(6.4, 3.0, 1)
    for car, colour in zip(cars, COLOURS, strict=True):
        time, speed, exact = measure.coast_down(car)
        axes.plot(time, speed * KMH, color=colour, label=f"{car.name}, engine")
        axes.plot(time[::600], exact[::600] * KMH, "o", mfc="none", color=INK, ms=4)
    axes.plot([], [], "o", mfc="none", color=INK, ms=4, label="closed form")
    axes.set(xlabel="time, s", ylabel="speed, km/h", title="Rolling out from 0.9 of the top speed")
    axes.legend()
    return figure


def straight(cars: Sequence[Car]) -> Figure:
    """Standing start and full stop."""
    figure, ((left, right),) = _figure(8.6, 3.0, 2)
    for car, colour in zip(cars, COLOURS, strict=True):
        speed = measure.acceleration(car, 16.0)
        left.plot(np.arange(len(speed)) * TICK, speed * KMH, color=colour, label=car.name)
        distance, slowing = measure.braking(car, min(200.0 / KMH, 0.9 * car.top_speed))
        right.plot(distance, slowing * KMH, color=colour)
    for level in (100.0, 200.0):
        left.axhline(level, color=SOFT, lw=0.8, ls=":")
    left.set(xlabel="time, s", ylabel="speed, km/h", title="Standing start, full throttle")
    right.set(xlabel="distance, m", ylabel="speed, km/h", title="Full brakes")
    left.legend(loc="lower right")
    return figure


def circle(cars: Sequence[Car]) -> Figure:
    """Steering beyond the geometry over lateral acceleration."""
    figure, rows = _figure(8.6, 3.0, len(cars))
    for car, axes, colour in zip(cars, rows[0], COLOURS, strict=True):
        for share, style in ((0.35, "-"), (0.7, "--")):
            speed = share * car.top_speed
            extra, lateral = measure.closing_circle(car, speed)
            end = int(lateral.argmax()) + 1
            label = f"{speed * KMH:.0f} km/h"
            axes.plot(lateral[:end] / GRAVITY, np.degrees(extra[:end]), style, color=colour)
            axes.plot([], [], style, color=colour, label=label)
            line = np.array([0.0, 0.6 * lateral.max()])
            gradient = measure.understeer_gradient(car, speed)
            axes.plot(line / GRAVITY, np.degrees(gradient * line), style, color=INK, lw=0.9)
        axes.plot([], [], color=INK, lw=0.9, label="closed form")
        axes.set(xlabel="lateral acceleration, g", title=car.name, ylim=(-0.2, None))
        axes.legend(fontsize=8, loc="upper left")
    rows[0][0].set_ylabel("steering beyond L / R, degrees")
    return figure


def lateral(cars: Sequence[Car]) -> Figure:
    """The lateral limit over speed, measured and by the closed form of the front axle."""
    figure, ((axes,),) = _figure(6.4, 3.2, 1)
    for car, colour in zip(cars, COLOURS, strict=True):
        speeds = np.linspace(0.2, 0.93, 9) * car.top_speed
        found = [measure.lateral_limit(car, v) / GRAVITY for v in speeds]
        axes.plot(speeds * KMH, found, "o", color=colour, ms=4, label=f"{car.name}, engine")
        fine = np.linspace(0.15, 0.95, 60) * car.top_speed
        front = np.array([measure.axles(car, v)[0][0] for v in fine])
        limit = front * car.wheelbase / car.p["cg_to_rear"] / car.p["mass"]
        axes.plot(fine * KMH, limit / GRAVITY, color=colour, lw=1.0)
    axes.plot([], [], color=INK, lw=1.0, label="grip of the front axle")
    axes.set(xlabel="speed, km/h", ylabel="lateral acceleration, g", ylim=(0.0, None))
    axes.set_title("Steady corners at the limit, speed held")
    axes.legend(fontsize=8)
    return figure


def ellipse(cars: Sequence[Car]) -> Figure:
    """Forces of the axles over their capacity, in wild driving."""
    figure, ((left, right),) = _figure(7.0, 3.4, 2)
    rows = measure.wild_drive(cars[0])
    along, across = measure.axle_shares(cars[0], rows)
    turn = np.linspace(0.0, 2.0 * np.pi, 200)
    for axes, i, name in ((left, 0, "front"), (right, 1, "rear")):
        axes.plot(across[i][::3], along[i][::3], ",", color=COLOURS[i], alpha=0.6)
        axes.plot(np.cos(turn), np.sin(turn), color=INK, lw=1.0)
        axes.set(xlabel="lateral share of the capacity", aspect="equal")
        axes.set(xlim=(-1.08, 1.08), ylim=(-1.08, 1.08))
        axes.set_title(f"{cars[0].name}, {name}: at most {np.hypot(along[i], across[i]).max():.4f}")
    left.set_ylabel("longitudinal share")
    return figure


def tyres(cars: Sequence[Car]) -> Figure:
    """Lateral force over slip angle."""
    figure, ((axes,),) = _figure(6.4, 3.0, 1)
    slip = np.linspace(0.0, 0.4, 400)
    for car, colour in zip(cars, COLOURS, strict=True):
        model = measure.reference_model(car.p)
        for axle, style in ((model.front, "-"), (model.rear, "--")):
            force = axle.friction * axle.lateral_share(slip)
            axes.plot(np.degrees(slip), force, style, color=colour)
            peak = int(force.argmax())
            axes.plot(np.degrees(slip[peak]), force[peak], "o", color=colour, ms=3.5)
        axes.plot([], [], color=colour, label=car.name)
    axes.plot([], [], color=SOFT, label="front")
    axes.plot([], [], "--", color=SOFT, label="rear")
    axes.set(xlabel="slip angle, degrees", ylabel="lateral force / load", ylim=(0.0, None))
    axes.set_title("At an axle load of m g / 2")
    axes.legend(fontsize=8, ncols=2)
    return figure


def integrator(cars: Sequence[Car]) -> Figure:
    """Order of the method and its error at the limit."""
    figure, ((left, right),) = _figure(8.6, 3.0, 2)
    counts = (1, 2, 4, 8)
    for car, colour in zip(cars, COLOURS, strict=True):
        errors = measure.substep_errors(car, counts)
        left.loglog(counts, errors, "o-", color=colour, label=car.name)
        found = np.sort(measure.limit_errors(car)) * 1000.0
        share = np.arange(1, len(found) + 1) / len(found)
        right.step(found, share, where="post", color=colour)
    line = np.array(counts, dtype=np.float64)
    left.loglog(line, 2e-5 * line**-4, color=SOFT, lw=1.0, ls=":", label="fourth order")
    left.set(xlabel="steps per tick", ylabel="error after 1 s, m", title="Smooth driving")
    left.set_xticks(counts, [str(n) for n in counts])
    left.minorticks_off()
    left.legend(fontsize=8)
    right.axvline(5.0, color=SOFT, lw=1.0, ls=":")
    right.axvline(50.0, color=SOFT, lw=1.0, ls=":")
    right.set(xscale="log", xlabel="error after 1 s against RK45, mm", ylabel="share of drives")
    right.set(title="At the limit, one step per tick")
    return figure


def stability(cars: Sequence[Car]) -> Figure:
    """The largest eigenvalue of the yaw-sideslip motion over speed, grip and brakes."""
    brakes = (0.0, 0.25, 0.5, 1.0)
    figure, panels = _figure(8.6, 6.0, len(brakes), len(cars))
    shares = np.linspace(0.0, 1.0, 41)
    for row, car in zip(panels, cars, strict=True):
        speeds = np.linspace(0.2, 0.95, 31) * car.top_speed
        for axes, brake in zip(row, brakes, strict=True):
            worst = measure.yaw_eigenvalues(car, speeds, shares, brake)
            x, y = speeds * KMH, shares * 100.0
            shown = np.clip(worst, -15.0, 5.0)
            mesh = axes.pcolormesh(x, y, shown, cmap="RdYlGn_r", vmin=-15.0, vmax=15.0)
            mesh.set_rasterized(True)
            axes.contour(x, y, np.where(np.isinf(worst), 5.0, worst), [0.0], colors=INK)
            axes.contourf(x, y, np.isinf(worst).astype(float), [0.5, 1.5], colors=["#8d1f35"])
            axes.grid(visible=False)
            axes.set_title(f"{car.name}, brake {brake:g}")
        row[0].set_ylabel("front lateral grip, %")
    for axes in panels[-1]:
        axes.set_xlabel("speed, km/h")
    bar = figure.colorbar(mesh, ax=panels, shrink=0.5)
    bar.set_label("largest eigenvalue, 1/s")
    return figure


PICTURES: Final[dict[str, Callable[[Sequence[Car]], Figure]]] = {
    "coast": coast,
    "straight": straight,
    "circle": circle,
    "lateral": lateral,
    "ellipse": ellipse,
    "tyres": tyres,
    "integrator": integrator,
    "stability": stability,
}


def draw(cars: Sequence[Car], folder: Path) -> None:
    """Writes physics_<name>.png for every picture."""
    import matplotlib as mpl
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        for name, picture in PICTURES.items():
            drawn = io.BytesIO()
            picture(cars).savefig(drawn, metadata={"Software": None})
            few = (
                Image.open(drawn)
                .convert("RGB")
                .quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            )
            with atomic_path(folder / f"physics_{name}.png") as temporary:
                few.save(temporary, format="PNG", optimize=True)
