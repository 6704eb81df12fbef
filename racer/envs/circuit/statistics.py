"""What TensorBoard gets to see of the driving itself: laps, excursions, reward terms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from racer import _core

if TYPE_CHECKING:
    from stable_baselines3.common.logger import Logger


class DrivingStatistics:
    """Counts what happens in a batch between two logs.

    Tags: `rollout/lap_time_best` and `rollout/lap_time_mean` of valid flying laps [s],
    `rollout/valid_lap_rate` (valid laps among all that were completed), `rollout/lap_complete_rate`
    (laps completed among those that were completed or cut short by a fault that ended the episode;
    a lap begins when its clock starts, and one that is merely truncated does not count),
    `rollout/off_track_rate` (share of steps with all four wheels off), `reward/<term>` (mean per
    step, weighted).

    Args:
        batch: the worlds that learn, with the autoreset "same_step".
    """

    def __init__(self, batch: _core.circuit.Batch) -> None:
        self._batch = batch
        self._wheels_off = batch.facts["wheels_off"]  # live; `facts` makes every view anew
        self._names = list(_core.circuit.REWARD_TERMS)
        self._clear()

    def _clear(self) -> None:
        self._terms = np.zeros(self._batch.reward_terms.shape)  # of each car
        self._steps = 0
        self._off_track = 0
        self._laps = 0
        self._cut_short = 0
        self._times: list[float] = []
        self._valid = 0

    def after_step(self) -> None:
        """Notes the step that the batch just made."""
        batch = self._batch
        self._terms += batch.reward_terms
        self._steps += batch.num_worlds * batch.cars_per_world
        self._off_track += int(np.count_nonzero(self._wheels_off == 4.0))
        if batch.terminated.any():
            last = batch.final_records[batch.terminated]
            self._cut_short += int((last["lap_running"] != 0).sum())
        events = batch.lap_events
        completed = events["completed"] != 0
        if completed.any():
            laps = events[completed]
            good = laps["valid"] != 0
            self._laps += len(laps)
            self._valid += int(good.sum())
            self._times += laps["time"][good & (laps["standing"] == 0)].tolist()

    def record(self, logger: Logger) -> None:
        """Hands everything to the logger and starts afresh."""
        for name, total in zip(self._names, self._terms.sum(axis=(0, 1)), strict=True):
            logger.record(f"reward/{name}", total / max(self._steps, 1))
        logger.record("rollout/off_track_rate", self._off_track / max(self._steps, 1))
        if self._laps:
            logger.record("rollout/valid_lap_rate", self._valid / self._laps)
        if ended := self._laps + self._cut_short:
            logger.record("rollout/lap_complete_rate", self._laps / ended)
        if self._times:
            logger.record("rollout/lap_time_best", min(self._times))
            logger.record("rollout/lap_time_mean", math.fsum(self._times) / len(self._times))
        self._clear()
