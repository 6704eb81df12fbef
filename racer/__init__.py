"""Racer: a fast, deterministic car racing simulator for training and racing agents."""

from racer.interrupts import quiet_start

quiet_start()  # before anything that takes time is imported

from typing import Any  # noqa: E402

from racer.registration import register  # noqa: E402
from racer.renamed import keep_old_names  # noqa: E402

__version__: str

register()
keep_old_names()


def __getattr__(name: str) -> Any:
    """Looks up `__version__` when somebody asks: reading it takes a tenth of the whole import."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import metadata

    version = globals()["__version__"] = metadata.version("racer-sim")
    return version
