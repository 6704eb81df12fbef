"""The same run with several random seeds: one after the other, each a run of its own."""

from __future__ import annotations

import statistics
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError
from racer.formats.settings import differences, shown_value
from racer.formats.text import aligned, show_path
from racer.train.resuming import read_object
from racer.train.run_folder import RunFolder
from racer.train.trainer import resume, train

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from racer.train.config import TrainConfig


def train_seeds(
    config: TrainConfig, path: Path, count: int, *, show: bool = True, comment: str = ""
) -> list[dict[str, Any]]:
    """Trains with the seeds `config.seed`, `config.seed` + 1, ...

    Runs that are finished are taken as they are, and one that was interrupted goes on.

    Args:
        config: of the first run.
        path: of its folder; `-seed0` and so on is added.
        count: number of seeds.
        show: show a progress bar.
        comment: lines for the beginning of each run's config.toml.

    Returns:
        Their reports; fewer if somebody interrupted one, which is then the last.

    Raises:
        RacerError: a folder holds a run with other settings, or a setting cannot be used.
    """
    reports: list[dict[str, Any]] = []
    for seed in range(config.seed, config.seed + count):
        own = replace(config, seed=seed)
        folder = folder_of(path, seed)
        if show:
            print(f"seed {seed}: {show_path(folder.path)}", file=sys.stderr)
        if not folder.config.is_file():
            reports.append(train(own, folder.path, show=show, comment=comment))
        else:
            _check_same(folder, own)
            report = read_object(folder.report)
            whole = report.get("finished") is True
            reports.append(report if whole else resume(folder.path, show=show))
        if not reports[-1]["finished"]:
            break
    return reports


def settled(path: Path, seed: int) -> int | None:
    """The number of environments of the first of such runs; None if it is not there yet."""
    folder = folder_of(path, seed)
    return RunFolder.open(folder.path)[1].n_envs if folder.config.is_file() else None


def folder_of(path: Path, seed: int) -> RunFolder:
    """Where the run with a seed is kept."""
    return RunFolder(path.with_name(f"{path.name}-seed{seed}"))


def _check_same(folder: RunFolder, config: TrainConfig) -> None:
    _, found = RunFolder.open(folder.path)
    changed = differences(found.to_dict(), config.to_dict())
    for key, (then, now) in changed.items():
        raise ConfigError(
            f"{show_path(folder.path)}: holds a run with {key} = {shown_value(then)} instead of "
            f"{shown_value(now)}; choose another --name."
        )


def figures_of(report: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a report that runs are compared by, by name."""
    result = report.get("evaluation") or {}
    if "total" in result:  # any kind of world, see `racer.evaluate`
        return {name: entry["value"] for name, entry in result["total"].items()}
    found: dict[str, float] = {}
    for name in ("completed", "valid"):
        if name in result and result.get("laps"):
            found[f"{name}_rate"] = result[name] / result["laps"]
    for name in ("pace", "best_lap_s", "median_lap_s", "gap_to_optimal"):
        if result.get(name) is not None:
            found[name] = result[name]
    return found


def summary_of(reports: Sequence[Mapping[str, Any]], seeds: Sequence[int]) -> dict[str, Any]:
    """Figures of each seed, and of all together mean, standard deviation, least and largest."""
    rows: list[dict[str, Any]] = []
    for seed, report in zip(seeds, reports, strict=True):
        about = {name: report[name] for name in ("steps", "seconds")}
        rows.append({"seed": seed, **about, **figures_of(report)})
    names = list(dict.fromkeys(name for row in rows for name in row if name != "seed"))
    spread = {}
    for name in names:
        values = [row[name] for row in rows if name in row]
        spread[name] = {
            "mean": statistics.fmean(values),
            "sd": statistics.stdev(values) if len(values) > 1 else 0.0,
            "min": min(values),
            "max": max(values),
            "runs": len(values),
        }
    return {"runs": rows, "spread": spread}


def table_of(summary: Mapping[str, Any]) -> list[str]:
    """A row for each seed, then mean, standard deviation and range of each column."""
    rows, spread = summary["runs"], summary["spread"]
    table = [("seed", *spread)]
    table += [(str(row["seed"]), *(_text(row.get(name)) for name in spread)) for row in rows]
    for key in ("mean", "sd", "min", "max"):
        table.append((key, *(_text(spread[name][key]) for name in spread)))
    return aligned(table)


def _text(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
