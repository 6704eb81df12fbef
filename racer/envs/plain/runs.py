"""What the settings of a training run say of the worlds that it trains in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from racer.evaluate.report import interval_table
from racer.formats.config_files import read_config
from racer.kinds import kind_of, preset_of, short_name
from racer.train.algorithms import DEFAULT

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

    from racer.train.config import TrainConfig


class PlainRuns:
    """The entry point `runs` of `racer.kinds`; other kinds derive from it.

    Attributes:
        tables: fields of `TrainConfig` that stand in no other kind's config.toml.
        own: fields of `TrainConfig` that other kinds refuse when they are set.
        world_keys: dotted keys of `depends` that the saved worlds depend on, but no network: with
            other values all worlds begin new episodes.
    """

    tables: ClassVar[tuple[str, ...]] = ("world",)
    own: ClassVar[tuple[str, ...]] = ("world",)
    world_keys: ClassVar[tuple[str, ...]] = ()

    def preset(self, algo: str | None, env_id: str) -> str:
        """Name of the preset that a run begins with, unless somebody names one."""
        del env_id
        return algo or DEFAULT

    def check(self, config: TrainConfig) -> None:
        """Raises ConfigError for settings that no run of this kind can have."""

    def lay(self, content: dict[str, Any], args: argparse.Namespace) -> None:
        """Lays the file's settings over the preset's, key by key, and the flags' over both.

        Args:
            content: of the preset; changed.
            args: of `racer train`.

        Raises:
            ConfigError: the file cannot be used.
        """
        for foreign in _foreign(self):
            content.pop(foreign, None)
        if args.config is not None:
            given = read_config(args.config)
            env_id = content["env_id"]
            kind_of(env_id).load("worlds")(1, given, preset_of(env_id), seed=0)  # checks it
            content["world"] = {**content.get("world", {}), **given}

    def prepare(self, config: TrainConfig) -> None:
        """Checks what can be checked before heavy imports."""

    def place(self, config: TrainConfig) -> str:
        """Where a run trains, as a part of its name."""
        return short_name(config.env_id).lower()

    def keep(self, config: TrainConfig, folder: Path) -> None:
        """Keeps what the run depends on in its folder."""

    def env_settings(self, config: TrainConfig) -> Any:
        """The settings of the environment, as `Drivers.policy` wants them."""
        return dict(config.world)

    def depends(self, config: TrainConfig) -> dict[str, Any]:
        """Settings that a checkpoint depends on, in tables as in config.toml."""
        table: dict[str, Any] = json.loads(json.dumps(dict(config.world)))
        return {"world": table}

    def about(self, config: TrainConfig) -> dict[str, Any]:
        """What a run's report says of where it trained."""
        del config
        return {}

    def summary(self, report: Mapping[str, Any], path: Path, words: str) -> list[str]:
        """What came of a run, for people.

        Args:
            report: as in report.json, finished.
            path: of the run.
            words: the same as a person may type it.
        """
        del path
        env_id = report["env_id"]
        module = kind_of(env_id).worlds.partition(":")[0]
        env_id = env_id if module.startswith("racer.") else f"{module}:{env_id}"
        return [
            interval_table(report["evaluation"]["total"], report["evaluation"].get("units", {})),
            f"try it elsewhere: racer evaluate --env {env_id} --policy {words}",
        ]


def _foreign(runs: PlainRuns) -> set[str]:
    from racer.kinds import kinds

    tables = {name for kind in kinds() for name in kind.load("runs").tables}
    return tables - set(runs.tables)


RUNS = PlainRuns()
