"""Policies that come with Racer, by name: a pair NAME.onnx and NAME.json in one folder is all.

NAME.json is the report of the run that made the policy; its `env_id` says where it drives.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from racer.kinds import DEFAULT_ID, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER: Final = Path(__file__).parent.parent / "data" / "policies"


def shipped_policies(env_ids: Iterable[str] | None = None) -> dict[str, Path]:
    """Names of the policies and their files, in alphabetical order.

    Args:
        env_ids: environments of one kind of world, whose policies are wanted; None: all.
    """
    wanted = None if env_ids is None else set(env_ids)
    return {
        path.stem: path
        for path in sorted(FOLDER.glob("*.onnx"))
        if wanted is None or env_of(path) in wanted
    }


def policies_for(env_id: str) -> dict[str, Path]:
    """The policies for the kind of world that an environment belongs to."""
    return shipped_policies(kind_of(env_id).ids)


def env_of(path: Path) -> str:
    """The environment of a policy that comes with Racer; circuits if its report does not say."""
    env_id = report_of(path).get("env_id")
    return env_id if isinstance(env_id, str) else DEFAULT_ID


def report_of(path: Path) -> dict[str, Any]:
    """The report beside a policy's file; empty if there is none that can be read."""
    try:
        content = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
