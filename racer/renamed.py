"""Old names of modules: what users' code and files carry keeps working.

An old name gives the very module that has its content now. A new row is all that a move needs.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

# Old name -> new name, both inside of `racer`.
RENAMED: Final = {
    "adopt_env": "adopt.trained_in",
    "adopt_graph": "adopt.graph",
    "config": "envs.circuit.settings",
    "drivers.car_model": "drivers.circuit.car_model",
    "drivers.driven_line": "drivers.circuit.driven_line",
    "drivers.grip_map": "drivers.circuit.grip_map",
    "drivers.keyboard_like": "drivers.circuit.keyboard_like",
    "drivers.make": "drivers.circuit.make",
    "drivers.observed": "drivers.circuit.observed",
    "drivers.onnx_policy": "drivers.circuit.onnx_driver",
    "drivers.racing_line": "drivers.circuit.racing_line",
    "drivers.random_driver": "drivers.circuit.random_driver",
    "drivers.replay": "drivers.circuit.replay",
    "drivers.scripted": "drivers.circuit.scripted",
    "envs.circuit_tracks": "envs.circuit.tracks",
    "envs.circuit_worlds": "envs.circuit.worlds",
    "envs.highway_config": "envs.highway.settings",
    "envs.highway_frames": "envs.highway.frames",
    "envs.highway_worlds": "envs.highway.worlds",
    "envs.spaces": "envs.circuit.spaces",
    "evaluate_highway": "envs.highway.episodes",
    "export": "train.export",
    "highway_policies": "envs.highway.policy",
    "intervals": "evaluate.intervals",
    "optimal.check": "optimal.solver.check",
    "optimal.collocation": "optimal.solver.collocation",
    "optimal.compute": "optimal.solver.compute",
    "optimal.interrupt": "optimal.solver.interrupt",
    "optimal.model": "optimal.solver.model",
    "optimal.picture": "plots.optimal",
    "optimal.profile": "optimal.solver.profile",
    "optimal.prove": "optimal.solver.prove",
    "optimal.quasi_steady": "optimal.solver.quasi_steady",
    "optimal.replay": "optimal.solver.replay",
    "optimal.solve": "optimal.solver.solve",
    "optimal.starts": "optimal.solver.starts",
    "optimal.threads": "optimal.solver.threads",
    "optimal.trajectory": "optimal.solver.trajectory",
    "policies": "envs.circuit.policy",
    "session": "envs.circuit.session",
    "tracks.facts": "optimal.track_facts",
    "tracks.picture": "plots.tracks",
    "train.circuit_task": "envs.circuit.task",
    "train.row_extractor": "envs.highway.row_extractor",
    "train.statistics": "envs.circuit.statistics",
    "train.highway_task": "envs.highway.task",
    "viewer.app": "viewer.circuit.app",
    "viewer.cars": "viewer.circuit.cars",
    "viewer.films": "viewer.circuit.films",
    "viewer.guide": "viewer.circuit.guide",
    "viewer.highway.drive": "play.highway.drive",
    "viewer.highway.views": "play.highway.views",
    "viewer.highway.keys": "play.highway.person",
    "viewer.hud": "viewer.circuit.hud",
    "viewer.keeper": "play.circuit.keeper",
    "viewer.keyboard": "play.keyboard",
    "viewer.minimap": "viewer.circuit.minimap",
    "viewer.race": "play.circuit.race",
    "viewer.recording": "play.circuit.recording",
    "viewer.replay": "viewer.circuit.replay",
    "viewer.scene": "viewer.circuit.scene",
    "viewer.stage": "viewer.circuit.stage",
    "viewer.timing": "play.circuit.timing",
    "viewer.views": "viewer.circuit.views",
}


class _Loader:
    """Gives a module under another name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module as it is."""
        del spec
        module = importlib.import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to run; the module keeps its own spec."""
        module.__spec__ = self._spec


class _Finder:
    """Finds the modules of old names; asked last, so it costs other imports nothing."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module that has the content of an old one."""
        del path, target
        package, _, rest = name.partition(".")
        if package != "racer" or rest not in RENAMED:
            return None
        loader = _Loader(f"racer.{RENAMED[rest]}")
        return ModuleSpec(name, loader, origin=f"renamed to racer.{RENAMED[rest]}")  # type: ignore[arg-type]


def keep_old_names() -> None:
    """Makes the old names importable."""
    if _Finder not in sys.meta_path:
        sys.meta_path.append(_Finder)
