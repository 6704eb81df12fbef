"""Clocks: rates and latencies of a function, and the row of a result table.

Imports nothing of Racer: the peers' processes load this file by its path.
"""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

# Many short ones: what else runs on a core, or beside it on the same processor, comes and goes
# within tenths of a second.
REPEATS = 25
Step = Callable[[], object]


class UnavailableError(Exception):
    """A layer cannot run here; the sentence says why and what to do about it."""


@dataclass(frozen=True)
class Case:
    """One row of the results; fields that do not apply are None and left out of the JSON.

    Attributes:
        layer: one of `LAYERS`.
        case: what was measured, in words.
        num_envs: worlds stepped at once.
        threads: threads of the engine (or of PyTorch), and cores the process was pinned to.
        ticks_per_action: simulated ticks of 1/60 s per step.
        ticks_per_second: simulated ticks of all worlds per second of wall time, median of repeats.
        steps_per_second: the same in steps (actions).
        best_steps_per_second: the best repeat, which tells what an undisturbed core does.
        median_us: median time of one call [us].
        p99_us: 99th percentile of one call [us].
        wall_seconds: wall time of all repeats.
        cpu_seconds: CPU time of all threads during that.
        ratio: how many times as fast as what the row is compared with; the row says what.
        share: part of a whole, 0 to 1; the row says of what.
        note: what else should be known.
    """

    layer: str
    case: str
    num_envs: int | None = None
    threads: int | None = None
    ticks_per_action: int | None = None
    ticks_per_second: float | None = None
    steps_per_second: float | None = None
    best_steps_per_second: float | None = None
    median_us: float | None = None
    p99_us: float | None = None
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    ratio: float | None = None
    share: float | None = None
    note: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields that apply, numbers with a sensible number of digits."""
        return {
            name: float(f"{value:.5g}") if isinstance(value, float) else value
            for name, value in asdict(self).items()
            if value is not None
        }


@dataclass(frozen=True)
class Rate:
    """Calls per second: median and best of the repeats, and the time they took."""

    median: float
    best: float
    wall_seconds: float
    cpu_seconds: float


def pin(cores: int) -> int:
    """Keeps this process (and the threads it will start) on `cores` cores; returns how many it has.

    The last ones are taken, because the first serves most interrupts.
    """
    if not hasattr(os, "sched_setaffinity"):
        return os.cpu_count() or 1
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[-cores:])
    return min(cores, len(allowed))


def rate(step: Step, seconds: float) -> Rate:
    """Calls `step` for about `seconds` in all, after a short warm-up."""
    return rates_in_turns([step], seconds)[0]


def rates_in_turns(steps: Sequence[Step], seconds: float) -> list[Rate]:
    """Calls each for about `seconds` in all, in turns, so that all are disturbed alike."""
    calls = [_calls_in(step, seconds / REPEATS) for step in steps]
    rates: list[list[float]] = [[] for _ in steps]
    spent = np.zeros((len(steps), 2))  # wall and processor time
    for _ in range(REPEATS):
        for i, step in enumerate(steps):
            start, cpu = time.perf_counter(), time.process_time()
            for _ in range(calls[i]):
                step()
            wall = time.perf_counter() - start
            rates[i].append(calls[i] / wall)
            spent[i] += wall, time.process_time() - cpu
    return [
        Rate(statistics.median(found), max(found), float(wall), float(cpu))
        for found, (wall, cpu) in zip(rates, spent, strict=True)
    ]


def _calls_in(step: Step, seconds: float) -> int:
    """How many calls of `step` last about `seconds`; a few are made to find out."""
    calls = 1
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            step()
        spent = time.perf_counter() - start
        if spent > 0.5 * seconds or spent > 1.0:
            return max(1, round(calls * seconds / spent))
        calls *= 4


def latencies(
    step: Step, seconds: float, between: Step = lambda: None
) -> tuple[float, float, float]:
    """Times single calls.

    Args:
        step: what is timed.
        seconds: for how long in all [s].
        between: called after each step, not timed.

    Returns:
        Median and 99th percentile of a call [us], and calls per second of the time in calls.
    """
    for _ in range(100):
        step()
        between()
    times: list[int] = []
    clock = time.perf_counter_ns
    end = clock() + int(seconds * 1e9)
    while True:
        start = clock()
        step()
        now = clock()
        times.append(now - start)
        between()
        if now > end:
            break
    median, p99 = np.percentile(times, [50, 99]) / 1000.0
    return float(median), float(p99), len(times) / (sum(times) * 1e-9)


def steps_case(
    layer: str, name: str, measured: Rate, *, num_envs: int, threads: int, ticks_per_action: int
) -> Case:
    """A row from the rate of calls that step `num_envs` worlds each."""
    steps = measured.median * num_envs
    return Case(
        layer,
        name,
        num_envs=num_envs,
        threads=threads,
        ticks_per_action=ticks_per_action,
        ticks_per_second=steps * ticks_per_action,
        steps_per_second=steps,
        best_steps_per_second=measured.best * num_envs,
        wall_seconds=measured.wall_seconds,
        cpu_seconds=measured.cpu_seconds,
    )
