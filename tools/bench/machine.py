"""What the numbers were measured on."""

import os
import platform
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import racer
from racer import _core

PACKAGES = ("numpy", "gymnasium", "stable-baselines3", "torch", "onnxruntime")
SETTINGS = (
    "OMP_NUM_THREADS",
    "OMP_WAIT_POLICY",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TRIM_THRESHOLD_",
)


def cpu_name() -> str:
    """Model name of the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Versions of the packages that matter and are installed."""
    found = {d.name.lower(): d.version for d in metadata.distributions()}
    return {name: found[name] for name in PACKAGES if name in found}


def describe() -> dict[str, Any]:
    """The `machine` part of the results."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "load": round(os.getloadavg()[0], 2),
        "cpu": cpu_name(),
        "cores": cores,
        "system": platform.platform(),
        "compiler": _core.COMPILER,
        "instruction_set": _core.instruction_set(),
        "python": platform.python_version(),
        "racer": racer.__version__,
        "physics": {name: _core.physics_fingerprint(name) for name in _core.vehicles()},
        "versions": versions(),
        "settings": {name: os.environ[name] for name in SETTINGS if name in os.environ},
    }
