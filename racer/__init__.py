"""Racer: a fast, deterministic car racing simulator for training and racing agents."""

from importlib import metadata

from racer.registration import register

__version__ = metadata.version("racer-sim")

register()
