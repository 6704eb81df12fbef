"""The engine over the number of worlds and over threads: where it begins to pay, where it ends."""

from collections.abc import Iterator

from racer.tools.bench.engine import batch_case
from racer.tools.bench.measure import Case

WORLDS = (1, 4, 16, 64, 256, 1024, 4096)
WORLDS_OF_THREADS = (256, 1024, 4096)


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """Whole steps with observation `track`, one tick per action."""
    for worlds in WORLDS if threads == 1 else WORLDS_OF_THREADS:
        case = batch_case(worlds, "track", 1, threads, seconds).as_json()
        yield Case(**case | {"layer": "scaling"})
