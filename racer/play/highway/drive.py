"""Episodes on the highway, one after the other, frame by frame. No pixels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from racer import _core
from racer.envs.highway.settings import highway_settings
from racer.envs.highway.worlds import HighwayWorlds
from racer.envs.worlds import checked_seed
from racer.play.highway.person import HighwayPerson
from racer.play.highway.views import base_terms, frozen, weighted_terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from racer.drivers.highway.drivers import HighwayDriver
    from racer.envs.highway.settings import HighwaySettings

_EVERY: Final = 2**63  # episodes


@dataclass(frozen=True)
class Shot:
    """The world after one frame: vehicles (K,) as `frozen` gives them, and the ego's record."""

    row: Mapping[str, NDArray[Any]]
    outcome: np.void


@dataclass(frozen=True)
class Score:
    """How an episode goes so far, SI units.

    Attributes:
        steps: actions.
        reward: of the last action; None before the first.
        returned: sum of rewards.
        terms, base: of the last reward, by name.
        action: name of the last action, if actions have numbers.
        mean_speed: along the road [m/s].
        least_distance: to the centre of another vehicle [m].
        episodes, collisions: so far, this one included.
    """

    steps: int = 0
    reward: float | None = None
    returned: float = 0.0
    terms: Mapping[str, float] = field(default_factory=dict)
    base: Mapping[str, float] = field(default_factory=dict)
    action: str = ""
    mean_speed: float = 0.0
    least_distance: float = 1e9
    episodes: int = 0
    collisions: int = 0


class HighwayDrive:
    """One world and who drives in it. Episode i begins as that of `racer evaluate` does.

    A world answers once per action; a picture wants every frame in between. So a second world, one
    frame long, drives the same way again from the same state.

    Attributes:
        settings: of the environment, as the driver needs it.
        seed, episode: which episode this is.
        shots: the frames of the last action, that before it first; just one before any action.
        score, score_before: after the last action, and before it.
        over: whether the episode has ended.
    """

    def __init__(
        self, driver: HighwayDriver, settings: HighwaySettings, seed: int = 0, episode: int = 0
    ) -> None:
        self.driver = driver
        self.settings = highway_settings(settings, settings=driver.settings)
        self.seed = checked_seed(seed)
        self.episode = episode
        self._worlds = HighwayWorlds(1, self.settings, autoreset="disabled", seed=0)
        rates = self.settings["simulation_frequency"], self.settings["policy_frequency"]
        self.frames_per_action = int(rates[0] // rates[1])
        self.frame_seconds = 1.0 / rates[0]
        single = {"policy_frequency": rates[0]}
        self._frames = HighwayWorlds(
            1, self.settings, settings=single, autoreset="disabled", seed=0
        )
        self._idle = self._worlds.idle_action
        self.score = self._past = Score()
        self.start()

    def start(self, episode: int | None = None) -> None:
        """Begins an episode: another one, or the same one again."""
        if episode is not None and episode != self.episode:
            self.episode = episode % _EVERY
            self._past = replace(Score(), episodes=self.score.episodes,
                                 collisions=self.score.collisions)  # fmt: skip
        seed = np.array([_core.split_seed(self.seed, self.episode)], np.uint64)
        self._worlds.reset(None, seed)
        self.driver.reset()
        self.over = False
        outcome = self._worlds.outcomes[0].copy()
        self._start_x = float(outcome["x"])
        self.score = self.score_before = replace(
            self._past, episodes=self._past.episodes + 1, least_distance=float(outcome["nearest"])
        )
        self.shots = [Shot(frozen(self._worlds.telemetry), outcome)]

    def step(self) -> None:
        """One action; does nothing after the episode's end."""
        if self.over:
            return
        worlds, frames = self._worlds, self._frames
        if isinstance(self.driver, HighwayPerson):
            self.driver.outcome = self.shots[-1].outcome
        action = self.driver.act(worlds.observations.copy())
        frames.set_states(worlds.states())
        worlds.step(action)
        self.shots = [self.shots[-1]]
        for _ in range(self.frames_per_action):
            frames.step(action)
            self.shots.append(Shot(frozen(frames.telemetry), frames.outcomes[0].copy()))
            if worlds.discrete:  # an order, given once
                action = np.minimum(action, 0) + self._idle
        self.over = bool(worlds.over()[0])
        self.score_before, self.score = self.score, self._counted()

    def _counted(self) -> Score:
        """The score after the action that the world has just answered."""
        worlds, old = self._worlds, self.score
        outcome = worlds.outcomes[0]
        seconds = (old.steps + 1) * worlds.seconds_per_action
        reward = float(worlds.rewards[0])
        return replace(
            old,
            steps=old.steps + 1,
            reward=reward,
            returned=old.returned + reward,
            terms=weighted_terms(worlds.term_names, worlds.reward_terms[0], self.settings),
            base=base_terms(worlds.base_names, worlds.base_terms[0], self.settings),
            action=worlds.action_name(0),
            mean_speed=(float(outcome["x"]) - self._start_x) / seconds,
            least_distance=min(old.least_distance, float(outcome["nearest"])),
            collisions=old.collisions + int(outcome["crashed"]),
        )
