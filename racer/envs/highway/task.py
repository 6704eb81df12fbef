"""Training on the highway: judged by collisions and the mean return of whole episodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from racer import _core
from racer.drivers.highway.drivers import HighwayOnnxDriver
from racer.drivers.sb3 import ModelDriver
from racer.envs.highway.episodes import evaluate_highway
from racer.envs.highway.policy import (
    ENVIRONMENTS,
    HighwayPolicyMetadata,
    action_count,
    flat_size,
)
from racer.envs.highway.sb3 import HighwayVecEnv
from racer.envs.highway.settings import highway_settings
from racer.errors import ConfigError
from racer.train.algorithms import check_actions
from racer.train.memory import check_memory
from racer.train.task import REPORT_SEED, SELECTION_SEED

if TYPE_CHECKING:
    from pathlib import Path

    from stable_baselines3.common.logger import Logger

    from racer.train.config import TrainConfig
    from racer.train.task import Fingerprints, Score

MOSTLY_SAFE = 0.995
VEHICLE = 200  # bytes of a vehicle in a world
LOGGED = ("success_rate", "collision_rate", "safety_violation_rate", "off_road_rate", "speed")


class HighwayTask:
    """The best model is the one with the largest mean return among the safe ones.

    First come those that (nearly) never collide, by their return; then the others by how seldom
    they do.

    Args:
        config: of the run.
        circuit: it has none.

    Raises:
        ConfigError: a setting cannot be used, or the algorithm does not fit the actions.
    """

    def __init__(self, config: TrainConfig, circuit: Path | None = None) -> None:
        del circuit
        self._config = config
        self._preset = ENVIRONMENTS[config.env_id]
        # Observations as a vector: the networks here have no use for another shape.
        self._settings = highway_settings(config.highway, self._preset, {"flatten": True})
        continuous = self._settings["action"]["type"] == "ContinuousAction"
        check_actions(config.algo, continuous=continuous)
        if config.final_collision_reward and self._settings["normalize_reward"]:
            raise ConfigError("final_collision_reward needs highway.normalize_reward = false.")
        self._env: HighwayVecEnv | None = None

    def fingerprints(self) -> Fingerprints:
        """The version of the highway's rules."""
        return {"highway": {"rules": str(_core.highway.RULES_VERSION)}}

    def check_memory(self) -> None:
        """Of worlds, buffer and network."""
        settings = self._settings
        observed = flat_size(settings["observation"])
        vehicles = int(settings["vehicles_count"]) + 1
        world = VEHICLE * vehicles
        check_memory(self._config, observed, action_count(settings["action"]), world)

    def make_env(self) -> HighwayVecEnv:
        """The worlds to learn in."""
        config = self._config
        self._env = HighwayVecEnv(
            config.n_envs, self._settings, action_scale=config.action_scale, seed=config.seed
        )
        return self._env

    def advance(self, fraction: float) -> None:
        """Makes collisions cost what they shall cost by now."""
        last = self._config.final_collision_reward
        if last and self._env is not None:
            self._env.collision_extra = fraction**2 * (last - self._settings["collision_reward"])

    def network(self) -> dict[str, Any]:
        """A network for each vehicle's row, if the settings ask for one."""
        if self._config.row_width == 0:
            return {}
        from racer.envs.highway.row_extractor import RowExtractor

        features = self._settings["observation"]["features"]
        if features[0] != "presence":
            raise ConfigError("row_width needs observation.features that begin with presence.")
        return {
            "features_extractor_class": RowExtractor,
            "features_extractor_kwargs": {"features": features, "width": self._config.row_width},
        }

    def statistics(self, env: HighwayVecEnv) -> HighwayStatistics:
        """Speeds, ends of episodes, reward terms."""
        return HighwayStatistics(env)

    def evaluate(self, model: Any, normalise: Any, name: str, logger: Logger) -> Score:
        """Lets the model drive episodes."""
        result = evaluate_highway(
            ModelDriver(model, normalise, name, self._config.action_scale),
            self._preset,
            self._settings,
            episodes=self._config.evaluation_starts,
            seed=SELECTION_SEED,
        )
        total = result.total()
        logger.record("eval/return", total["return"]["value"])
        for key in LOGGED:
            logger.record(f"eval/{key}", total[key]["value"])
        return {"return": total["return"]["value"], "total": total}

    def rank(self, score: Score) -> tuple[float, ...]:
        """Larger is better."""
        success = score["total"]["success_rate"]["value"]
        return min(success, MOSTLY_SAFE), score["return"]

    def reached(self, score: Score) -> bool:
        """No: a run ends by its steps or its minutes."""
        del score
        return False

    def note(self, score: Score) -> str:
        """Success and speed."""
        total = score["total"]
        return (
            f"best: {100 * total['success_rate']['value']:.0f} % without a collision at "
            f"{total['speed']['value']:.1f} m/s"
        )

    def metadata(self, name: str, training_steps: int) -> HighwayPolicyMetadata:
        """What a policy's file says."""
        from racer.train.run_folder import git_commit

        return HighwayPolicyMetadata(
            name=name,
            env_id=self._config.env_id,
            settings=dict(self._settings.values),
            algorithm=self._config.algo,
            training_steps=training_steps,
            git_commit=git_commit(),
        )

    def report(self, policy: Path) -> dict[str, Any]:
        """The best policy's numbers over episodes that did not choose it."""
        episodes = 4 * self._config.evaluation_starts
        result = evaluate_highway(
            HighwayOnnxDriver(policy, self._config.env_id, self._settings.values),
            self._preset,
            self._settings,
            episodes=episodes,
            seed=REPORT_SEED,
        )
        return {"episodes": episodes, "seed": REPORT_SEED, "total": result.total()}


class HighwayStatistics:
    """Counts what happens in the worlds between two logs.

    Tags: `rollout/speed` [m/s along the road], `rollout/off_road_rate` (share of steps),
    `rollout/collision_rate` (of episodes that ended), `reward/<term>` (mean per step, weighted).

    Args:
        env: the worlds that learn.
    """

    def __init__(self, env: HighwayVecEnv) -> None:
        self._worlds = env.worlds
        self._clear()

    def _clear(self) -> None:
        self._terms = np.zeros(len(self._worlds.term_names))
        self._steps = self._ended = self._collisions = 0
        self._speed = self._off_road = 0.0

    def after_step(self) -> None:
        """Notes the step that the worlds just made."""
        worlds = self._worlds
        self._terms += worlds.reward_terms.sum(axis=0)
        self._steps += worlds.num_envs
        self._speed += float(worlds.outcomes["forward_speed"].sum())
        self._off_road += float((worlds.outcomes["on_road"] == 0).sum())
        self._ended += int((worlds.terminated | worlds.truncated).sum())
        self._collisions += int(worlds.terminated.sum())

    def record(self, logger: Logger) -> None:
        """Hands everything to the logger and starts afresh."""
        steps = max(self._steps, 1)
        for name, total in zip(self._worlds.term_names, self._terms, strict=True):
            logger.record(f"reward/{name}", total / steps)
        logger.record("rollout/speed", self._speed / steps)
        logger.record("rollout/off_road_rate", self._off_road / steps)
        if self._ended:
            logger.record("rollout/collision_rate", self._collisions / self._ended)
        self._clear()
