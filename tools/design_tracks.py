"""Draws the circuits of the catalogue and writes their files.

A circuit is a closed chain of straights with rounded corners: for each corner the point where the
straights would meet, the radius of the turn, and the width of the road there. Smoothing along the
line turns the jumps of curvature into ramps that a driver can follow.

Run `python -m racer.tools.design_tracks` after changing a circuit here, and look at the picture
that `racer tracks draw <name>` makes.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from racer.formats.files import atomic_write
from racer.plots.tracks import draw_sheet
from racer.tracks import load_track, random_track
from racer.tracks.rounding import resampled, rounded, smoothed

Array = NDArray[np.float64]

STEP = 5.0  # distance of the points in the file [m]
FINE = 0.25  # distance of the points while drawing [m]


@dataclasses.dataclass(frozen=True)
class Circuit:
    """One circuit of our own design.

    Attributes:
        corners: (C, 4) x [m], y [m], radius [m], width of the road [m], in driving order.
        start: metres that the start line lies after the middle of the straight that leads from
            the last corner to the first.
        ramp: length over which curvature builds up [m].
    """

    name: str
    country: str
    description: str
    corners: list[tuple[float, float, float, float]]
    start: float = 0.0
    ramp: float = 12.0
    runoff: float = 2.5


HARBOUR = Circuit(
    name="Harbour",
    country="fictional",
    description="Short and technical: hairpins, right angles and a chicane between the quays.",
    corners=[
        (235, 0, 17.5, 11.0),
        (235, 36, 17.5, 11.0),
        (70, 36, 18, 10.5),
        (70, 120, 24, 10.5),
        (190, 120, 30, 10.5),
        (225, 205, 20, 10.5),
        (110, 240, 35, 10.0),
        (20, 200, 28, 10.0),
        (-60, 235, 28, 10.0),
        (-190, 235, 13.5, 10.5),
        (-190, 207, 13.5, 10.5),
        (-120, 207, 18, 10.5),
        (-120, 120, 25, 10.5),
        (-230, 120, 25, 10.5),
        (-230, 0, 22, 11.0),
    ],
    start=40.0,
    ramp=8.0,
)

RIDGEWAY = Circuit(
    name="Ridgeway",
    country="fictional",
    description="Fast and flowing: long bends and esses along a ridge, and one place to overtake.",
    corners=[
        (390, 350, 210, 13.0),
        (640, 150, 100, 12.5),
        (540, -95, 85, 12.0),
        (725, -270, 42, 13.5),
        (350, -350, 210, 12.0),
        (205, -205, 130, 12.0),
        (20, -250, 120, 12.0),
        (-140, -125, 150, 12.0),
        (-345, -180, 105, 12.0),
        (-500, -10, 65, 12.0),
        (-400, 350, 90, 13.0),
    ],
    start=0.0,
    ramp=30.0,
    runoff=4.0,
)

OLD_TOWN = Circuit(
    name="Old Town",
    country="fictional",
    description="Streets between walls: right angles, two hairpins and a long run to the square.",
    corners=[
        (430, 0, 17, 12.0),
        (445, 140, 16, 11.0),
        (255, 160, 20, 10.5),
        (235, 300, 19, 10.5),
        (560, 318, 18, 11.0),
        (558, 356, 18, 11.0),
        (60, 352, 120, 11.5),
        (-165, 430, 24, 11.5),
        (-205, 268, 20, 10.5),
        (-430, 290, 17, 11.0),
        (-434, 252, 17, 11.0),
        (-265, 215, 22, 10.5),
        (-290, 105, 18, 10.5),
        (-520, 120, 28, 10.5),
        (-505, 0, 22, 12.0),
    ],
    start=60.0,
    ramp=8.0,
    runoff=1.5,
)

SALTPAN = Circuit(
    name="Saltpan",
    country="fictional",
    description="An oval on the flat, wide and fast, with one end tighter than the other.",
    corners=[
        (590, -10, 172, 15.0),
        (590, 350, 172, 15.0),
        (-520, 290, 135, 14.0),
        (-520, 10, 135, 14.0),
    ],
    start=0.0,
    ramp=60.0,
    runoff=3.0,
)

TIMBERLINE = Circuit(
    name="Timberline",
    country="fictional",
    description="Long and mixed: a fast forest, a slow complex, esses, and two long straights.",
    corners=[
        (640, 0, 42, 13.0),
        (500, -215, 62, 12.0),
        (800, -330, 150, 12.0),
        (890, -640, 260, 12.5),
        (690, -900, 85, 12.0),
        (520, -760, 62, 12.0),
        (395, -985, 24, 12.0),
        (235, -840, 33, 11.5),
        (110, -960, 28, 11.5),
        (-120, -870, 150, 12.0),
        (-370, -990, 190, 12.0),
        (-680, -860, 160, 12.5),
        (-705, -600, 310, 13.0),
        (-1090, -330, 32, 13.0),
        (-930, -235, 55, 12.0),
        (-1000, -70, 75, 12.0),
        (-830, 20, 120, 13.0),
    ],
    start=150.0,
    ramp=20.0,
    runoff=4.0,
)

VIADUCT = Circuit(
    name="Viaduct",
    country="fictional",
    description="A figure of eight that crosses over itself on a bridge, as much left as right.",
    corners=[
        (-730, -220, 60, 12.5),
        (-500, -340, 130, 12.0),
        (-300, -170, 300, 12.0),
        (340, 230, 160, 12.0),
        (540, 160, 120, 12.0),
        (670, 290, 45, 12.0),
        (850, 130, 130, 12.0),
        (725, -130, 68, 12.0),
        (590, -40, 62, 12.0),
        (490, -240, 70, 12.0),
        (250, -240, 190, 12.0),
        (-270, 200, 170, 12.5),
        (-490, 180, 110, 12.0),
        (-620, 320, 75, 12.0),
        (-790, 230, 32, 12.5),
    ],
    start=30.0,
    ramp=15.0,
    runoff=3.0,
)

CIRCUITS = {
    "harbour": HARBOUR,
    "oldtown": OLD_TOWN,
    "ridgeway": RIDGEWAY,
    "saltpan": SALTPAN,
    "timberline": TIMBERLINE,
    "viaduct": VIADUCT,
}


def draw_line(circuit: Circuit) -> Array:
    """The centre line, (M, 4): x, y, width right, width left [m]; the first point is the start."""
    chain = np.array(circuit.corners, dtype=np.float64)
    line = smoothed(resampled(rounded(chain, FINE), FINE), circuit.ramp / FINE)
    middle = (chain[-1, :2] + chain[0, :2]) / 2
    nearest = int(np.argmin(np.hypot(*(line[:, :2] - middle).T)))
    line = resampled(np.roll(line, -nearest - round(circuit.start / FINE), axis=0), STEP)
    return np.column_stack([line[:, :2], line[:, 2] / 2, line[:, 2] / 2])


def write(circuit: Circuit, folder: Path, stem: str) -> None:
    """Writes `stem`.csv and `stem`.toml into `folder`."""
    rows = [",".join(f"{round(value, 3) + 0.0:.3f}" for value in row) for row in draw_line(circuit)]
    header = "# x_m,y_m,w_tr_right_m,w_tr_left_m"
    atomic_write(folder / f"{stem}.csv", "\n".join([header, *rows, ""]))
    settings = {
        "name": f'"{circuit.name}"',
        "country": f'"{circuit.country}"',
        "licence": '"MIT"',
        "description": f'"{circuit.description}"',
        "runoff": circuit.runoff,
    }
    text = "".join(f"{key} = {value}\n" for key, value in settings.items())
    atomic_write(folder / f"{stem}.toml", text)


def main() -> None:
    """Writes the catalogue's files."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    default = Path(__file__).parents[1] / "racer" / "data" / "tracks"
    parser.add_argument("--folder", type=Path, default=default, help="where the files go")
    parser.add_argument("--sheets", type=Path, help="draw the documentation's pictures there")
    args = parser.parse_args()
    for stem, circuit in CIRCUITS.items():
        write(circuit, args.folder, stem)
    if args.sheets is not None:
        ours = {stem: load_track(args.folder / f"{stem}.csv") for stem in CIRCUITS}
        draw_sheet(ours, args.sheets / "catalogue.png", columns=3)
        random = {f"random:{seed}": random_track(seed) for seed in range(16)}
        draw_sheet(random, args.sheets / "random_tracks.png", columns=4)


if __name__ == "__main__":
    main()
