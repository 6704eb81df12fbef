"""What a training run came to: curves, evaluation, and the best lap against the minimum time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from racer.errors import RacerError
from racer.tracks.corners import corners
from racer.train.curves import read_curves
from racer.train.run_folder import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from racer._core.circuit import Track
    from racer.laps.traces import LapTrace
    from racer.optimal.reference import Reference
    from racer.train.config import TrainConfig

FORMAT = "racer-run-report"
FORMAT_VERSION = 1
STARTS, LAPS = 4, 2
STEP = 5.0  # [m] between two points of speed and gap


@dataclass(frozen=True)
class RunFacts:
    """One run.

    Attributes:
        content: what `racer report --json` prints of it.
        trace: its best valid flying lap, or None.
        reference: the minimum-time lap of its circuit, or None.
    """

    content: dict[str, Any]
    trace: LapTrace | None = None
    reference: Reference | None = None


def run_facts(path: Path) -> RunFacts:
    """Reads a run, and lets its best policy drive laps if it is one for circuits.

    Raises:
        ConfigError: there is no run here.
    """
    folder, config = RunFolder.open(path)
    content: dict[str, Any] = {
        "name": path.name,
        "settings": config.to_dict(),
        "versions": _read(folder.versions),
        "report": _read(folder.report),
        "curves": read_curves(folder.tensorboard),
        "best_lap": None,
        "why_no_lap": None,
    }
    try:
        trace, why = _best_lap(folder, config)
    except RacerError as problem:
        trace, why = None, str(problem)
    if trace is None:
        return RunFacts({**content, "why_no_lap": why})
    from racer.optimal.reference import reference_lap

    reference = reference_lap(trace.record.track, trace.record.vehicle)
    return RunFacts({**content, "best_lap": lap_facts(trace, reference)}, trace, reference)


def lap_facts(trace: LapTrace, reference: Reference | None) -> dict[str, Any]:
    """Speed and gap over distance, and the time lost in each corner (m, m/s, s)."""
    from racer.laps.traces import time_at
    from racer.optimal.reference import gaps

    record = trace.record
    track = record.track
    places = np.arange(0.0, track.length, STEP)
    forward = np.maximum.accumulate(trace.place)
    facts: dict[str, Any] = {
        "track": track.name,
        "lap_time_s": record.lap_time_s,
        "valid": record.valid,
        "proved": trace.check.proved,
        **gaps(track, record.vehicle, record.lap_time_s),
        "distance_m": _list(places),
        "speed_m_s": _list(np.interp(places, forward, trace.speed)),
        "bound_lap_s": None,
        "bound_speed_m_s": None,
        "gap_s": None,
        "corners": [],
    }
    if reference is None:
        return facts
    lap = reference.lap
    speed = np.hypot(lap["v_x"], lap["v_y"])

    def lost(where: NDArray[np.float64]) -> NDArray[np.float64]:
        return time_at(trace, where) - np.interp(where, lap["s"], lap["t"])

    edges = section_edges(track)
    behind = np.array([*lost(edges[:-1]), record.lap_time_s - reference.flying_lap_s])
    facts |= {
        "bound_lap_s": reference.flying_lap_s,
        "bound_speed_m_s": _list(np.interp(places, lap["s"], speed)),
        "gap_s": _list(lost(places)),
        "corners": [
            {"section": i + 1, "from_m": a, "to_m": b, "lost_s": round(float(loss), 4)}
            for i, (a, b, loss) in enumerate(
                zip(edges[:-1].tolist(), edges[1:].tolist(), np.diff(behind), strict=True)
            )
        ],
    }
    return facts


def section_edges(track: Track) -> NDArray[np.float64]:
    """Where a lap is cut into a section for each corner [m]: midway between two corners."""
    found = corners(track)
    pairs = pairwise(found)
    between = [(before.end + after.start) / 2.0 for before, after in pairs]
    return np.array([0.0, *(x for x in between if 0.0 < x < track.length), track.length])


def _best_lap(folder: RunFolder, config: TrainConfig) -> tuple[LapTrace | None, str | None]:
    if "track" not in config.runs.tables:
        return None, "laps are for circuits"
    if not folder.policy.is_file():
        return None, "the run has no policy yet"
    from racer.drivers.circuit.onnx_driver import OnnxDriver
    from racer.envs.circuit.episodes import evaluate_driver
    from racer.laps.traces import trace_lap
    from racer.train.circuits import REPORT, load_circuits
    from racer.train.task import REPORT_SEED

    track = load_circuits(config, REPORT, folder.circuit)[0]
    driver = OnnxDriver(folder.policy, config.env.vehicle)
    result = evaluate_driver(
        driver,
        track,
        starts=STARTS,
        laps=LAPS,
        vehicle=config.env.vehicle,
        seed=REPORT_SEED,
        record=True,
    )
    laps = [lap for lap in result.finished if lap.valid and lap.proved and not lap.standing]
    if not laps:
        return None, f"no valid lap of {result.laps} on {track.name}"
    best = min(laps, key=lambda lap: lap.time_s)
    return trace_lap(best.record(driver.name, "agent")), None


def _list(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 4) for value in values]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
