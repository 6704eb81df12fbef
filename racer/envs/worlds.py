"""What a kind of world offers, so that one set of views shows them all; and their seeds.

A kind of world holds N worlds, as a batch in the engine or in NumPy. Gymnasium's and
Stable-Baselines3's vector environments are views of `Worlds` and know nothing of cars or traffic.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from gymnasium.spaces import Space
from numpy.typing import NDArray

from racer import _core
from racer.errors import ConfigError

MOST_WORLDS = 1 << 22  # of a batch; the engine has the same bound

Columns: TypeAlias = "dict[str, NDArray[Any]]"
Painter: TypeAlias = "Callable[[], NDArray[np.uint8]]"
Telemetry: TypeAlias = "Mapping[str, NDArray[Any]]"
Facts: TypeAlias = Telemetry  # its old name
RewardFunction: TypeAlias = "Callable[[Telemetry], NDArray[Any]]"
State: TypeAlias = "tuple[NDArray[np.void], ...]"


class Worlds(Protocol):
    """N worlds with one agent each. Arrays are live: the next call overwrites them.

    Attributes:
        kind: name of their kind in `racer.kinds`.
        num_envs: number of worlds N.
        autoreset: "next_step", "same_step" or "disabled".
        seconds_per_action: what one action lasts [s].
        steady_infos: infos are to be flat and have the same keys in every step.
        step_limit: steps after which episodes are truncated; None: there is no limit.
        observation_space, action_space: of one world.
        observations: float32 (N, ...), and `final_observations` of worlds that ended (same_step).
        terminated, truncated: bool (N,), of the last step.
        reward_terms: float (N, T), in the order of `term_names`.
    """

    kind: str
    num_envs: int
    autoreset: str
    seconds_per_action: float
    step_limit: int | None
    steady_infos: bool
    observation_space: Space[Any]
    action_space: Space[Any]
    observations: NDArray[np.float32]
    final_observations: NDArray[np.float32]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    reward_terms: NDArray[Any]

    @property
    def telemetry(self) -> Telemetry:
        """Live read-only views of the state by field, (N,), or (N, K) with K vehicles each."""

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

    def columns(self) -> Mapping[str, NDArray[Any]]:
        """Live views (N,) of what `get_attr` of a view knows of each world."""

    def parts_of_rewards(self) -> dict[str, Columns]:
        """Tables of what made the last rewards, each of columns (N,)."""

    def events(self) -> dict[int, dict[str, Any]]:
        """What the infos of single worlds add after a step, by world."""

    def states(self, worlds: Sequence[int] | None = None) -> State:
        """The whole state of all worlds, or of some, as arrays of records."""

    def set_states(
        self, states: Sequence[NDArray[np.void]], worlds: Sequence[int] | None = None
    ) -> None:
        """Puts worlds into states that `states` gave; observations and infos follow."""


@runtime_checkable
class WorldsView(Protocol):
    """An environment that shows worlds.

    Attributes:
        worlds: what it shows.
    """

    worlds: Any


@runtime_checkable
class NamedView(WorldsView, Protocol):
    """A view that knows by which id it was made; the views of `racer.envs.plain` do.

    Attributes:
        env_id: the id in `racer.kinds`.
    """

    env_id: str


@runtime_checkable
class ScalesActions(Protocol):
    """An environment that multiplies continuous actions before its worlds get them.

    Attributes:
        action_scale: a factor for each number of an action; empty: it does not.
    """

    action_scale: tuple[float, ...]


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


def checked_reward_function(function: Any) -> None:
    """Raises ConfigError for a `reward_fn` that cannot be called."""
    if function is not None and not callable(function):
        raise ConfigError(
            f"reward_fn is {function!r}, but it must be a function of the telemetry of a step."
        )


def checked_rewards(rewards: Any, num_envs: int) -> NDArray[np.float64]:
    """What a `reward_fn` returned, as an array (N,).

    Raises:
        ValueError: it is something else than N finite numbers.
    """
    try:
        values = np.asarray(rewards, np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"reward_fn must return an array of numbers, got {type(rewards).__name__}."
        ) from None
    if values.shape != (num_envs,):
        raise ValueError(
            f"reward_fn must return an array of shape ({num_envs},), got one of shape "
            f"{values.shape}."
        )
    if not np.isfinite(values).all():
        raise ValueError("reward_fn returned a reward that is not a finite number.")
    return values


def checked_states(
    states: Any, wanted: Sequence[tuple[np.dtype[Any], tuple[int, ...]]]
) -> tuple[NDArray[np.void], ...]:
    """The arrays of a snapshot.

    Args:
        states: what was given.
        wanted: dtype and shape of each array.

    Raises:
        ConfigError: it is something else.
    """
    arrays = tuple(states) if isinstance(states, (tuple, list)) else ()
    right = len(arrays) == len(wanted) and all(
        isinstance(array, np.ndarray) and array.dtype == dtype and array.shape == shape
        for array, (dtype, shape) in zip(arrays, wanted, strict=True)
    )
    if not right:
        number = wanted[0][1][0]
        raise ConfigError(
            f"this is no snapshot of {number} world{'s' * (number != 1)} of this kind; "
            "restore takes what snapshot gave."
        )
    return arrays
