"""Makes a policy of Racer out of a model of your own, trained wherever and however.

`adopt_policy` takes a live model of Stable-Baselines3, or an ONNX file of any exporter, puts the
normalisation into its graph, stamps the metadata on it, checks it as every policy is checked and
lets it drive for some seconds. What it writes drives in every command.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.spaces import Discrete

from racer.drivers import onnx_check
from racer.errors import ConfigError, PolicyError
from racer.formats.files import MAX_POLICY_BYTES, atomic_path, read_bytes
from racer.kinds import DEFAULT_ID, env_ids, kind_of
from racer.train.actors import is_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DRIVE_SECONDS = 5.0


def adopt_policy(
    model: Any,
    output: str | os.PathLike[str],
    *,
    name: str,
    env_id: str | None = None,
    observation: str | None = None,
    action: str | None = None,
    ticks_per_action: int | None = None,
    vehicle: str | None = None,
    config: Any = None,
    normalise: Any = None,
    tracks: Sequence[str] = (),
    algorithm: str = "",
    training_steps: int | None = None,
    graph_output: str | None = None,
    argmax: bool = False,
) -> Any:
    """Writes a model as a policy and lets it drive.

    A model of Stable-Baselines3 that learns in an environment of Racer knows it: its settings and
    its `VecNormalize` are found, and only `name` is needed. What is given wins.

    Args:
        model: a live model of Stable-Baselines3, or the path of an ONNX file.
        output: the policy's file, `.onnx`; it appears only when the policy has driven.
        name: as shown to people.
        env_id: "racer/Circuit-v0" unless given or found; or one of the highway's.
        observation: circuits: "lidar", "track" or "road", as it was trained.
        action: circuits: "pedals" or "axis", likewise.
        ticks_per_action: circuits: ticks of 1/60 s for which an action holds.
        vehicle: circuits: the car.
        config: highway: settings that differ from the preset of `env_id`.
        normalise: the `VecNormalize` in front of it; its statistics go into the graph.
        tracks: circuits it was trained on.
        algorithm: how it was trained.
        training_steps: environment steps it was trained for.
        graph_output: ONNX with several outputs: the name of the one that is the action.
        argmax: ONNX: the output is a value per action, and the largest counts.

    Returns:
        The metadata that stand in the file.

    Raises:
        PolicyError: the model does not fit, or does not drive.
        ConfigError: a setting cannot be used.
    """
    target = os.fspath(output)
    if not target.endswith(".onnx"):
        raise PolicyError(f"{target}: the name of a policy ends in .onnx.")
    from racer.adopt.trained_in import trained_in

    given = {
        "observation": observation,
        "action": action,
        "ticks_per_action": ticks_per_action,
        "vehicle": vehicle,
        "config": config,
        "tracks": list(tracks),
    }
    found = trained_in(model)
    env_id = env_id or found.env_id or DEFAULT_ID
    if env_id not in env_ids():
        raise ConfigError(f"there is no environment {env_id!r}; known are {', '.join(env_ids())}.")
    kind = kind_of(env_id)
    known = found.settings if found.env_id in kind.ids else {}
    metadata = kind.load("policy").describe(env_id, name, given, known)
    steps = training_steps if training_steps is not None else found.steps
    metadata = replace(metadata, algorithm=algorithm or found.algorithm, training_steps=steps)
    normalise = found.normalise if normalise is None else normalise

    with atomic_path(output) as path:
        if is_model(model):
            from racer.train.export import export_policy

            _check_sb3(model, metadata)
            export_policy(model, normalise, metadata, path, found.action_scale)
        else:
            _stamp(model, metadata, path, normalise, graph_output, argmax=argmax)
        try:
            drive_once(path, metadata)
        except PolicyError as problem:
            raise PolicyError(str(problem).replace(str(path), target)) from None
    return metadata


def _sizes(metadata: Any) -> tuple[int, int, bool]:
    """Numbers of an observation and of an action, and whether actions are numbered."""
    sizes: tuple[int, int, bool] = kind_of(metadata.env_id).load("policy").sizes(metadata)
    return sizes


def _check_sb3(model: Any, metadata: Any) -> None:
    """Whether the model's spaces are those of its environment."""
    size, actions, numbered = _sizes(metadata)
    shape = model.observation_space.shape
    if shape is None or int(np.prod(shape)) != size:
        raise PolicyError(
            f"the model observes {shape or model.observation_space}, but {metadata.env_id} with "
            f"these settings gives {size} numbers."
        )
    space = model.action_space
    discrete = isinstance(space, Discrete)
    theirs = int(space.n) if discrete else int(np.prod(space.shape or ()))
    if discrete != numbered or theirs != actions:
        raise PolicyError(
            f"the model acts in {space}, but {metadata.env_id} with these settings takes "
            f"{actions} {'numbered actions' if numbered else 'numbers'}."
        )


def _stamp(
    source: Any,
    metadata: Any,
    path: Path,
    normalise: Any,
    graph_output: str | None,
    *,
    argmax: bool,
) -> None:
    """Writes an ONNX file with the metadata, the normalisation and one output."""
    from racer.adopt import graph

    try:
        shown = os.fspath(source)
    except TypeError:
        raise PolicyError(
            f"a {type(source).__name__} cannot be adopted; a model of Stable-Baselines3 or the "
            "path of an .onnx file can."
        ) from None
    if not shown.endswith(".onnx"):
        raise PolicyError(
            f"{shown}: only .onnx files are adopted, since others can run code when they are read; "
            "load the model yourself and give the model."
        )
    data = read_bytes(shown, limit=MAX_POLICY_BYTES, error=PolicyError, what="model")
    model = graph.plain(data, shown)
    graph.choose_output(model, graph_output, shown)
    if argmax:
        graph.add_argmax(model)
    if normalise is not None and normalise.norm_obs:
        graph.add_normalisation(model, normalise, _sizes(metadata)[0])
    del model.metadata_props[:]
    for key, value in metadata.to_properties().items():
        model.metadata_props.add(key=key, value=value)
    data = model.SerializeToString()
    onnx_check.parse(data, shown)
    path.write_bytes(data)


def drive_once(path: Path, metadata: Any, seconds: float = DRIVE_SECONDS) -> None:
    """Lets a policy drive for some seconds.

    Raises:
        PolicyError: it cannot be loaded, or gave no action somewhere.
    """
    faults = kind_of(metadata.env_id).load("drivers").try_out(path, metadata, seconds)
    if faults:
        raise PolicyError(f"{path}: gave {faults} actions that could not be used.")
