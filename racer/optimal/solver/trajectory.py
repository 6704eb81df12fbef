"""Where a minimum-time program lives: meshes, and states and controls on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from racer.optimal.solver.model import CONTROLS, STATES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NX, NU = len(STATES), len(CONTROLS)
RADAU = np.array([[5.0 / 12.0, -1.0 / 12.0], [3.0 / 4.0, 1.0 / 4.0]])
POINTS = np.array([1.0 / 3.0, 1.0])


@dataclass(frozen=True)
class Mesh:
    """Where the intervals are, and the road at their collocation points.

    Attributes:
        s: mesh points (N + 1,) [m].
        road: (N, 2, 7) at the collocation points, columns as `racer.optimal.solver.model.ROAD`.
    """

    s: Floats
    road: NDArray[np.float64]

    @property
    def points(self) -> Floats:
        """Collocation points (N, 2) [m]."""
        return np.asarray(self.s[:-1, None] + np.diff(self.s)[:, None] * POINTS, np.float64)


@dataclass(frozen=True)
class Trajectory:
    """States and controls on a mesh.

    Attributes:
        states: at the collocation points (N, 2, 7), SI units.
        controls: at the intervals' ends (N, 3), SI units; linear between them.
        start: state at the first mesh point (7,); on a flying lap that of the last.
        start_controls: the controls there (3,).
    """

    mesh: Mesh
    states: NDArray[np.float64]
    controls: Floats
    start: Floats
    start_controls: Floats

    @property
    def all_controls(self) -> Floats:
        """Controls at the mesh points (N + 1, 3)."""
        return np.vstack([self.start_controls, self.controls])

    def kept(self, mesh: Mesh) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Intervals of another mesh that this one has, too: their numbers there and here."""
        old = self.mesh.s
        here = np.clip(np.searchsorted(old, mesh.s[:-1]), 0, len(old) - 2)
        same = (old[here] == mesh.s[:-1]) & (old[here + 1] == mesh.s[1:])
        return np.flatnonzero(same), here[same]

    def on(self, mesh: Mesh) -> Trajectory:
        """The same on another mesh of the same lap: parabolas and straight lines, read there."""
        old, points = self.mesh.s, mesh.points
        before = np.vstack([self.start, self.states[:-1, 1]])
        i = np.clip(np.searchsorted(old, points, "left") - 1, 0, len(old) - 2)
        u = ((points - old[i]) / np.diff(old)[i])[..., None]
        a, b = POINTS
        states = before[i] * (u - a) * (u - b) / (a * b)
        states += self.states[i, 0] * u * (u - b) / (a * (a - b))
        states += self.states[i, 1] * u * (u - a) / (b * (b - a))
        ends = np.stack([np.interp(mesh.s, old, row) for row in self.all_controls.T], axis=-1)
        return Trajectory(mesh, states, ends[1:], states[-1, 1], ends[0])


@dataclass(frozen=True)
class Multipliers:
    """What the limits are worth at a solution, to start the next one from.

    Attributes:
        bounds: of the variables (N, variables of an interval).
        rows: of the equations and limits (N, rows of an interval).
    """

    bounds: Floats
    rows: Floats

    def on(self, old: Mesh, new: Mesh) -> Multipliers:
        """For another mesh: what stands for a stretch of road is shared out by length."""
        middle = 0.5 * (new.s[1:] + new.s[:-1])
        at = np.clip(np.searchsorted(old.s, middle, "right") - 1, 0, len(old.s) - 2)
        share = np.diff(new.s) / np.diff(old.s)[at]
        rows = self.rows[at].copy()
        rows[:, :NX] *= share[:, None]
        rows[:, 2 * NX :] *= share[:, None]
        return Multipliers(self.bounds[at] * share[:, None], rows)


@dataclass(frozen=True)
class Solved:
    """What the solver gives.

    Attributes:
        time_s: of the whole mesh [s].
        interval_s: of each interval (N,) [s].
        violation: largest violation of a collocation equation or limit, scaled to about 1 (edges
            of the road in metres).
        tighter: by how much each interval's limits were tighter (N, limits).
    """

    trajectory: Trajectory
    time_s: float
    interval_s: Floats
    violation: float
    iterations: int
    multipliers: Multipliers
    tighter: Floats
