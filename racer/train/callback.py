"""What happens beside learning: logs, checkpoints, evaluations, the best model, the bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stable_baselines3.common.callbacks import BaseCallback

from racer.drivers.sb3 import Sb3Driver
from racer.evaluate import TrackResult, evaluate_driver
from racer.export import export_policy, model_metadata
from racer.train.checkpoint import save_checkpoint
from racer.train.run_folder import write_json
from racer.train.statistics import DrivingStatistics

if TYPE_CHECKING:
    from stable_baselines3.common.vec_env import VecNormalize

    from racer import _core
    from racer.train.config import TrainConfig
    from racer.train.progress import Clock, ProgressBar
    from racer.train.run_folder import RunFolder

SELECTION_SEED = 1  # of the starts that choose the best model
REPORT_SEED = 2  # of those that the report is made from
MOSTLY_VALID = 0.9


class RunKeeper(BaseCallback):
    """Keeps a run: between two updates it evaluates, saves and logs what is due.

    The best model is the one with the best lap that it can repeat: first those whose laps were
    (nearly) all valid, by the median of their valid laps; then those with some valid lap; then by
    the distance driven.

    Args:
        config: of the run.
        folder: of the run.
        clock: of the run.
        bar: of the run.
        track: the circuit.
        batch: the worlds that learn.
        normalise: the normalisation around them.
        best: score of the best model so far, or None.

    Attributes:
        interrupted: set it, and the run saves a checkpoint and stops before its next update.
        stopped: the run stopped before its steps were done, by time or interrupt, and is saved.
    """

    def __init__(
        self,
        config: TrainConfig,
        folder: RunFolder,
        clock: Clock,
        bar: ProgressBar,
        *,
        track: _core.Track,
        batch: _core.Batch,
        normalise: VecNormalize,
        best: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.best = best
        self.interrupted = False
        self.stopped = False
        self._config = config
        self._folder = folder
        self._clock = clock
        self._bar = bar
        self._track = track
        self._batch = batch
        self._normalise = normalise
        self._statistics = DrivingStatistics(batch)
        self._evaluated = 0
        self._saved = 0
        self._saved_steps = -1

    def _on_training_start(self) -> None:
        done = self._clock.fraction
        self._evaluated = int(done * self._config.evaluations)
        self._saved = int(done * self._config.checkpoints)
        self._show_best()

    def _on_rollout_start(self) -> None:
        """Between two updates everything is consistent: the time to look and to save."""
        done = self._clock.fraction
        if int(done * self._config.evaluations) > self._evaluated:
            self._evaluated = int(done * self._config.evaluations)
            self.evaluate()
        if int(done * self._config.checkpoints) > self._saved:
            self._saved = int(done * self._config.checkpoints)
            self.save()
        self.stopped = self.interrupted or self._clock.time_is_up
        if self.stopped:
            self.save()

    def _on_step(self) -> bool:
        if self.stopped:
            return False
        self._clock.steps_done = self.num_timesteps
        self._statistics.after_step()
        return True

    def _on_rollout_end(self) -> None:
        self._statistics.record(self.logger)
        self._bar.update()

    @property
    def finished(self) -> bool:
        """Whether nothing of the run is left to do."""
        return self._clock.fraction >= 1.0

    def save(self) -> None:
        """Saves a checkpoint of this very moment, unless there is one."""
        if self.model.num_timesteps == self._saved_steps:
            return
        facts = {"seconds": self._clock.seconds, "best": self.best}
        path = self._folder.checkpoint_path(self.model.num_timesteps)
        save_checkpoint(path, self.model, self._normalise, self._batch, facts)
        self._saved_steps = self.model.num_timesteps
        self._folder.drop_old_checkpoints()

    def evaluate(self) -> TrackResult:
        """Evaluates the model as it is; keeps it if it is the best so far."""
        result = evaluate_driver(
            self.driver(),
            self._track,
            starts=self._config.evaluation_starts,
            laps=self._config.evaluation_laps,
            vehicle=self._config.env.vehicle,
            seed=SELECTION_SEED,
        )
        tag = f"eval/{self._track.name}"
        if result.median_lap_s is not None:
            self.logger.record(f"{tag}/lap_time", result.best_lap_s)
            self.logger.record(f"{tag}/lap_time_median", result.median_lap_s)
        for name in ("gap_to_optimal", "gap_to_demonstrated"):
            if (gap := getattr(result, name)) is not None:
                self.logger.record(f"{tag}/{name}", gap)
        if result.standing_lap_s is not None:
            self.logger.record(f"{tag}/standing_lap_time", result.standing_lap_s)
        self.logger.record("eval/valid_lap_rate", result.valid / result.laps)
        score = {**result.as_json(), "distance": result.distance, "steps": self._clock.steps_done}
        self.logger.dump(self._clock.steps_done)
        if self.best is None or _rank(score) > _rank(self.best):
            self.best = score
            self._keep_best()
        self._show_best()
        return result

    def driver(self) -> Sb3Driver:
        """The model as it is, as a driver."""
        env = self._config.env
        return Sb3Driver(
            self.model,
            observation=env.observation,
            action=env.action,
            ticks_per_action=env.ticks_per_action,
            normalise=self._normalise,
            name=self._folder.path.name,
        )

    def _keep_best(self) -> None:
        """Exports the model; the score comes last, so that it never tells of another model."""
        metadata = model_metadata(
            self._config, name=self._folder.path.name, training_steps=self._clock.steps_done
        )
        best = self._folder.best / "policy.onnx"
        export_policy(self.model, self._normalise, metadata, best)
        export_policy(self.model, self._normalise, metadata, self._folder.policy)
        write_json(self._folder.best / "score.json", self.best)

    def _show_best(self) -> None:
        if self.best and self.best["median_lap_s"] is not None:
            self._bar.note(f"best lap {self.best['best_lap_s']:.2f} s")
        elif self.best:
            self._bar.note("no valid lap yet")
        self._bar.update()


def _rank(score: dict[str, Any]) -> tuple[int, float]:
    """Larger is better."""
    if score["median_lap_s"] is None:
        return 0, score["distance"]
    reliable = score["valid"] >= MOSTLY_VALID * score["laps"]
    return (2 if reliable else 1), -score["median_lap_s"]
