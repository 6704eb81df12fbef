"""N circuits with a car each: their settings, starts, rewards and infos."""

from __future__ import annotations

import dataclasses
import os
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.envs.checks import as_float32
from racer.envs.circuit.infos import lap_info, pose_infos, step_infos
from racer.envs.circuit.lap_infos import lap_columns
from racer.envs.circuit.outlook import Outlook
from racer.envs.circuit.settings import EnvConfig, load_config
from racer.envs.circuit.spaces import action_space, observation_space
from racer.envs.circuit.tracks import TrackLike, listed_circuits
from racer.envs.copies import Copied
from racer.envs.step_rewards import StepRewards
from racer.envs.worlds import (
    MOST_WORLDS,
    Columns,
    RewardFunction,
    State,
    Telemetry,
    checked_reward_function,
    checked_seed,
    checked_states,
)
from racer.errors import ConfigError
from racer.formats.settings import truth, whole_number

ConfigLike: TypeAlias = "EnvConfig | str | os.PathLike[str] | Mapping[str, Any] | None"

DEFAULT_TRACK = "harbour"
PLACEMENT = ("s", "n", "heading_error", "speed")
STARTS = ("standing", "random", "mixed")
SETTINGS = tuple(field.name for field in dataclasses.fields(EnvConfig))  # of keyword arguments


class CircuitWorlds(StepRewards, Copied):
    """N worlds of one car each, as `racer.envs.worlds.Worlds`.

    The arrays are live views of the batch, overwritten by the next call.

    Args:
        num_envs: number of worlds N.
        track: a name of the catalogue, a path or a `Track`; or several, dealt out in turn, so not
            more than there are worlds.
        config: settings, see `racer.envs.circuit.settings.load_config`.
        settings: fields of `EnvConfig` that win over those of `config`.
        autoreset: overrides the config's.
        seed: of the worlds' random streams until they are reseeded; None: a random one.
        reward_fn: replaces the weighted sum of the reward's terms; see `reward_telemetry`.
        steady_infos: infos tell of laps in every step, see `racer.envs.steady_infos`.
        spare: there may be more circuits than worlds; `deal` gives them to worlds.

    Attributes:
        config: the settings.
        circuits: all circuits, once each as they were listed.
        tracks: the circuit of each world.
        dealt: its number among `circuits`, (N,).
        lengths: of the circuit of each world, (N,) [m].
        driven: the same during the last step.
        batch: the engine's batch.
        observations, final_observations: float32 (N, D).
        telemetry: every field of the engine's `fact_table()`, each (N,).
        reward_terms: float32 (N, T), in the order of `term_names`.
        terminated, truncated: bool (N,).
        lap_events: structured (N,), the laps that ended in the last step.
        final_records: structured (N,), the last states of worlds that ended, under "same_step".

    Raises:
        RacerError: a setting, a track or the number of worlds cannot be used.
    """

    kind = "circuit"
    _rebuilt = (
        "_other_starts",
        "action_rows",
        "observations",
        "final_observations",
        "rewards",
        "reward_terms",
        "terminated",
        "truncated",
        "lap_events",
        "final_records",
        "telemetry",
    )

    def __init__(
        self,
        num_envs: int,
        track: TrackLike | Sequence[TrackLike],
        config: ConfigLike,
        settings: Mapping[str, Any],
        *,
        autoreset: str | None = None,
        seed: int | None = None,
        reward_fn: RewardFunction | None = None,
        steady_infos: bool = False,
        spare: bool = False,
    ) -> None:
        base = EnvConfig() if config is None else load_config(config)
        self.config = base.with_settings(**settings) if settings else base
        self.num_envs = num_envs = whole_number(num_envs, "num_envs", 1, MOST_WORLDS)
        checked_reward_function(reward_fn)
        self.reward_fn = reward_fn
        self.circuits = listed_circuits(track, num_envs, spare=spare)
        self.dealt = self.driven = np.arange(num_envs, dtype=np.int32) % len(self.circuits)
        self._spare = spare
        self._all_lengths = np.array([circuit.length for circuit in self.circuits])
        self.tracks = [self.circuits[i] for i in self.dealt]
        self.lengths = self._driven_lengths = self._all_lengths[self.dealt]
        self.autoreset = autoreset or self.config.autoreset
        self.seconds_per_action = _core.TICK_SECONDS * self.config.ticks_per_action
        self.step_limit = self.config.episode.max_steps or None
        self.steady_infos = truth(steady_infos, "steady_infos")
        self._seed = secrets.randbits(64) if seed is None else checked_seed(seed)
        self.batch = self._make_batch(self.config)
        self.observation_space = observation_space(self.config.observation)
        self.action_space = action_space(self.config.action)
        self.actions = np.zeros((num_envs, 1, self.batch.action_size), np.float32)
        self.term_names: list[str] = list(_core.circuit.REWARD_TERMS)
        self._fresh = np.zeros(num_envs, np.bool_)  # begun or restored since the last step
        self._attach()

    def make_outlook(self) -> Outlook:
        """What a critic may see of the circuits."""
        return Outlook(self.circuits)

    def deal(self, numbers: NDArray[np.integer[Any]], worlds: Sequence[int]) -> None:
        """Deals worlds other circuits, by their numbers: they drive there from the next episode on.

        Only with `spare`.
        """
        self.batch.deal(numbers, list(worlds))

    def _follow(self) -> None:
        """Takes note of the worlds that moved to another circuit."""
        if not self._spare:
            return
        now = self.batch.world_tracks
        for world in np.flatnonzero(now != self.dealt):
            self.tracks[world] = self.circuits[now[world]]
        self.dealt = now
        self.lengths = self._all_lengths[now]

    def _attach(self) -> None:
        """Views into the batch's memory."""
        batch = self.batch
        n = self.num_envs
        self._other_starts: dict[str, _core.circuit.Batch] = {}
        self.action_rows = self.actions.reshape(n, -1)
        self.observations = batch.observations.reshape(n, -1)
        self.final_observations = batch.final_observations.reshape(n, -1)
        self.rewards = batch.rewards.reshape(n)
        self.reward_terms = batch.reward_terms.reshape(n, -1)
        self.terminated = batch.terminated
        self.truncated = batch.truncated
        self.lap_events: NDArray[np.void] = batch.lap_events.reshape(n)
        self.final_records: NDArray[np.void] = batch.final_records.reshape(n)
        self.telemetry: dict[str, NDArray[Any]] = {
            name: values.reshape(n) for name, values in batch.facts.items()
        }

    def _make_batch(self, config: EnvConfig) -> _core.circuit.Batch:
        try:
            return _core.circuit.Batch(
                self.circuits,
                self.num_envs,
                world_tracks=self.dealt,
                vehicle=config.vehicle,
                action=config.action,
                observation=config.observation,
                ticks_per_action=config.ticks_per_action,
                autoreset=self.autoreset,
                threads=config.threads,
                seed=self._seed,
                config=config.to_batch_config(),
            )
        except ValueError as problem:
            raise ConfigError(f"{problem}.") from None

    def step(self, actions: Any) -> None:
        """One step of every world; `actions` (N, A), copied as float32."""
        rows = as_float32(actions)
        if rows.shape != self.action_rows.shape:
            raise ValueError(f"actions must have shape {self.action_rows.shape}, got {rows.shape}.")
        self.action_rows[...] = rows
        self._fresh[:] = False
        self.batch.step(self.actions)
        self.driven, self._driven_lengths = self.dealt, self.lengths
        self._follow()

    def reset(
        self,
        mask: NDArray[np.bool_] | None = None,
        seeds: NDArray[np.uint64] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """New episodes where mask (N,) is true (everywhere without one).

        Args:
            mask: bool (N,).
            seeds: uint64 (N,); restart the random streams of the masked worlds.
            options: `start`, a kind of start for this once; or `s` [m] and, if wanted, `n` [m],
                `heading_error` [rad] and `speed` [m/s], each a number or an array (N,).

        Raises:
            ConfigError: an option is not known or cannot be used.
            ValueError: a place lies beyond the wall, or is not finite.
        """
        options = options or {}
        self._fresh[slice(None) if mask is None else mask] = True
        start = _checked_options(options)
        if start in (None, self.config.start.kind):
            self.batch.reset(mask, seeds)
            self._follow()
        else:
            # Reset in a batch with other start rules, carried over: the same episode of the same
            # stream that an environment with those rules would have had.
            worlds = range(self.num_envs) if mask is None else np.flatnonzero(mask).tolist()
            other = self._with_start(str(start))
            _move(other, self.dealt)
            other.restore(self.batch.snapshot())
            other.deal(self.batch.next_tracks)
            other.reset(mask, seeds)
            self.batch.reset(mask)
            self.batch.restore(other.snapshot(list(worlds)), list(worlds))
            self._follow()
        if "s" in options:
            place = [np.broadcast_to(options.get(key, 0.0), self.num_envs) for key in PLACEMENT]
            for world in range(self.num_envs) if mask is None else np.flatnonzero(mask):
                self.batch.place(world, 0, *(float(values[world]) for values in place))

    def place(
        self, world: int, s: float, n: float = 0.0, heading_error: float = 0.0, speed: float = 0.0
    ) -> None:
        """Puts the car of a world at (s, n) [m] with a heading error [rad] and a speed [m/s]."""
        self.batch.place(world, 0, s, n, heading_error, speed)

    def _with_start(self, kind: str) -> _core.circuit.Batch:
        if kind not in self._other_starts:
            rules = dataclasses.replace(self.config.start, kind=kind)
            self._other_starts[kind] = self._make_batch(
                dataclasses.replace(self.config, start=rules)
            )
        return self._other_starts[kind]

    def step_telemetry(self) -> dict[str, NDArray[Any]]:
        """The fields of `fact_table()` after the last step, and the laps that it completed.

        These are `lap_completed`, `lap_valid` and `lap_time` [s]; a world that ended shows its last
        state.
        """
        telemetry = dict(self.telemetry)
        ended = self._begun_anew()
        if ended is not None:
            for name in telemetry:
                telemetry[name] = np.where(ended, self.final_records[name], telemetry[name])
        for name in ("completed", "valid", "time"):
            telemetry[f"lap_{name}"] = self.lap_events[name]
        return telemetry

    def over(self) -> NDArray[np.bool_]:
        """Which worlds (N,) have ended and were not reset yet."""
        ended: NDArray[np.bool_] = self.telemetry["world_done"] != 0
        return ended

    def infos(self) -> Columns:
        """What infos say of the worlds as they are now, columns (N,)."""
        columns = self._infos_of(self.telemetry, self.lengths)
        if self.steady_infos:
            told = ~self._fresh
            if self.autoreset == "same_step":
                told &= ~(self.terminated | self.truncated)
            columns |= lap_columns(self.lap_events, told)
        return columns

    def final_infos(self) -> Columns:
        """The same of the last states of worlds that ended, under "same_step"."""
        columns = self._infos_of(self.final_records, self._driven_lengths)
        if self.steady_infos:
            columns |= lap_columns(self.lap_events, self.terminated | self.truncated)
        return columns

    def _infos_of(
        self, telemetry: Mapping[str, Any] | NDArray[np.void], lengths: NDArray[np.float64]
    ) -> Columns:
        infos = step_infos(telemetry, lengths)
        return infos | pose_infos(telemetry) if self.config.pose_info else infos

    @property
    def facts(self) -> Telemetry:
        """The old name of `telemetry`."""
        return self.telemetry

    def columns(self) -> Mapping[str, NDArray[Any]]:
        """Every field of the engine's `fact_table()`, live views (N,)."""
        return self.telemetry

    def parts_of_rewards(self) -> dict[str, Columns]:
        """The reward's terms of the last step, copies (N,) float64."""
        terms = self.reward_terms.T.astype(np.float64, order="C")
        return {"reward_terms": dict(zip(self.term_names, terms, strict=True))}

    def events(self) -> dict[int, dict[str, Any]]:
        """The laps that ended in the last step, by world; nothing if all infos tell of laps."""
        if self.steady_infos:
            return {}
        completed = np.flatnonzero(self.lap_events["completed"])
        return {int(world): lap_info(self.lap_events[world]) for world in completed}

    def states(self, worlds: Sequence[int] | None = None) -> State:
        """The whole state of all worlds, or of some: records (n, 1).

        With `spare` also int32 (n, 2), the numbers of their circuits now and in the next episode.
        """
        chosen = None if worlds is None else list(worlds)
        records = self.batch.snapshot(chosen)
        if not self._spare:
            return (records,)
        numbers: NDArray[Any] = np.stack([self.batch.world_tracks, self.batch.next_tracks], axis=1)
        return records, numbers if chosen is None else numbers[chosen]

    def set_states(
        self, states: Sequence[NDArray[np.void]], worlds: Sequence[int] | None = None
    ) -> None:
        """Puts worlds into states that `states` gave; observations and infos follow.

        Raises:
            ConfigError: they are not the states of so many circuits.
        """
        chosen = list(range(self.num_envs) if worlds is None else worlds)
        wanted: list[tuple[np.dtype[Any], tuple[int, ...]]] = [
            (self.final_records.dtype, (len(chosen), 1))
        ]
        if self._spare:
            wanted.append((np.dtype(np.int32), (len(chosen), 2)))
        records, *numbers = checked_states(states, wanted)
        if numbers:
            _check_numbers(numbers[0], len(self.circuits))
            _move(self.batch, numbers[0][:, 0], chosen)
        self.batch.restore(records, chosen)
        if numbers:
            self.batch.deal(numbers[0][:, 1], chosen)
            self._follow()
        self._fresh[chosen] = True


def _move(
    batch: _core.circuit.Batch, numbers: NDArray[Any], worlds: Sequence[int] | None = None
) -> None:
    """Puts worlds on circuits at once, where new episodes begin."""
    mask = np.ones(batch.num_worlds, np.bool_)
    if worlds is not None:
        mask[:] = False
        mask[list(worlds)] = True
    batch.deal(numbers, worlds)
    batch.reset(mask)


def _check_numbers(numbers: NDArray[Any], count: int) -> None:
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < count:
        raise ConfigError(
            f"a state is of circuit {int(numbers.max())}, but there are {count} circuits."
        )


def _checked_options(options: Mapping[str, Any]) -> str | None:
    """The kind of start that reset options ask for, if any."""
    for key in options:
        if key not in ("start", *PLACEMENT):
            known = ", ".join(("start", *PLACEMENT))
            raise ConfigError(f"there is no reset option {key!r}; known are {known}.")
    start = options.get("start")
    if start is not None and start not in STARTS:
        wanted = " or ".join(map(repr, STARTS))
        raise ConfigError(f"the reset option start is {start!r}, but it must be {wanted}.")
    placed = [key for key in PLACEMENT if key in options]
    if placed and start is not None:
        raise ConfigError(f"the reset options start and {placed[0]} exclude each other.")
    if placed and "s" not in options:
        raise ConfigError(f"the reset option {placed[0]} needs s, the place on the lap, too.")
    return start
