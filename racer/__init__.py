"""Racer: a fast, deterministic car racing simulator for training and racing agents."""

from importlib import metadata

__version__ = metadata.version("racer-sim")
