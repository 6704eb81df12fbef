"""Searches for better settings of an algorithm with Optuna; can be interrupted and resumed.

The first trial has the settings as they are. Each further one has what Optuna's tree-structured
Parzen estimator proposes (J. Bergstra et al., "Algorithms for hyper-parameter optimization",
NeurIPS 2011). A trial whose best model is worse than the median of the others at the same
evaluation is stopped.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError, RacerError
from racer.formats.locks import hold
from racer.formats.text import shown
from racer.train.resuming import read_object
from racer.train.run_folder import LOCK, RunFolder
from racer.train.study import (
    STORE,
    check_base,
    check_study_place,
    close_study,
    keep_best,
    open_study,
    space_of,
    summary_of,
    with_values,
)
from racer.train.trainer import resume, train

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from optuna import Study, Trial
    from optuna.samplers import BaseSampler

    from racer.train.algorithms.space import Space
    from racer.train.callback import Look
    from racer.train.config import TrainConfig

MANY = 1_000_003  # seeds of a study's trials are apart from those of another's
RANDOM_TRIALS = 10  # before the estimator has enough to learn from
STEP_OF_RANK = 1e-6  # what a later number of a rank can be worth of the one before


def objective(rank: Sequence[float]) -> float:
    """One number for Optuna that sorts as ranks do, which are compared number by number."""
    later = (number / (1.0 + abs(number)) for number in rank[1:])
    return float(rank[0] + sum(x * STEP_OF_RANK**i for i, x in enumerate(later, start=1)))


@dataclass
class Watcher:
    """Tells Optuna how a trial does, and stops it if Optuna says so.

    Attributes:
        trial: the trial.
        pruned: whether it was stopped.
    """

    trial: Trial
    pruned: bool = False

    def __call__(self, look: Look) -> bool:
        """See `racer.train.callback.RunKeeper`."""
        self.trial.report(objective(look.rank), look.evaluations)
        self.trial.set_user_attr("rank", list(look.rank))
        self.trial.set_user_attr("note", look.note)
        self.trial.set_user_attr("steps", look.steps)
        self.pruned = self.pruned or self.trial.should_prune()
        return self.pruned


def tune(config: TrainConfig, path: Path, trials: int, *, show: bool = True) -> dict[str, Any]:
    """Runs trials until there are so many.

    Args:
        config: settings that the search starts from; every trial is as long as its `steps` or
            `minutes` say.
        path: the study's folder, see `racer.train.study`; one that is there goes on.
        trials: how many there shall be in all.
        show: say on stderr what is tried, and show progress bars.

    Returns:
        See `racer.train.study.summary_of`; `finished` is false if somebody interrupted it.

    Raises:
        RacerError: something else stands there, another process uses it, the algorithm has no
            search space, or the settings that it starts from cannot be used.
    """
    space = space_of(config)
    check_study_place(path)
    with hold(path / LOCK, shown(path), error=ConfigError):
        check_study_place(path)
        check_base(path, config)
        study = open_study(path / STORE)
        try:
            finished = _search(study, config, space, path, trials, show=show)
            return {"finished": finished, **summary_of(study, config, space, path)}
        finally:
            close_study(study)


def _search(
    study: Study, config: TrainConfig, space: Space, path: Path, trials: int, *, show: bool
) -> bool:
    """Runs what is missing; False if somebody interrupted it."""
    from optuna.trial import TrialState

    if not study.get_trials(deepcopy=False):
        own = {name: getattr(config.algo_settings, name) for name in space}
        study.enqueue_trial({name: space[name].name_of(value) for name, value in own.items()})
    while True:
        known = study.get_trials(deepcopy=False)
        cut = [trial for trial in known if trial.state == TrialState.RUNNING]  # by a kill
        ended = sum(trial.state.is_finished() for trial in known)
        if not cut and ended >= trials:
            return True
        number = cut[0].number if cut else len(known)
        study.sampler = _sampler(config.seed, number)
        trial = _again(study, number) if cut else study.ask()
        for name, where in space.items():
            where.suggest(trial, name)
        if show:
            chosen = ", ".join(f"{name} = {_short(value)}" for name, value in trial.params.items())
            print(f"trial {trial.number} of {trials}: {chosen}", file=sys.stderr)
        if not _run_trial(study, trial, with_values(config, space, trial.params), path, show=show):
            return False
        keep_best(study, config, space, path)


def _sampler(seed: int, number: int) -> BaseSampler:
    """What proposes a trial's settings: the same whether the study was interrupted or not."""
    from optuna.samplers import TPESampler

    return TPESampler(n_startup_trials=RANDOM_TRIALS, seed=(seed * MANY + number) % 2**32)


def _again(study: Study, number: int) -> Trial:
    """A trial that was cut off, to go on with."""
    from optuna import Trial

    return Trial(study, study.get_trials(deepcopy=False)[number]._trial_id)  # noqa: SLF001


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _run_trial(study: Study, trial: Trial, config: TrainConfig, path: Path, *, show: bool) -> bool:
    """Trains, or goes on; False if somebody interrupted it."""
    from optuna.trial import TrialState

    folder = RunFolder(path / f"trial-{trial.number:04d}")
    watcher = Watcher(trial)
    try:
        report = _train(config, folder, watcher, show=show)
    except (RacerError, ValueError, ArithmeticError) as problem:  # such as a network of NaN
        if trial.number == 0:  # what the search starts from
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        trial.set_user_attr("note", f"failed: {problem}")
        study.tell(trial, state=TrialState.FAIL)
        if show:
            print(f"trial {trial.number} failed: {problem}", file=sys.stderr)
        return True
    if watcher.pruned:
        study.tell(trial, state=TrialState.PRUNED)
        return True
    if not report["finished"]:
        return False
    study.tell(trial, objective(trial.user_attrs["rank"]))
    return True


def _train(
    config: TrainConfig, folder: RunFolder, watcher: Watcher, *, show: bool
) -> dict[str, Any]:
    """The report of a trial's run, which may be there already, as a whole or in part."""
    if not folder.config.is_file():
        return train(config, folder.path, show=show, watch=watcher)
    report = read_object(folder.report)
    ended = report.get("finished") is True and "rank" in watcher.trial.user_attrs
    return report if ended else resume(folder.path, show=show, watch=watcher)
