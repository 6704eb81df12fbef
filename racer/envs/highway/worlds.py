"""N highways with their traffic: their spaces, rewards and infos."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from gymnasium.spaces import Box, Discrete, Space
from numpy.typing import NDArray

from racer import _core
from racer.envs.checks import as_float32
from racer.envs.copies import Copied
from racer.envs.highway.settings import HighwayConfigLike, HighwaySettings, highway_settings
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
from racer.formats.aliases import STEP_COUNT
from racer.formats.settings import truth, whole_number

AnySpace: TypeAlias = "Space[Any]"

# What no rule bounds is at most this far from 0: larger than any world can make it.
UNBOUNDED = 1e9
META_ACTIONS = ("LANE_LEFT", "IDLE", "LANE_RIGHT", "FASTER", "SLOWER")


class HighwayWorlds(StepRewards, Copied):
    """N highway worlds, as `racer.envs.worlds.Worlds`.

    The arrays are live views of the batch, overwritten by the next call.

    Args:
        num_envs: number of worlds N.
        config: see `racer.envs.highway.settings.highway_settings`.
        preset: "highway", "fast" or "risk".
        settings: keys that win over those of `config`.
        autoreset: overrides the config's.
        seed: of the worlds' random streams until they are reseeded; None: a random one.
        reward_fn: replaces the reward; see `reward_telemetry`.
        steady_infos: infos are flat, see `racer.envs.steady_infos`.

    Attributes:
        settings: the checked settings.
        batch: the engine's batch.
        observations, final_observations: float32 (N, V, F), or (N, V F) if flattened.
        rewards: float64 (N,).
        reward_terms: float64 (N, T), in the order of `term_names`; they add up to the reward.
        base_terms: float64 (N, 4), in the order of `base_names`: HighwayEnv's, before weights.
        terminated, truncated: bool (N,).
        outcomes: structured (N,), the ego vehicle as it is now.
        final_outcomes: structured (N,), the last outcomes of worlds that ended, under "same_step".

    Raises:
        ConfigError: a setting or the number of worlds cannot be used.
    """

    kind = "highway"
    _rebuilt = (
        "observations",
        "final_observations",
        "rewards",
        "reward_terms",
        "base_terms",
        "terminated",
        "truncated",
        "outcomes",
        "final_outcomes",
        "telemetry",
        "_done",
    )

    def __init__(
        self,
        num_envs: int,
        config: HighwayConfigLike = None,
        preset: str = "highway",
        settings: Mapping[str, Any] | None = None,
        *,
        autoreset: str | None = None,
        seed: int | None = None,
        reward_fn: RewardFunction | None = None,
        steady_infos: bool = False,
    ) -> None:
        checked_reward_function(reward_fn)
        self.reward_fn = reward_fn
        self.settings = highway_settings(config, preset, settings)
        self.autoreset = autoreset or self.settings["autoreset"]
        num_envs = whole_number(num_envs, "num_envs", 1, MOST_WORLDS)
        stream = secrets.randbits(64) if seed is None else checked_seed(seed)
        try:
            self.batch = _core.highway.Batch(
                num_envs,
                self.settings.engine,
                autoreset=self.autoreset,
                threads=whole_number(self.settings["threads"], "threads"),
                seed=stream,
            )
        except (TypeError, ValueError) as problem:
            raise ConfigError(f"{str(problem).partition(' (')[0]}.") from None
        self.num_envs = num_envs
        self.seconds_per_action = 1.0 / self.settings["policy_frequency"]
        self.step_limit: int | None = _steps_of(self.settings["duration"], self.seconds_per_action)
        self.steady_infos = truth(steady_infos, "steady_infos")
        self.term_names: tuple[str, ...] = _core.highway.REWARD_TERMS
        self.base_names: tuple[str, ...] = _core.highway.BASE_TERMS
        self.observation_space = _observation_space(self.settings)
        self.action_space = _action_space(self.settings)
        self.discrete = isinstance(self.action_space, Discrete)
        size = (num_envs,) if self.discrete else (num_envs, self.batch.action_size)
        self.actions: NDArray[Any] = np.zeros(size, np.int64 if self.discrete else np.float32)
        self._attach()

    def _attach(self) -> None:
        """Views into the batch's memory."""
        batch = self.batch
        shape = (self.num_envs, -1) if self.settings["flatten"] else batch.observations.shape
        self.observations = batch.observations.reshape(shape)
        self.final_observations = batch.final_observations.reshape(shape)
        self.rewards = batch.rewards
        self.reward_terms = batch.reward_terms
        self.base_terms = batch.base_terms
        self.terminated = batch.terminated
        self.truncated = batch.truncated
        self.outcomes: NDArray[np.void] = batch.outcomes
        self.final_outcomes: NDArray[np.void] = batch.final_outcomes
        self.telemetry: dict[str, NDArray[Any]] = batch.facts
        self._done = batch.world_done

    def step(self, actions: Any) -> None:
        """One policy step of every world.

        Args:
            actions: (N, A) float, columns acceleration and steering as far as there are both; or
                (N,) whole numbers, the meaning of which is `action_meanings`.

        Raises:
            ValueError: the shape is wrong, or a number means nothing.
        """
        rows = np.asarray(actions) if self.discrete else as_float32(actions)
        if rows.shape != self.actions.shape:
            raise ValueError(f"actions must have shape {self.actions.shape}, got {rows.shape}.")
        if self.discrete and rows.dtype.kind not in "iu":
            raise ValueError(f"actions must be whole numbers, got {rows.dtype}.")
        self.actions[...] = rows
        self.batch.step(self.actions)

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
            options: none are known.

        Raises:
            ConfigError: there is an option.
        """
        for key in options or {}:
            if key == "config":
                raise ConfigError(
                    "the reset option 'config' is for a single environment; all worlds of a vector "
                    "environment have the config that it was made with."
                )
            raise ConfigError(f"there is no reset option {key!r}; make another environment.")
        self.batch.reset(mask, seeds)

    def step_telemetry(self) -> dict[str, NDArray[Any]]:
        """The fields of `outcomes` after the last step, and HighwayEnv's terms before weights.

        The fields are those of the ego vehicle: `x`, `y`, `heading`, `speed`, `forward_speed`,
        `acceleration`, `steering`, `time_to_collision`, `nearest`, `lane`, `target_lane`, `steps`,
        `crashed`, `on_road`, ...; the terms have their names. A world that ended shows its last
        state.
        """
        ended = self._begun_anew()
        outcomes = self.outcomes
        if ended is not None:
            outcomes = np.where(ended, self.final_outcomes, outcomes)
        names = [name for name in outcomes.dtype.names or () if name != "reserved"]
        telemetry: dict[str, NDArray[Any]] = {name: outcomes[name] for name in names}
        telemetry |= dict(zip(self.base_names, self.base_terms.T, strict=True))
        for values in telemetry.values():
            values.flags.writeable = False
        return telemetry

    def over(self) -> NDArray[np.bool_]:
        """Which worlds (N,) have ended and were not reset yet."""
        ended: NDArray[np.bool_] = self._done != 0
        return ended

    def infos(self) -> Columns:
        """What infos say of the worlds as they are now, columns (N,)."""
        return self._infos_of(self.outcomes)

    def final_infos(self) -> Columns:
        """The same of the last states of worlds that ended, under "same_step"."""
        return self._infos_of(self.final_outcomes)

    def _infos_of(self, outcomes: NDArray[np.void]) -> Columns:
        infos = step_infos(outcomes)
        return infos | pose_infos(outcomes) if self.settings["pose_info"] else infos

    @property
    def facts(self) -> Telemetry:
        """The old name of `telemetry`."""
        return self.telemetry

    def columns(self) -> Mapping[str, NDArray[Any]]:
        """Every field of the outcomes, live views (N,)."""
        return {name: self.outcomes[name] for name in self.outcomes.dtype.names or ()}

    def parts_of_rewards(self) -> dict[str, Columns]:
        """HighwayEnv's terms before their weights, and those that add up to the reward, copies."""
        base = self.base_terms.T.astype(np.float64, order="C")
        terms = self.reward_terms.T.astype(np.float64, order="C")
        return {
            "rewards": dict(zip(self.base_names, base, strict=True)),
            "reward_terms": dict(zip(self.term_names, terms, strict=True)),
        }

    def events(self) -> dict[int, dict[str, Any]]:
        """Nothing: infos say it all."""
        return {}

    def states(self, worlds: Sequence[int] | None = None) -> State:
        """The whole state of all worlds, or of some: vehicles (n, K) and worlds (n,)."""
        return self.batch.snapshot(None if worlds is None else list(worlds))

    def set_states(
        self, states: Sequence[NDArray[np.void]], worlds: Sequence[int] | None = None
    ) -> None:
        """Puts worlds into states that `states` gave; observations and infos follow.

        Raises:
            ConfigError: they are not the states of so many highways with so many vehicles.
        """
        chosen = list(range(self.num_envs) if worlds is None else worlds)
        now = self.batch.snapshot([0])
        wanted = [(part.dtype, (len(chosen), *part.shape[1:])) for part in now]
        vehicles, records = checked_states(states, wanted)
        self.batch.restore(vehicles, records, chosen)

    def action_name(self, world: int) -> str:
        """Name of a world's last action, if actions have numbers and a choice of them; or ""."""
        names = self.action_meanings
        if not self.discrete or len(names) == 1:
            return ""
        number = int(self.actions[world])
        return names[number] if 0 <= number < len(names) else "IDLE"

    @property
    def idle_action(self) -> int:
        """The number of the meta-action that changes nothing; 0 if actions have no choice."""
        most = len(self.action_meanings) - 1
        return min(META_ACTIONS.index("IDLE"), most) if self.discrete else 0

    @property
    def action_meanings(self) -> tuple[str, ...]:
        """As the function `action_meanings`."""
        return action_meanings(self.settings)


def _steps_of(duration: float, seconds: float) -> int:
    """After how many steps of so many seconds the engine, which adds them up, is at `duration`."""
    if duration > 1e5 * seconds:
        return math.ceil(duration / seconds)
    steps, time = 1, seconds  # an episode of no duration has a step as well
    while time < duration:
        steps += 1
        time += seconds
    return steps


def action_meanings(settings: HighwaySettings) -> tuple[str, ...]:
    """Names of the axes of an action, or of the numbers that a meta-action may have."""
    action = settings["action"]
    if action["type"] == "Traffic":
        return ("DRIVES_ITSELF",)
    if action["type"] == "ContinuousAction":
        axes = (("acceleration", "longitudinal"), ("steering", "lateral"))
        return tuple(name for name, part in axes if action[part])
    if action["longitudinal"] and action["lateral"]:
        return META_ACTIONS
    return META_ACTIONS[:3] if action["lateral"] else ("SLOWER", "IDLE", "FASTER")


def step_infos(outcomes: NDArray[np.void]) -> Columns:
    """The entries of an info, as arrays (M,), from outcomes (M,)."""
    return {
        "speed": outcomes["speed"].copy(),
        "crashed": outcomes["crashed"] != 0,
        "forward_speed": outcomes["forward_speed"].copy(),
        "on_road": outcomes["on_road"] != 0,
        "lane": outcomes["lane"].astype(np.int64),
        "time_to_collision": outcomes["time_to_collision"].copy(),
        "nearest": outcomes["nearest"].copy(),
        STEP_COUNT: outcomes["steps"].astype(np.int64),
    }


def pose_infos(outcomes: NDArray[np.void]) -> Columns:
    """Where the ego vehicles are, as arrays (M,): what `pose_info` adds to infos."""
    infos = {name: outcomes[name].copy() for name in ("x", "y", "heading")}
    infos["s"] = outcomes["x"].copy()
    infos["n"] = outcomes["y"] - outcomes["lane"] * _core.highway.LANE_WIDTH
    return infos


def _observation_space(settings: HighwaySettings) -> AnySpace:
    table = settings["observation"]
    ranges = settings.engine.features_range
    defaults = ("x", "y", "vx", "vy")
    low, high = [], []
    for feature in table["features"]:
        ranged = feature in (defaults if ranges is None else ranges)
        bound = UNBOUNDED
        unit = feature == "presence" or feature.startswith(("cos_", "sin_"))
        if ranged and table["normalize"]:
            bound = 1.0 if table["clip"] else UNBOUNDED
        elif unit:
            bound = 1.0
        elif feature == "ang_off":
            bound = float(np.nextafter(np.float32(np.pi), np.float32(4)))
        low.append(-bound)
        high.append(bound)
    rows = table["vehicles_count"]
    bounds = [np.tile(np.array(side, np.float32), (rows, 1)) for side in (low, high)]
    if settings["flatten"]:
        bounds = [side.ravel() for side in bounds]
    space: Any = Box(bounds[0], bounds[1], dtype=np.float32)
    return space  # type: ignore[no-any-return]


def _action_space(settings: HighwaySettings) -> AnySpace:
    action = settings["action"]
    if action["type"] == "Traffic":
        return Discrete(1)
    both = action["longitudinal"] and action["lateral"]
    if action["type"] == "DiscreteMetaAction":
        return Discrete(5 if both else 3)
    space: Any = Box(-1.0, 1.0, (2 if both else 1,), np.float32)
    return space  # type: ignore[no-any-return]
