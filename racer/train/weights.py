"""Weights to start another run from: `best/weights.npz`, beside `best/policy.onnx`.

An npz of `racer.formats.npz`: the parameters of the model by name, actor and critic, the statistics
of the observations, and a JSON text that says what they fit. Nothing in it is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from racer.errors import ConfigError, RacerError
from racer.formats import npz
from racer.formats.files import MAX_POLICY_BYTES, atomic_write, parse_toml, read_bytes
from racer.formats.settings import differences, shown_value
from racer.formats.text import shown
from racer.train.config import load_train_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from racer.train.config import TrainConfig
    from racer.train.learner import Learner

WEIGHTS = "weights.npz"
FORMAT = "racer-weights"
FORMAT_VERSION = 1
ABOUT = "about"  # the entry with the JSON text
STATISTICS = ("observation.mean", "observation.var", "observation.count")
PARAMETER = "policy."  # before the name of each parameter
# Beside what the algorithm and the kind of world say that a network depends on.
KEYS = ("algo", "env_id", "normalise_observation", "row_width")


@dataclass(frozen=True)
class Weights:
    """What stands in a file of weights; the arrays are checked when they find their model.

    Attributes:
        shown: name of the file, for messages.
        data: the whole file.
        entries: its arrays.
        fits: the settings that a model must share with it.
        config: the run's settings as TOML.
        policy: SHA-256 of the policy.onnx that was exported with it.
    """

    shown: str
    data: bytes
    entries: Mapping[str, npz.Entry]
    fits: Mapping[str, Any]
    config: str
    policy: str

    def settings(self) -> dict[str, Any]:
        """The settings of the run that the weights are of, keyed as in presets.

        Raises:
            ConfigError: they cannot be used.
        """
        return parse_toml(self.config, self.shown, error=ConfigError, what="list of settings")


def needed(config: TrainConfig) -> dict[str, Any]:
    """The settings that weights depend on, as JSON has them."""
    content = config.to_dict()
    own = content[config.algo]
    found = {key: content.get(key) for key in KEYS}
    found["action_scale"] = config.action_scale
    found[config.algo] = {key: own[key] for key in config.algorithm.fixed}
    plain: dict[str, Any] = json.loads(json.dumps(found | config.runs.depends(config)))
    return plain


def write_weights(path: Path, learner: Learner, config: TrainConfig, policy: Path) -> None:
    """Writes the weights of a model as it is.

    Args:
        path: of the file; it takes its place when it is complete.
        learner: what learns.
        config: of the run.
        policy: the same model as a policy.
    """
    about = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "policy_sha256": hashlib.sha256(policy.read_bytes()).hexdigest(),
        "fingerprints": learner.task.fingerprints(),
        "fits": needed(config),
        "config": replace(config, start_from="").to_toml(),
    }
    arrays: dict[str, NDArray[Any]] = {
        ABOUT: np.frombuffer(json.dumps(about).encode("utf-8"), np.uint8)
    }
    for name, tensor in learner.model.policy.state_dict().items():
        arrays[PARAMETER + name] = np.atleast_1d(tensor.numpy().astype("<f4"))
    if learner.normalise.norm_obs:
        now: Any = learner.normalise.obs_rms
        for name, value in zip(STATISTICS, (now.mean, now.var, now.count), strict=True):
            arrays[name] = np.atleast_1d(np.asarray(value, "<f8"))
    atomic_write(path, npz.encode(arrays))


def read_weights(path: Path) -> Weights:
    """Reads a file of weights.

    Raises:
        ConfigError: it is missing, damaged, or something else.
    """
    data = read_bytes(path, limit=MAX_POLICY_BYTES, error=ConfigError, what="file of weights")
    name = shown(path)
    try:
        entries = npz.split(data)
        for key, entry in entries.items():
            _check_sum(entry, key)
        text = _array_of(entries, ABOUT, np.dtype(np.uint8), ()).tobytes()
    except npz.NpzError as problem:
        raise ConfigError(f"{name}: {problem}.") from None
    try:
        about = json.loads(text)
        version = (about["format"], about["format_version"])
        fits, config, policy = (
            dict(about["fits"]),
            str(about["config"]),
            str(about["policy_sha256"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ConfigError(f"{name}: its entry {ABOUT!r} does not say what it fits.") from None
    if version != (FORMAT, FORMAT_VERSION):
        raise ConfigError(
            f"{name}: is not a file of weights of format {FORMAT_VERSION}, the only one that this "
            "Racer reads."
        )
    return Weights(name, data, entries, fits, config, policy)


def _check_sum(entry: npz.Entry, key: str) -> None:
    if not entry.intact:
        raise npz.NpzError(f"is damaged: the check sum of {shown(key)!r} is wrong")


def _array_of(
    entries: Mapping[str, npz.Entry], name: str, kind: np.dtype[Any], row: tuple[int, ...]
) -> NDArray[Any]:
    if name not in entries:
        raise npz.NpzError(f"is not a file of weights: it has no entry {name!r}")
    return npz.array_from(entries[name], name, kind, row)


def find_weights(name: str) -> Weights:
    """The weights that somebody named.

    Args:
        name: a run's folder, a file of weights, or a policy that comes with Racer.

    Raises:
        ConfigError: there are none, or they are not those of the policy beside them.
    """
    try:
        path, policy = _places(name)
        there = path.is_file()
    except (OSError, ValueError) as problem:  # a name that no file can have
        if isinstance(problem, RacerError):
            raise
        raise ConfigError(f"'{shown(name)}' cannot be the name of a file.") from None
    if not there:
        raise ConfigError(
            f"{shown(name)}: has no weights to start from: there is no {shown(path)}, which a run "
            "writes with its first evaluation."
        )
    weights = read_weights(path)
    if policy is not None and policy.is_file():
        data = read_bytes(policy, limit=MAX_POLICY_BYTES, error=ConfigError, what="policy")
        if hashlib.sha256(data).hexdigest() != weights.policy:
            raise ConfigError(
                f"{weights.shown}: is of another model than policy.onnx beside it; `racer resume` "
                "of the run writes both again."
            )
    return weights


def _places(name: str) -> tuple[Path, Path | None]:
    """A file of weights, and the policy that must be of the same model, if there is one."""
    from racer.drivers.shipped import shipped_policies

    path, shipped = Path(name), shipped_policies()
    if path.is_dir():
        return path / "best" / WEIGHTS, path / "best" / "policy.onnx"
    if name in shipped and not path.exists():
        return shipped[name].with_suffix(".npz"), shipped[name]
    if path.suffix == ".npz":
        return path, path.with_name("policy.onnx") if path.name == WEIGHTS else None
    raise ConfigError(
        f"'{shown(name)}' has no weights to start from: name a run's folder, the best/{WEIGHTS} of "
        "one, or a policy of `racer policies`."
    )


def check_fits(weights: Weights, config: TrainConfig) -> None:
    """Checks that a run may start from the weights.

    Raises:
        ConfigError: they are of another network, observation, action or car.
    """
    for key, (then, now) in differences(dict(weights.fits), needed(config)).items():
        raise ConfigError(
            f"{weights.shown}: was trained with {key} = {shown_value(then)}, but this run has "
            f"{shown_value(now)}; both must be the same to start from it."
        )


def place_weights(weights: Weights, learner: Learner, config: TrainConfig) -> None:
    """Puts weights and statistics into a model that has learnt nothing yet.

    Raises:
        ConfigError: they are not of such a model; nothing has changed then.
    """
    import torch

    check_fits(weights, config)
    policy, normalise = learner.model.policy, learner.normalise
    now: Any = normalise.obs_rms if normalise.norm_obs else None
    wanted: dict[str, tuple[str, tuple[int, ...]]] = {
        PARAMETER + name: ("<f4", tuple(tensor.shape) or (1,))
        for name, tensor in policy.state_dict().items()
    }
    if normalise.norm_obs:
        size = now.mean.shape
        wanted |= dict(zip(STATISTICS, (("<f8", size), ("<f8", size), ("<f8", (1,))), strict=True))
    for name in sorted({ABOUT, *wanted} ^ weights.entries.keys()):
        raise ConfigError(
            f"{weights.shown}: {'lacks' if name in wanted else 'has'} the entry "
            f"{shown(name)!r}, which this network {'has' if name in wanted else 'lacks'}."
        )
    found = {name: _array(weights, name, *wanted[name]) for name in wanted}
    if normalise.norm_obs:
        mean, var, count = (found[name] for name in STATISTICS)
        if (var < 0.0).any() or count[0] <= 0.0:
            raise ConfigError(f"{weights.shown}: its statistics of the observations are negative.")
    state = policy.state_dict()
    policy.load_state_dict({
        name: torch.from_numpy(found[PARAMETER + name].copy()).view_as(tensor)
        for name, tensor in state.items()
    })  # fmt: skip
    if normalise.norm_obs:
        now.mean, now.var, now.count = mean.copy(), var.copy(), float(count[0])
    learner.algorithm.started(learner.model, config.algo_settings)


def _array(weights: Weights, name: str, kind: str, shape: tuple[int, ...]) -> NDArray[Any]:
    try:
        array = _array_of(weights.entries, name, np.dtype(kind), shape[1:])
    except npz.NpzError as problem:
        raise ConfigError(f"{weights.shown}: {problem}.") from None
    if array.shape != shape:
        raise ConfigError(
            f"{weights.shown}: its entry {shown(name)!r} has the shape {array.shape} instead of "
            f"{shape}."
        )
    if not np.isfinite(array).all():
        raise ConfigError(f"{weights.shown}: its entry {shown(name)!r} has numbers that are none.")
    return array


def settings_to_start_from(weights: Weights) -> dict[str, Any]:
    """The settings of a run that starts from weights, without its end; a preset's keys win.

    Raises:
        ConfigError: the file's settings cannot be used.
    """
    content = weights.settings()
    load_train_config(content, weights.shown)  # names the file if it is wrong
    for key in ("steps", "minutes", "seed"):
        content.pop(key, None)
    return content
