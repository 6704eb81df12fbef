"""What the settings of a training run say of circuits."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from racer.envs.circuit.checks import check_vehicle
from racer.envs.circuit.settings import EnvConfig
from racer.envs.plain.runs import PlainRuns
from racer.errors import ConfigError
from racer.formats.config_files import read_config
from racer.formats.files import MAX_TRACK_BYTES, atomic_write, read_bytes
from racer.formats.settings import merged, with_keys
from racer.optimal.reference import gap_text
from racer.tracks import load_track, read_settings, track_path
from racer.tracks.random_tracks import is_random
from racer.train.algorithms import DEFAULT, load_algorithm
from racer.train.algorithms.base import CONTINUOUS
from racer.train.config import CIRCUIT_COPY

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from racer import _core
    from racer.train.config import TrainConfig

SEEN = ("vehicle", "observation", "action", "ticksPerAction")  # what a network depends on


class CircuitRuns(PlainRuns):
    """See `racer.envs.plain.runs.PlainRuns`."""

    tables: ClassVar[tuple[str, ...]] = ("env", "track", "evaluation_laps")
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
        if isinstance(content.get("track"), (list, tuple)):
            raise ConfigError("track is a list, but a run trains on one circuit; name one.")
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
        if args.track is not None:
            content["track"] = args.track

    def prepare(self, config: TrainConfig) -> None:
        """Loads the circuit, which may complain."""
        load_track(config.track)

    def place(self, config: TrainConfig) -> str:
        """The circuit."""
        return Path(config.track).stem

    def keep(self, config: TrainConfig, folder: Path) -> None:
        """Keeps the circuit's file, so that the run depends on nothing outside its folder."""
        if is_random(config.track):
            return
        track = load_track(config.track)
        source = track_path(config.track)
        data = read_bytes(source, limit=MAX_TRACK_BYTES, what="track file")
        copy = folder / CIRCUIT_COPY
        atomic_write(copy, data)
        settings = replace(read_settings(source), name=track.name)
        atomic_write(copy.with_suffix(".toml"), settings.as_toml())
        if not _same_circuit(load_track(copy), track):
            raise ConfigError(f"{source}: changed while it was read; start again.")

    def env_settings(self, config: TrainConfig) -> Any:
        """The settings of the environment."""
        return config.env

    def depends(self, config: TrainConfig) -> dict[str, Any]:
        """What the driver sees and does, and the car."""
        content = config.env.to_dict()
        return {"env": {key: content[key] for key in SEEN}}

    def about(self, config: TrainConfig) -> dict[str, Any]:
        """The circuit."""
        return {"track": config.track}

    def summary(self, report: Mapping[str, Any], path: Path, words: str) -> list[str]:
        """Laps, and how far they are from the minimum time."""
        result = report["evaluation"]
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


def _same_circuit(one: _core.circuit.Track, other: _core.circuit.Track) -> bool:
    return (one.name, one.fingerprint) == (other.name, other.fingerprint)


RUNS = CircuitRuns()
