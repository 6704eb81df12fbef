"""One clear sentence when an optional package is missing."""

from __future__ import annotations

import importlib.util
from typing import Final

from racer.errors import RacerError

_EXTRA_OF: Final = {"pygame": "view", "imageio_ffmpeg": "plots", "matplotlib": "plots"}


def need(package: str, purpose: str) -> None:
    """Checks that an optional package is installed.

    Args:
        package: its import name.
        purpose: what it is needed for, as in "films need imageio_ffmpeg".

    Raises:
        RacerError: it is missing; the sentence says how to get it.
    """
    if importlib.util.find_spec(package) is None:
        extra = _EXTRA_OF[package]
        raise RacerError(
            f"{purpose} needs the package {package}, which is not installed:"
            f" pip install 'racer-sim[{extra}]'."
        )
