"""Writes docs/physics.md and its pictures from what the engine does.

`python -m racer.tools.physics_report` measures every vehicle, draws docs/images/physics_*.png and
writes the page around them. With
`--no-pictures` the page alone is written. The words are in physics_report.md beside this file.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from racer import _core
from racer.formats.files import atomic_path

from . import drivability as measure_keys
from . import physics_measure as measure
from . import physics_plots
from .physics_measure import GRAVITY, KMH, ROOT, Car

DOCS = ROOT / "docs"
TOP_SPEEDS = "265 km/h at Phillip Island [4], 280 at Le Mans [5], 309 unrestricted with DRS [6]"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def number(value: float, digits: int, unit: str = "") -> str:
    """A number with a unit; a dash where there is none."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}{unit}"


def stop(car: Car, kmh: float) -> float:
    """Braking distance [m] from a speed; NaN where the car does not get so fast."""
    if kmh / KMH > car.top_speed:
        return math.nan
    return float(measure.braking(car, kmh / KMH)[0][-1])


def corner(car: Car, kmh: float) -> float:
    """Lateral limit [g] at a speed; NaN where the car cannot hold it."""
    if kmh / KMH > 0.95 * car.top_speed:
        return math.nan
    return measure.lateral_limit(car, kmh / KMH) / GRAVITY


def understeer(car: Car, share: float) -> float:
    """Understeer [degrees per g] in gentle corners at a share of the top speed, by the engine."""
    extra, lateral = measure.closing_circle(car, share * car.top_speed)
    gentle = lateral < 0.15 * lateral.max()
    slope = np.polyfit(lateral[gentle], extra[gentle], 1)[0]
    return float(np.degrees(slope) * GRAVITY)


def tyre_peaks(car: Car) -> str:
    """Slip angles of the tyres' peaks, front and rear."""
    model = measure.reference_model(car.p)
    slip = np.linspace(0.0, 0.4, 4001)
    peaks = [math.degrees(slip[a.lateral_share(slip).argmax()]) for a in (model.front, model.rear)]
    return f"{peaks[0]:.1f}, {peaks[1]:.1f} deg"


def figures(cars: Sequence[Car]) -> str:
    """What the vehicles do, one column each."""
    starts = {car.name: measure.acceleration(car, 30.0) for car in cars}
    lines = {
        "0-100 km/h": [number(measure.time_to(starts[c.name], 100.0), 2, " s") for c in cars],
        "0-200 km/h": [number(measure.time_to(starts[c.name], 200.0), 2, " s") for c in cars],
        "top speed": [number(c.top_speed * KMH, 0, " km/h") for c in cars],
        "100-0 km/h": [number(stop(c, 100.0), 1, " m") for c in cars],
        "200-0 km/h": [number(stop(c, 200.0), 1, " m") for c in cars],
        "lateral at 50 km/h": [number(corner(c, 50.0), 2, " g") for c in cars],
        "lateral at 100 km/h": [number(corner(c, 100.0), 2, " g") for c in cars],
        "lateral at 200 km/h": [number(corner(c, 200.0), 2, " g") for c in cars],
        "lateral at 240 km/h": [number(corner(c, 240.0), 2, " g") for c in cars],
        "understeer at half the top speed": [number(understeer(c, 0.5), 2, " deg/g") for c in cars],
        "the same by the closed form": [
            number(
                math.degrees(measure.understeer_gradient(c, 0.5 * c.top_speed)) * GRAVITY,
                2,
                " deg/g",
            )
            for c in cars
        ],
        "tyre peaks, front and rear": [tyre_peaks(c) for c in cars],
    }
    rows = ([name, *cells] for name, cells in lines.items())
    return table(["", *(f"`{c.name}`" for c in cars)], rows)


def realism(cars: Sequence[Car]) -> str:
    """The vehicles beside published figures of their classes."""
    starts = {car.name: measure.acceleration(car, 30.0) for car in cars}
    by_name = {car.name: car for car in cars}

    def start(name: str, kmh: float) -> str:
        return number(measure.time_to(starts[name], kmh), 1, " s")

    gt, formula, kart = by_name["gt"], by_name["formula"], by_name["kart"]
    braking = np.diff(measure.braking(formula, 200.0 / KMH)[1]).min() / -measure.TICK / GRAVITY
    rows = [
        ["`gt` mass", f"{gt.p['mass']:.0f} kg with driver", "1225-1285 kg without driver [1, 2]"],
        ["`gt` power", f"{gt.p['power'] / 1e3:.0f} kW at the wheels", "384-430 kW [2, 3, 4]"],
        ["`gt` top speed", f"{gt.top_speed * KMH:.0f} km/h", TOP_SPEEDS],
        ["`gt` 0-100 km/h", start("gt", 100.0), "road 911 GT3: 3.4 s [7]; race R8: 4 s [8]"],
        ["`gt` 0-200 km/h", start("gt", 200.0), "road 911 GT3, 350 kW: below 12 s [9]"],
        ["`gt` lateral at 100 km/h", number(corner(gt, 100.0), 2, " g"),
         "road 911 GT3, road tyres, no race wing: 1.69 g peak [10]; slicks must do more"],
        ["`formula` 0-100, 0-200 km/h", f"{start('formula', 100.0)}, {start('formula', 200.0)}",
         "3.0-3.1 s [11, 12], 7.7 s [11]"],
        ["`formula` top speed", f"{formula.top_speed * KMH:.0f} km/h", "300 km/h with DRS [11]"],
        ["`formula` lateral, most", number(corner(formula, 240.0), 1, " g at 240 km/h"),
         "up to 2.6 g [11]"],
        ["`formula` braking, most", f"{braking:.1f} g from 200 km/h", "1.9 g [11]"],
        ["`kart` mass", f"{kart.p['mass']:.0f} kg with driver", "X30 senior 155-162 kg [13, 14]"],
        ["`kart` power", f"{kart.p['power'] / 1e3:.0f} kW at the wheels", "30 hp (22 kW) [15]"],
        ["`kart` 0-60 mph", start("kart", 96.56), "below 4 s (fast classes) [16]"],
        ["`kart` top speed", f"{kart.top_speed * KMH:.0f} km/h", "130 km/h [17]"],
        ["`kart` lateral", number(corner(kart, 60.0), 2, " g"), "2 g and more [18], 3 g [16]"],
    ]  # fmt: skip
    return table(["", "Racer", "published"], rows)


def parameters(cars: Sequence[Car]) -> str:
    """Every parameter with unit, meaning and values."""
    tables = [_core.vehicle_parameters(car.name) for car in cars]
    rows = []
    for lines in zip(*tables, strict=True):
        values = [f"{line['value']:.6g}" for line in lines]
        rows.append([f"`{lines[0]['name']}`", *values, lines[0]["unit"], lines[0]["meaning"]])
    head = ["", *(f"`{car.name}`" for car in cars), "unit", "meaning"]
    parts = [table(head, rows)]
    for car, parameters_of in zip(cars, tables, strict=True):
        sources = ([f"`{line['name']}`", line["source"]] for line in parameters_of)
        parts.append(f"\n### Where the values of `{car.name}` come from\n\n")
        parts.append(table(["", "source"], sources))
    return "".join(parts)


def errors(cars: Sequence[Car]) -> str:
    """The integrator's errors."""
    rows = []
    for car in cars:
        e = measure.substep_errors(car, (1, 2, 4))
        limit = measure.limit_errors(car) * 1e3
        rows.append(
            [
                f"`{car.name}`",
                f"{e[0] * 1e6:.1f} um",
                f"{e[0] / e[1]:.1f}, {e[1] / e[2]:.1f}",
                f"{np.median(limit):.1f} mm",
                f"{limit.max():.0f} mm",
            ]
        )
    head = ["", "smooth second", "halving the step divides by", "at the limit, median", "largest"]
    return table(head, rows)


def stability(cars: Sequence[Car]) -> str:
    """The worst eigenvalue of `gt` up to 80 % of the lateral grip, and the sideslip of a step."""
    car = cars[0]
    speeds = np.array([20.0, 30.0, 40.0, 50.0, 60.0, 70.0])
    shares = np.linspace(0.0, 1.0, 101)
    rows = []
    for brake in (0.0, 0.25, 0.5, 1.0):
        values = measure.yaw_eigenvalues(car, speeds, shares, brake)
        cells = []
        for column in values.T:
            unstable = column > 0.0
            upto = f"{shares[unstable.argmax()]:.0%}" if unstable.any() else "100%"
            cells.append(f"{column[shares <= 0.8].max():.1f}, to {upto}")
        rows.append([f"brake {brake:g}", *cells])
    slips = [math.degrees(measure.braking_step(car, v, 0.05, 0.5)) for v in speeds]
    rows.append(["step of 0.05 rad, brake 0.5", *(f"{slip:.1f} deg" for slip in slips)])
    return table(["", *(f"{v:.0f} m/s" for v in speeds)], rows)


def drivability(_cars: Sequence[Car]) -> str:
    """What keyboard-like drivers make of the default car."""
    head = ["", "clean", "off the line at the end", "slowest", "largest sideslip"]
    rows = [
        [
            run.name,
            f"{run.clean} of {measure_keys.DRIVERS}",
            f"{run.off_line:.1f} m",
            f"{run.slowest * KMH:.0f} km/h",
            f"{math.degrees(run.sideslip):.0f} deg",
        ]
        for run in measure_keys.runs()
    ]
    return table(head, rows)


def page(cars: Sequence[Car]) -> str:
    """The whole page."""
    text = Path(__file__).with_suffix(".md").read_text("utf-8")
    for part in (figures, realism, errors, stability, drivability, parameters):
        text = text.replace("{{" + part.__name__ + "}}", part(cars).rstrip("\n"))
    return text


def main() -> int:
    """Measures, draws, writes; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-pictures", action="store_true", help="write the page alone")
    args = parser.parse_args()
    cars = [measure.car(name) for name in _core.vehicles()]
    if not args.no_pictures:
        physics_plots.draw(cars, DOCS / "images")
    with atomic_path(DOCS / "physics.md") as temporary:
        temporary.write_text(page(cars), encoding="utf-8")
    print("wrote docs/physics.md and docs/images/physics_*.png")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
