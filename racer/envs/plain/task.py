"""Training in any kind of world: judged by the mean return of whole episodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from racer.drivers.plain import PlainOnnxDriver
from racer.drivers.sb3 import ModelDriver
from racer.envs.plain.episodes import UNITS, drive_episodes, totals
from racer.envs.plain.policy import PlainPolicyMetadata, sizes_of
from racer.kinds import kind_of, preset_of
from racer.train.algorithms import check_actions
from racer.train.memory import check_memory
from racer.train.run_folder import git_commit
from racer.train.task import REPORT_SEED, SELECTION_SEED

if TYPE_CHECKING:
    from pathlib import Path

    from stable_baselines3.common.logger import Logger

    from racer.envs.sb3_view import WorldsVecEnv
    from racer.train.config import TrainConfig
    from racer.train.task import Fingerprints, Score

REPORTED = 4  # times as many episodes as an evaluation on the way has


class PlainTask:
    """The best model is the one with the largest mean return, see `racer.train.task.Task`.

    Args:
        config: of the run.
        circuit: it has none.

    Raises:
        ConfigError: a setting cannot be used, or the algorithm does not fit the actions.
    """

    def __init__(self, config: TrainConfig, circuit: Path | None = None) -> None:
        del circuit
        self._config = config
        self._env_id = config.env_id
        self._kind = kind_of(config.env_id)
        self._worlds = self._kind.load("worlds")(1, config.world, preset_of(self._env_id), seed=0)
        _, _, numbered = sizes_of(self._worlds)
        check_actions(config.algo, continuous=not numbered)

    def fingerprints(self) -> Fingerprints:
        """The environment, whose version stands for its rules."""
        return {self._kind.fingerprints[0]: {"env_id": self._env_id}}

    def check_memory(self) -> None:
        """Of worlds, buffer and network."""
        observed, acted, _ = sizes_of(self._worlds)
        check_memory(self._config, observed, acted)

    def make_env(self) -> WorldsVecEnv:
        """The worlds to learn in."""
        config = self._config
        env: WorldsVecEnv = self._kind.load("sb3_env")(
            config.n_envs, config.world, env_id=self._env_id, seed=config.seed
        )
        return env

    def advance(self, fraction: float) -> None:
        """Does nothing: the worlds stay as they are."""

    def network(self) -> dict[str, Any]:
        """Nothing: observations go into the network as they are."""
        return {}

    def statistics(self, env: WorldsVecEnv) -> PlainStatistics:
        """Reward terms and ends of episodes."""
        return PlainStatistics(env)

    def evaluate(self, model: Any, normalise: Any, name: str, logger: Logger) -> Score:
        """Lets the model drive episodes."""
        total = self._total(
            ModelDriver(model, normalise, name), self._config.evaluation_starts, SELECTION_SEED
        )
        for key, entry in total.items():
            logger.record(f"eval/{key.replace(' ', '_')}", entry["value"])
        return {"return": total["return"]["value"], "total": total}

    def _total(self, driver: Any, episodes: int, seed: int) -> dict[str, dict[str, Any]]:
        return totals(
            drive_episodes(driver, self._env_id, self._config.world, episodes=episodes, seed=seed)
        )

    def rank(self, score: Score) -> tuple[float, ...]:
        """Larger is better."""
        return (float(score["return"]),)

    def reached(self, score: Score) -> bool:
        """No: a run ends by its steps or its minutes."""
        del score
        return False

    def note(self, score: Score) -> str:
        """The mean return."""
        return f"best return {score['return']:.2f}"

    def metadata(self, name: str, training_steps: int) -> PlainPolicyMetadata:
        """What a policy's file says."""
        observed, acted, numbered = sizes_of(self._worlds)
        return PlainPolicyMetadata(
            name=name,
            env_id=self._env_id,
            settings=self._worlds.settings.as_dict(),
            observed=observed,
            acted=acted,
            numbered=int(numbered),
            algorithm=self._config.algo,
            training_steps=training_steps,
            git_commit=git_commit(),
        )

    def report(self, policy: Path) -> dict[str, Any]:
        """The best policy in episodes that did not choose it."""
        episodes = REPORTED * self._config.evaluation_starts
        driver = PlainOnnxDriver(policy, self._env_id, self._worlds)
        total = self._total(driver, episodes, REPORT_SEED)
        return {"episodes": episodes, "units": UNITS, "total": total}


class PlainStatistics:
    """Counts what happens in worlds between two logs.

    Tags: `reward/<term>` (mean per step), `rollout/terminated_rate` (of the episodes that ended).

    Args:
        env: the worlds that learn.
    """

    def __init__(self, env: WorldsVecEnv) -> None:
        self._worlds = env.shown
        self._clear()

    def _clear(self) -> None:
        self._terms = np.zeros(len(self._worlds.term_names))
        self._steps = self._ended = self._terminated = 0

    def after_step(self) -> None:
        """Notes the step that the worlds just made."""
        worlds = self._worlds
        self._terms += worlds.reward_terms.sum(axis=0, dtype=np.float64)
        self._steps += worlds.num_envs
        self._ended += int((worlds.terminated | worlds.truncated).sum())
        self._terminated += int(worlds.terminated.sum())

    def record(self, logger: Logger) -> None:
        """Hands everything to the logger and starts afresh."""
        for name, total in zip(self._worlds.term_names, self._terms, strict=True):
            logger.record(f"reward/{name}", total / max(self._steps, 1))
        if self._ended:
            logger.record("rollout/terminated_rate", self._terminated / self._ended)
        self._clear()
