"""Whether a solution keeps the limits everywhere, not only where the solver looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from racer.optimal.solver import threads  # noqa: F401  # isort: skip - before casadi
import casadi as ca
import numpy as np

from racer.optimal.solver.model import (
    EDGE_MARGIN,
    EDGES,
    REAR_GRIP,
    ROAD,
    WALL_MARGIN,
    CarEquations,
)
from racer.optimal.solver.profile import road_at
from racer.optimal.solver.trajectory import NU, NX, POINTS, Trajectory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from racer import _core
    from racer.optimal.solver.trajectory import Mesh

    Floats = NDArray[np.float64]

SHARES = np.linspace(0.0, 1.0, 25)  # of an interval
POINTS_AT = [8, 24]  # the collocation points among them


def kinks(track: _core.circuit.Track, car: CarEquations, mesh: Mesh) -> Floats:
    """How much tighter the edges of each interval must be (N, 4) [m] for the road's kinks.

    Width and slope change at every station, and the engine takes the width at a wheel from both at
    the car: within an interval the edge may be nearer than the chord through its collocation
    points, which is what the program knows.
    """
    road = road_at(track, mesh.s[:-1, None] + np.diff(mesh.s)[:, None] * SHARES)
    way = (SHARES - POINTS[0]) / (POINTS[1] - POINTS[0])
    rows = []
    for forward in (car.p["cg_to_front"], -car.p["cg_to_rear"]):
        for side in ("left", "right"):
            width, slope = ROAD.index(f"width_{side}"), ROAD.index(f"slope_{side}")
            edge = road[..., width] + forward * road[..., slope]
            known = mesh.road[..., width] + forward * mesh.road[..., slope]
            chord = known[:, :1] + way * np.diff(known, axis=1)
            rows.append(np.max(chord - edge, axis=1).clip(min=0.0))
    return np.asarray(np.stack(rows, axis=-1))


@dataclass(frozen=True)
class Limits:
    """The limits along a solution, for each interval (N, limits).

    Attributes:
        broken: by how much, at most; 0 where kept (edges and walls [m], without margins).
        early: the same in the first third.
        known: largest value at the collocation points, as the solver sees it: 0 at the limit.
    """

    broken: Floats
    early: Floats
    known: Floats


def limits_between(track: _core.circuit.Track, car: CarEquations, path: Trajectory) -> Limits:
    """The limits in each interval, also between its collocation points.

    The states between the collocation points are the parabolas that the program is made of.
    """
    mesh = path.mesh
    before = np.vstack([path.start, path.states[:-1, 1]])
    nodes = (0.0, 1.0 / 3.0, 1.0)
    values = (before, path.states[:, 0], path.states[:, 1])
    states = np.zeros((len(before), len(SHARES), NX))
    for i, value in enumerate(values):
        others = [node for j, node in enumerate(nodes) if j != i]
        weight = np.prod([(SHARES - o) / (nodes[i] - o) for o in others], axis=0)
        states += weight[:, None] * value[:, None, :]
    s = mesh.s[:-1, None] + np.diff(mesh.s)[:, None] * SHARES
    ends = path.all_controls
    controls = ends[:-1, None] + SHARES[:, None] * np.diff(ends, axis=0)[:, None]
    symbols = ca.SX.sym("x", NX), ca.SX.sym("u", NU), ca.SX.sym("r", len(ROAD))
    function = ca.Function("limits", symbols, [car.terms(*symbols).limits])
    columns = [part.reshape(-1, part.shape[-1]).T for part in (states, controls, road_at(track, s))]
    limits = np.asarray(function.map(s.size)(*columns), np.float64).T.reshape(*s.shape, -1)
    known = limits[:, POINTS_AT].max(axis=1)
    limits[..., EDGES] -= EDGE_MARGIN
    limits[..., REAR_GRIP + 2 :] -= WALL_MARGIN
    broken = np.maximum(limits, 0.0)
    return Limits(broken.max(axis=1), broken[:, : POINTS_AT[0] + 1].max(axis=1), known)
