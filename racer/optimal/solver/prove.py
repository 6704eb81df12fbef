"""Proof in the engine: a driver that looks ahead by driving laps close to the minimum time.

A sampling model predictive controller (Williams et al., Information theoretic MPC, 2017): before
every decision the engine itself drives many noisy copies of the present plan from the present
state, the best of them are averaged, and the first part of the result is driven. The cost is the
distance to the minimum-time lap's state at the same place, and wheels beyond the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from racer import _core
from racer.envs.circuit.session import FinishedLap, Session
from racer.errors import RacerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from racer.optimal.reference import Reference

    Floats = NDArray[np.float64]

TRACKED = ("n", "xi", "v_x", "v_y", "yaw_rate")
WEIGHTS = np.array([10.0, 40.0, 0.5, 0.3, 2.0])  # per second and squared difference
EDGE_WEIGHT = 2000.0  # per second: e^2 + 0.1 e of metres beyond the margin
PATIENCE = 1.5  # the laps may take so many times the minimum


@dataclass(frozen=True)
class PredictionSettings:
    """How the driver looks ahead.

    Attributes:
        rollouts: plans tried at once.
        iterations: rounds of trying per decision.
        ticks: per decision.
        knots: decisions in the horizon.
        noise: standard deviation of steering [rad] and of throttle less brake.
        coarse: decisions per independent piece of noise.
        elites: share of the rollouts that is averaged.
        margin: room to keep between tyre and edge [m].
    """

    rollouts: int = 256
    iterations: int = 2
    ticks: int = 6
    knots: int = 12
    noise: tuple[float, float] = (0.012, 0.15)
    coarse: int = 3
    elites: float = 0.04
    margin: float = 0.1


# What is tried in turn until a lap is close enough.
EFFORTS = (
    PredictionSettings(),
    PredictionSettings(rollouts=512, iterations=3),
    PredictionSettings(rollouts=512, iterations=3, margin=0.2),
    PredictionSettings(rollouts=1024, iterations=3, margin=0.4),
)
CLOSE_ENOUGH = 0.008


class PredictiveDriver:
    """Drives one car along a minimum-time lap.

    Args:
        track: the circuit.
        reference: its minimum-time lap.
        settings: how to look ahead.
        seed: of the noise.
    """

    def __init__(
        self,
        track: _core.circuit.Track,
        reference: Reference,
        settings: PredictionSettings | None = None,
        seed: int = 0,
    ) -> None:
        self.settings = settings or PredictionSettings()
        self._random = np.random.default_rng(seed)
        self._period = reference.flying_lap_s
        self._step = self.settings.ticks * _core.TICK_SECONDS
        self._vehicle = {
            row["name"]: float(row["value"]) for row in _core.vehicle_parameters(reference.vehicle)
        }
        config = _core.circuit.Config()
        config.max_steps = 0
        config.stillness_timeout_ticks = 0
        self._batch = _core.circuit.Batch(
            [track],
            self.settings.rollouts,
            vehicle=reference.vehicle,
            ticks_per_action=self.settings.ticks,
            autoreset="disabled",
            config=config,
        )
        self._batch.reset()
        lap = reference.lap
        at = track.stations
        grid = np.arange(track.station_count) * track.spacing
        self._length = track.length
        self._s, self._t = lap["s"], lap["t"]
        self._controls = np.column_stack([lap["steer"], lap["throttle"] - lap["brake"]])
        # One row per decimetre: what is tracked, and the road's widths.
        self._cells = int(np.ceil(track.length * 10.0))
        fine = (np.arange(self._cells) + 0.5) * track.length / self._cells
        columns = [np.interp(fine, lap["s"], lap[name]) for name in TRACKED]
        columns += [
            np.interp(fine, grid, at[name], period=track.length)
            for name in ("width_left", "width_right")
        ]
        self._table = np.column_stack(columns)
        self._plan: Floats | None = None

    def decide(self, record: NDArray[np.void]) -> NDArray[np.float32]:
        """The pedals (3,) for the coming decision.

        Args:
            record: snapshot (1, 1) of the car.
        """
        settings = self.settings
        s, v_x = float(record["s"][0, 0]), float(record["v_x"][0, 0])
        optimal = self._optimal_from(s)
        if self._plan is None:
            self._plan = optimal.copy()
        else:
            self._plan = np.vstack([self._plan[1:], optimal[-1:]])
        records = np.repeat(record, settings.rollouts, axis=0)
        for i in range(settings.iterations):
            plans = self._plan + self._noise() * 0.5**i
            plans[0], plans[1] = self._plan, optimal
            plans[2] = 0.5 * (self._plan + optimal)
            plans[..., 0] = np.clip(
                plans[..., 0], -self._vehicle["max_steer"], self._vehicle["max_steer"]
            )
            plans[..., 1] = np.clip(plans[..., 1], -1.0, 1.0)
            costs = self._costs(records, plans)
            best = np.argsort(costs)[: max(1, int(settings.elites * settings.rollouts))]
            spread = max(float(costs[best[-1]] - costs[best[0]]), 1e-9)
            weights = np.exp(-3.0 * (costs[best] - costs[best[0]]) / spread)
            self._plan = np.tensordot(weights / weights.sum(), plans[best], axes=1)
        if v_x < 1.0 and self._plan[0, 1] < 0.5:
            self._plan[0, 1] = 1.0
        pedals: NDArray[np.float32] = self._pedals(self._plan[None, 0])[0]
        return pedals

    def _optimal_from(self, s: float) -> Floats:
        """The minimum-time lap's controls (knots, 2) from a place on, each at its middle."""
        t = np.interp(s % self._length, self._s, self._t)
        at = (t + (np.arange(self.settings.knots) + 0.5) * self._step) % self._period
        return np.column_stack([np.interp(at, self._t, column) for column in self._controls.T])

    def _noise(self) -> Floats:
        settings = self.settings
        pieces = -(-settings.knots // settings.coarse) + 1
        coarse = self._random.standard_normal((settings.rollouts, pieces, 2)) * settings.noise
        place = np.arange(settings.knots) / settings.coarse
        before = place.astype(int)
        share = (place - before)[:, None]
        return np.asarray(coarse[:, before] * (1.0 - share) + coarse[:, before + 1] * share)

    def _pedals(self, controls: Floats) -> NDArray[np.float32]:
        steer, along = controls[..., 0], controls[..., 1]
        pedals = [steer / self._vehicle["max_steer"], np.maximum(along, 0), np.maximum(-along, 0)]
        return np.stack(pedals, axis=-1).astype(np.float32)

    def _costs(self, records: NDArray[np.void], plans: Floats) -> Floats:
        """What each plan (rollouts, knots, 2) costs."""
        settings, telemetry, p = self.settings, self._batch.facts, self._vehicle
        self._batch.restore(records)
        costs = np.zeros(settings.rollouts)
        pedals = self._pedals(plans)
        for k in range(settings.knots):
            self._batch.step(pedals[:, k, None])
            s = telemetry["s"][:, 0]
            cells = (s * (self._cells / self._length)).astype(np.int64) % self._cells
            rows = self._table[cells]
            sine = telemetry["sin_heading"][:, 0]
            heading = np.arctan2(sine, telemetry["cos_heading"][:, 0])
            names = ("v_x", "v_y", "yaw_rate")
            n = telemetry["n"][:, 0]
            state = np.column_stack([n, heading, *(telemetry[name][:, 0] for name in names)])
            cost = np.square(state - rows[:, : len(TRACKED)]) @ WEIGHTS
            reach = p["half_width"] + settings.margin
            nose, tail = n + p["cg_to_front"] * sine, n - p["cg_to_rear"] * sine
            left = np.maximum(nose, tail) + reach - rows[:, -2]
            right = -np.minimum(nose, tail) + reach - rows[:, -1]
            beyond = np.maximum(np.maximum(left, right), 0.0)
            cost += EDGE_WEIGHT * (beyond**2 + 0.1 * beyond)
            costs += cost * self._step * (5.0 if k == settings.knots - 1 else 1.0)
        return costs


def prove(
    track: _core.circuit.Track,
    reference: Reference,
    *,
    laps: int = 3,
    settings: PredictionSettings | None = None,
    seed: int = 0,
    goal_s: float = 0.0,
    report: Callable[[str], None] | None = None,
) -> list[FinishedLap]:
    """Drives laps from a standing start, so that each holds everything since the car stood.

    Args:
        track: the circuit.
        reference: its minimum-time lap, with the vehicle.
        laps: how many, the standing one included.
        settings: how the driver looks ahead.
        seed: of the driver's noise.
        goal_s: a valid flying lap of this time [s] is good enough to stop.
        report: is told about every lap.

    Returns:
        The laps that ended, in order, as the engine judged them.

    Raises:
        RacerError: not even one lap ended in a reasonable time.
    """
    session = Session(track, vehicle=reference.vehicle)
    driver = PredictiveDriver(track, reference, settings, seed)
    finished: list[FinishedLap] = []
    limit = int(PATIENCE * (laps * reference.flying_lap_s + 10.0) / _core.TICK_SECONDS)
    while len(finished) < laps and session.ticks < limit and not _reached(finished, goal_s):
        pedals = driver.decide(session.batch.snapshot([0]))[None, None]
        for _ in range(driver.settings.ticks):
            for lap in session.tick(pedals):
                finished.append(lap)
                if report is not None:
                    gap = 100.0 * (lap.time_s / reference.flying_lap_s - 1.0)
                    kind = "from rest" if lap.standing else "flying"
                    report(
                        f"lap {len(finished)}, {kind}: {lap.time_s:.3f} s"
                        f"{'' if lap.valid else ', not valid'}"
                        + ("" if lap.standing else f", {gap:+.2f} % to the minimum")
                    )
    if not finished:
        raise RacerError(f"{track.name}: the driver did not get around.")
    return finished[:laps]


def demonstrate(
    track: _core.circuit.Track,
    reference: Reference,
    *,
    laps: int = 3,
    seed: int = 0,
    goal_s: float | None = None,
    rounds: int = 1,
    report: Callable[[str], None] | None = None,
) -> list[FinishedLap]:
    """Drives laps, with more effort until a valid flying one is close enough to the minimum.

    Args:
        track: the circuit.
        reference: its minimum-time lap, with the vehicle.
        laps: how many per attempt, the standing one included.
        seed: of the driver's noise.
        goal_s: what is close enough [s], and then no further lap is driven; without it, all laps
            are, and 0.8 % more than the minimum will do.
        rounds: how often to go through the efforts.
        report: is told about every lap.

    Returns:
        The laps of the best attempt.

    Raises:
        RacerError: not even one lap ended in a reasonable time.
    """
    best: list[FinishedLap] = []
    shortest = float("inf")
    enough = (1.0 + CLOSE_ENOUGH) * reference.flying_lap_s if goal_s is None else goal_s
    efforts = EFFORTS * rounds
    for i, settings in enumerate(efforts):
        if i and report is not None:
            report(f"once more, with {settings.rollouts} plans and {settings.margin} m to the edge")
        try:
            found = prove(
                track, reference, laps=laps, settings=settings, seed=seed + i,
                goal_s=goal_s or 0.0, report=report,
            )  # fmt: skip
        except RacerError:
            if i == len(efforts) - 1 and not best:
                raise
            continue
        lap = best_flying(found)
        if not best or (lap is not None and lap.time_s < shortest):
            best = found
            shortest = shortest if lap is None else lap.time_s
        if shortest <= enough:
            break
    return best


def _reached(laps: list[FinishedLap], goal_s: float) -> bool:
    best = best_flying(laps)
    return best is not None and best.time_s <= goal_s


def best_flying(laps: list[FinishedLap]) -> FinishedLap | None:
    """The fastest valid flying lap."""
    good = [lap for lap in laps if lap.valid and not lap.standing]
    return min(good, key=lambda lap: lap.time_s, default=None)
