"""The folder of a training run: where everything is, and how it is written."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from itertools import takewhile
from pathlib import Path
from typing import Any

import racer
from racer import _core
from racer.errors import ConfigError
from racer.formats.files import atomic_write, read_text
from racer.formats.locks import hold
from racer.formats.settings import shown_value
from racer.formats.text import shown
from racer.kinds import kinds
from racer.train.config import (
    CIRCUIT_COPIES,
    CIRCUIT_COPY,
    TrainConfig,
    load_train_config,
    read_toml,
)

PACKAGES = ("torch", "stable-baselines3", "numpy", "gymnasium", "onnx", "onnxruntime")
KEPT_CHECKPOINTS = 2
LOCK = ".lock"


@dataclass(frozen=True)
class RunFolder:
    """Paths inside `runs/<name>/`. Every file takes its place complete or not at all."""

    path: Path

    @property
    def config(self) -> Path:
        """The settings of the run."""
        return self.path / "config.toml"

    @property
    def versions(self) -> Path:
        """Versions and fingerprints of everything that the run depends on."""
        return self.path / "versions.json"

    @property
    def tensorboard(self) -> Path:
        """Event files."""
        return self.path / "tb"

    @property
    def checkpoints(self) -> Path:
        """States to resume from."""
        return self.path / "checkpoints"

    @property
    def best(self) -> Path:
        """The best model by valid lap: policy, weights and score."""
        return self.path / "best"

    @property
    def start(self) -> Path:
        """A copy of the weights that the run began with, if it began with any."""
        return self.path / "start.npz"

    @property
    def policy(self) -> Path:
        """The best model as a policy that can be handed around."""
        return self.path / "policy.onnx"

    def policy_after(self, steps: int) -> Path:
        """The policy after so many steps, if the run keeps those of its evaluations."""
        return self.path / "policies" / f"{steps:012d}.onnx"

    @property
    def report(self) -> Path:
        """What came of the run."""
        return self.path / "report.json"

    @property
    def circuit(self) -> Path | None:
        """The run's own copy of its circuit, or the folder of several; None if it has none."""
        copies = (self.path / CIRCUIT_COPY, self.path / CIRCUIT_COPIES)
        return next((copy for copy in copies if copy.exists()), None)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the run while the block runs.

        Raises:
            ConfigError: another process trains it.
        """
        with hold(self.path / LOCK, shown(self.path), error=ConfigError):
            yield

    @classmethod
    def open(cls, path: Path) -> tuple[RunFolder, TrainConfig]:
        """An existing run and its settings.

        Raises:
            ConfigError: there is no run here.
        """
        folder = cls(path)
        try:
            found = folder.config.is_file()
        except (OSError, ValueError):  # a name that no file can have
            found = False
        if not found:
            raise ConfigError(
                f"{shown(path)}: is not the folder of a training run: it has no config.toml."
            )
        content = read_toml(folder.config)
        return folder, load_train_config(content, os.fspath(folder.config))

    def check_engine(self, fingerprints: dict[str, dict[str, str]]) -> None:
        """Checks that the engine still is the one that the run began with.

        Raises:
            ConfigError: the physics, the circuit or the rules have changed since.
        """
        text = read_text(self.versions, error=ConfigError, what="list of versions")
        try:
            found = json.loads(text)
            marks = [name for kind in kinds() for name in kind.fingerprints]
            then = {name: dict(found[name]) for name in marks if name in found}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            then = {}
        if not all(then.values()) or not then:
            raise ConfigError(f"{self.versions}: is damaged.")
        for kind, names in fingerprints.items():
            if kind not in then:
                raise ConfigError(
                    f"{self.config}: env_id is not the one that the run began with; put it back, "
                    "or start a new run."
                )
            for name, now in names.items():
                if name not in then[kind]:
                    known = ", ".join(map(shown_value, then[kind]))
                    raise ConfigError(
                        f"{self.config}: means {name!r}, but the run began with {known}; put it "
                        "back, or start a new run."
                    )
                if then[kind][name] != now:
                    raise ConfigError(
                        f"{self.path}: began with {name!r} as {shown_value(then[kind][name])}, "
                        f"which is {now!r} in this Racer; start a new run."
                    )

    def write_config(self, config: TrainConfig, comment: str = "") -> None:
        """Writes the settings.

        Args:
            config: the settings.
            comment: lines to begin the file with; without any, those that it has stay.

        Raises:
            ConfigError: the file could not be read again as what it is.
        """
        if not comment and self.config.is_file():
            text = read_text(self.config, error=ConfigError, what="preset")
            comment = "\n".join(takewhile(lambda line: line.startswith("#"), text.splitlines()))
        lines = "".join(f"{line}\n" for line in comment.splitlines())
        atomic_write(self.config, lines + config.to_toml())

    def checkpoint_path(self, steps: int) -> Path:
        """Where the checkpoint after so many steps belongs."""
        return self.checkpoints / f"{steps:012d}.pt"

    def checkpoint_paths(self) -> list[Path]:
        """All checkpoints, oldest first."""
        return sorted(self.checkpoints.glob("[0-9]*.pt"))

    def drop_old_checkpoints(self) -> None:
        """Keeps the newest few, and what was left half-written by a kill goes."""
        for path in self.checkpoint_paths()[:-KEPT_CHECKPOINTS]:
            path.unlink(missing_ok=True)
        for path in self.checkpoints.glob(".*"):
            path.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file, atomically."""
    atomic_write(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def versions() -> dict[str, Any]:
    """Versions of everything that a run depends on."""
    return {
        "racer": racer.__version__,
        "git_commit": git_commit(),
        "physics_version": _core.PHYSICS_VERSION,
        "compiler": _core.COMPILER,
        "instruction_set": _core.instruction_set(),
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "packages": {package: _version(package) for package in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def git_commit() -> str:
    """Commit of the source tree that this package runs from; "" if it is installed elsewhere."""
    root = Path(racer.__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return ""
    try:
        answer = subprocess.run(
            ["git", "-C", os.fspath(root), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
