"""What `highway_parity` plays: configurations of its own, and those of the command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from racer.envs.highway.settings import OUR_KEYS, read_settings
from racer.envs.highway.worlds import HighwayWorlds
from racer.errors import ConfigError

PRESETS = {"highway-v0": "highway", "highway-fast-v0": "fast"}

CONTINUOUS = {"type": "ContinuousAction"}
META = {"type": "DiscreteMetaAction"}
MISSION = ["presence", "x", "y", "vx", "vy", "heading"]
OFFSETS = ["presence", "x", "y", "vx", "vy", "cos_h", "sin_h", "lat_off", "ang_off", "long_off"]


def _kinematics(**settings: Any) -> dict[str, Any]:
    return {"type": "Kinematics", **settings}


CONFIGS: dict[str, tuple[str, dict[str, Any], int]] = {
    "continuous, 4 lanes": (
        "highway-v0",
        {
            "action": CONTINUOUS, "policy_frequency": 5, "vehicles_count": 30,
            "observation": _kinematics(vehicles_count=15, features=MISSION),
        },
        60,
    ),
    "continuous, 2 lanes, dense, see_behind": (
        "highway-v0",
        {
            "action": CONTINUOUS, "policy_frequency": 5, "lanes_count": 2, "vehicles_count": 20,
            "vehicles_density": 2,
            "observation": _kinematics(vehicles_count=10, features=MISSION, see_behind=True),
        },
        60,
    ),
    "meta, 4 lanes": ("highway-v0", {"action": META, "vehicles_count": 25}, 40),
    "meta, 3 lanes, dense, absolute": (
        "highway-v0",
        {
            "action": META, "policy_frequency": 2, "lanes_count": 3, "vehicles_count": 20,
            "vehicles_density": 1.5, "duration": 15,
            "observation": _kinematics(vehicles_count=8, absolute=True),
        },
        40,
    ),
    "fast": ("highway-fast-v0", {}, 30),
    "fast, continuous, not normalised": (
        "highway-fast-v0",
        {
            "action": CONTINUOUS, "policy_frequency": 5,
            "observation": _kinematics(vehicles_count=15, features=MISSION, normalize=False),
        },
        60,
    ),
    "continuous, 6 lanes, sparse, raw reward": (
        "highway-v0",
        {
            "action": CONTINUOUS, "policy_frequency": 5, "lanes_count": 6, "vehicles_count": 24,
            "vehicles_density": 0.5, "normalize_reward": False, "offroad_terminal": True,
            "observation": _kinematics(vehicles_count=6, features=OFFSETS, clip=False),
        },
        60,
    ),
    "meta, 5 lanes, own speeds and ranges": (
        "highway-v0",
        {
            "action": {**META, "target_speeds": [15, 20, 25, 30, 35]}, "policy_frequency": 3,
            "lanes_count": 5, "vehicles_count": 25, "initial_lane_id": 2, "ego_spacing": 1,
            "duration": 10,
            "observation": _kinematics(
                vehicles_count=12, see_behind=True,
                features_range={"x": [-100, 100], "y": [-20, 20]},
            ),
        },
        30,
    ),
}  # fmt: skip


def plan_of(episodes: int, seed: int) -> list[dict[str, Any]]:
    """A plan of at least so many episodes over the configurations above."""
    each = -(-episodes // len(CONFIGS))
    return [
        {
            "name": name, "id": env_id, "config": config,
            "episodes": each, "seed": seed + 1000 * number, "steps": steps,
        }
        for number, (name, (env_id, config, steps)) in enumerate(CONFIGS.items())
    ]  # fmt: skip


def own_plan(
    configs: Sequence[str], env_id: str, episodes: int, steps: int, seed: int
) -> list[dict[str, Any]]:
    """A plan of configurations given on the command line, as JSON or as files.

    Raises:
        ConfigError: there is no such key, or we do not offer what it asks for.
    """
    plan = []
    for number, text in enumerate(configs):
        if text.lstrip().startswith("{"):
            try:
                config = json.loads(text)
            except ValueError as problem:
                raise ConfigError(f"--config is not valid JSON ({problem}).") from None
        else:
            config = read_settings(text)
        HighwayWorlds(1, config, PRESETS[env_id])  # says what we do not offer
        for key in sorted(OUR_KEYS & set(config)):
            raise ConfigError(f"{key} is a setting of Racer: HighwayEnv has nothing to compare.")
        if config.get("action", {}).get("type") == "Traffic":
            raise ConfigError("the action Traffic is Racer's: HighwayEnv has nothing to compare.")
        plan.append(
            {
                "name": text if len(configs) > 1 else "your configuration", "id": env_id,
                "config": config, "episodes": episodes, "seed": seed + 1000 * number,
                "steps": steps,
            }
        )  # fmt: skip
    return plan
