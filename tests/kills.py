"""Kills a command at random moments and looks at what is left.

A command runs in a process forked from one that has everything imported, so that a kill costs a
fraction of a second. Moments are drawn by a seed, from nothing to a little more than the command
takes. Another command needs a line:

    kill_often(["racer", ...] without "racer", folder, check=what_must_hold, kills=20, seed=1)
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PRELOAD = [
    "racer.cli.main",
    "racer.cli.train",
    "racer.cli.resume",
    "racer.train.trainer",
    "racer.train.export",
    "racer.drivers.onnx_graph",
    "racer.optimal.solver.prove",
    "racer.optimal.solver.solve",
    "racer.tracks.store",
    "racer.play.circuit.recording",
]
HOMES = ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "RACER_TRACKS_DIR")
SPARE = 1.1  # of the time that the whole command takes: some kills come too late
MOST_STARTS = 5  # for one kill


def run_command(argv: Sequence[str], folder: str) -> None:
    """What the forked process does: one command, in its folder; what it says goes to a file."""
    os.chdir(folder)
    for name in HOMES:  # of its own, all below the folder
        os.environ[name] = f"{folder}/home/{name}"
    said = os.open("said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(said, 1)
    os.dup2(said, 2)
    from racer.cli.main import main

    sys.exit(main(argv))


def start(argv: Sequence[str], folder: Path) -> multiprocessing.process.BaseProcess:
    """Starts a command; the first call takes seconds, for the imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    process = context.Process(target=run_command, args=(list(argv), str(folder)))
    process.start()
    return process


def complete(argv: Sequence[str], folder: Path, seconds: float = 120.0) -> int | None:
    """Runs a command to its end; its exit code."""
    process = start(argv, folder)
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
    return process.exitcode


def duration(argv: Sequence[str], folder: Path) -> float:
    """Seconds that a command takes; the second of two runs, which finds everything imported."""
    complete(["--version"], folder)
    began = time.monotonic()
    code = complete(argv, folder)
    assert code == 0, f"{argv} ended with {code}"
    return time.monotonic() - began


def kill_often(
    argv: Sequence[str],
    folder: Path,
    *,
    check: Callable[[], None],
    kills: int,
    longest: float,
    seed: int = 0,
    begin: Callable[[], None] | None = None,
) -> int:
    """Starts a command again and again, kills it at random moments, and checks what is left.

    Args:
        argv: the command, without the program's name.
        folder: to run it in.
        check: raises AssertionError if something is lost or half there.
        kills: how many; a command that was done before its moment is started once more.
        longest: seconds that the command takes; less once it has been seen to take less.
        seed: of the moments.
        begin: called before each start.

    Returns:
        How many were killed while they ran: as many as were wanted.
    """
    draw = random.Random(seed)
    killed = 0
    for _ in range(MOST_STARTS * kills):
        if killed == kills:
            break
        if begin is not None:
            begin()
        process = start(argv, folder)
        began = time.monotonic()
        process.join(draw.uniform(0.0, SPARE * longest))
        if process.is_alive():
            killed += 1
        else:  # it takes less time than was measured, on a machine that was busy
            longest = min(longest, time.monotonic() - began)
        process.kill()
        process.join()
        check()
    return killed
