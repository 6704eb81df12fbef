"""The engine through its bindings: physics alone, and whole batches with rules and nine rays."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.tools.bench.measure import Case, Rate, rate, rates_in_turns, steps_case
from racer.tracks import list_tracks, load_track

BATCHES = (1, 64, 1024)
RARE = 64  # ticks per action, so many that an observation after each action costs next to nothing
WHEELBASE = 2.7  # [m]
FULL_LOCK = 0.45  # [rad]
DRIVEN_STEPS = 256


def drive(batch: _core.circuit.Batch, track: _core.circuit.Track) -> NDArray[np.float32]:
    """Pedals (N, 1, 3) of a simple careful driver, so that the cars measured do drive.

    It looks up the curve ahead, keeps to the centre line and to 80 % of the cautious speed.
    """
    stations = track.stations
    telemetry = batch.facts
    speed = telemetry["v_x"]
    ahead = (telemetry["station"] + (8 + 0.3 * speed).astype(int)) % track.station_count
    lock = np.arctan(WHEELBASE * stations["curvature"][ahead])
    lock -= (
        telemetry["sin_heading"]
        + 0.05 * telemetry["n"]
        + 0.1 * telemetry["yaw_rate"] / (1.0 + speed)
    )
    wanted = 0.8 * stations["spawn_speed"][ahead] - speed
    pedals = np.stack([lock / FULL_LOCK, 0.3 * wanted, -0.3 * wanted], axis=-1)
    clipped: NDArray[np.float32] = np.clip(pedals, (-1, 0, 0), 1).astype(np.float32)
    return clipped


class Scene:
    """A batch with cars under way, and recorded actions that can be stepped forever."""

    def __init__(self, num_worlds: int, observation: str, ticks: int, threads: int) -> None:
        self.track = load_track(list_tracks()[0])
        config = _core.circuit.Config()
        config.start = "random"
        config.max_steps = 0
        self.batch = _core.circuit.Batch(
            [self.track],
            num_worlds,
            observation=observation,
            ticks_per_action=ticks,
            threads=threads,
            config=config,
        )
        self.start = self.batch.snapshot()
        self.actions = []
        for _ in range(DRIVEN_STEPS // ticks):
            self.actions.append(drive(self.batch, self.track))
            self.batch.step(self.actions[-1])
        self.next = len(self.actions)

    def step(self) -> None:
        """One step; after the last recorded action the cars are put back to the first."""
        if self.next == len(self.actions):
            self.batch.restore(self.start)
            self.next = 0
        self.batch.step(self.actions[self.next])
        self.next += 1


def batch_case(num_worlds: int, observation: str, ticks: int, threads: int, seconds: float) -> Case:
    """Steps of a batch from Python, with rules, rewards, observations and rays."""
    scene = Scene(num_worlds, observation, ticks, threads)
    return _batch_row(rate(scene.step, seconds), num_worlds, observation, ticks, threads)


def threads_case(
    num_worlds: int, observation: str, ticks: int, threads: int, seconds: float
) -> Case:
    """The same with several threads, in turns with one; `ratio` is that of the best rates."""
    scenes = [Scene(num_worlds, observation, ticks, used) for used in (threads, 1)]
    several, one = rates_in_turns([scene.step for scene in scenes], 2.0 * seconds)
    return replace(
        _batch_row(several, num_worlds, observation, ticks, threads),
        ratio=several.best / one.best,
        note=f"over one thread, in turns; {several.median / one.median:.2f}x by medians",
    )


def _batch_row(measured: Rate, num_worlds: int, observation: str, ticks: int, threads: int) -> Case:
    name = f"batch, {observation} observation"
    return steps_case(
        "engine", name, measured, num_envs=num_worlds, threads=threads, ticks_per_action=ticks
    )


def physics_case(num_worlds: int, seconds: float) -> Case:
    """The car's equations alone, without track, rules and observation."""
    scene = Scene(num_worlds, "lidar", 1, 1)
    ticks = 256
    scene.batch.restore(scene.start)
    measured = rate(lambda: scene.batch.run_physics(ticks), seconds)
    per_tick = Rate(
        measured.median * ticks, measured.best * ticks, measured.wall_seconds, measured.cpu_seconds
    )
    return steps_case(
        "engine", "physics alone", per_tick, num_envs=num_worlds, threads=1, ticks_per_action=1
    )


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """All cases of the layer; those with several threads only if the process has the cores."""
    if threads == 1:
        for worlds in BATCHES:
            yield physics_case(worlds, seconds)
            yield replace(
                batch_case(worlds, "lidar", RARE, 1, seconds),
                case="physics, track and rules",
                note=f"rays and observation only every {RARE}th tick",
            )
    for observation, worlds, ticks in product(("lidar", "track"), BATCHES, (1, 6)):
        if threads == 1:
            yield batch_case(worlds, observation, ticks, 1, seconds)
        elif worlds == max(BATCHES):
            yield threads_case(worlds, observation, ticks, threads, seconds)
