"""Minimum time as a nonlinear program: Radau collocation of degree 2 over the centre line.

Between two mesh points the controls are linear and each state is a parabola that meets the
equations of motion at one third and at the end of the interval (Radau IIA, order 3). All variables
are scaled to about 1. Every interval looks the same, so its derivatives are generated once and
mapped over the lap; the sparse matrices that IPOPT wants are put together from the pieces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from racer.optimal.solver import threads  # isort: skip - before casadi
import casadi as ca
import numpy as np

from racer.errors import RacerError
from racer.optimal.solver.interrupt import Interruptible, StopWhenAsked
from racer.optimal.solver.model import ROAD, CarEquations
from racer.optimal.solver.trajectory import NU, NX, POINTS, RADAU, Multipliers, Solved, Trajectory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from racer.optimal.solver.trajectory import Mesh

    Floats = NDArray[np.float64]

BLOCK = 2 * NX + NU  # variables of an interval: states at both points, controls
STATE_SCALE = np.array([5.0, 0.2, 40.0, 1.0, 0.5, 0.1, 10.0])
# Costs beside the time [s], small enough to move it by a few milliseconds: changes of the controls
# from interval to interval, and their size per second, as shares of their largest values. Without
# those of the steering the time hardly depends on how it trembles, and the solver wanders.
CHANGE_COST, CHANGE_STEP = np.array([1e-2, 1e-3, 1e-3]), 0.12  # for intervals of so many [s]
SIZE_COST = np.array([1e-2, 0.0, 3e-4])
WARM_PUSHES = (
    "warm_start_bound_push", "warm_start_bound_frac", "warm_start_slack_bound_push",
    "warm_start_slack_bound_frac", "warm_start_mult_bound_push",
)  # fmt: skip
PUSHED, MOST_PUSHED = 10.0, 1e-3  # times the barrier; but no further, unless that is
# The matrices are scaled well and banded as they are: MUMPS's own analysis only takes time.
LINEAR_OPTIONS = {
    "linear_solver": "mumps",
    "mumps_permuting_scaling": 0,
    "mumps_scaling": 0,
    "mumps_pivot_order": 0,
}


class UnsolvedError(RacerError):
    """The solver stopped without a lap.

    Attributes:
        left: where it stopped, no solution.
    """

    def __init__(self, message: str, left: Solved) -> None:
        super().__init__(message)
        self.left = left


class MinimumTime:
    """The program for one mesh.

    Args:
        car: the equations.
        mesh: the intervals.
        start: fixed state at the first mesh point (7,), or None for a periodic lap.
        start_controls: the controls there (3,).

    Attributes:
        tighter: by how much each interval's limits are tighter (N, limits).
    """

    def __init__(
        self,
        car: CarEquations,
        mesh: Mesh,
        start: Floats | None = None,
        start_controls: Floats | None = None,
    ) -> None:
        self.car, self.mesh, self.start = car, mesh, start
        self.start_controls = np.zeros(NU) if start_controls is None else start_controls
        p = car.p
        self.control_scale = np.array([p["steer_rate"], p["drive_force"], p["brake_force"]])
        self.count = len(mesh.s) - 1
        if start is None:
            self._before = None
        else:
            controls = self.start_controls
            self._before = np.concatenate([start / STATE_SCALE, controls / self.control_scale])
        self._build()

    def _interval(self) -> tuple[Any, ...]:
        """One interval: (before, block, parameters) as symbols; time, cost and constraints."""
        before, block = ca.SX.sym("before", NX + NU), ca.SX.sym("block", BLOCK)
        roads = len(ROAD)
        parameters = ca.SX.sym("parameters", 2 + 2 * roads)
        h, smoothness = parameters[0], parameters[-1]
        scale = ca.DM(STATE_SCALE)
        first, controls = before[:NX] * scale, block[2 * NX :]
        states = [block[:NX] * scale, block[NX : 2 * NX] * scale]
        change = controls - before[NX:]
        terms = [
            self.car.terms(
                states[j],
                (before[NX:] + POINTS[j] * change) * ca.DM(self.control_scale),
                parameters[1 + roads * j : 1 + roads * (j + 1)],
            )
            for j in range(2)
        ]
        slopes = [t.rates / t.pace for t in terms]
        rows = []
        for j in range(2):
            end = first + h * (RADAU[j, 0] * slopes[0] + RADAU[j, 1] * slopes[1])
            rows.append((states[j] - end) / scale)
        rows += [t.limits for t in terms]
        time = h * (RADAU[1, 0] / terms[0].pace + RADAU[1, 1] / terms[1].pace)
        cost = time * (1.0 + smoothness * ca.dot(ca.DM(SIZE_COST), controls**2))
        cost += smoothness * CHANGE_STEP / time * ca.dot(ca.DM(CHANGE_COST), change**2)
        return before, block, parameters, time, cost, ca.vertcat(*rows)

    def _build(self) -> None:
        before, block, parameters, time, cost, rows = self._interval()
        local = ca.vertcat(before, block)
        count, self.rows = self.count, int(rows.shape[0])
        self.tighter = np.zeros((count, self.rows // 2 - NX))
        size = count * BLOCK
        symbols = [before, block, parameters]

        def mapped(name: str, inputs: list[Any], outputs: list[Any]) -> Any:
            return ca.Function(name, inputs, outputs).map(count)

        jacobian = ca.jacobian(rows, local)
        factor_f, factor_g = ca.SX.sym("factor_f"), ca.SX.sym("factor_g", self.rows)
        # Any: casadi's own annotations take triu for a function of sparsities alone.
        hessian: Any = ca.triu(ca.hessian(factor_f * cost + ca.dot(factor_g, rows), local)[0])
        values = mapped("values", symbols, [time, cost, rows])
        gradient = mapped("gradient", symbols, [cost, ca.gradient(cost, local)])
        slopes = mapped("slopes", symbols, [rows, jacobian.nz[:]])
        bends = mapped("bends", [*symbols, factor_f, factor_g], [hessian.nz[:]])

        x, smoothness = ca.MX.sym("x", size), ca.MX.sym("p")
        road = np.column_stack([np.diff(self.mesh.s), self.mesh.road.reshape(count, -1)])
        data = ca.vertcat(ca.DM(road.T), ca.repmat(smoothness, 1, count))
        blocks = ca.reshape(x, BLOCK, count)
        ends = blocks[NX:, :]
        first = ends[:, -1] if self._before is None else ca.DM(self._before)
        inputs = [ca.horzcat(first, ends[:, :-1]), blocks, data]

        # The place of every local variable among all; -1 for the fixed start.
        intervals = np.arange(count)[:, None]
        place = np.hstack(
            [
                ((intervals - 1) % count) * BLOCK + NX + np.arange(NX + NU),
                intervals * BLOCK + np.arange(BLOCK),
            ]
        )
        if self._before is not None:
            place[0, : NX + NU] = -1
        times, costs, g = values(*inputs)
        self._evaluate = ca.Function("evaluate", [x, smoothness], [times, g])
        of_f, of_g = ca.MX.sym("f"), ca.MX.sym("g", self.rows * count)
        cost_parts, slope_parts = gradient(*inputs)
        whole_gradient = _gathered(
            slope_parts, place.ravel(), np.zeros(place.size, np.int64), (size, 1)
        )
        g_again, jacobian_parts = slopes(*inputs)
        row, column = (np.array(part) for part in jacobian.sparsity().get_triplet())
        whole_jacobian = _gathered(
            jacobian_parts,
            (intervals * self.rows + row).ravel(),
            place[:, column].ravel(),
            (self.rows * count, size),
        )
        row, column = (np.array(part) for part in hessian.sparsity().get_triplet())
        rows_at, columns_at = place[:, row].ravel(), place[:, column].ravel()
        known = (rows_at >= 0) & (columns_at >= 0)
        low, high = np.minimum(rows_at, columns_at), np.maximum(rows_at, columns_at)
        whole_hessian = _gathered(
            bends(*inputs, ca.repmat(of_f, 1, count), ca.reshape(of_g, self.rows, count)),
            np.where(known, low, -1),
            high,
            (size, size),
        )
        self._nlp = {"x": x, "p": smoothness, "f": ca.sum2(costs), "g": ca.vec(g)}
        self._derivatives = {
            "grad_f": ca.Function(
                "nlp_grad_f", [x, smoothness], [ca.sum2(cost_parts), ca.densify(whole_gradient)],
                ["x", "p"], ["f", "grad:f:x"],
            ),
            "jac_g": ca.Function(
                "nlp_jac_g", [x, smoothness], [ca.vec(g_again), whole_jacobian],
                ["x", "p"], ["g", "jac:g:x"],
            ),
            "hess_lag": ca.Function(
                "nlp_hess_l", [x, smoothness, of_f, of_g], [whole_hessian],
                ["x", "p", "lam:f", "lam:g"], ["triu:hess:gamma:x:x"],
            ),
        }  # fmt: skip

    def _bounds(self, sideways: Floats | None) -> tuple[Floats, Floats, Floats, Floats]:
        p = self.car.p
        slowest = 1.02 * p["blend_high"]
        high_n, low_n = self.mesh.road[:, :, 1], -self.mesh.road[:, :, 2]
        high = np.tile([0.0, 1.2, 130.0, 12.0, 4.0, p["max_steer"], 60.0], (self.count, 2, 1))
        if sideways is not None:
            high[:, :, 3] = sideways
        low = -high
        low[:, :, 2] = slowest
        low[:, :, 0], high[:, :, 0] = low_n, high_n
        low_u = np.tile([-1.0, 0.0, 0.0], (self.count, 1))
        pack_low = np.hstack([(low / STATE_SCALE).reshape(self.count, -1), low_u]).ravel()
        pack_high = np.hstack(
            [(high / STATE_SCALE).reshape(self.count, -1), np.ones((self.count, NU))]
        ).ravel()
        low_g = np.tile([0.0] * (2 * NX) + [-np.inf] * (self.rows - 2 * NX), self.count)
        high_g = np.zeros((self.count, self.rows))
        high_g[:, 2 * NX :] -= np.hstack([self.tighter, self.tighter])
        return pack_low, pack_high, low_g, high_g.ravel()

    def solve(
        self,
        guess: Trajectory,
        *,
        multipliers: Multipliers | None = None,
        sideways: Floats | None = None,
        smoothness: float = 1.0,
        options: dict[str, Any] | None = None,
    ) -> Solved:
        """Solves the program.

        Args:
            guess: on the same mesh.
            multipliers: of a solution close to the guess, to start from it.
            sideways: largest |v_y| (N, 2) [m/s].
            smoothness: factor of the costs beside the time.
            options: more options of IPOPT.

        Raises:
            UnsolvedError: there is no solution, or the solver did not find it.
        """
        ipopt = {
            "print_level": 0,
            "sb": "yes",
            **LINEAR_OPTIONS,
            "tol": 1e-6,
            "constr_viol_tol": 1e-7,
            "acceptable_tol": 1e-5,
            "acceptable_constr_viol_tol": 1e-6,
            "acceptable_iter": 8,
            "max_iter": 600,
            "mu_strategy": "monotone",
            "mu_init": 0.1,
            "bound_relax_factor": 0.0,
            **(options or {}),
        }
        if multipliers is not None:
            # Further from the limits than the barrier wants: nearer, the first steps are tiny.
            ipopt |= {"warm_start_init_point": "yes"}
            ipopt |= dict.fromkeys(WARM_PUSHES, _pushed(ipopt["mu_init"]))
        wish = Interruptible()
        stop = StopWhenAsked(wish, self.count * BLOCK, self.count * self.rows)
        settings: dict[str, Any] = {
            "ipopt": ipopt, "print_time": False, "error_on_fail": False, "iteration_callback": stop,
        }  # fmt: skip
        solver = ca.nlpsol("minimum_time", "ipopt", self._nlp, {**settings, **self._derivatives})
        low, high, low_g, high_g = self._bounds(sideways)
        push = 1e-4 if multipliers is None else 1e-8
        start = np.clip(self._packed(guess), low + push, high - push)
        warm = {}
        if multipliers is not None:
            warm = {"lam_x0": multipliers.bounds.ravel(), "lam_g0": multipliers.rows.ravel()}
        with wish, threads.memory_kept():
            answer = solver(
                x0=start, p=smoothness, lbx=low, ubx=high, lbg=low_g, ubg=high_g, **warm
            )
        statistics = solver.stats()
        status = str(statistics["return_status"])
        x = np.asarray(answer["x"], np.float64).ravel()
        times, g = (np.asarray(part, np.float64) for part in self._evaluate(x, smoothness))
        g = g.T - high_g.reshape(self.count, self.rows)
        violation = float(
            max(
                np.abs(g[:, : 2 * NX]).max(), g[:, 2 * NX :].max(),
                np.max(low - x), np.max(x - high),
            )
        )  # fmt: skip
        blocks = x.reshape(self.count, BLOCK)
        states = blocks[:, : 2 * NX].reshape(self.count, 2, NX) * STATE_SCALE
        controls = blocks[:, 2 * NX :] * self.control_scale
        first, first_controls = states[-1, 1], controls[-1]
        if self.start is not None:
            first, first_controls = self.start, self.start_controls
        solved = Solved(
            trajectory=Trajectory(self.mesh, states, controls, first, first_controls),
            time_s=float(times.sum()),
            interval_s=times.ravel(),
            violation=violation,
            iterations=int(statistics["iter_count"]),
            multipliers=Multipliers(
                np.asarray(answer["lam_x"], np.float64).reshape(self.count, BLOCK),
                np.asarray(answer["lam_g"], np.float64).reshape(self.count, self.rows),
            ),
            tighter=self.tighter.copy(),
        )
        if status not in ("Solve_Succeeded", "Solved_To_Acceptable_Level"):
            raise UnsolvedError(
                f"the solver stopped without a lap ({status.replace('_', ' ').lower()}) after "
                f"{statistics['iter_count']} iterations; the largest violation left is "
                f"{violation:.2g}.",
                solved,
            )
        return solved

    def _packed(self, trajectory: Trajectory) -> Floats:
        states = (trajectory.states / STATE_SCALE).reshape(self.count, -1)
        return np.hstack([states, trajectory.controls / self.control_scale]).ravel()


def _pushed(barrier: float) -> float:
    """How far from the limits to begin."""
    return max(min(PUSHED * barrier, MOST_PUSHED), barrier)


def _gathered(parts: Any, rows: NDArray[Any], columns: NDArray[Any], shape: tuple[int, int]) -> Any:
    """A sparse matrix whose entry (rows[i], columns[i]) sums the parts i; -1 leaves one out."""
    kept = np.flatnonzero((rows >= 0) & (columns >= 0))
    keys, target = np.unique(columns[kept] * shape[0] + rows[kept], return_inverse=True)
    column, row = np.divmod(keys, shape[0])
    sparsity = ca.Sparsity.triplet(*shape, row.tolist(), column.tolist())
    adding = ca.DM(
        ca.Sparsity.triplet(len(keys), rows.size, target.ravel().tolist(), kept.tolist()), 1.0
    )
    return ca.MX(sparsity, ca.mtimes(adding, ca.vec(parts)))
