"""Evaluation on the highway: a driver gets episodes with fixed seeds, each counted the same way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from racer import _core
from racer.drivers.named import faults_of
from racer.envs.highway.policy import ENVIRONMENTS
from racer.envs.highway.settings import HighwaySettings, highway_settings
from racer.envs.highway.worlds import HighwayWorlds
from racer.envs.worlds import world_seeds
from racer.errors import ConfigError
from racer.evaluate import intervals
from racer.evaluate.report import Report, interval_table
from racer.formats.text import shown

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from racer.drivers.highway.drivers import HighwayDriver
    from racer.envs.highway.settings import HighwayConfigLike

AT_ONCE = 256  # episodes in one batch; a random driver's draws depend on it
MAX_EPISODES = 1_000_000

# What is counted of every episode, with unit and meaning. All but the rates are means.
RATES = {
    "success": "no collision until the time was over",
    "collision": "ended with a collision of the ego vehicle",
    "arrival": "a success that was never off the road",
}
MEANS = {
    "return": ("1", "sum of the rewards"),
    "length": ("steps", "policy steps"),
    "seconds": ("s", "time driven"),
    "speed": ("m/s", "mean speed along the road; negative backwards"),
    "distance": ("m", "along the road"),
    "safety_violation_rate": ("1", "share of steps with less than safety_time to a collision"),
    "off_road_rate": ("1", "share of steps off the road"),
    "minimum_distance": ("m", "least distance between the centres of the ego and another vehicle"),
    "lane_changes": ("1", "steps that ended in another lane than the one before"),
    "jerk": ("m/s^3", "root mean square change of the acceleration from step to step, per second"),
    "steering_rate": ("rad/s", "root mean square change of the wheel angle, likewise"),
}
UNITS = {name: unit for name, (unit, _) in MEANS.items()}


@dataclass(frozen=True)
class HighwayResult:
    """What a driver did on the highway.

    Attributes:
        driver: its name.
        settings: of the environment.
        preset: whose preset the settings began with.
        seed: of the episodes.
        columns: every number of `RATES` and `MEANS`, (E,).
        policy_faults: actions that a policy did not give, so that the neutral one stood in.
    """

    driver: str
    settings: HighwaySettings
    preset: str
    seed: int
    columns: dict[str, NDArray[Any]] = field(repr=False)
    policy_faults: int = 0

    def total(self) -> dict[str, dict[str, Any]]:
        """Every number over all episodes with its 95 % interval."""
        rates = {f"{name}_rate": intervals.rate(self.columns[name]) for name in RATES}
        means = {name: intervals.mean(self.columns[name].astype(np.float64)) for name in MEANS}
        return {**rates, **means}

    def report(self) -> Report:
        """The result as the report of an evaluation."""
        names = (*RATES, *MEANS)
        lists = [_plain(self.columns[name]) for name in names]
        content = {
            "preset": self.preset,
            "settings": json.loads(json.dumps(dict(self.settings.values))),
            "episode_count": len(lists[0]),
            "units": UNITS,
            "meanings": {**RATES, **{name: meaning for name, (_, meaning) in MEANS.items()}},
            "total": self.total(),
            "episodes": [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)],
        }
        return Report(
            next(env_id for env_id, preset in ENVIRONMENTS.items() if preset == self.preset),
            self.driver,
            self.seed,
            content,
            {"highway_rules": _core.highway.RULES_VERSION},
            self.policy_faults,
        )

    def as_json(self) -> dict[str, Any]:
        """The content of `evaluation_metrics.json`: the same seeds and settings give the same."""
        return self.report().as_json()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes `as_json()`; the file takes its place when it is complete."""
        self.report().save(path)


def _plain(values: NDArray[Any]) -> list[Any]:
    if values.dtype.kind == "f":
        return [round(value, intervals.DIGITS) for value in values.tolist()]
    plain: list[Any] = values.tolist()
    return plain


def evaluate_highway(
    driver: HighwayDriver,
    preset: str = "risk",
    config: HighwayConfigLike = None,
    *,
    episodes: int = 100,
    seed: int = 0,
) -> HighwayResult:
    """Lets a driver drive episodes; episode i begins as `split_seed(seed, i)` has it.

    Args:
        driver: the driver, for many episodes at once.
        preset: "highway", "fast" or "risk".
        config: settings that differ from it, see `racer.envs.highway.settings`.
        episodes: how many.
        seed: of the episodes.

    Raises:
        ConfigError: a setting or a number cannot be used.
    """
    if not 1 <= episodes <= MAX_EPISODES:
        raise ConfigError(f"episodes must be 1 to {MAX_EPISODES}, got {episodes}.")
    settings = highway_settings(config, preset, driver.settings)
    seeds = world_seeds(seed, episodes)
    faults = faults_of(driver)
    parts = [
        _drive(driver, settings, seeds[first : first + AT_ONCE])
        for first in range(0, episodes, AT_ONCE)
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    faults = faults_of(driver) - faults
    return HighwayResult(driver.name, settings, preset, seed, columns, faults)


def _drive(
    driver: HighwayDriver, settings: HighwaySettings, seeds: NDArray[np.uint64]
) -> dict[str, NDArray[Any]]:
    """Drives one batch of episodes to their ends."""
    n = len(seeds)
    worlds = HighwayWorlds(n, settings, autoreset="disabled", seed=0)
    worlds.reset(None, seeds)
    driver.reset()
    start_x = worlds.outcomes["x"].copy()
    lane = worlds.outcomes["lane"].copy()
    before: dict[str, NDArray[np.float64]] = {}
    sums = {
        name: np.zeros(n)
        for name in ("return", "danger", "off_road", "lane_changes", "acceleration", "steering")
    }
    nearest = worlds.outcomes["nearest"].copy()
    over = np.zeros(n, np.bool_)
    while not over.all():
        going = ~over
        worlds.step(driver.act(worlds.observations.copy()))
        outcomes = worlds.outcomes
        sums["return"] += np.where(going, worlds.rewards, 0.0)
        sums["danger"] += going & (outcomes["time_to_collision"] < settings["safety_time"])
        sums["off_road"] += going & (outcomes["on_road"] == 0)
        sums["lane_changes"] += going & (outcomes["lane"] != lane)
        for name in ("acceleration", "steering"):
            if name in before:
                change = outcomes[name] - before[name]
                sums[name] += np.where(going, change * change, 0.0)
            before[name] = outcomes[name].copy()
        np.minimum(nearest, np.where(going, outcomes["nearest"], np.inf), out=nearest)
        lane = outcomes["lane"].copy()
        if going.all():
            last = outcomes.copy()
        else:
            last[going] = outcomes[going]
        over = worlds.over()
    steps = last["steps"].astype(np.int64)
    collision = last["crashed"] != 0
    success = ~collision & (last["time"] >= settings["duration"])
    seconds = steps * worlds.seconds_per_action
    changes = np.maximum(steps - 1, 1) * worlds.seconds_per_action**2
    return {
        "success": success,
        "collision": collision,
        "arrival": success & (sums["off_road"] == 0),
        "return": sums["return"],
        "length": steps,
        "seconds": seconds,
        "speed": (last["x"] - start_x) / seconds,
        "distance": last["x"] - start_x,
        "safety_violation_rate": sums["danger"] / steps,
        "off_road_rate": sums["off_road"] / steps,
        "minimum_distance": nearest,
        "lane_changes": sums["lane_changes"].astype(np.int64),
        "jerk": np.sqrt(sums["acceleration"] / changes),
        "steering_rate": np.sqrt(sums["steering"] / changes),
    }


class HighwayEpisodes:
    """Episodes on the highway, see `racer.evaluate.episodes.Episodes`.

    Args:
        env_id: the environment.
        options: of `racer.envs.highway.options`.

    Raises:
        ConfigError: an option cannot be used.
    """

    def __init__(self, env_id: str, options: Any) -> None:
        self._env_id = env_id
        self._preset = ENVIRONMENTS[env_id]
        self._settings = highway_settings(options.config, self._preset)
        self._episodes = options.episodes

    def run(self, policy: str, seed: int) -> Report:
        """Lets a driver drive the episodes."""
        from racer.drivers.highway.drivers import make_highway_driver

        driver = make_highway_driver(policy, self._env_id, self._settings.values, seed)
        result = evaluate_highway(
            driver, self._preset, self._settings, episodes=self._episodes, seed=seed
        )
        return result.report()

    def lines(self, report: Report) -> list[str]:
        """Every number with its interval."""
        episodes = report.content["episode_count"]
        head = f"{shown(report.driver)} in {report.env_id}, {episodes} episodes, seed {report.seed}"
        return [head, interval_table(report.content["total"], UNITS)]
