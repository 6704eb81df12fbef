"""Turns a trained model into a policy that can be handed around: one ONNX file.

The graph holds everything from the observation as the environment gives it to the action as the
environment takes it: normalisation, clipping, network, scaling. What it was trained for stands in
the file's metadata, see `racer.envs.circuit.policy`.
"""

from __future__ import annotations

import io
import math
import warnings
from typing import TYPE_CHECKING, Any

from racer import _core
from racer.envs.circuit.policy import ACTIONS, PolicyMetadata, observation_fields
from racer.formats.files import atomic_write
from racer.train.run_folder import git_commit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import torch

    from racer.envs.highway.policy import HighwayPolicyMetadata
    from racer.train.config import TrainConfig

OPSET = 17


def model_metadata(config: TrainConfig, *, name: str, training_steps: int) -> PolicyMetadata:
    """What to say about a model that was trained with these settings."""
    env = config.env
    return PolicyMetadata(
        name=name,
        observation=env.observation,
        observation_fields=observation_fields(env.observation),
        action=env.action,
        action_fields=ACTIONS[env.action],
        ticks_per_action=env.ticks_per_action,
        vehicle=env.vehicle,
        physics=_core.physics_fingerprint(env.vehicle),
        tracks=[config.track],
        algorithm=config.algo,
        training_steps=training_steps,
        git_commit=git_commit(),
    )


def export_policy(
    model: Any,
    normalise: Any,
    metadata: PolicyMetadata | HighwayPolicyMetadata,
    path: Path,
    action_scale: Sequence[float] = (),
    *,
    actor: torch.nn.Module | None = None,
) -> None:
    """Writes a model as ONNX.

    Args:
        model: a model of Stable-Baselines3 without memory.
        normalise: the `VecNormalize` it was trained with, or None.
        metadata: what it was trained for.
        path: of the file; it takes its place when it is complete.
        action_scale: what its actions are multiplied by; empty: nothing.
        actor: its part that acts, as its algorithm says; None: what `racer.train.actors` finds.

    Raises:
        PolicyError: nothing is known of its policy.
    """
    import onnx
    import torch

    from racer.train.actors import find_actor
    from racer.train.policy_graph import PolicyGraph

    actor = find_actor(model) if actor is None else actor
    graph = PolicyGraph(model, actor, normalise, action_scale).eval()
    size = math.prod(model.observation_space.shape)
    example = torch.zeros((2, size), dtype=torch.float32)
    buffer: Any = io.BytesIO()  # the exporter takes files, too
    with warnings.catch_warnings(), torch.no_grad():
        # The tracing exporter needs no further packages; it says that it is old.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            graph,
            (example,),
            buffer,
            input_names=["observation"],
            output_names=["action"],
            dynamic_axes={"observation": {0: "cars"}, "action": {0: "cars"}},
            opset_version=OPSET,
            dynamo=False,
        )
    proto = onnx.load_model_from_string(buffer.getvalue())
    proto.producer_name = "racer"
    for key, value in metadata.to_properties().items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(proto)
    atomic_write(path, proto.SerializeToString())
