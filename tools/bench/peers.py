"""Other driving simulators beside Racer: the same core, the same clock, the same run.

The peers live in a venv of their own (`make peers`), so that their needs cannot disturb Racer's.
Each is measured by `peer_cases.py` in a process of that venv, which inherits the pinned core and
the settings of this one.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from racer.tools.bench import peer_cases
from racer.tools.bench.engine import BATCHES, batch_case
from racer.tools.bench.measure import Case, UnavailableError

FOLDER = "build/peers"


def python_of_peers() -> Path:
    """The interpreter of the peers' venv: RACER_PEERS, or build/peers.

    Raises:
        UnavailableError: there is none.
    """
    folder = os.environ.get("RACER_PEERS", FOLDER)
    python = Path(folder) / "bin" / "python"
    if not python.exists():
        raise UnavailableError(
            f"no venv with the peers in {folder}; `make peers` creates it in {FOLDER} "
            "(or set RACER_PEERS to one that has envpool, gymnasium[box2d] and highway-env)"
        )
    return python


def measure_peer(python: Path, name: str, seconds: float) -> Case:
    """One peer's case; raises UnavailableError with its last words if it cannot run."""
    settings = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    settings["SDL_VIDEODRIVER"] = "dummy"
    try:
        answer = subprocess.run(
            [python, "-I", "-W", "ignore", peer_cases.__file__, name, str(seconds)],
            env=settings,
            capture_output=True,
            text=True,
            timeout=120.0 + 20.0 * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{name} did not come to an end") from None
    if answer.returncode != 0:
        words = answer.stderr.strip().splitlines()
        raise UnavailableError(f"{name}: {words[-1] if words else answer.returncode}")
    return Case(**json.loads(answer.stdout.splitlines()[-1]))


def ours(worlds: int, seconds: float) -> Case:
    """Whole steps of the engine from Python, observation `track`, one tick each."""
    return replace(
        batch_case(worlds, "track", 1, 1, seconds),
        layer="peers",
        case="Racer",
        note="1/60 s, one car, 102 numbers with nine rays",
    )


def cases(seconds: float, threads: int) -> Iterator[Case]:
    """Racer, every peer with Racer's rate over its own as `ratio`, and Racer once more.

    For peers, `ticks_per_action` counts the updates of a vehicle in one step.
    """
    if threads != 1:
        return
    python = python_of_peers()
    first = [ours(worlds, seconds) for worlds in BATCHES]
    yield from first
    our_rate = first[-1].steps_per_second or 0.0
    fastest: Case | None = None
    for name in peer_cases.CASES:
        try:
            peer = measure_peer(python, name, seconds)
        except UnavailableError as problem:
            yield Case("peers", name, note=f"not measured: {problem}")
            continue
        peer_rate = peer.steps_per_second or 1.0
        yield replace(peer, ratio=our_rate / peer_rate)
        if fastest is None or peer_rate > (fastest.steps_per_second or 0.0):
            fastest = peer
    if fastest is not None:
        again = ours(BATCHES[-1], seconds)
        slower = min(our_rate, again.steps_per_second or 0.0)
        yield replace(
            again,
            case="Racer again, over the fastest peer",
            ratio=slower / (fastest.steps_per_second or 1.0),
            note=f"fastest: {fastest.case}, {fastest.num_envs} worlds; ratio in steps per second",
        )
