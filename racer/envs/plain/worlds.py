"""The base of worlds that are written in Python, with NumPy.

A kind says what its state is, how an episode begins, what a step does and what is observed; what
Gymnasium, Stable-Baselines3, snapshots and seeds want of N worlds is done here.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
from gymnasium.spaces import Discrete

from racer import _core
from racer.envs.checks import as_float32
from racer.envs.copies import Copied
from racer.envs.step_rewards import StepRewards
from racer.envs.worlds import (
    MOST_WORLDS,
    checked_reward_function,
    checked_seed,
    checked_states,
)
from racer.errors import ConfigError
from racer.formats.aliases import STEP_COUNT
from racer.formats.config_files import path_of, read_config
from racer.formats.settings import Checked, choice, from_mapping, merged, truth, whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gymnasium.spaces import Space
    from numpy.typing import NDArray

    from racer.envs.worlds import Columns, RewardFunction, State, Telemetry

AUTORESET = ("next_step", "same_step", "disabled")
_OWN = [("seed", "u8"), ("episode", "u8"), ("steps", "i8"), ("over", "?")]


class NoSettings(Checked):
    """Settings of worlds that have none."""


class PythonWorlds(StepRewards, Copied):
    """N worlds, as `racer.envs.worlds.Worlds`.

    A subclass sets the class attributes and writes `begin`, `advance` and `observe`.

    Attributes:
        kind: name of the kind in `racer.kinds`.
        fields: names and dtypes of the state of one world, which is all that a step depends on.
        term_names: names of the reward's terms; the reward is their sum.
        settings_class: dataclass of the settings.
        observation_space, action_space: of one world; actions are a Box or Discrete.
        seconds_per_action: what one action lasts [s].
        step_limit: steps after which episodes are truncated; None: there is no limit.
        state: records (N,), `fields` and what is needed to go on.
        settings: the checked settings.

    Args:
        num_envs: number of worlds N.
        config: settings: a mapping, a TOML or JSON file, or those of other worlds.
        preset: which of the kind's environments; for subclasses that have several.
        settings: keys that win over those of `config`.
        autoreset: "next_step", "same_step" or "disabled".
        seed: of the worlds' random streams until they are reseeded; None: a random one.
        reward_fn: replaces the sum of terms: a function of the telemetry of a step.
        steady_infos: infos are flat, see `racer.envs.steady_infos`.

    Raises:
        ConfigError: a setting or the number of worlds cannot be used.
    """

    kind: str
    fields: ClassVar[Sequence[tuple[str, str]]]
    term_names: ClassVar[Sequence[str]] = ("reward",)
    settings_class: ClassVar[type[Checked]] = NoSettings
    observation_space: Space[Any]
    action_space: Space[Any]
    seconds_per_action: float = 0.1
    step_limit: int | None = None

    def __init__(
        self,
        num_envs: int = 1,
        config: Any = None,
        preset: str = "",
        settings: Mapping[str, Any] | None = None,
        *,
        autoreset: str | None = None,
        seed: int | None = None,
        reward_fn: RewardFunction | None = None,
        steady_infos: bool = False,
    ) -> None:
        checked_reward_function(reward_fn)
        self.preset = preset
        self.settings = read_settings(self.settings_class, config, settings or {})
        self.num_envs = n = whole_number(num_envs, "num_envs", 1, MOST_WORLDS)
        self.autoreset = choice(autoreset or AUTORESET[0], "autoreset", AUTORESET)
        self.reward_fn = reward_fn
        self.steady_infos = truth(steady_infos, "steady_infos")
        self.state = np.zeros(n, [*_OWN, *self.fields])
        stream = secrets.randbits(64) if seed is None else checked_seed(seed)
        self.state["seed"] = [_core.split_seed(stream, i) for i in range(n)]
        shape = (n, *(self.observation_space.shape or ()))
        self.observations = np.zeros(shape, np.float32)
        self.final_observations = np.zeros(shape, np.float32)
        self.final_state = self.state.copy()
        self.rewards = np.zeros(n)
        self.reward_terms = np.zeros((n, len(self.term_names)))
        self.terminated = np.zeros(n, np.bool_)
        self.truncated = np.zeros(n, np.bool_)
        self.reset()

    # What a kind writes ----------------------------------------------------------------------

    def begin(self, world: int, random: np.random.Generator) -> None:
        """Fills `state[world]` with the beginning of an episode, from this stream alone."""
        raise NotImplementedError

    def advance(self, worlds: NDArray[np.intp], actions: NDArray[Any]) -> NDArray[np.bool_]:
        """One step of some worlds (M,): changes `state[worlds]`, sets `reward_terms[worlds]`.

        Args:
            worlds: their numbers.
            actions: (M, A) float32 within the action space, or (M,) numbers.

        Returns:
            Which of them ended, (M,).
        """
        raise NotImplementedError

    def observe(self) -> NDArray[np.float32]:
        """The observations (N, ...) of `state`."""
        raise NotImplementedError

    def info_columns(self, state: NDArray[np.void]) -> Columns:
        """What infos say of states (M,): all fields, unless a kind says otherwise."""
        return {name: state[name].copy() for name, _ in self.fields}

    # What views want -------------------------------------------------------------------------

    def step(self, actions: Any) -> None:
        """One action of every world, (N, A) float or (N,) numbers.

        Raises:
            ValueError: the shape is wrong, or a number means nothing.
        """
        rows = self._checked(actions)
        over = self.state["over"].copy()
        driven = np.flatnonzero(~over)
        self.reward_terms[:] = 0.0
        self.terminated[:] = self.truncated[:] = False
        if len(driven):
            self.terminated[driven] = self.advance(driven, rows[driven])
            self.state["steps"][driven] += 1
        if self.step_limit is not None:
            self.truncated[driven] = self.state["steps"][driven] >= self.step_limit
            self.truncated &= ~self.terminated
        self.rewards[:] = self.reward_terms.sum(axis=1)
        ended = self.terminated | self.truncated
        self.state["over"] |= ended
        if self.autoreset == "next_step" and over.any():
            self._begin(np.flatnonzero(over))
        self.observations[:] = self.observe()
        if self.autoreset == "same_step" and ended.any():
            self.final_observations[ended] = self.observations[ended]
            self.final_state[ended] = self.state[ended]
            self._begin(np.flatnonzero(ended))
            self.observations[:] = self.observe()

    def reset(
        self,
        mask: NDArray[np.bool_] | None = None,
        seeds: NDArray[np.uint64] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """New episodes where mask (N,) is true (everywhere without one).

        Raises:
            ConfigError: there is an option.
        """
        for key in options or {}:
            raise ConfigError(f"there is no reset option {key!r}.")
        chosen = np.arange(self.num_envs) if mask is None else np.flatnonzero(mask)
        if seeds is not None:
            self.state["seed"][chosen] = seeds[chosen]
            self.state["episode"][chosen] = 0
        self._begin(chosen)
        self.observations[:] = self.observe()

    def _begin(self, chosen: NDArray[np.intp]) -> None:
        for world in chosen.tolist():
            row = self.state[world]
            random = np.random.default_rng(_core.split_seed(int(row["seed"]), int(row["episode"])))
            row["episode"] += np.uint64(1)
            row["steps"], row["over"] = 0, False
            self.begin(world, random)

    def _checked(self, actions: Any) -> NDArray[Any]:
        space: Any = self.action_space
        numbered = isinstance(space, Discrete)
        shape = (self.num_envs, *(space.shape or ()))
        rows = np.asarray(actions) if numbered else as_float32(actions)
        if rows.shape != shape:
            raise ValueError(f"actions must have shape {shape}, got {rows.shape}.")
        if not numbered:
            return np.asarray(np.clip(np.nan_to_num(rows), space.low, space.high))
        if rows.dtype.kind not in "iu" or rows.min() < 0 or rows.max() >= space.n:
            raise ValueError(f"actions must be whole numbers from 0 to {space.n - 1}.")
        return rows

    def step_telemetry(self) -> dict[str, NDArray[Any]]:
        """The fields after the last step; a world that ended shows its last state."""
        ended = self._begun_anew()
        if ended is None:
            return self._fields_of(self.state)
        return self._fields_of(np.where(ended, self.final_state, self.state))

    def over(self) -> NDArray[np.bool_]:
        """Which worlds (N,) have ended and were not reset yet."""
        return cast("NDArray[np.bool_]", self.state["over"].copy())

    def infos(self) -> Columns:
        """What infos say of the worlds as they are now, columns (N,)."""
        return self.info_columns(self.state) | {STEP_COUNT: self.state["steps"].copy()}

    def final_infos(self) -> Columns:
        """The same of the last states of worlds that ended, under "same_step"."""
        state = self.final_state
        return self.info_columns(state) | {STEP_COUNT: state["steps"].copy()}

    @property
    def telemetry(self) -> Telemetry:
        """Live read-only views (N,) of `state`, one for each of `fields`, by name."""
        return self._fields_of(self.state)

    def _fields_of(self, state: NDArray[np.void]) -> Columns:
        columns = {name: state[name] for name, _ in self.fields}
        for values in columns.values():
            values.flags.writeable = False
        return columns

    def columns(self) -> Telemetry:
        """As `telemetry`: there is one agent in each world, and its state is the world's."""
        return self.telemetry

    def parts_of_rewards(self) -> dict[str, Columns]:
        """The reward's terms of the last step, copies (N,)."""
        terms = self.reward_terms.T.copy()
        return {"reward_terms": dict(zip(self.term_names, terms, strict=True))}

    def events(self) -> dict[int, dict[str, Any]]:
        """Nothing: infos say it all."""
        return {}

    def states(self, worlds: Sequence[int] | None = None) -> State:
        """The whole state of all worlds, or of some: records (n,)."""
        return (self.state[slice(None) if worlds is None else list(worlds)].copy(),)

    def set_states(
        self, states: Sequence[NDArray[np.void]], worlds: Sequence[int] | None = None
    ) -> None:
        """Puts worlds into states that `states` gave; observations and infos follow."""
        chosen = list(range(self.num_envs) if worlds is None else worlds)
        (records,) = checked_states(states, [(self.state.dtype, (len(chosen),))])
        self.state[chosen] = records
        self.observations[:] = self.observe()


def read_settings(kind: type[Checked], config: Any, changes: Mapping[str, Any]) -> Checked:
    """Settings from a mapping or a file, or as they are, with some keys changed.

    Raises:
        ConfigError: a key or a value cannot be used.
    """
    if isinstance(config, kind):
        given: dict[str, Any] = config.as_dict()
    elif config is None or isinstance(config, Mapping):
        given = dict(config or {})
    else:
        given = read_config(path_of(config))
    return from_mapping(kind, merged(given, changes))
