"""Checkpoints: the whole state of a run, so that a resumed run goes on as if nothing had happened.

Weights, optimisers, counters, normalisation statistics, every world of the environment and all
random generators. A checkpoint holds tensors and texts only and is read with `weights_only=True`:
nothing in it can run code.
"""

# ruff: noqa: SLF001 - SB3 has no public names for the state that a checkpoint needs

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from racer.errors import ConfigError
from racer.formats.files import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.vec_env import VecNormalize

    from racer.envs.worlds import Worlds

FORMAT_VERSION = 2
COUNTERS = ("num_timesteps", "_n_updates", "_episode_num", "_n_calls")
BUFFER_ARRAYS = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def save_checkpoint(
    path: Path,
    model: BaseAlgorithm,
    normalise: VecNormalize,
    worlds: Worlds,
    facts: dict[str, Any],
) -> None:
    """Writes the state between two updates.

    Args:
        path: of the file; it takes its place when it is complete.
        model: the learner.
        normalise: the normalisation around its environment.
        worlds: what it learns in.
        facts: plain values of the run, kept as JSON.
    """
    state: dict[str, Any] = {
        "format": FORMAT_VERSION,
        "facts": json.dumps(facts),
        "counters": {name: int(getattr(model, name, 0)) for name in COUNTERS},
        "parameters": model.get_parameters(),
        "normalise": _normalisation(normalise),
        "worlds": [_packed(_clean(states)) for states in worlds.states()],
        "last_obs": _packed(np.asarray(model._last_obs)),
        "last_original_obs": _packed(np.asarray(normalise.old_obs)),
        "random": _random_state(model),
    }
    starts = model._last_episode_starts
    state["last_episode_starts"] = _packed(np.asarray(starts))
    log_ent_coef = getattr(model, "log_ent_coef", None)
    if log_ent_coef is not None:
        state["log_ent_coef"] = log_ent_coef.detach().clone()
    buffer = getattr(model, "replay_buffer", None)
    if buffer is not None:
        used = buffer.buffer_size if buffer.full else buffer.pos
        state["replay"] = {
            name: torch.from_numpy(getattr(buffer, name)[:used]) for name in BUFFER_ARRAYS
        }
        state["replay_place"] = [int(buffer.pos), int(buffer.full)]
    with atomic_path(path) as temporary:
        torch.save(state, temporary)


def load_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads a checkpoint.

    Returns:
        The state for `restore`, and the facts that were saved with it.

    Raises:
        ConfigError: it is of another version.
    """
    state = torch.load(path, weights_only=True, map_location="cpu")
    if not isinstance(state, dict) or state.get("format") != FORMAT_VERSION:
        raise ConfigError(f"{path}: is not a checkpoint of this version of Racer.")
    facts: dict[str, Any] = json.loads(state["facts"])
    return state, facts


def restore(
    state: dict[str, Any], model: BaseAlgorithm, normalise: VecNormalize, worlds: Worlds
) -> None:
    """Puts a freshly built model and its environment into a saved state."""
    model.set_parameters(state["parameters"], exact_match=True, device="cpu")
    for name, value in state["counters"].items():
        setattr(model, name, value)
    saved = state["normalise"]
    for name in ("obs_rms", "ret_rms"):
        if name in saved:
            statistics = getattr(normalise, name)
            statistics.mean = saved[name][0].numpy().copy()
            statistics.var = saved[name][1].numpy().copy()
            statistics.count = float(saved[name][2])
    normalise.returns = saved["returns"].numpy().copy()
    worlds.set_states([
        np.frombuffer(_bytes(saved), now.dtype).reshape(now.shape)
        for saved, now in zip(state["worlds"], worlds.states(), strict=True)
    ])  # fmt: skip
    model._last_obs = _unpacked(state["last_obs"])
    model._last_original_obs = normalise.old_obs = _unpacked(state["last_original_obs"])
    model._last_episode_starts = _unpacked(state["last_episode_starts"])
    if "log_ent_coef" in state:
        model.log_ent_coef.data.copy_(state["log_ent_coef"])  # type: ignore[attr-defined]
    buffer = getattr(model, "replay_buffer", None)
    if buffer is not None:
        for name, rows in state["replay"].items():
            getattr(buffer, name)[: len(rows)] = rows.numpy()
        buffer.pos, buffer.full = state["replay_place"][0], bool(state["replay_place"][1])
    _set_random_state(state["random"], model)


def _clean(states: NDArray[np.void]) -> NDArray[np.void]:
    """The states, with zeros in the gaps between fields."""
    clean = np.zeros(states.shape, states.dtype)
    for name in states.dtype.names or ():
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
