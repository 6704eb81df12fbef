"""The folder of a training run: where everything is, and how it is written."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import racer
from racer import _core
from racer.errors import ConfigError
from racer.formats.files import atomic_write, read_text
from racer.train.config import TrainConfig, load_train_config, read_toml

PACKAGES = ("torch", "stable-baselines3", "numpy", "gymnasium", "onnx", "onnxruntime")
KEPT_CHECKPOINTS = 2


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
    def policy(self) -> Path:
        """The best model as a policy that can be handed around."""
        return self.path / "policy.onnx"

    @property
    def report(self) -> Path:
        """What came of the run."""
        return self.path / "report.json"

    @classmethod
    def create(
        cls, path: Path, config: TrainConfig, fingerprints: dict[str, dict[str, str]]
    ) -> RunFolder:
        """A new folder with the run's settings and versions.

        Raises:
            ConfigError: the folder exists and is not empty.
        """
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise ConfigError(
                f"{path} exists already; `racer resume {path}` goes on with it, "
                "--name chooses another name."
            )
        folder = cls(path)
        folder.checkpoints.mkdir(parents=True)
        folder.write_config(config)
        write_json(folder.versions, {**versions(), **fingerprints})
        return folder

    @classmethod
    def open(cls, path: Path) -> tuple[RunFolder, TrainConfig]:
        """An existing run and its settings.

        Raises:
            ConfigError: there is no run here.
        """
        folder = cls(path)
        if not folder.config.is_file():
            raise ConfigError(
                f"{path}: is not the folder of a training run, it has no config.toml."
            )
        content = read_toml(folder.config)
        return folder, load_train_config(content, os.fspath(folder.config))

    def check_engine(self, fingerprints: dict[str, dict[str, str]]) -> None:
        """Checks that the engine still is the one that the run began with.

        Raises:
            ConfigError: the physics, the circuit or the highway's rules have changed since.
        """
        text = read_text(self.versions, error=ConfigError, what="list of versions")
        try:
            found = json.loads(text)
            then = {name: known for kind in fingerprints for name, known in found[kind].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ConfigError(f"{self.versions}: is damaged.") from None
        now = {name: text for kind in fingerprints.values() for name, text in kind.items()}
        for name, fingerprint in now.items():
            if then.get(name) != fingerprint:
                raise ConfigError(
                    f"{self.path}: began with {name!r} as {then.get(name)}, which is {fingerprint} "
                    "in this Racer; start a new run."
                )

    def write_config(self, config: TrainConfig) -> None:
        """Writes the settings."""
        atomic_write(self.config, config.to_toml())

    def checkpoint_path(self, steps: int) -> Path:
        """Where the checkpoint after so many steps belongs."""
        return self.checkpoints / f"{steps:012d}.pt"

    def checkpoint_paths(self) -> list[Path]:
        """All checkpoints, oldest first."""
        return sorted(self.checkpoints.glob("[0-9]*.pt"))

    def drop_old_checkpoints(self) -> None:
        """Keeps the newest few, and what was left half-written by a kill goes."""
        for path in self.checkpoint_paths()[:-KEPT_CHECKPOINTS]:
            path.unlink()
        for path in self.checkpoints.glob(".*"):
            path.unlink()


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
