"""Policies of models trained elsewhere: `adopt_policy` makes one of a model or an ONNX file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from racer.lazy import loader

if TYPE_CHECKING:
    from racer.adopt.policy import DRIVE_SECONDS as DRIVE_SECONDS
    from racer.adopt.policy import adopt_policy as adopt_policy
    from racer.adopt.policy import drive_once as drive_once

__getattr__ = loader(
    __name__,
    {
        "DRIVE_SECONDS": "racer.adopt.policy",
        "adopt_policy": "racer.adopt.policy",
        "drive_once": "racer.adopt.policy",
    },
)
