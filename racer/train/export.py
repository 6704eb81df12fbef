"""Turns a trained model into a policy that can be handed around: one ONNX file.

The graph holds everything from the observation as the environment gives it to the action as the
environment takes it: normalisation, clipping, network, scaling. What it was trained for stands in
the file's metadata, see `racer.formats.policy_file`.
"""

from __future__ import annotations

import io
import math
import warnings
from typing import TYPE_CHECKING, Any

from racer.formats.files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import torch

    from racer.train.config import TrainConfig

OPSET = 17


def model_metadata(config: TrainConfig, *, name: str, training_steps: int) -> Any:
    """What to say about a model that was trained with these settings."""
    from racer.train.task import make_task

    return make_task(config).metadata(name, training_steps)


def export_policy(
    model: Any,
    normalise: Any,
    metadata: Any,
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
