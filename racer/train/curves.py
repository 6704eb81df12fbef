"""Learning curves of a run, read from TensorBoard's event files."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def read_curves(folder: Path) -> dict[str, dict[str, list[float]]]:
    """The scalars of a folder of event files.

    Args:
        folder: of the event files; it may be missing.

    Returns:
        tag -> "steps" (environment steps) and "values", in order; values that are no finite
        numbers are left out.
    """
    if not folder.is_dir():
        return {}
    from importlib import import_module

    # It has no types of its own.
    module: Any = import_module("tensorboard.backend.event_processing.event_accumulator")

    events = module.EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    curves: dict[str, dict[str, list[float]]] = {}
    for tag in sorted(events.Tags()["scalars"]):
        found = [e for e in events.Scalars(tag) if math.isfinite(e.value)]
        curves[tag] = {
            "steps": [int(e.step) for e in found],
            "values": [float(e.value) for e in found],
        }
    return curves
