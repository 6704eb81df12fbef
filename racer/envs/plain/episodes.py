"""Judges drivers in any kind of world: whole episodes with fixed seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from racer.drivers.named import faults_of
from racer.drivers.plain import make_plain_driver
from racer.envs.worlds import world_seeds
from racer.errors import ConfigError
from racer.evaluate import intervals
from racer.evaluate.report import Report, interval_table
from racer.formats.text import shown
from racer.kinds import kind_of, preset_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE = 256  # episodes in one batch
MAX_EPISODES = 1_000_000
UNITS = {"return": "1", "length": "steps", "seconds": "s"}


def drive_episodes(
    driver: Any, env_id: str, config: Any, *, episodes: int, seed: int
) -> dict[str, NDArray[Any]]:
    """Lets a driver drive episodes; episode i begins as `split_seed(seed, i)` has it.

    Args:
        driver: for many episodes at once.
        env_id: the environment.
        config: its settings.
        episodes: how many.
        seed: of the episodes.

    Returns:
        Of each episode (E,): `return`, `length` [steps], `seconds`, whether it `finished` (was not
        ended by the rules), and the sums of the reward's terms.

    Raises:
        ConfigError: a setting or a number cannot be used.
    """
    if not 1 <= episodes <= MAX_EPISODES:
        raise ConfigError(f"episodes must be 1 to {MAX_EPISODES}, got {episodes}.")
    seeds = world_seeds(seed, episodes)
    parts = [
        _drive(driver, env_id, config, seeds[first : first + AT_ONCE])
        for first in range(0, episodes, AT_ONCE)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _drive(
    driver: Any, env_id: str, config: Any, seeds: NDArray[np.uint64]
) -> dict[str, NDArray[Any]]:
    n = len(seeds)
    worlds = kind_of(env_id).load("worlds")(
        n, config, preset_of(env_id), autoreset="disabled", seed=0
    )
    worlds.reset(None, seeds)
    driver.reset()
    returns, steps, finished = np.zeros(n), np.zeros(n, np.int64), np.zeros(n, np.bool_)
    sums = np.zeros(worlds.reward_terms.shape)
    over = np.zeros(n, np.bool_)
    while not over.all():
        going = ~over
        worlds.step(driver.act(worlds.observations.copy()))
        returns += np.where(going, worlds.rewards_of_step(), 0.0)
        sums += np.where(going[:, None], worlds.reward_terms, 0.0)
        steps += going
        finished |= going & worlds.truncated
        over = worlds.over()
    terms = {f"sum of {name}": sums[:, i] for i, name in enumerate(worlds.term_names)}
    return {
        "return": returns,
        "length": steps,
        "seconds": steps * worlds.seconds_per_action,
        "finished": finished,
        **terms,
    }


def totals(columns: dict[str, NDArray[Any]]) -> dict[str, dict[str, Any]]:
    """Every number over all episodes with its 95 % interval."""
    return {
        (f"{name}_rate" if values.dtype == np.bool_ else name): (
            intervals.rate(values)
            if values.dtype == np.bool_
            else intervals.mean(values.astype(np.float64))
        )
        for name, values in columns.items()
    }


class PlainEpisodes:
    """See `racer.evaluate.episodes.Episodes`.

    Args:
        env_id: the environment.
        options: of `racer evaluate`.

    Raises:
        ConfigError: a setting cannot be used.
    """

    def __init__(self, env_id: str, options: Any) -> None:
        self._env_id = env_id
        self._options = options
        self._worlds = kind_of(env_id).load("worlds")(1, options.config, preset_of(env_id), seed=0)

    def run(self, policy: str, seed: int) -> Report:
        """Lets a driver drive the episodes."""
        driver = make_plain_driver(policy, self._env_id, self._worlds, seed)
        before = faults_of(driver)
        settings = self._worlds.settings
        columns = drive_episodes(
            driver, self._env_id, settings, episodes=self._options.episodes, seed=seed
        )
        lists = {name: _plain(values) for name, values in columns.items()}
        content = {
            "settings": settings.as_dict(),
            "episode_count": self._options.episodes,
            "units": UNITS,
            "total": totals(columns),
            "episodes": [
                dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)
            ],
        }
        faults = faults_of(driver) - before
        return Report(self._env_id, driver.name, seed, content, policy_faults=faults)

    def lines(self, report: Report) -> list[str]:
        """Every number with its interval."""
        episodes = report.content["episode_count"]
        head = f"{shown(report.driver)} in {report.env_id}, {episodes} episodes, seed {report.seed}"
        return [head, interval_table(report.content["total"], UNITS)]


def _plain(values: NDArray[Any]) -> list[Any]:
    if values.dtype.kind == "f":
        return [round(value, intervals.DIGITS) for value in values.tolist()]
    plain: list[Any] = values.tolist()
    return plain
