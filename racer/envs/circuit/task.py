"""Training on a circuit: judged by valid laps."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from racer import _core
from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.drivers.sb3 import Sb3Driver
from racer.envs.circuit.episodes import evaluate_circuits, reference_lap_seconds
from racer.envs.circuit.policy import metadata_of
from racer.envs.circuit.sampler import CircuitSampler
from racer.envs.circuit.sb3 import RacerVecEnv
from racer.envs.circuit.spaces import action_space, observation_space
from racer.envs.circuit.statistics import DrivingStatistics
from racer.train.circuits import (
    REPORT,
    SELECTION,
    TRAINING,
    circuit_names,
    load_circuits,
)
from racer.train.memory import check_memory
from racer.train.run_folder import git_commit
from racer.train.task import REPORT_SEED, SELECTION_SEED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stable_baselines3.common.logger import Logger

    from racer.envs.circuit.episodes import TrackResult
    from racer.envs.circuit.policy import PolicyMetadata
    from racer.train.config import TrainConfig
    from racer.train.task import Fingerprints, Score

MOSTLY_VALID = 0.9
NO_LAP = 2.0  # pace on a circuit without a valid lap
WORLD = 2_000  # bytes of a world: state, records, telemetry, observations, laps


class CircuitTask:
    """The best model is the one with the best lap that it can repeat.

    On one circuit, first come those whose laps were (nearly) all valid, by the median of their
    valid laps; then those with some valid lap; then the others by the distance driven. On several,
    pace and validity count together, see `rank`.

    Args:
        config: of the run.
        circuit: the run's own copies, as `racer.train.circuits.load_circuits` takes
            them; None: the circuits that the settings name.
    """

    def __init__(self, config: TrainConfig, circuit: Path | None = None) -> None:
        self._config = config
        self._copies = circuit
        self._tracks = load_circuits(config, TRAINING, circuit)
        same = circuit_names(config, SELECTION) == circuit_names(config, TRAINING)
        self._selection = self._tracks if same else load_circuits(config, SELECTION, circuit)

    def fingerprints(self) -> Fingerprints:
        """Of the vehicle's physics and of the circuit."""
        vehicle = self._config.env.vehicle
        return {
            "physics": {vehicle: _core.physics_fingerprint(vehicle)},
            "tracks": {track.name: track.fingerprint for track in self._tracks},
        }

    def check_memory(self) -> None:
        """Of worlds, buffer and network."""
        env = self._config.env
        observed = observation_space(env.observation).sample().size
        acted = action_space(env.action).sample().size
        check_memory(self._config, observed, acted, WORLD)

    def make_env(self) -> RacerVecEnv:
        """The worlds to learn in."""
        config = self._config
        sampler = None
        if len(self._tracks) > 1 or config.before_faults:
            sampler = partial(
                CircuitSampler,
                seed=config.seed,
                by_faults=config.by_faults,
                before_faults=config.before_faults,
            )
        return RacerVecEnv(
            config.n_envs, self._tracks, config.env, seed=config.seed, sampler=sampler
        )

    def advance(self, fraction: float) -> None:
        """Does nothing: circuits follow what happens on them."""

    def network(self) -> dict[str, Any]:
        """Nothing: observations go into the network as they are."""
        return {}

    def statistics(self, env: RacerVecEnv) -> DrivingStatistics:
        """Laps, excursions, reward terms."""
        return DrivingStatistics(env.worlds.batch)

    def evaluate(self, model: Any, normalise: Any, name: str, logger: Logger) -> Score:
        """Lets the model lap the circuits that choose it."""
        env = self._config.env
        driver = Sb3Driver(
            model,
            observation=env.observation,
            action=env.action,
            ticks_per_action=env.ticks_per_action,
            normalise=normalise,
            name=name,
        )
        results = evaluate_circuits(
            driver,
            self._selection,
            starts=self._config.evaluation_starts,
            laps=self._config.evaluation_laps,
            vehicle=env.vehicle,
            seed=SELECTION_SEED,
        )
        for result in results:
            _log(result, logger)
        score = score_of(results, self._selection)
        logger.record("eval/valid_lap_rate", score["valid"] / score["laps"])
        if "pace" in score:
            logger.record("eval/pace", score["pace"])
        return score

    def rank(self, score: Score) -> tuple[float, ...]:
        """Larger is better."""
        return rank(score)

    def reached(self, score: Score) -> bool:
        """Whether nearly all laps are valid and the best is near enough to the minimum time."""
        gap, wanted = score["gap_to_optimal"], self._config.until_gap
        return bool(
            wanted
            and gap is not None
            and gap <= wanted
            and score["valid"] >= MOSTLY_VALID * score["laps"]
        )

    def note(self, score: Score) -> str:
        """The best lap; of several circuits the share of valid laps, and the pace."""
        if "pace" in score:
            valid = score["valid"] / score["laps"]
            return f"{valid:.0%} of laps valid, {score['pace']:.3f} of a cautious lap"
        if score["median_lap_s"] is None:
            return "no valid lap yet"
        return f"best lap {score['best_lap_s']:.2f} s"

    def metadata(self, name: str, training_steps: int) -> PolicyMetadata:
        """What a policy's file says."""
        config = self._config
        return metadata_of(
            config.env,
            name=name,
            tracks=list(config.tracks),
            algorithm=config.algo,
            training_steps=training_steps,
            git_commit=git_commit(),
        )

    def report(self, policy: Path) -> dict[str, Any]:
        """The best policy's laps from starts, or on circuits, that did not choose it."""
        vehicle = self._config.env.vehicle
        tracks = load_circuits(self._config, REPORT, self._copies)
        results = evaluate_circuits(
            OnnxDriver(policy, vehicle),
            tracks,
            starts=2 * self._config.evaluation_starts,
            laps=self._config.evaluation_laps,
            vehicle=vehicle,
            seed=REPORT_SEED,
        )
        if len(results) == 1:
            return results[0].as_json()
        return {**score_of(results, tracks), "tracks": [result.as_json() for result in results]}


def _log(result: TrackResult, logger: Logger) -> None:
    """What TensorBoard gets to see of one circuit."""
    tag = f"eval/{result.track}"
    if result.median_lap_s is not None:
        logger.record(f"{tag}/lap_time", result.best_lap_s)
        logger.record(f"{tag}/lap_time_median", result.median_lap_s)
    for name in ("gap_to_optimal", "gap_to_demonstrated"):
        if (gap := getattr(result, name)) is not None:
            logger.record(f"{tag}/{name}", gap)
    if result.standing_lap_s is not None:
        logger.record(f"{tag}/standing_lap_time", result.standing_lap_s)


def score_of(results: Sequence[TrackResult], tracks: Sequence[_core.circuit.Track]) -> Score:
    """What a model is judged by.

    Of several circuits: `laps`, `completed` and `valid` of all together, `distance` [m], and
    `pace`, the mean over the circuits of the median valid lap as a share of a cautious one
    (`reference_lap_seconds`); a circuit without a valid lap counts as `NO_LAP`.
    """
    if len(results) == 1:
        return {**results[0].as_json(), "distance": results[0].distance}
    paces = [
        NO_LAP
        if result.median_lap_s is None
        else result.median_lap_s / reference_lap_seconds(track)
        for result, track in zip(results, tracks, strict=True)
    ]
    gaps = [result.gap_to_optimal for result in results if result.gap_to_optimal is not None]
    return {
        "circuits": len(results),
        "laps": sum(result.laps for result in results),
        "completed": sum(result.completed for result in results),
        "valid": sum(result.valid for result in results),
        "distance": sum(result.distance for result in results),
        "pace": math.fsum(paces) / len(paces),
        "gap_to_optimal": math.fsum(gaps) / len(gaps) if gaps else None,
    }


def rank(score: Score) -> tuple[float, float]:
    """Larger is better; on several circuits a hundredth of the laps weighs as one of the time."""
    if "pace" in score:
        return score["valid"] / score["laps"] - score["pace"], score["distance"]
    if score["median_lap_s"] is None:
        return 0, score["distance"]
    reliable = score["valid"] >= MOSTLY_VALID * score["laps"]
    return (2 if reliable else 1), -score["median_lap_s"]
