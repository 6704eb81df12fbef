"""How near the physics kernel comes to what this processor could do at best.

`tests/cpp/test_operations.cpp` evaluates the kernel's own text over a number type that counts, and
measures how long a register of each operation takes when nothing waits for anything. No order of
the same operations can be faster than the busiest of the units that execute them.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from racer import _core
from racer.tools.bench.engine import physics_case
from racer.tools.bench.measure import Case, UnavailableError

PROGRAM = Path("build/dev/test_operations")


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """The limit, and what share of it `physics alone` reaches at N = 1024; one thread only."""
    if threads != 1:
        return
    if not PROGRAM.exists():
        raise UnavailableError(f"there is no {PROGRAM}; `make test-cpp` in a source tree builds it")
    answer = subprocess.run(
        [PROGRAM.resolve(), "--json", _core.instruction_set()],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(answer.stdout)
    counts = ", ".join(f"{number} {name}" for name, number in found["operations"].items())
    limit = float(found["ticks_per_second"])
    yield Case(
        "limit",
        "physics, at best",
        threads=1,
        ticks_per_action=1,
        ticks_per_second=limit,
        steps_per_second=limit,
        note=f"per tick {counts}; {found['lanes']} numbers per register; "
        f"{found['cycles_per_register']:.0f} cycles per register of cars "
        f"at {found['gigahertz']:.2f} GHz; bound by {found['bound_by']}",
    )
    reached = physics_case(1024, seconds).as_json()
    share = reached["best_steps_per_second"] / limit  # the limit is a best time, too
    note = "the best repeat's share of the limit above"
    yield Case(**reached | {"layer": "limit", "share": share, "note": note})
