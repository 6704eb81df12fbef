"""How far a run is, and the bar that shows it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from racer.train.config import TrainConfig


class Clock:
    """The share of a run that is done, by steps or by time, whichever is further.

    Learning rates, evaluations and checkpoints follow it. Time spent before a resume counts.

    Args:
        config: of the run.
    """

    def __init__(self, config: TrainConfig) -> None:
        self._steps = config.steps
        self._seconds = 60.0 * config.minutes
        self._before = 0.0
        self._start = time.monotonic()
        self.steps_done = 0

    def start(self, steps_done: int, seconds_before: float) -> None:
        """Sets the clock to where a run stands."""
        self.steps_done = steps_done
        self._before = seconds_before
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time that the run has taken so far [s]."""
        return self._before + time.monotonic() - self._start

    @property
    def fraction(self) -> float:
        """Share of the run that is done, 0 to 1."""
        by_steps = self.steps_done / self._steps if self._steps else 0.0
        by_time = self.seconds / self._seconds if self._seconds else 0.0
        return min(1.0, max(by_steps, by_time))

    @property
    def time_is_up(self) -> bool:
        """Whether the time, if any was set, is used up."""
        return bool(self._seconds) and self.seconds >= self._seconds


class ProgressBar:
    """A bar with rate and time left on a terminal; elsewhere a line now and then.

    Args:
        clock: of the run.
        shown: whether to show anything.
    """

    def __init__(self, clock: Clock, *, shown: bool = True) -> None:
        self._clock = clock
        self._note = ""
        self._first_steps = clock.steps_done
        self._bar: Any = None
        self._next_line = 0.0
        self._lines = shown and not sys.stderr.isatty()
        if shown and not self._lines:
            from tqdm import tqdm

            self._bar = tqdm(
                total=1.0,
                initial=round(clock.fraction, 4),
                bar_format="{percentage:3.0f}% |{bar:28}| {elapsed}<{remaining} {postfix}",
                leave=True,
            )
        self._start = time.monotonic()

    @property
    def rate(self) -> float:
        """Environment steps per second since the bar is there."""
        spent = max(time.monotonic() - self._start, 1e-6)
        return (self._clock.steps_done - self._first_steps) / spent

    def note(self, text: str) -> None:
        """Shows a text behind the numbers from now on."""
        self._note = text
        self._next_line = 0.0

    def update(self) -> None:
        """Shows how far the run is."""
        clock = self._clock
        text = f"{clock.steps_done:,} steps, {self.rate:,.0f}/s"
        text += f", {self._note}" if self._note else ""
        if self._bar is not None:
            self._bar.set_postfix_str(text, refresh=False)
            self._bar.update(clock.fraction - self._bar.n)
        elif self._lines and time.monotonic() > self._next_line:
            self._next_line = time.monotonic() + 20.0
            left = self._time_left()
            print(f"{clock.fraction:4.0%} {text}{left}", file=sys.stderr, flush=True)

    def _time_left(self) -> str:
        spent = time.monotonic() - self._start
        done = self._clock.fraction
        if spent < 1.0 or done <= 0.0:
            return ""
        left = self._clock.seconds / done * (1.0 - done)
        return f", {left // 60:.0f} min {left % 60:.0f} s left"

    def close(self) -> None:
        """Leaves the bar as it is."""
        if self._bar is not None:
            self.update()
            self._bar.close()
