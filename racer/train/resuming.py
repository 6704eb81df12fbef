"""Where a run goes on: the newest checkpoint that can be read and fits the run's settings."""

from __future__ import annotations

import json
import sys
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError, RacerError
from racer.formats.files import MAX_POLICY_BYTES, atomic_write, read_bytes, read_text
from racer.formats.settings import differences, shown_value
from racer.train.checkpoint import DamagedError, load_checkpoint, restore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stable_baselines3.common.base_class import BaseAlgorithm

    from racer.train.config import TrainConfig
    from racer.train.learner import Learner
    from racer.train.run_folder import RunFolder
    from racer.train.task import Task

# What a network, its statistics and the meaning of its numbers depend on.
MODEL_KEYS = ("algo", "env_id", "track", "normalise_observation", "normalise_reward", "row_width")


def settings_of(config: TrainConfig) -> dict[str, Any]:
    """The settings that a checkpoint depends on, keyed as in config.toml."""
    content = config.to_dict()
    own = content[config.algo]
    found: dict[str, Any] = {key: content.get(key) for key in MODEL_KEYS}
    found["action_scale"] = list(config.action_scale)
    found["n_envs"] = config.n_envs
    found[config.algo] = {
        key: list(own[key]) if isinstance(own[key], tuple) else own[key]
        for key in config.algorithm.fixed
    }
    return found | config.runs.depends(config)


def _defaults(config: TrainConfig) -> dict[str, Any]:
    """The algorithm's settings that a checkpoint depends on, as they are if nobody sets them."""
    fresh = asdict(config.algorithm.settings())
    return {
        key: list(fresh[key]) if isinstance(fresh[key], tuple) else fresh[key]
        for key in config.algorithm.fixed
    }


def check_settings(
    state: dict[str, Any], config: TrainConfig, folder: RunFolder, *, tell: bool = True
) -> bool:
    """Compares the settings of a checkpoint with those of the run.

    Returns:
        Whether its worlds can go on, too; otherwise they begin new episodes.

    Raises:
        ConfigError: a setting was changed that the network depends on.
    """
    if "settings" not in state:
        return True
    saved = json.loads(state["settings"])
    own = saved.get(config.algo)
    if isinstance(own, dict):  # a setting that is newer than the checkpoint was at its default
        saved[config.algo] = _defaults(config) | own
    changed = differences(saved, settings_of(config))
    fresh = {"n_envs", *config.runs.world_keys}
    if config.algorithm.fixes_worlds:
        fresh.remove("n_envs")
    for key, (then, now) in changed.items():
        if key in fresh:
            if not tell:
                continue
            print(
                f"{folder.config}: {key} is {shown_value(now)} and was {shown_value(then)}; "
                "all worlds begin new episodes.",
                file=sys.stderr,
            )
        else:
            raise ConfigError(
                f"{folder.config}: {key} is {shown_value(now)}, but the run was trained with "
                f"{shown_value(then)}; put it back, or start a new run."
            )
    return not changed


@contextmanager
def naming_edits(config: TrainConfig, folder: RunFolder) -> Iterator[None]:
    """Names an edit of the settings, if one is the reason for a ConfigError in the block."""
    try:
        yield
    except ConfigError:
        for path in reversed(folder.checkpoint_paths()):
            with suppress(DamagedError):
                check_settings(load_checkpoint(path)[0], config, folder, tell=False)
                break
        raise


def go_on(folder: RunFolder, config: TrainConfig, learner: Learner) -> dict[str, Any] | None:
    """Restores the newest checkpoint that is whole; says which were not.

    Returns:
        Its notes; None if the run has no checkpoint yet and begins at its beginning.

    Raises:
        ConfigError: none can be read, or a setting was changed that they depend on.
    """
    paths = folder.checkpoint_paths()
    problems: list[DamagedError] = []
    identity = run_identity(folder)
    for path in reversed(paths):
        try:
            state, notes = load_checkpoint(path)
            _check_identity(path, notes, identity)
            same = check_settings(state, config, folder)
            restore(path, state, learner, same_worlds=same)
        except DamagedError as problem:
            problems.append(problem)
            continue
        for damaged in problems:
            print(f"{damaged} Resuming from {path.name}.", file=sys.stderr)
        return notes
    if problems:
        raise ConfigError(
            f"{folder.path}: no checkpoint is left to resume from: {problems[0]} Start a new run."
        )
    return None


def _check_identity(path: Path, notes: dict[str, Any], identity: str) -> None:
    if identity and notes.get("run", identity) != identity:
        raise DamagedError(f"{path}: belongs to another run.")


def set_aside(folder: RunFolder, steps: int) -> None:
    """Renames checkpoints after so many steps, which could not be used: none may seem the newest.

    They keep their content, under names that end in `.damaged`.
    """
    for path in folder.checkpoint_paths():
        if path != folder.checkpoint_path(steps) and path.name > folder.checkpoint_path(steps).name:
            path.replace(path.with_name(f"{path.name}.damaged"))


def run_identity(folder: RunFolder) -> str:
    """What tells this run from others; "" of a run that is older than such a mark."""
    found = read_object(folder.versions).get("run", "")
    return found if isinstance(found, str) else ""


def restore_episodes(model: BaseAlgorithm, notes: dict[str, Any]) -> None:
    """The last episodes, of which TensorBoard gets the mean return and length."""
    episodes = notes.get("episodes", [])
    if not isinstance(episodes, list):
        return
    numbers = [
        {key: float(episode[key]) for key in ("r", "l", "t")}
        for episode in episodes
        if isinstance(episode, dict) and all(type(episode.get(k)) in (int, float) for k in "rlt")
    ]
    length = model._stats_window_size  # noqa: SLF001 - there is no public name
    model.ep_info_buffer = deque(numbers, maxlen=length)
    model.ep_success_buffer = deque(maxlen=length)  # nothing here counts successes


def best_so_far(
    folder: RunFolder, notes: dict[str, Any], task: Task, steps: int
) -> dict[str, Any] | None:
    """The score of the best model of a run that goes on after so many steps.

    The last evaluation of a run comes after its last checkpoint, so the score beside the model may
    be better than the checkpoint's.

    Returns:
        The score; None if there is no model yet, or its file is damaged. If only policy.onnx is,
        it is taken from `best/` again.
    """
    best = folder.best / "policy.onnx"
    if not _is_policy(best):
        return None
    if not _is_policy(folder.policy):
        data = read_bytes(best, limit=MAX_POLICY_BYTES, what="policy")
        atomic_write(folder.policy, data)
    found = (notes["best"], read_object(folder.best / "score.json"))
    scores = [score for score in found if score and _is_score(score, task, steps)]
    return max(scores, key=task.rank, default=None)


def _is_score(score: dict[str, Any], task: Task, steps: int) -> bool:
    """Whether it is whole, and of a model of so many steps at most."""
    try:
        task.rank(score)
        task.note(score)
        return bool(score["steps"] <= steps)
    except (KeyError, TypeError, ValueError):
        return False


def read_object(path: Path) -> dict[str, Any]:
    """The content of one of the run's JSON files; {} if it is missing or damaged."""
    try:
        content = json.loads(read_text(path, what="file", limit=1 << 20))
    except (ValueError, RecursionError):  # RacerError is a ValueError
        return {}
    return content if isinstance(content, dict) else {}


def _is_policy(path: Path) -> bool:
    from racer.drivers.onnx_graph import OnnxGraph

    try:
        OnnxGraph(path)
    except RacerError:
        return False
    return True
