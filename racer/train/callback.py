"""What happens beside learning: logs, checkpoints, evaluations, the best model, the bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from racer.errors import ConfigError
from racer.train.checkpoint import save_checkpoint
from racer.train.export import export_policy
from racer.train.logs import pending_values
from racer.train.resuming import run_identity, settings_of
from racer.train.run_folder import write_json
from racer.train.weights import WEIGHTS, write_weights

if TYPE_CHECKING:
    from pathlib import Path

    from racer.train.config import TrainConfig
    from racer.train.learner import Learner
    from racer.train.progress import ProgressBar
    from racer.train.run_folder import RunFolder


@dataclass(frozen=True)
class Look:
    """How a run does, for somebody who watches it.

    Attributes:
        evaluations: how many of the run's evaluations are done.
        rank: of the best model so far; larger is better.
        note: a few words on it.
        steps: environment steps that the run has taken.
    """

    evaluations: int
    rank: tuple[float, ...]
    note: str
    steps: int


Watch = Callable[[Look], bool]


class RunKeeper(BaseCallback):
    """Keeps a run: between two updates it evaluates, saves and logs what is due.

    What the best model is, the task says.

    Args:
        config: of the run.
        folder: of the run.
        learner: what learns.
        bar: of the run.
        best: score of the best model so far, or None.
        evaluated: after how many steps the model was evaluated last; -1: never.
        watch: called after each evaluation, and at the end of the run; it says whether the run
            shall stop, as after an interrupt.

    Attributes:
        interrupted: set it, and the run saves a checkpoint and stops before its next update.
        stopped: the run stopped before its steps were done, by time or interrupt, and is saved.
    """

    def __init__(
        self,
        config: TrainConfig,
        folder: RunFolder,
        learner: Learner,
        bar: ProgressBar,
        *,
        best: dict[str, Any] | None = None,
        evaluated: int = -1,
        watch: Watch | None = None,
    ) -> None:
        super().__init__()
        self.best = best
        self.interrupted = False
        self.stopped = False
        self._watch = watch
        self._config = config
        self._folder = folder
        self._learner = learner
        self._clock = learner.clock
        self._bar = bar
        self._task = learner.task
        self._normalise = learner.normalise
        self._statistics = learner.task.statistics(learner.env)
        self._evaluated = 0
        self._saved = 0
        self._saved_steps = -1
        self._evaluated_steps = evaluated
        self._identity = run_identity(folder)

    def _on_training_start(self) -> None:
        done = self._clock.fraction
        self._evaluated = int(done * self._config.evaluations)
        self._saved = int(done * self._config.checkpoints)
        self._show_best()

    def _on_rollout_start(self) -> None:
        """Between two updates everything is consistent: the time to look and to save."""
        done = self._clock.fraction
        self._task.advance(done)
        self._learner.algorithm.advance(self.model, self._config.algo_settings, done)
        if int(done * self._config.evaluations) > self._evaluated:
            self._evaluated = int(done * self._config.evaluations)
            self.evaluate()
        if int(done * self._config.checkpoints) > self._saved:
            self._saved = int(done * self._config.checkpoints)
            self.save()
        self.stopped = self.interrupted or self._clock.time_is_up or self.reached
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
        return self._clock.fraction >= 1.0 or self.reached

    @property
    def reached(self) -> bool:
        """Whether the best model is all that the run was for."""
        return self.best is not None and self._task.reached(self.best)

    def save(self) -> None:
        """Saves a checkpoint of this very moment, unless there is one.

        Raises:
            ConfigError: the run was deleted meanwhile.
        """
        if self.model.num_timesteps == self._saved_steps:
            return
        self._check_folder()
        notes = {
            "seconds": self._clock.seconds,
            "best": self.best,
            "run": self._identity,
            "episodes": list(self.model.ep_info_buffer or ()),
            "pending": pending_values(self.logger),
        }
        path = self._folder.checkpoint_path(self.model.num_timesteps)
        settings = settings_of(self._config)
        save_checkpoint(path, self._learner, notes, settings)
        self._saved_steps = self.model.num_timesteps
        self._folder.drop_old_checkpoints()

    def _check_folder(self) -> None:
        """Nothing is written into a run that is gone: what is left could not be resumed."""
        if not self._folder.config.is_file():
            raise ConfigError(
                f"{self._folder.path}: was deleted while it was trained; the run ends here."
            )

    def finish(self) -> None:
        """Evaluates what there is at the end, unless that is done."""
        if self._evaluated_steps != self._clock.steps_done or self.best is None:
            self.evaluate()
        else:
            self._tell()

    def evaluate(self) -> None:
        """Evaluates the model as it is; keeps it if it is the best so far."""
        self._check_folder()
        # Not with the learner's logger: what waits there belongs to the next steps.
        logger = Logger(None, self.logger.output_formats)
        score = self._task.evaluate(self.model, self._normalise, self._folder.path.name, logger)
        logger.dump(self._clock.steps_done)
        steps = self._evaluated_steps = self._clock.steps_done
        score = {**score, "steps": steps}
        if self._config.keep_policies:
            self._export(self._folder.policy_after(steps))
            write_json(self._folder.policy_after(steps).with_suffix(".json"), score)
        if self.best is None or self._task.rank(score) > self._task.rank(self.best):
            self.best = score
            self._keep_best()
        self._show_best()
        self._tell()

    def _tell(self) -> None:
        """Lets who watches the run say whether it goes on."""
        if self._watch is None or self.best is None:
            return
        done = int(self._clock.fraction * self._config.evaluations)
        rank, note = self._task.rank(self.best), self._task.note(self.best)
        if self._watch(Look(done, rank, note, self._clock.steps_done)):
            self.interrupted = True

    def _keep_best(self) -> None:
        """Exports the model; the score comes last, so that it never tells of another model."""
        best = self._folder.best / "policy.onnx"
        self._export(best, self._folder.policy)
        write_weights(self._folder.best / WEIGHTS, self._learner, self._config, best)
        write_json(self._folder.best / "score.json", self.best)

    def _export(self, *paths: Path) -> None:
        metadata = self._task.metadata(self._folder.path.name, self._clock.steps_done)
        actor = self._learner.algorithm.actor(self.model)
        scale = self._config.action_scale
        for path in paths:
            export_policy(self.model, self._normalise, metadata, path, scale, actor=actor)

    def _show_best(self) -> None:
        if self.best:
            self._bar.note(self._task.note(self.best))
        self._bar.update()
