"""What the settings of a training run say of circuits."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from racer.envs.circuit.checks import check_vehicle
from racer.envs.circuit.results_table import results_table
from racer.envs.circuit.settings import EnvConfig
from racer.envs.plain.runs import PlainRuns
from racer.errors import ConfigError
from racer.formats.config_files import read_config
from racer.formats.settings import merged, with_keys
from racer.optimal.reference import gap_text
from racer.train.algorithms import DEFAULT, load_algorithm
from racer.train.algorithms.base import CONTINUOUS
from racer.train.circuits import (
    TRAINING,
    check_circuits,
    circuit_names,
    keep_circuits,
)
from racer.train.config import CIRCUIT_COPY

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from racer.train.config import TrainConfig

SEEN = ("vehicle", "observation", "action", "ticksPerAction")  # what a network depends on


class CircuitRuns(PlainRuns):
    """See `racer.envs.plain.runs.PlainRuns`."""

    tables: ClassVar[tuple[str, ...]] = (
        *("env", "track", "selection_track", "report_track", "by_faults", "before_faults"),
        *("evaluation_laps", "until_gap"),
    )
    own: ClassVar[tuple[str, ...]] = ()

    def preset(self, algo: str | None, env_id: str) -> str:
        """The algorithm's own."""
        del env_id
        if algo is not None and CONTINUOUS not in load_algorithm(algo).actions:
            raise ConfigError(
                f"{algo} needs meta-actions, which circuits do not have; name another environment "
                "with --env."
            )
        return algo or DEFAULT

    def check(self, config: TrainConfig) -> None:
        """Actions are continuous."""
        if CONTINUOUS not in config.algorithm.actions:
            raise ConfigError(f"{config.algo} needs meta-actions, which circuits do not have.")

    def lay(self, content: dict[str, Any], args: argparse.Namespace) -> None:
        """Lays the file's settings over the preset's, key by key, and the flags' over both."""
        layers: list[dict[str, Any]] = []
        if isinstance(content.get("env"), dict):
            content["env"] = with_keys(EnvConfig, content["env"], "env")
        if args.config is not None:
            layers.append(read_config(args.config))
        if args.vehicle is not None:
            check_vehicle(args.vehicle)
            layers.append({"vehicle": args.vehicle})
        for layer in layers:
            given = with_keys(EnvConfig, layer)
            content.update(merged(content, {"env": given}))
        if args.until_gap is not None:
            content["until_gap"] = args.until_gap
        if args.track is not None:
            content["track"] = args.track  # the other circuits are not those of the preset's run
            content.pop("selection_track", None)
            content.pop("report_track", None)

    def prepare(self, config: TrainConfig) -> None:
        """Loads the circuits, which may complain."""
        check_circuits(config)

    def place(self, config: TrainConfig) -> str:
        """The circuit; of several the number."""
        names = circuit_names(config, TRAINING)
        return Path(names[0]).stem if len(names) == 1 else f"{len(names)}-circuits"

    def keep(self, config: TrainConfig, folder: Path) -> None:
        """Keeps the circuits' files, so that the run depends on nothing outside its folder."""
        keep_circuits(config, folder)

    def env_settings(self, config: TrainConfig) -> Any:
        """The settings of the environment."""
        return config.env

    def depends(self, config: TrainConfig) -> dict[str, Any]:
        """What the driver sees and does, and the car."""
        content = config.env.to_dict()
        return {"env": {key: content[key] for key in SEEN}}

    def about(self, config: TrainConfig) -> dict[str, Any]:
        """The circuits."""
        return {"track": config.track if isinstance(config.track, str) else list(config.track)}

    def summary(self, report: Mapping[str, Any], path: Path, words: str) -> list[str]:
        """Laps, and how far they are from the minimum time."""
        result = report["evaluation"]
        if "tracks" in result:
            return [*results_table(result["tracks"]), f"drive it: racer play --against {words}"]
        if result["best_lap_s"] is None:
            return ["the driver has no valid lap yet; train it longer"]
        track = str(report.get("track", ""))
        if track.endswith(".csv"):
            track = str(path / CIRCUIT_COPY)  # the run's own, found from anywhere
        return [
            (
                f"best lap {result['best_lap_s']:.3f} s, median {result['median_lap_s']:.3f} s, "
                f"{result['valid']} of {result['laps']} laps valid"
            ),
            (
                f"{gap_text(result['gap_to_optimal'])} to the minimum time, "
                f"{gap_text(result['gap_to_demonstrated'])} to the demonstrated lap"
            ),
            f"race it: racer play --track {shlex.quote(track)} --against {words}",
        ]


RUNS = CircuitRuns()
