"""What the settings of a training run say of the highway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from racer.envs.highway.policy import ENVIRONMENTS
from racer.envs.highway.settings import PRESETS, highway_settings, read_settings
from racer.envs.plain.runs import PlainRuns

if TYPE_CHECKING:
    import argparse

    from racer.train.config import TrainConfig

SEEN = ("observation", "action", "policy_frequency", "simulation_frequency")
# What the saved worlds depend on besides: with others, they begin new episodes.
WORLD_KEYS = ("lanes_count", "vehicles_count")


class HighwayRuns(PlainRuns):
    """See `racer.envs.plain.runs.PlainRuns`."""

    tables: ClassVar[tuple[str, ...]] = ("highway",)
    own: ClassVar[tuple[str, ...]] = ("action_scale", "row_width", "final_collision_reward")
    world_keys: ClassVar[tuple[str, ...]] = tuple(f"highway.{key}" for key in WORLD_KEYS)

    def preset(self, algo: str | None, env_id: str) -> str:
        """One for each algorithm, and for the kind of actions if none is named."""
        continuous = PRESETS[ENVIRONMENTS[env_id]]["action"]["type"] == "ContinuousAction"
        usual = "highway-ppo" if continuous else "highway-dqn"
        return f"highway-{algo}" if algo else usual

    def lay(self, content: dict[str, Any], args: argparse.Namespace) -> None:
        """Lays the file over the preset; `observation` and `action` are replaced as a whole."""
        if args.config is None:
            return
        # The reward that a preset learns from stays, unless the file has its own.
        table = content.get("highway")
        before = table if isinstance(table, dict) else {}
        content["highway"] = {**before, **read_settings(args.config)}

    def env_settings(self, config: TrainConfig) -> Any:
        """The settings of the environment."""
        return highway_settings(config.highway, ENVIRONMENTS[config.env_id]).values

    def depends(self, config: TrainConfig) -> dict[str, Any]:
        """Sensors, actions and rates; lanes and vehicles of the saved worlds."""
        settings = highway_settings(config.highway, ENVIRONMENTS[config.env_id])
        table = {key: settings[key] for key in (*SEEN, *WORLD_KEYS)}
        return {"highway": json.loads(json.dumps(table))}


RUNS = HighwayRuns()
