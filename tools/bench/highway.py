"""The highway through its bindings: the mission's layout, what more traffic costs, and envpool's.

The peer lives in the venv of `make peers`; without it the rest is measured all the same.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from racer.envs.highway.worlds import HighwayWorlds
from racer.tools.bench.measure import Case, Rate, UnavailableError, rate, steps_case
from racer.tools.bench.peers import measure_peer, python_of_peers

BATCHES = (1, 64, 256)
CROWDS = (10, 50, 200, 1000)
USUAL = 50  # vehicles
CROWD_WORLDS = 4
TICKS = 12  # of 1/60 s, in a policy step of 1/5 s
RECORDED = 64
COMPARED = 64  # worlds, ours and the peer's
PEER = "pool-highway-64"
TURNS = 3  # ours and the peer's in turns, so that a busy machine disturbs both


class Scene:
    """Worlds under way with actions that keep the ego vehicle among the traffic."""

    def __init__(self, num_worlds: int, threads: int, vehicles: int = USUAL) -> None:
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


def _batch_case(num_worlds: int, threads: int, seconds: float) -> Case:
    found = _measured(num_worlds, threads, seconds, USUAL)
    name = f"{USUAL} vehicles, 15 x 6, 15 Hz / 5 Hz"
    return steps_case(
        "highway", name, found, num_envs=num_worlds, threads=threads, ticks_per_action=TICKS
    )


def crowd_cases(seconds: float) -> Iterator[Case]:
    """What a vehicle costs among more and more of them.

    `ratio` is how that grew since the crowd before, over how n log n would let it grow. Costs are
    processor time, so that other work on a busy machine does not count.
    """
    last: tuple[float, float] | None = None
    for vehicles in CROWDS:
        found = _measured(CROWD_WORLDS, 1, seconds, vehicles)
        # 3 frames a step; the ego vehicle is one more.
        updates = found.median * CROWD_WORLDS * 3 * (vehicles + 1)
        each = 1e9 / updates * found.cpu_seconds / found.wall_seconds
        case = steps_case(
            "highway",
            f"{vehicles} vehicles, growth over n log n",
            found,
            num_envs=CROWD_WORLDS,
            threads=1,
            ticks_per_action=TICKS,
        )
        allowed = float(np.log2(vehicles))
        ratio = None if last is None else each / last[0] / (allowed / last[1])
        note = f"{each:.0f} ns of processor time per vehicle and frame"
        yield replace(case, ratio=ratio, note=note)
        last = each, allowed


def peer_cases(python: Path, seconds: float) -> Iterator[Case]:
    """The peer's highway and ours, in turns; medians, `ratio` of steps per second."""
    ours, theirs = [], []
    for _ in range(TURNS):
        theirs.append(measure_peer(python, PEER, seconds))
        ours.append(_batch_case(COMPARED, 1, seconds))
    peer, own = _median(theirs), _median(ours)
    same_ticks = TICKS * (peer.steps_per_second or 0.0)
    yield replace(peer, layer="highway", ticks_per_action=TICKS, ticks_per_second=same_ticks)
    ratio = (own.steps_per_second or 0.0) / (peer.steps_per_second or 1.0)
    busy = [_per_cpu_second(case) for case in (own, peer)]
    yield replace(
        own,
        case=f"{own.case}, over envpool",
        ratio=ratio,
        note=f"per second of processor time {busy[0]:.0f} over {busy[1]:.0f} steps: "
        f"{busy[0] / busy[1]:.3g}x",
    )


def _median(cases: list[Case]) -> Case:
    return sorted(cases, key=lambda case: case.steps_per_second or 0.0)[len(cases) // 2]


def _per_cpu_second(case: Case) -> float:
    """Steps per second of processor time: what a core to itself would have given."""
    share = (case.cpu_seconds or 1.0) / (case.wall_seconds or 1.0)
    return (case.steps_per_second or 0.0) / share


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """Batches with 50 vehicles; on one thread also growing crowds, and the peer if it is there."""
    for num_worlds in BATCHES:
        yield _batch_case(num_worlds, threads, seconds)
    if threads != 1:
        return
    yield from crowd_cases(seconds)
    try:
        yield from peer_cases(python_of_peers(), seconds)
    except UnavailableError as problem:
        raise UnavailableError(f"its comparison with envpool: {problem}") from None
