"""Programs, pickles and specs that carry the old names of modules go on working."""

from __future__ import annotations

import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest

from racer.renamed import RENAMED

ROOT = Path(__file__).resolve().parent.parent
NEEDS = {"viewer": "pygame", "plots": "matplotlib", "train": "torch", "optimal": "casadi"}
# Names that were modules and are packages now, with what people imported from them.
PACKAGES = {
    "racer.adopt": ("adopt_policy", "drive_once"),
    "racer.envs.circuit": ("RacerEnv",),
    "racer.envs.highway": ("HighwayEnv",),
    "racer.envs.sb3": ("RacerVecEnv", "HighwayVecEnv"),
    "racer.envs.vector": ("RacerVectorEnv", "HighwayVectorEnv"),
    "racer.evaluate": ("evaluate_driver", "evaluate_tracks", "reference_lap_seconds"),
    "racer.drivers.highway": ("make_highway_driver", "list_policies", "BUILT_IN"),
    "racer.plots": ("lap_picture", "lap_figure", "label_of"),
}


@pytest.mark.parametrize("old", RENAMED)
def test_an_old_name_is_the_module_itself(old: str) -> None:
    package = NEEDS.get(RENAMED[old].partition(".")[0])
    if package is not None:
        pytest.importorskip(package, reason=f"{package} is not installed")
    new = importlib.import_module(f"racer.{RENAMED[old]}")
    assert importlib.import_module(f"racer.{old}") is new
    assert new.__name__ == f"racer.{RENAMED[old]}"
    assert new.__spec__ is not None
    assert new.__spec__.name == new.__name__


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_have_what_their_modules_had(package: str) -> None:
    module = importlib.import_module(package)
    assert all(getattr(module, name) is not None for name in PACKAGES[package])
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing'"):
        _ = module.nothing


def test_names_that_never_were_are_not_found() -> None:
    for name in ("racer.nothing", "racer.envs.nothing", "racer.session.nothing"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(name)


def test_pickled_classes_are_found_under_their_old_paths() -> None:
    code = (
        "import pickle\n"
        "for text in (b'cracer.envs.circuit\\nRacerEnv\\n.', b'cracer.config\\nEnvConfig\\n.',"
        " b'cracer.envs.highway_worlds\\nHighwayWorlds\\n.'):\n"
        "    print(pickle.loads(text).__module__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        *("racer.envs.circuit.env", "racer.envs.circuit.settings", "racer.envs.highway.worlds"),
    ]


def test_saved_specs_make_environments() -> None:
    spec = gymnasium.spec("racer/HighwayFast-v0")
    text = spec.to_json().replace("racer.envs.highway.env:", "racer.envs.highway:")
    old = gymnasium.envs.registration.EnvSpec.from_json(text)
    assert gymnasium.make(old).unwrapped.config["lanes_count"] == 3


def test_imports_of_the_documentation_work() -> None:
    lines = {
        line.strip()
        for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        for line in path.read_text("utf-8").splitlines()
        if re.match(r"\s*(from racer[\w.]* import [\w, ]+|import racer[\w.]*)$", line)
    }
    assert len(lines) > 3
    for line in lines:
        exec(line, {})  # noqa: S102 - lines of our own documentation


def test_telemetry_under_its_old_name() -> None:
    for env_id in ("racer/Circuit-v0", "racer/HighwayFast-v0"):
        worlds = gymnasium.make(env_id).unwrapped.worlds
        assert worlds.facts is worlds.telemetry
        assert (worlds.facts["v_x" if env_id == "racer/Circuit-v0" else "speed"] >= 0.0).all()
