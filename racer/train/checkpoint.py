"""Checkpoints: the whole state of a run, with which a run resumes as if uninterrupted.

Weights, optimisers, counters, normalisation statistics, every world of the environment and all
random generators. A checkpoint holds tensors and texts only and is read with `weights_only=True`:
nothing in it can run code.
"""

# ruff: noqa: SLF001 - SB3 has no public names for the state that a checkpoint needs

from __future__ import annotations

import io
import json
import random
import zipfile
from types import NoneType
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import torch

from racer.errors import ConfigError
from racer.formats.files import atomic_path
from racer.formats.settings import number, refuse, whole_number
from racer.formats.text import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.vec_env import VecNormalize

    from racer.train.learner import Learner

FORMAT_VERSION = 3
FORMATS = (2, FORMAT_VERSION)  # those of 2 do not say which settings they depend on


class DamagedError(ConfigError):
    """A checkpoint cannot be read, or is not one of this run."""


def save_checkpoint(
    path: Path, learner: Learner, notes: dict[str, Any], settings: Mapping[str, Any]
) -> None:
    """Writes the state between two updates.

    Args:
        path: of the file; it takes its place when it is complete.
        learner: what learns.
        notes: plain values of the run, such as its best score, kept as JSON.
        settings: that the state depends on, kept as JSON.

    Raises:
        OSError: it cannot be written; names the file.
    """
    algorithm, model, normalise = learner.algorithm, learner.model, learner.normalise
    state: dict[str, Any] = {
        "format": FORMAT_VERSION,
        "facts": json.dumps(notes),
        "settings": json.dumps(settings),
        "counters": {name: int(getattr(model, name)) for name in algorithm.counters},
        "parameters": model.get_parameters(),
        "normalise": _normalisation(normalise),
        "worlds": [_packed(_clean(states)) for states in learner.env.shown.states()],
        "plan": json.dumps(learner.env.plan()),
        "last_obs": _packed(np.asarray(model._last_obs)),
        "last_original_obs": _packed(np.asarray(normalise.old_obs)),
        "random": _random_state(model),
    }
    starts = model._last_episode_starts
    state["last_episode_starts"] = _packed(np.asarray(starts))
    own = algorithm.state(model)
    if taken := state.keys() & own.keys():
        raise ConfigError(
            f"{type(algorithm).__name__}.state uses the key {min(taken)!r}, which every checkpoint "
            "has already."
        )
    state.update(own)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        _save(state, file)


def _save(state: dict[str, Any], file: BinaryIO) -> None:
    """Lets torch write; what the system said counts, not what torch makes of it."""
    watched: Any = _Watched(file)  # torch asks for more than it uses
    try:
        torch.save(state, watched)
    except (RuntimeError, OSError):
        if watched.problem is not None:
            raise watched.problem from None
        raise


class _Watched(io.RawIOBase):
    """Passes on what is written and remembers the first error."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.problem: OSError | None = None

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Writes."""
        try:
            return self._file.write(data)
        except OSError as problem:
            self.problem = self.problem or problem
            raise

    def flush(self) -> None:
        """Nothing waits here."""


def load_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads a checkpoint.

    Returns:
        The state for `restore`, and the notes that were saved with it.

    Raises:
        DamagedError: it cannot be read, or is none of this version.
    """
    try:
        _check_archive(path)
        state = torch.load(path, weights_only=True, map_location="cpu")
        known = isinstance(state, dict) and state.get("format") in FORMATS
        notes = _checked_notes(state["facts"]) if known else {}
    except DamagedError:
        raise
    except Exception as problem:  # noqa: BLE001 - a damaged file can do anything to the reader
        raise DamagedError(f"{path}: is damaged ({_short(problem)}).") from None
    if not known:
        raise DamagedError(f"{path}: is not a checkpoint of this version of Racer.")
    return state, notes


def _checked_notes(text: str) -> dict[str, Any]:
    notes: dict[str, Any] = json.loads(text)
    number(notes["seconds"], "seconds", 0.0)
    if not isinstance(notes["best"], (dict, NoneType)):
        raise refuse("best", notes["best"], "a score or null")
    return notes


def _check_archive(path: Path) -> None:
    """Compares every part with its check sum, which torch does not; nothing in it can swell."""
    if path.exists() and not path.is_file():  # a pipe would wait, a device never ends
        raise DamagedError(f"{path}: is damaged (it is not a file).")
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        stored = all(part.compress_type == zipfile.ZIP_STORED for part in parts)
        if not stored or sum(part.file_size for part in parts) > path.stat().st_size:
            raise DamagedError(f"{path}: is not a checkpoint: its entries are compressed.")
        broken = archive.testzip()
    if broken is not None:
        raise DamagedError(f"{path}: is damaged (the checksum of {shown(broken)} is wrong).")


def _short(problem: Exception) -> str:
    """The first words of an error."""
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    return shown(str(problem).partition("\n")[0] or type(problem).__name__, 100)


def restore(
    path: Path,
    state: dict[str, Any],
    learner: Learner,
    *,
    same_worlds: bool,
) -> None:
    """Puts a freshly built learner into a saved state.

    Args:
        path: where the state comes from, for messages.
        state: of `load_checkpoint`.
        learner: as it was built.
        same_worlds: its worlds go on, too; otherwise they begin new episodes.

    Raises:
        DamagedError: the state is not one of such a model.
    """
    try:
        _restore(state, learner, same_worlds=same_worlds)
    except Exception as problem:  # noqa: BLE001 - as in load_checkpoint
        raise DamagedError(
            f"{path}: does not hold the state of this run ({_short(problem)})."
        ) from None


def _restore(state: dict[str, Any], learner: Learner, *, same_worlds: bool) -> None:
    model, normalise = learner.model, learner.normalise
    model.set_parameters(state["parameters"], exact_match=True, device="cpu")
    for name in learner.algorithm.counters:
        setattr(model, name, whole_number(state["counters"][name], name, 0, 10**15))
    saved = state["normalise"]
    for name in ("obs_rms", "ret_rms"):
        if name in saved:
            statistics = getattr(normalise, name)
            statistics.mean = _like(saved[name][0].numpy(), statistics.mean)
            statistics.var = _like(saved[name][1].numpy(), statistics.var)
            statistics.count = float(saved[name][2])
    if same_worlds:
        worlds = learner.env.shown
        normalise.returns = _like(saved["returns"].numpy(), normalise.returns)
        worlds.set_states([
            np.frombuffer(_bytes(saved), now.dtype).reshape(now.shape)
            for saved, now in zip(state["worlds"], worlds.states(), strict=True)
        ])  # fmt: skip
        space = model.observation_space.shape or ()
        last = _unpacked(state["last_obs"])
        model._last_obs = _like(last, np.empty((worlds.num_envs, *space), last.dtype))
        model._last_original_obs = normalise.old_obs = _like(
            _unpacked(state["last_original_obs"]), last
        )
        learner.env.restore_plan(json.loads(state.get("plan", "{}")))
        starts = _unpacked(state["last_episode_starts"])
        model._last_episode_starts = _like(starts, np.empty(worlds.num_envs, bool))
    learner.algorithm.restore(model, state)
    _set_random_state(state["random"], model)


def _like(array: NDArray[Any], wanted: NDArray[Any]) -> NDArray[Any]:
    """A copy, if the shape is the wanted one."""
    if array.shape != np.shape(wanted):
        raise ValueError(f"a shape is {array.shape} instead of {np.shape(wanted)}")
    return array.copy()


def _clean(states: NDArray[np.void]) -> NDArray[np.void]:
    """The states, with zeros in the gaps between fields."""
    if states.dtype.names is None:
        return states
    clean = np.zeros(states.shape, states.dtype)
    for name in states.dtype.names:
        clean[name] = states[name]
    return clean


def _normalisation(normalise: VecNormalize) -> dict[str, Any]:
    saved: dict[str, Any] = {"returns": torch.from_numpy(np.array(normalise.returns))}
    for name in ("obs_rms", "ret_rms"):
        statistics = getattr(normalise, name, None)
        if statistics is not None:
            saved[name] = [
                torch.from_numpy(np.array(statistics.mean, np.float64)),
                torch.from_numpy(np.array(statistics.var, np.float64)),
                float(statistics.count),
            ]
    return saved


def _random_state(model: BaseAlgorithm) -> dict[str, Any]:
    kind, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002 - SB3 draws from it
    version, numbers, gauss = random.getstate()
    space = model.action_space.np_random.bit_generator.state
    return {
        "torch": torch.get_rng_state(),
        "numpy": json.dumps([kind, np.asarray(keys).tolist(), *rest]),
        "python": json.dumps([version, list(numbers), gauss]),
        "action_space": json.dumps(space),
    }


def _set_random_state(saved: dict[str, Any], model: BaseAlgorithm) -> None:
    torch.set_rng_state(saved["torch"])
    kind, keys, *rest = json.loads(saved["numpy"])
    np.random.set_state((kind, np.array(keys, np.uint32), *rest))  # noqa: NPY002
    version, numbers, gauss = json.loads(saved["python"])
    random.setstate((version, tuple(numbers), gauss))
    model.action_space.np_random.bit_generator.state = json.loads(saved["action_space"])


def _packed(array: NDArray[Any]) -> dict[str, Any]:
    """Any array as tensors and texts."""
    data = np.frombuffer(np.ascontiguousarray(array).tobytes(), np.uint8).copy()
    plain = array.dtype.fields is None
    return {
        "dtype": array.dtype.str if plain else "",
        "shape": list(array.shape),
        "data": torch.from_numpy(data),
    }


def _bytes(packed: dict[str, Any]) -> bytes:
    data: bytes = packed["data"].numpy().tobytes()
    return data


def _unpacked(packed: dict[str, Any]) -> NDArray[Any]:
    return np.frombuffer(_bytes(packed), packed["dtype"]).reshape(packed["shape"]).copy()
