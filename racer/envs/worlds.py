"""What a kind of world offers, so that one set of views shows them all; and their seeds.

`CircuitWorlds` and `HighwayWorlds` each hold a batch of N worlds in the engine. Gymnasium's and
Stable-Baselines3's vector environments are views of `Worlds` and know nothing of cars or traffic.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from gymnasium.spaces import Space
from numpy.typing import NDArray

from racer import _core
from racer.errors import ConfigError

Columns: TypeAlias = "dict[str, NDArray[Any]]"
Painter: TypeAlias = "Callable[[], NDArray[np.uint8]]"


class Worlds(Protocol):
    """N worlds with one agent each. Arrays are live: the next call overwrites them.

    Attributes:
        num_envs: number of worlds N.
        autoreset: "next_step", "same_step" or "disabled".
        seconds_per_action: what one action lasts [s].
        observation_space, action_space: of one world.
        observations: float32 (N, ...), and `final_observations` of worlds that ended (same_step).
        terminated, truncated: bool (N,), of the last step.
        reward_terms: float (N, T), in the order of `term_names`.
    """

    num_envs: int
    autoreset: str
    seconds_per_action: float
    observation_space: Space[Any]
    action_space: Space[Any]
    observations: NDArray[np.float32]
    final_observations: NDArray[np.float32]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    reward_terms: NDArray[Any]

    @property
    def term_names(self) -> Sequence[str]:
        """Names of the reward's terms."""

    def step(self, actions: Any) -> None:
        """One action of every world, (N, ...)."""

    def reset(
        self,
        mask: NDArray[np.bool_] | None = None,
        seeds: NDArray[np.uint64] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """New episodes where mask (N,) is true; seeds (N,) restart the worlds' random streams."""

    def rewards_of_step(self) -> NDArray[Any]:
        """Rewards (N,) of the last step."""

    def over(self) -> NDArray[np.bool_]:
        """Which worlds (N,) have ended and were not reset yet."""

    def infos(self) -> Columns:
        """What infos say of the worlds as they are now, columns (N,)."""

    def final_infos(self) -> Columns:
        """The same of the last states of worlds that ended, under "same_step"."""

    def parts_of_rewards(self) -> dict[str, Columns]:
        """Tables of what made the last rewards, each of columns (N,)."""

    def events(self) -> dict[int, dict[str, Any]]:
        """What the infos of single worlds add after a step, by world."""

    def states(self) -> tuple[NDArray[np.void], ...]:
        """The whole state of all worlds, as arrays of records."""

    def set_states(self, states: Sequence[NDArray[np.void]]) -> None:
        """Puts all worlds into states that `states` gave."""

    def painter(self, world: int) -> Painter:
        """A function that paints a world as it is, (height, width, 3) uint8.

        Raises:
            ImportError: the viewer's packages are not installed.
        """


def world_seeds(seed: int, num_envs: int) -> NDArray[np.uint64]:
    """Seeds (N,) uint64 of the worlds of a batch: split from one, never added to it."""
    seed = checked_seed(seed)
    return np.array([_core.split_seed(seed, i) for i in range(num_envs)], np.uint64)


def listed_seeds(seeds: Sequence[int | None]) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    """Which worlds a list (N,) of seeds and Nones seeds, bool (N,), and with what, uint64 (N,)."""
    mask = np.array([seed is not None for seed in seeds], np.bool_)
    values = [0 if seed is None else checked_seed(seed) for seed in seeds]
    return mask, np.array(values, np.uint64)


def checked_seed(seed: Any) -> int:
    """The seed as an int.

    Raises:
        ConfigError: it is no whole number from 0 to 2^64 - 1.
    """
    try:
        number = operator.index(seed)
    except TypeError:
        raise ConfigError(f"a seed is a whole number, not {seed!r}.") from None
    if isinstance(seed, bool) or not 0 <= number < 2**64:
        raise ConfigError(f"a seed is a whole number from 0 to 2^64 - 1, not {seed!r}.")
    return number


def reset_worlds(
    worlds: Worlds,
    chosen: NDArray[np.bool_],
    seeds: Sequence[int | None],
    options: Mapping[str, Any],
) -> None:
    """Resets the chosen worlds (N,), with seeds where a list (N,) has one."""
    seeded, values = listed_seeds(seeds)
    for some, stream in ((chosen & seeded, values), (chosen & ~seeded, None)):
        if some.any():
            worlds.reset(some, stream, options)
