"""The folder of a search for settings, which Optuna makes.

It holds `study.toml`, the settings that the search varies; `study.db`, Optuna's
record of the trials; a run for each trial, `trial-0000` with the settings as they are, then
`trial-0001` and so on; and `best.toml`, a preset with the best settings so far.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError
from racer.formats.files import atomic_write
from racer.formats.settings import differences, shown_value
from racer.formats.text import show_path, shown
from racer.train.config import load_train_config, read_toml
from racer.train.run_folder import LOCK

if TYPE_CHECKING:
    from pathlib import Path

    from optuna import Study
    from optuna.trial import FrozenTrial

    from racer.train.algorithms.space import Space
    from racer.train.config import TrainConfig

BASE, STORE, BEST = "study.toml", "study.db", "best.toml"
NAME = "racer"  # of the only study in a file
UNPRUNED_TRIALS = 4  # they show what is usual


def space_of(config: TrainConfig) -> Space:
    """Where the search looks; the run's own values are part of it.

    Raises:
        ConfigError: the algorithm has no search space.
    """
    space = config.algorithm.space
    if not space:
        raise ConfigError(
            f"{config.algo} says of no setting where to look for better values; give its class a "
            "`space`, see racer.train.algorithms.base."
        )
    settings = config.algo_settings
    return {name: range_.including(getattr(settings, name)) for name, range_ in space.items()}


def base_worlds(path: Path) -> int | None:
    """The number of environments of a study that stands there; None if there is none."""
    place = path / BASE
    return load_train_config(read_toml(place), show_path(place)).n_envs if place.is_file() else None


def with_values(config: TrainConfig, space: Space, params: dict[str, Any]) -> TrainConfig:
    """The settings with what Optuna chose, fitted to the number of environments."""
    values = {name: space[name].value_of(chosen) for name, chosen in params.items()}
    settings = replace(config.algo_settings, **values)
    return replace(config, algo_settings=config.algorithm.fitted(settings, config.n_envs))


def check_study_place(path: Path) -> None:
    """Raises ConfigError if something else than a study stands there."""
    if path.is_dir() and not (path / BASE).is_file():
        taken = any(item.name != LOCK for item in path.iterdir())
    else:
        taken = path.exists() and not path.is_dir()
    if taken:
        raise ConfigError(f"{show_path(path)}: exists and is no study; choose another --name.")


def check_base(path: Path, config: TrainConfig) -> None:
    """Keeps what the study varies, or checks that it is the same as before."""
    place = path / BASE
    if not place.is_file():
        atomic_write(place, config.to_toml().encode())
        return
    before = load_train_config(read_toml(place), show_path(place))
    for key, (then, now) in differences(before.to_dict(), config.to_dict()).items():
        raise ConfigError(
            f"{show_path(path)}: holds a study with {key} = {shown_value(then)} instead of "
            f"{shown_value(now)}; choose another --name."
        )


def open_study(place: Path) -> Study:
    """The study of a file, which is made if it is not there."""
    import optuna
    from sqlalchemy.engine import URL
    from sqlalchemy.exc import SQLAlchemyError

    optuna.logging.set_verbosity(optuna.logging.ERROR)  # we say ourselves what happens
    url = URL.create("sqlite", database=str(place.absolute())).render_as_string()
    try:
        return optuna.create_study(
            study_name=NAME,
            storage=optuna.storages.RDBStorage(url),
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED_TRIALS),
        )
    except (SQLAlchemyError, RuntimeError) as problem:  # damaged, or of another Optuna
        reason = shown(str(problem).partition("\n")[0], 200)
        raise ConfigError(f"{show_path(place)}: is not a study's record ({reason}).") from None


def close_study(study: Study) -> None:
    """Closes the study's file."""
    storage: Any = study._storage  # noqa: SLF001 - nobody else closes the file
    backend = getattr(storage, "_backend", storage)
    backend.remove_session()
    backend.engine.dispose()


def keep_best(study: Study, config: TrainConfig, space: Space, path: Path) -> None:
    """Writes the preset with the best settings so far."""
    best = best_of(study)
    if best is None:
        return
    note = best.user_attrs.get("note", "")
    about = f"# Trial {best.number} of {len(study.trials)}: {shown(note, 200)}.\n"
    settings = with_values(config, space, best.params)
    atomic_write(path / BEST, (about + settings.to_toml()).encode())


def best_of(study: Study) -> FrozenTrial | None:
    """The best of the trials that ran to their end; None if there is none."""
    from optuna.trial import TrialState

    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return max(complete, key=lambda trial: trial.values[0], default=None)


def summary_of(study: Study, config: TrainConfig, space: Space, path: Path) -> dict[str, Any]:
    """What came of a study.

    Returns:
        `study`: its folder; `trials`: of each its number, state, what is said of its best model,
        rank, steps and settings; `best`: number of the best trial, or None; `changes`: what its
        settings are instead of what they were; `preset`: file of the best settings, or None.
    """
    best = best_of(study)
    rows = [
        {
            "trial": trial.number,
            "state": trial.state.name.lower(),
            "note": trial.user_attrs.get("note", ""),
            "rank": trial.user_attrs.get("rank"),
            "steps": trial.user_attrs.get("steps"),
            "settings": trial.params,
        }
        for trial in study.trials
    ]
    changes: dict[str, Any] = {}
    if best is not None:
        found = with_values(config, space, best.params)
        changes = {
            name: {"from": old, "to": new}
            for name, (old, new) in differences(config.to_dict(), found.to_dict()).items()
        }
    preset = None if best is None else str(path / BEST)
    number = None if best is None else best.number
    return {
        "study": str(path), "trials": rows, "best": number, "changes": changes, "preset": preset,
    }  # fmt: skip
