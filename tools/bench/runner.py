"""Runs the layers, each in a process of its own, and prints what they found."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from racer.errors import RacerError
from racer.tools.bench import machine

SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "MALLOC_TOP_PAD_": "268435456",
    "PYTHONHASHSEED": "0",
}
"""What every measurement runs under. The allocator keeps its memory: page faults are not ours."""

Row = dict[str, Any]
COLUMNS = (
    ("case", "case", "<44"),
    ("num_envs", "worlds", ">6"),
    ("threads", "threads", ">7"),
    ("ticks_per_action", "ticks", ">5"),
    ("steps_per_second", "steps/s", ">9"),
    ("ticks_per_second", "ticks/s", ">9"),
    ("median_us", "median us", ">9"),
    ("p99_us", "p99 us", ">8"),
    ("cpu", "cpu", ">5"),
    ("ratio", "ratio", ">7"),
    ("share", "share", ">6"),
)


@dataclass
class Results:
    """Everything that was measured: the rows, and why a layer has none."""

    cases: list[Row] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=machine.describe)

    def as_json(self) -> dict[str, Any]:
        """What `racer bench --json` prints."""
        result: dict[str, Any] = {"machine": self.machine, "cases": self.cases}
        if self.skipped:
            result["skipped"] = self.skipped
        return result


def run_layers(
    layers: Iterable[str],
    *,
    seconds: float,
    threads: Iterable[int],
    show: Callable[[Row], None] = lambda _: None,
) -> Results:
    """Measures layers one after the other.

    Args:
        layers: names out of `LAYERS`.
        seconds: time per case [s].
        threads: numbers of threads to measure with.
        show: called with each row as soon as it is there.

    Raises:
        RacerError: a layer failed; the sentence ends with what it said last.
    """
    results = Results()
    for layer in layers:
        for count in threads:
            for row in _run(layer, seconds, count):
                if "skipped" in row:
                    what = layer if count == 1 else f"{layer}, {count} threads"
                    results.skipped[what] = row["skipped"]
                else:
                    results.cases.append(row)
                    show(row)
    return results


def _run(layer: str, seconds: float, threads: int) -> Iterable[Row]:
    command = [sys.executable, "-m", "racer.tools.bench", layer]
    command += ["--seconds", str(seconds), "--threads", str(threads)]
    environment = os.environ | SETTINGS | {"OMP_NUM_THREADS": str(threads)}
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        for line in process.stdout or ():
            if line.startswith("{"):
                yield json.loads(line)
        process.wait()
        errors.seek(0)
        complaint = errors.read().strip()
    if process.returncode != 0:
        last = complaint.splitlines()[-1] if complaint else f"exit code {process.returncode}"
        raise RacerError(f"bench layer {layer} failed: {last}")


def short(value: float) -> str:
    """A number with three digits and a letter for its size: 1.23 M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g}"


def table_head() -> str:
    """The line above the rows."""
    return "  ".join(f"{title:{layout}}" for _, title, layout in COLUMNS)


def cell(row: Row, name: str) -> str:
    """One field of a row for people; `cpu` is CPU time as a share of wall time."""
    value = row.get(name)
    if name == "cpu" and row.get("wall_seconds"):
        return f"{row['cpu_seconds'] / row['wall_seconds']:.0%}"
    if value is None:
        return ""
    if name == "share":
        return f"{value:.1%}"
    if name == "ratio":
        return f"{value:.3g}x" if value < 1000.0 else f"{value:.0f}x"
    return short(value) if isinstance(value, float) else str(value)


def table_row(row: Row) -> str:
    """One case for people."""
    named = row | {"case": f"{row['layer']}: {row['case']}"}
    cells = [f"{cell(named, name):{layout}}" for name, _, layout in COLUMNS]
    return "  ".join(cells).rstrip() + (f"  ({row['note']})" if row.get("note") else "")
