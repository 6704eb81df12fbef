"""Writes what was measured down: `benchmarks/RESULTS.md`, the JSON beside it, and a picture.

`racer bench --write` measures and writes; `python -m racer.tools.bench.report results.json` writes
once more from what was measured before.
"""

import json
import sys
from pathlib import Path
from typing import Any

from racer.errors import ConfigError
from racer.formats.files import atomic_write
from racer.tools.bench import LAYERS
from racer.tools.bench.plot import draw
from racer.tools.bench.runner import Row, cell, short

TITLES = {
    "engine": "Engine",
    "highway": "Highway",
    "scaling": "Scaling",
    "limit": "The processor's limit",
    "env": "Gymnasium",
    "sb3": "Stable-Baselines3",
    "policy": "Policies",
    "train": "Training",
    "pipeline": "Training runs",
    "peers": "Peers",
}
SENTENCES = {
    "engine": "One step is one call of the batch from Python. Rates are medians of many short "
    "repeats, with the best repeat beside them. The ratio of several threads is that of the best "
    "repeats, taken in turns with those of one thread.",
    "highway": "One step is one call of the batch from Python: 1/5 s in three frames. For crowds "
    "the ratio is how the cost of a vehicle grew since the row above, over how n log n would let "
    "it grow. The last row is ours over envpool's, both measured in turns.",
    "scaling": "Observation `track`, one tick per action.",
    "limit": "The operations of one tick, counted by evaluating the kernel over a number type that "
    "counts, over what one core can start per second as measured on it. The busiest unit gives the "
    "limit: no order of the same operations is faster.",
    "env": "One step is one call of `step`.",
    "sb3": "One step is one call of the VecEnv's `step`, no learning.",
    "policy": "One decision of an untrained driver, normalisation included.",
    "train": "PPO, rollouts and updates together, in turns with the same PPO on an environment "
    "that costs nothing; the shares say where its time goes.",
    "pipeline": "A whole run of `racer train` with its logs, evaluations and checkpoints, in turns "
    "with the same PPO on an environment that costs nothing; the shares say where its time goes.",
    "peers": "The same core, clock and run. Ratios are our steps per second at N = 1024 with "
    "observation `track` over the peer's. An *update* is the state of one vehicle computed once "
    "(substeps times vehicles per step), the fairer unit where a peer moves a whole crowd.",
}
COLUMNS = (
    ("case", "case"),
    ("num_envs", "worlds"),
    ("threads", "threads"),
    ("ticks_per_action", "ticks per step"),
    ("steps_per_second", "steps/s"),
    ("ticks_per_second", "ticks/s"),
    ("best_steps_per_second", "best steps/s"),
    ("median_us", "median, us"),
    ("p99_us", "p99, us"),
    ("ratio", "ratio"),
    ("share", "share"),
    ("cpu", "CPU"),
    ("note", "note"),
)
PEER_NAMES = {"ticks_per_action": "updates per step", "ticks_per_second": "updates/s"}
BUSY_LOAD = 0.5
BUSY_CPU = 0.95  # of wall time
STEADY = 0.9  # median over best of an undisturbed row


def table(rows: list[Row], names: dict[str, str]) -> str:
    """A Markdown table of the columns that any row fills."""
    kept = [
        (key, names.get(key, title)) for key, title in COLUMNS if any(cell(r, key) for r in rows)
    ]
    words = ("case", "note")
    lines = [
        "| " + " | ".join(title for _, title in kept) + " |",
        "|" + "|".join("---" if key in words else "--:" for key, _ in kept) + "|",
    ]
    lines += ["| " + " | ".join(cell(row, key) for key, _ in kept) + " |" for row in rows]
    return "\n".join(lines)


def doubts(results: dict[str, Any]) -> str:
    """A warning if something else used the cores meanwhile; "" if nothing did."""
    load = float(results["machine"]["load"])
    rows = results["cases"]
    disturbed = sum(
        row["cpu_seconds"] < BUSY_CPU * row["wall_seconds"]
        for row in rows
        if row.get("wall_seconds") and "cpu_seconds" in row
    )
    uneven = sum(
        row["steps_per_second"] < STEADY * row["best_steps_per_second"]
        for row in rows
        if row.get("best_steps_per_second") and "steps_per_second" in row
    )
    text = ""
    if load > BUSY_LOAD or disturbed:
        text += (
            f"> **Measured on a busy machine**: load {load:g} before the start, and in {disturbed} "
            "rows less than 95 % of the wall time was CPU time. Rates are too low: "
            "do not quote them.\n\n"
        )
    if uneven:
        text += (
            f"> In {uneven} of {len(rows)} rows the median repeat reached less than 90 % of the "
            "best one. Where that is not other work on this machine (above), it is a neighbour's "
            "on the same processor: the best repeats tell what an undisturbed core does, the "
            "medians what was had.\n\n"
        )
    return text


def headline(rows: list[Row]) -> str:
    """The few numbers that matter most."""
    wanted = (
        ("physics alone", {"layer": "engine", "case": "physics alone", "num_envs": 1024}),
        ("nine rays every tick", _batch("lidar", 1)),
        ("observation `track` every tick", _batch("track", 1)),
        ("nine rays, 6 ticks per action", _batch("lidar", 6)),
        ("observation `track`, 6 ticks per action", _batch("track", 6)),
    )
    lines = []
    for title, keys in wanted:
        lines += [
            f"- {title}: **{short(_best_ticks(row))} ticks/s**, one core "
            f"(best repeat; median {short(row['ticks_per_second'])})"
            for row in rows
            if keys.items() <= row.items()
        ]
    for row in rows:
        if row["layer"] == "engine" and (row.get("threads") or 1) > 1 and "ratio" in row:
            lines.append(
                f"- {row['threads']} threads, {row['case']}, {row['ticks_per_action']} ticks per "
                f"action: **{row['ratio']:.2f}x** one thread"
            )
        if row["layer"] == "peers" and row["case"].startswith("Racer again"):
            lines.append(f"- over the fastest peer: **{cell(row, 'ratio')}** ({row['note']})")
        if row["layer"] == "train" and row["threads"] == 1 and "ratio" in row:
            lines.append(f"- PPO over PPO on a free environment: **{row['ratio']:.3f}**")
        if row["layer"] == "limit" and "share" in row:
            lines.append(f"- physics reaches **{cell(row, 'share')}** of the processor's limit")
    return "\n".join(lines) + "\n\n" if lines else ""


def _best_ticks(row: Row) -> float:
    return float(row["best_steps_per_second"]) * int(row["ticks_per_action"])


def _batch(observation: str, ticks: int) -> dict[str, Any]:
    name = f"batch, {observation} observation"
    usual = {"layer": "engine", "num_envs": 1024, "threads": 1}
    return usual | {"case": name, "ticks_per_action": ticks}


def page(results: dict[str, Any], picture: str) -> str:
    """The text of RESULTS.md; `picture` is the path of the plot from there."""
    machine, rows = results["machine"], results["cases"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    physics = ", ".join(f"{name} `{value}`" for name, value in machine["physics"].items())
    text = (
        "# Results\n\n"
        "Written by `racer bench --write`; do not edit. What is measured and how: "
        "[benchmark](../docs/benchmark.md).\n\n"
        f"{doubts(results)}{headline(rows)}"
        f"![Rates over worlds, and peers]({picture})\n\n"
        f"| | |\n|---|---|\n| date | {machine['date']} |\n"
        f"| processor | {machine['cpu']}, {machine['cores']} cores |\n"
        f"| instruction set | {machine['instruction_set']} |\n"
        f"| compiler | {machine['compiler']} |\n| system | {machine['system']} |\n"
        f"| Python | {machine['python']}; {versions} |\n"
        f"| Racer | {machine['racer']}; physics {physics} |\n"
    )
    for layer in LAYERS:
        of_layer = [row for row in rows if row["layer"] == layer]
        if of_layer:
            names = PEER_NAMES if layer == "peers" else {}
            text += f"\n## {TITLES[layer]}\n\n{SENTENCES[layer]}\n\n{table(of_layer, names)}\n"
    for what, reason in results.get("skipped", {}).items():
        text += f"\nNot measured: {what} ({reason}).\n"
    return text


def write(results: dict[str, Any], root: Path) -> list[Path]:
    """Writes page, JSON and picture under a source tree.

    Args:
        results: what `racer bench --json` prints.
        root: folder that gets `benchmarks/` and `docs/images/`.

    Returns:
        The files, the page first.

    Raises:
        ConfigError: matplotlib is missing.
    """
    files = [
        root / "benchmarks" / "RESULTS.md",
        root / "benchmarks" / "results.json",
        root / "docs" / "images" / "bench.png",
    ]
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
    draw(results["cases"], files[2])
    atomic_write(files[1], (json.dumps(results, indent=2) + "\n").encode())
    atomic_write(files[0], page(results, "../docs/images/bench.png").encode())
    return files


def main() -> int:
    """Runs `python -m racer.tools.bench.report RESULTS.json [FOLDER]`."""
    if len(sys.argv) not in (2, 3):
        raise ConfigError(
            "give the results: python -m racer.tools.bench.report RESULTS.json [FOLDER]."
        )
    results = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    for path in write(results, Path(sys.argv[2] if len(sys.argv) == 3 else ".")):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
