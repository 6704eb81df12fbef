"""Racer: a fast, deterministic car racing simulator for training and racing agents."""

from racer.interrupts import quiet_start

quiet_start()  # before anything that takes time is imported

from importlib import metadata  # noqa: E402

from racer.registration import register  # noqa: E402
from racer.renamed import keep_old_names  # noqa: E402

__version__ = metadata.version("racer-sim")

register()
keep_old_names()
