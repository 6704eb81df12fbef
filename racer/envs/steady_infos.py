"""Infos for tools that keep them as arrays: flat, and with the same keys in every step.

With `steady_infos=True` tables become keys of their own (`reward_terms_progress` for the entry
`progress` of `reward_terms`). On circuits infos say of a lap that did not end in the step
`lap_time` and `lap_sectors` NaN, `lap_valid` and `lap_off_track`, `lap_wall`, ... (the reasons)
False.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flat(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Tables as one dict whose keys name table and entry."""
    return {
        f"{table}_{name}": value
        for table, entries in tables.items()
        for name, value in entries.items()
    }
