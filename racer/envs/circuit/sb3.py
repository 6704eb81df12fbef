"""Stable-Baselines3's vector environment of circuits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from racer.envs.checks import check_keywords
from racer.envs.circuit import outlook
from racer.envs.circuit.outlook import Outlook
from racer.envs.circuit.sampler import CircuitSampler
from racer.envs.circuit.tracks import TrackLike
from racer.envs.circuit.worlds import DEFAULT_TRACK, SETTINGS, CircuitWorlds, ConfigLike
from racer.envs.pictures import checked_render_mode
from racer.envs.sb3_view import WorldsVecEnv
from racer.envs.worlds import RewardFunction

if TYPE_CHECKING:
    from racer import _core
    from racer.envs.circuit.settings import EnvConfig


class RacerVecEnv(WorldsVecEnv):
    """N circuits for Stable-Baselines3; resets in the step in which a world ends.

    All returned arrays are copies. Infos are empty except for worlds in which something happened:

    * the episode ended: `terminal_observation`, `TimeLimit.truncated`, `episode` (`r`, `l`, `t` as
      of SB3's Monitor, so that no VecMonitor is needed), the telemetry of the last step as in
      `RacerEnv`, and over the episode `distance` [m], `off_track_share` (of steps with all four
      wheels off) and `reward_terms` (their sums);
    * a lap ended: `lap_time` [s], `lap_sectors` (3,) [s], `lap_valid`, `lap_reasons`, and
      `lap_standing`.

    `env_method` knows `place(s, n=0, heading_error=0, speed=0)`, which puts the car somewhere (the
    observation follows with the next step), `snapshot()`, `restore(state)` and `render()`;
    `get_attr` knows `track`, `config` and every fact of a car.

    Args:
        num_envs: number of worlds N.
        track: a name of the catalogue, a path or a `Track`; or several, dealt out in turn; with a
            sampler any number.
        config: a TOML or JSON file, a mapping of that shape or an `EnvConfig`.
        render_mode: "rgb_array", "human" (a window, the first world) or None.
        reward_fn: replaces the weighted sum of terms, see `CircuitWorlds.reward_telemetry`.
        seed: of the random streams until `seed()` gives one; None: a random one.
        sampler: makes the `racer.envs.circuit.sampler.CircuitSampler` that chooses circuits and
            places of the episodes; None: each world stays on its circuit.
        settings: fields of `EnvConfig` that win over those of `config`.

    Raises:
        RacerError: a track or a setting cannot be used.
    """

    def __init__(
        self,
        num_envs: int = 1,
        track: TrackLike | Sequence[TrackLike] = DEFAULT_TRACK,
        config: ConfigLike = None,
        *,
        render_mode: str | None = None,
        reward_fn: RewardFunction | None = None,
        seed: int | None = None,
        sampler: Callable[[Sequence[_core.circuit.Track]], CircuitSampler] | None = None,
        **settings: Any,
    ) -> None:
        check_keywords(RacerVecEnv, settings, SETTINGS)
        mode = checked_render_mode(render_mode)
        worlds = CircuitWorlds(
            num_envs,
            track,
            config,
            settings,
            autoreset="same_step",
            seed=seed,
            reward_fn=reward_fn,
            spare=sampler is not None,
        )
        self.worlds = worlds
        self.sampler = None if sampler is None else sampler(worlds.circuits)
        if self.sampler is not None:
            everyone = range(worlds.num_envs)
            worlds.deal(self.sampler.draw(worlds.num_envs), everyone)
            worlds.reset()
            worlds.deal(self.sampler.draw(worlds.num_envs), everyone)
        self._off_track_steps = np.zeros(worlds.num_envs, np.int64)
        self._outlook: Outlook | None = None
        super().__init__(
            worlds,
            render_mode=mode,
            attributes={"track": worlds.tracks},
            methods={"place": worlds.place},
        )

    outlook_size = outlook.SIZE

    @property
    def config(self) -> EnvConfig:
        """The settings, which stay as they are."""
        return self.worlds.config

    def outlook(self) -> NDArray[np.float32]:
        """How fast the circuits go on, see `racer.envs.circuit.outlook`."""
        return self._ahead(self.worlds.telemetry["s"], self.worlds.dealt)

    def final_outlook(self, ended: NDArray[np.intp]) -> NDArray[np.float32]:
        """The same where episodes ended."""
        return self._ahead(self.worlds.final_records["s"][ended], self.worlds.driven[ended])

    def _ahead(self, s: NDArray[np.float64], circuits: NDArray[np.int32]) -> NDArray[np.float32]:
        if self._outlook is None:
            self._outlook = self.worlds.make_outlook()
        return self._outlook(s, circuits)

    def count_step(self, dones: NDArray[np.bool_]) -> None:
        """Counts steps off the track."""
        ticks = np.where(
            dones,
            self.worlds.final_records["off_track_ticks"],
            self.worlds.telemetry["off_track_ticks"],
        )
        self._off_track_steps += ticks > 0

    def episode_infos(self, ended: NDArray[np.intp], steps: NDArray[np.int64]) -> dict[str, Any]:
        """Distance and share of steps off the track."""
        return {
            "distance": self.worlds.final_records["distance"][ended],
            "off_track_share": self._off_track_steps[ended] / np.maximum(steps, 1),
        }

    def clear_counts(self, chosen: Any) -> None:
        """Begins at 0."""
        self._off_track_steps[chosen] = 0

    def begin_episodes(self, ended: NDArray[np.intp]) -> None:
        """Some begin before a place of a fault; the circuits of the next ones are drawn."""
        if self.sampler is None:
            return
        worlds = self.worlds
        places = worlds.final_records["s"][ended]
        self.sampler.note(worlds.driven[ended], worlds.terminated[ended], places)
        for i, s, speed in self.sampler.starts(worlds.dealt[ended]):
            worlds.place(int(ended[i]), s, speed=speed)
        worlds.deal(self.sampler.draw(len(ended)), ended.tolist())

    def plan(self) -> dict[str, Any]:
        """The sampler's state."""
        return {} if self.sampler is None else {"sampler": self.sampler.state()}

    def restore_plan(self, plan: Mapping[str, Any]) -> None:
        """Puts the sampler back."""
        if self.sampler is not None:
            self.sampler.restore(plan["sampler"])

    def event_infos(self) -> dict[int, dict[str, Any]]:
        """The laps that ended, with what the laps of a training run are told apart by."""
        events = self.worlds.events()
        for world, event in events.items():
            event["lap_standing"] = bool(self.worlds.lap_events["standing"][world])
        return events
