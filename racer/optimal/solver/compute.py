"""Computes a track's minimum times and keeps them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from racer import _core
from racer.errors import RacerError
from racer.optimal.reference import Reference, cache_path, reference_lap, save_reference
from racer.optimal.solver.quasi_steady import quasi_steady_lap

if TYPE_CHECKING:
    from collections.abc import Callable

    from racer.optimal.solver.solve import OptimalLap


def known_or_computed(
    track: _core.circuit.Track,
    vehicle: str = "gt",
    *,
    again: bool = False,
    report: Callable[[str], None] | None = None,
) -> Reference:
    """The minimum times of a track: as shipped or cached, else computed and cached.

    Args:
        track: the circuit.
        vehicle: name of the vehicle.
        again: compute even what is known.
        report: is told about the progress.

    Raises:
        RacerError: the solver found no lap.
        ModuleNotFoundError: casadi is missing (extra `optimal`).
    """
    known = reference_lap(track, vehicle)
    if known is not None and not again:
        return known
    result = compute(track, vehicle, report=report)
    if known is not None:
        result = replace(result, demonstrated_lap_s=known.demonstrated_lap_s)
    save_reference(result, cache_path(track.fingerprint, vehicle, result.physics))
    return result


def compute(
    track: _core.circuit.Track,
    vehicle: str = "gt",
    *,
    report: Callable[[str], None] | None = None,
) -> Reference:
    """Solves for the flying and the standing lap.

    Raises:
        RacerError: the solver found no lap, or one slower than the quasi-steady estimate.
        ModuleNotFoundError: casadi is missing (extra `optimal`).
    """
    from racer.optimal.solver.solve import solve_lap

    def told(kind: str) -> Callable[[str], None] | None:
        return None if report is None else lambda text: report(f"{kind} lap, {text}")

    estimate = quasi_steady_lap(track, vehicle)
    if report is not None:
        report(f"quasi-steady estimate {estimate.time_s:.3f} s")
    flying = solve_lap(track, vehicle, report=told("flying"))
    if flying.time_s >= estimate.time_s:
        raise RacerError(
            f"{track.name}, {vehicle}: the solver's lap of {flying.time_s:.3f} s is slower than "
            f"the quasi-steady estimate of {estimate.time_s:.3f} s, so it is no minimum."
        )
    standing: OptimalLap | None = None
    try:
        standing = solve_lap(track, vehicle, standing=True, guess=flying, report=told("standing"))
    except RacerError as problem:
        if report is not None:
            report(f"no bound for a lap from rest: {problem}")
    return result_of(track, vehicle, estimate.time_s, flying, standing)


def result_of(
    track: _core.circuit.Track,
    vehicle: str,
    quasi_steady_s: float,
    flying: OptimalLap,
    standing: OptimalLap | None,
) -> Reference:
    """The result that is kept of two solved laps; nothing demonstrated yet."""
    return Reference(
        track=track.name,
        track_fingerprint=track.fingerprint,
        vehicle=vehicle,
        physics=_core.physics_fingerprint(vehicle),
        flying_lap_s=flying.time_s,
        standing_lap_s=None if standing is None else standing.time_s,
        quasi_steady_s=quasi_steady_s,
        demonstrated_lap_s=None,
        violation=max(lap.violation for lap in (flying, standing) if lap is not None),
        meshes=flying.meshes,
        lap=_columns(flying, vehicle),
    )


def _columns(lap: OptimalLap, vehicle: str) -> dict[str, np.ndarray]:
    from racer.optimal.solver.replay import pedals_at

    pedals = pedals_at(lap, vehicle, lap.t)
    names = ("n", "xi", "v_x", "v_y", "yaw_rate", "steer", "a_x")
    states = dict(zip(names, lap.states.T, strict=True))
    return {
        "s": lap.s,
        "t": lap.t,
        **states,
        "throttle": pedals[:, 1].astype(np.float64),
        "brake": pedals[:, 2].astype(np.float64),
    }
