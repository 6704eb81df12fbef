"""Training on a circuit: judged by valid laps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from racer import _core
from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.drivers.sb3 import Sb3Driver
from racer.envs.circuit.episodes import evaluate_driver
from racer.envs.circuit.policy import metadata_of
from racer.envs.circuit.sb3 import RacerVecEnv
from racer.envs.circuit.spaces import action_space, observation_space
from racer.envs.circuit.statistics import DrivingStatistics
from racer.tracks import load_track
from racer.train.memory import check_memory
from racer.train.run_folder import git_commit
from racer.train.task import REPORT_SEED, SELECTION_SEED

if TYPE_CHECKING:
    from pathlib import Path

    from stable_baselines3.common.logger import Logger

    from racer.envs.circuit.policy import PolicyMetadata
    from racer.train.config import TrainConfig
    from racer.train.task import Fingerprints, Score

MOSTLY_VALID = 0.9
WORLD = 2_000  # bytes of a world: state, records, telemetry, observations, laps


class CircuitTask:
    """The best model is the one with the best lap that it can repeat.

    First come those whose laps were (nearly) all valid, by the median of their valid laps; then
    those with some valid lap; then the others by the distance driven.

    Args:
        config: of the run.
        circuit: the run's own copy of its circuit; None: the one that the settings name.
    """

    def __init__(self, config: TrainConfig, circuit: Path | None = None) -> None:
        self._config = config
        self._track = load_track(circuit or config.track)

    def fingerprints(self) -> Fingerprints:
        """Of the vehicle's physics and of the circuit."""
        vehicle = self._config.env.vehicle
        return {
            "physics": {vehicle: _core.physics_fingerprint(vehicle)},
            "tracks": {self._track.name: self._track.fingerprint},
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
        return RacerVecEnv(config.n_envs, self._track, config.env, seed=config.seed)

    def advance(self, fraction: float) -> None:
        """Does nothing: circuits stay as they are."""

    def network(self) -> dict[str, Any]:
        """Nothing: observations go into the network as they are."""
        return {}

    def statistics(self, env: RacerVecEnv) -> DrivingStatistics:
        """Laps, excursions, reward terms."""
        return DrivingStatistics(env.worlds.batch)

    def evaluate(self, model: Any, normalise: Any, name: str, logger: Logger) -> Score:
        """Lets the model lap the circuit."""
        env = self._config.env
        driver = Sb3Driver(
            model,
            observation=env.observation,
            action=env.action,
            ticks_per_action=env.ticks_per_action,
            normalise=normalise,
            name=name,
        )
        result = evaluate_driver(
            driver,
            self._track,
            starts=self._config.evaluation_starts,
            laps=self._config.evaluation_laps,
            vehicle=env.vehicle,
            seed=SELECTION_SEED,
        )
        tag = f"eval/{self._track.name}"
        if result.median_lap_s is not None:
            logger.record(f"{tag}/lap_time", result.best_lap_s)
            logger.record(f"{tag}/lap_time_median", result.median_lap_s)
        for name in ("gap_to_optimal", "gap_to_demonstrated"):
            if (gap := getattr(result, name)) is not None:
                logger.record(f"{tag}/{name}", gap)
        if result.standing_lap_s is not None:
            logger.record(f"{tag}/standing_lap_time", result.standing_lap_s)
        logger.record("eval/valid_lap_rate", result.valid / result.laps)
        return {**result.as_json(), "distance": result.distance}

    def rank(self, score: Score) -> tuple[float, ...]:
        """Larger is better."""
        return rank(score)

    def note(self, score: Score) -> str:
        """The best lap."""
        if score["median_lap_s"] is None:
            return "no valid lap yet"
        return f"best lap {score['best_lap_s']:.2f} s"

    def metadata(self, name: str, training_steps: int) -> PolicyMetadata:
        """What a policy's file says."""
        config = self._config
        return metadata_of(
            config.env,
            name=name,
            tracks=[config.track],
            algorithm=config.algo,
            training_steps=training_steps,
            git_commit=git_commit(),
        )

    def report(self, policy: Path) -> dict[str, Any]:
        """The best policy's laps from starts that did not choose it."""
        vehicle = self._config.env.vehicle
        return evaluate_driver(
            OnnxDriver(policy, vehicle),
            self._track,
            starts=2 * self._config.evaluation_starts,
            laps=self._config.evaluation_laps,
            vehicle=vehicle,
            seed=REPORT_SEED,
        ).as_json()


def rank(score: Score) -> tuple[float, float]:
    """Larger is better."""
    if score["median_lap_s"] is None:
        return 0, score["distance"]
    reliable = score["valid"] >= MOSTLY_VALID * score["laps"]
    return (2 if reliable else 1), -score["median_lap_s"]
