"""The highway through its bindings: the mission's layout, and what more traffic costs."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from racer.envs.highway_worlds import HighwayWorlds
from racer.tools.bench.measure import Case, Rate, rate, steps_case

BATCHES = (1, 64, 256)
CROWDS = (50, 100, 200, 500, 1000)
CROWD_WORLDS = 4
TICKS = 12  # of 1/60 s, in a policy step of 1/5 s
RECORDED = 64


class Scene:
    """Worlds under way with actions that keep the ego vehicle among the traffic."""

    def __init__(self, num_worlds: int, threads: int, vehicles: int = 50) -> None:
        settings = {"threads": threads, "vehicles_count": vehicles}
        self.worlds = HighwayWorlds(
            num_worlds, None, "risk", settings, autoreset="same_step", seed=1
        )
        random = np.random.default_rng(0)
        shape = (RECORDED, num_worlds, 2)
        self.actions = (random.uniform(-1, 1, shape) * (0.3, 0.005)).astype(np.float32)
        self.next = 0

    def step(self) -> None:
        """One policy step of every world."""
        self.worlds.batch.step(self.actions[self.next % RECORDED])
        self.next += 1


def _measured(num_worlds: int, threads: int, seconds: float, vehicles: int) -> Rate:
    scene = Scene(num_worlds, threads, vehicles)
    return rate(scene.step, seconds)


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """Batches with 50 vehicles; then, on one thread, how the cost of a vehicle grows."""
    for num_worlds in BATCHES:
        found = _measured(num_worlds, threads, seconds, 50)
        name = "50 vehicles, 15 x 6, 15 Hz / 5 Hz"
        yield steps_case(
            "highway", name, found, num_envs=num_worlds, threads=threads, ticks_per_action=TICKS
        )
    if threads != 1:
        return
    base = 0.0
    for vehicles in CROWDS:
        found = _measured(CROWD_WORLDS, 1, seconds, vehicles)
        # 3 frames a step; the ego vehicle is one more.
        each = 1e9 / (found.median * CROWD_WORLDS * 3 * (vehicles + 1))
        base = base or each / np.log2(vehicles)
        case = steps_case(
            "highway",
            f"{vehicles} vehicles, cost of each over n log n",
            found,
            num_envs=CROWD_WORLDS,
            threads=1,
            ticks_per_action=TICKS,
        )
        ratio = float(each / np.log2(vehicles) / base)
        yield replace(case, ratio=ratio, note=f"{each:.0f} ns per vehicle and frame")
