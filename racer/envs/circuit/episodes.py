"""Evaluation: a driver laps a circuit from fixed places, deterministically.

The first start is a standing one on the line, the others are at rest too, spread over the first
part of the lap, so that the run-up to the line is long enough for a flying lap at full speed. From
each the driver completes a number of flying laps, or fails to. All of them are proofs: they are
driven from rest. Rolling starts, around the whole lap, can be had too; their laps prove nothing. So
can standing starts alone.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from racer import _core
from racer.drivers.named import device_of, faults_of
from racer.envs.circuit.checks import check_lap_track, check_track_given, check_vehicle
from racer.envs.circuit.conditions import FROZEN, NOT_FROZEN, CarConditions
from racer.envs.circuit.results_table import results_table
from racer.envs.circuit.session import FinishedLap, Seat, Session
from racer.envs.circuit.starts import STARTS, place_cars
from racer.envs.circuit.stints import Stints, stints_of
from racer.errors import ConfigError
from racer.evaluate import intervals
from racer.evaluate.report import Report
from racer.formats.text import show_path
from racer.optimal.reference import gaps
from racer.tracks import list_tracks, load_track

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from racer.drivers import Driver

STILL_SECONDS = 6.0  # a car that stands so long has given up
PATIENCE = 2.5  # a lap may take so many times the cautious reference time
MAX_STARTS = 10_000
MAX_LAPS = 1000


@dataclass(frozen=True)
class TrackResult:
    """What a driver did on one track.

    Attributes:
        track: name of the circuit.
        starts: places it was started from; the first is at rest on the line.
        laps: flying laps that were asked for, of all starts together.
        completed: how many of them ended.
        valid: how many broke no rule.
        best_lap_s, median_lap_s: of the valid flying laps, or None.
        standing_lap_s: the lap from rest, if it was valid.
        distance: metres driven along the centre line, of all starts together.
        gap_to_optimal, gap_to_demonstrated: share by which the best lap is slower than the minimum
            time, and than the best lap that was proved in the engine; None where unknown.
        policy_faults: actions that a policy did not give, so that the neutral one stood in.
        stints: how each car went on over its laps, and the laps from rest on the line.
        finished: the laps themselves, standing one included.
    """

    track: str
    starts: int
    laps: int
    completed: int
    valid: int
    best_lap_s: float | None
    median_lap_s: float | None
    standing_lap_s: float | None
    distance: float
    gap_to_optimal: float | None
    gap_to_demonstrated: float | None
    stints: Stints
    finished: list[FinishedLap] = field(repr=False)
    policy_faults: int = 0

    def as_json(self) -> dict[str, Any]:
        """The result as `racer evaluate --json` gives it."""
        names = ("track", "starts", "laps", "completed", "valid")
        times = ("best_lap_s", "median_lap_s", "standing_lap_s")
        shares = ("gap_to_optimal", "gap_to_demonstrated")
        return {
            **{name: getattr(self, name) for name in (*names, *times, *shares)},
            **asdict(self.stints),
            "policy_faults": self.policy_faults,
            "intervals": self.intervals(),
        }

    def intervals(self) -> dict[str, dict[str, Any]]:
        """Shares of the laps that were asked for, and the mean valid lap, with 95 % intervals."""
        asked = np.arange(self.laps)
        times = [lap.time_s for lap in self.finished if lap.valid and not lap.standing]
        found = {
            "completed_rate": intervals.rate(asked < self.completed),
            "valid_rate": intervals.rate(asked < self.valid),
        }
        if times:
            found["lap_s"] = intervals.mean(np.array(times))
        return found


def reference_lap_seconds(track: _core.circuit.Track) -> float:
    """Time of a lap at the speeds of cautious rolling starts [s]."""
    return float(np.sum(track.spacing / np.maximum(track.stations["spawn_speed"], 5.0)))


def evaluate_driver(
    driver: Driver, track: _core.circuit.Track, *, vehicle: str = "gt", **settings: Any
) -> TrackResult:
    """Lets a driver lap a circuit.

    Args:
        driver: the driver, for all starts at once.
        track: the circuit.
        vehicle: name of the vehicle.
        settings: see `evaluate_circuits`.

    Raises:
        ConfigError: a number of starts or laps that makes no sense.
    """
    (result,) = evaluate_circuits(driver, [track], vehicle=vehicle, **settings)
    return result


def evaluate_circuits(
    driver: Driver,
    tracks: Sequence[_core.circuit.Track],
    *,
    starts: int = 8,
    laps: int = 2,
    vehicle: str = "gt",
    seed: int = 0,
    rolling: bool = False,
    start: str = "",
    record: bool = False,
    conditions: CarConditions = FROZEN,
) -> list[TrackResult]:
    """Lets a driver that can drive anywhere lap several circuits, all at once.

    Args:
        driver: the driver, for all starts on all circuits.
        tracks: the circuits.
        starts: number of starts on each, see `start`.
        laps: flying laps from each start.
        vehicle: name of the vehicle.
        seed: of the places, and of the speeds of rolling starts.
        rolling: the same as start="rolling".
        start: "rest" (default): at rest, one on the line; "rolling": all but the first roll, and
            laps from there cannot be proved; "standing": all at rest on the line.
        record: keep what is needed to save the laps.
        conditions: of the cars; not the driver's, which may plan with the frozen one.

    Returns:
        What it did on each circuit; the first has the policy faults of all.

    Raises:
        ConfigError: a number of starts or laps that makes no sense, or laps to be saved of a car
            that is not the frozen one.
    """
    if not 1 <= starts <= MAX_STARTS or not 1 <= laps <= MAX_LAPS:
        raise ConfigError(
            f"starts must be 1 to {MAX_STARTS} and laps 1 to {MAX_LAPS}, got {starts} and {laps}."
        )
    start = start or ("rolling" if rolling else "rest")
    if start not in STARTS:
        raise ConfigError(f"start must be one of {', '.join(STARTS)}, got {start!r}.")
    standing_starts = starts if start == "standing" else 1
    session = Session(
        [track for track in tracks for _ in range(starts)],
        vehicle=vehicle,
        record=record,
        conditions=conditions,
    )
    for i, track in enumerate(tracks):
        place_cars(session, track, i * starts, starts, seed, start)
    seat = Seat(driver, session)
    faults = faults_of(driver)
    flying = np.zeros(len(tracks) * starts, int)
    finished: list[list[FinishedLap]] = [[] for _ in tracks]
    distance = np.full(len(tracks), math.nan)
    limits = np.array([
        int((laps + 1.5) * PATIENCE * reference_lap_seconds(track) / _core.TICK_SECONDS)
        for track in tracks
    ])  # fmt: skip
    patience = STILL_SECONDS / _core.TICK_SECONDS
    while np.isnan(distance).any():
        for lap in session.tick(seat.pedals()[:, None]):
            of = lap.world // starts
            if flying[lap.world] < laps and np.isnan(distance[of]):
                finished[of].append(lap)
                flying[lap.world] += not lap.standing
        still = session.telemetry["stillness_ticks"][:, 0] > patience
        over = ((flying >= laps) | still).reshape(len(tracks), starts).all(axis=1)
        ended = (over | (session.ticks >= limits)) & np.isnan(distance)
        if ended.any():
            driven = session.telemetry["distance"].reshape(len(tracks), starts).sum(axis=1)
            distance[ended] = driven[ended]
    faults = faults_of(driver) - faults
    return [
        _result(
            session,
            track,
            stints_of(done, starts=starts, laps=laps, standing_starts=standing_starts),
            starts,
            laps,
            done,
            float(driven),
            0 if i else faults,
        )
        for i, (track, done, driven) in enumerate(zip(tracks, finished, distance, strict=True))
    ]


def _result(
    session: Session,
    track: _core.circuit.Track,
    stints: Stints,
    starts: int,
    laps: int,
    finished: list[FinishedLap],
    distance: float,
    faults: int,
) -> TrackResult:
    flown = [lap for lap in finished if not lap.standing]
    times = [lap.time_s for lap in flown if lap.valid]
    standing = [lap.time_s for lap in finished if lap.standing and lap.valid]
    best = min(times, default=None)
    # The minimum time is the frozen car's: another one's lap has no gap to it.
    comparable = best if session.conditions.frozen else None
    return TrackResult(
        track=track.name,
        starts=starts,
        laps=starts * laps,
        completed=len(flown),
        valid=len(times),
        best_lap_s=best,
        median_lap_s=statistics.median(times) if times else None,
        standing_lap_s=min(standing, default=None),
        distance=distance,
        **gaps(track, session.vehicle, comparable),
        stints=stints,
        finished=finished,
        policy_faults=faults,
    )


def evaluate_tracks(
    make: Callable[[_core.circuit.Track], Driver],
    tracks: Mapping[str, _core.circuit.Track],
    *,
    policy: str,
    vehicle: str = "gt",
    save_laps: Path | None = None,
    **settings: Any,
) -> tuple[dict[str, Any], list[TrackResult]]:
    """Evaluates a driver on several circuits.

    Args:
        make: gives the driver for a circuit.
        tracks: the circuits, by the names that the answer shall use.
        policy: name of the driver, for the answer.
        vehicle: name of the vehicle.
        save_laps: folder for the lap files, or None.
        settings: see `evaluate_driver`.

    Returns:
        The answer as `racer evaluate --json` gives it, and the results.
    """
    results = []
    for name, track in tracks.items():
        driver = make(track)
        result = evaluate_driver(
            driver, track, vehicle=vehicle, record=save_laps is not None, **settings
        )
        results.append(replace(result, track=name))
        if save_laps is not None:
            _save(result, save_laps, driver.name, device_of(driver))
    answer = {
        "policy": policy,
        "vehicle": vehicle,
        "physics": _core.physics_fingerprint(vehicle),
        "tracks": [result.as_json() for result in results],
    }
    return answer, results


def _save(result: TrackResult, folder: Path, driver: str, device: str) -> None:
    from racer.laps import SUFFIX, save_new_lap

    counts: dict[str, int] = {}
    for lap in result.finished:
        if not len(lap.inputs):
            continue  # it began before the record did
        kind = "standing" if lap.standing else "flying"
        counts[kind] = counts.get(kind, 0) + 1
        name = f"{_plain(driver)}-{_plain(result.track)}-{kind}-{counts[kind]}{SUFFIX}"
        save_new_lap(lap.record(driver, device), folder / name)


def _plain(name: str) -> str:
    """A driver's or a circuit's name as a part of a file's."""
    stem = Path(name).stem[:60].lower()
    return "".join(c if (c.isascii() and c.isalnum()) or c in "-_" else "_" for c in stem)


class CircuitEpisodes:
    """Laps on circuits, see `racer.evaluate.episodes.Episodes`.

    Args:
        env_id: the environment.
        options: of `racer.envs.circuit.options`.

    Raises:
        RacerError: an option cannot be used.
    """

    def __init__(self, env_id: str, options: Any) -> None:
        check_track_given(options.track)
        check_vehicle(options.vehicle)
        self._env_id = env_id
        self._options = options
        names = [t for name in options.track for t in (list_tracks() if name == "all" else [name])]
        self._conditions = CarConditions(
            getattr(options, "grip", 1.0), getattr(options, "mass", 1.0)
        )
        if options.save_laps is not None:
            self._conditions.refuse_records()
        self._tracks = {name: load_track(name) for name in names}
        if options.save_laps is not None:
            for name, track in self._tracks.items():
                check_lap_track(track, name)

    def run(self, policy: str, seed: int) -> Report:
        """Lets a driver lap every circuit; good if each has a valid lap."""
        from racer.drivers import make_driver
        from racer.drivers.circuit.noisy import NoisyDriver

        options = self._options
        noise = getattr(options, "noise", None) or 0.0

        def make(track: _core.circuit.Track) -> Driver:
            driver = make_driver(policy, track, options.vehicle, seed)
            return NoisyDriver(driver, noise, seed) if noise else driver

        answer, results = evaluate_tracks(
            make,
            self._tracks,
            policy=policy,
            vehicle=options.vehicle,
            save_laps=options.save_laps,
            starts=options.starts,
            laps=options.laps,
            seed=seed,
            start=options.start,
            conditions=self._conditions,
        )
        conditions = {**({"noise": noise} if noise else {}), **self._conditions.as_json()}
        if conditions:
            answer["conditions"] = conditions
        return Report(
            self._env_id,
            policy,
            seed,
            answer,
            {"physics": answer["physics"]},
            sum(result.policy_faults for result in results),
            good=all(result.valid for result in results),
        )

    def lines(self, report: Report) -> list[str]:
        """A table with a row for each circuit, and the intervals."""
        answer = report.content
        head = f"{show_path(answer['policy'])} with {answer['vehicle']}"
        changed = str(self._conditions)
        physics = f"{NOT_FROZEN} ({changed})" if changed else answer["physics"]
        return [f"{head}, physics {physics}", *results_table(answer["tracks"])]
