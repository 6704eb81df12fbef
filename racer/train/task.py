"""What a run trains on: any kind of world, behind one face for the trainer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from racer.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stable_baselines3.common.logger import Logger

    from racer.envs.sb3_view import WorldsVecEnv
    from racer.train.config import TrainConfig

SELECTION_SEED = 1  # of the scenarios that choose the best model
REPORT_SEED = 2  # of those that the report is made from
Score = dict[str, Any]
Fingerprints = dict[str, dict[str, str]]


class Statistics(Protocol):
    """Counts what happens between two logs."""

    def after_step(self) -> None:
        """Notes the step that the worlds just made."""

    def record(self, logger: Logger) -> None:
        """Hands everything to the logger and starts afresh."""


class Task(Protocol):
    """The environment, how to judge a driver in it, and what to say about a policy for it."""

    def fingerprints(self) -> Fingerprints:
        """What must be the same for a run to be resumed, by kind and name."""

    def check_memory(self) -> None:
        """Raises ConfigError if worlds, buffer and network need more memory than there is."""

    def make_env(self) -> WorldsVecEnv:
        """The worlds to learn in."""

    def advance(self, fraction: float) -> None:
        """Called between two updates, when that share of the run is done."""

    def network(self) -> dict[str, Any]:
        """Keywords for the network of Stable-Baselines3's policies."""

    def statistics(self, env: Any) -> Statistics:
        """Counters for TensorBoard, of worlds that `make_env` made."""

    def evaluate(self, model: Any, normalise: Any, name: str, logger: Logger) -> Score:
        """Judges the model as it is and logs what came of it; the score is plain JSON."""

    def rank(self, score: Score) -> tuple[float, ...]:
        """Larger is better."""

    def reached(self, score: Score) -> bool:
        """Whether a score is all that the run was for."""

    def note(self, score: Score) -> str:
        """A few words on a score, for the progress bar."""

    def metadata(self, name: str, training_steps: int) -> Any:
        """What a policy's file says."""

    def report(self, policy: Any) -> Mapping[str, Any]:
        """What came of the best policy, a file, in scenarios that did not choose it."""


def make_task(config: TrainConfig, circuit: Path | None = None) -> Task:
    """The task of a run.

    Args:
        config: of the run.
        circuit: the run's own copy of its circuit, if it has one.

    Raises:
        RacerError: the environment cannot be made.
    """
    task: Task = kind_of(config.env_id).load("task")(config, circuit)
    return task
