"""No kind of world is named outside its own folders and the registry; no id is cut into pieces."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from racer.kinds import kinds, short_name

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("racer", "viewer", "tools")
IDS = {env_id for kind in kinds() for env_id in kind.ids if "slot" not in kind.name}
WORDS = {"circuit", "highway", *IDS, *map(short_name, IDS)}
# Where a kind may be named: its folders, the registry, and doors that users' code comes through.
OWN = re.compile(r"(racer/(envs|drivers|play)|viewer)/(circuit|highway)/")
NAMED = {
    "racer/kinds.py": "the registry",
    "racer/registration.py": "registers the kinds that come with Racer",
    "racer/renamed.py": "old names of modules",
    "racer/envs/__init__.py": "public names: racer.envs.HighwayEnv",
    "racer/envs/sb3.py": "public names: racer.envs.sb3.HighwayVecEnv",
    "racer/envs/vector.py": "public names: racer.envs.vector.HighwayVectorEnv",
    "racer/envs/checks.py": "names HighwayEnv's methods, which its users override",
    "racer/train/config.py": "the tables [env] and [highway] of every config.toml",
    "racer/cli/bench.py": "names the layers of the benchmark",
    "tools/bench/__init__.py": "names the layers of the benchmark",
    "tools/bench/env.py": "measures the circuits' environment",
    "tools/bench/highway.py": "measures the highway",
    "tools/bench/peer_cases.py": "measures highway-env",
    "tools/bench/report.py": "titles of the benchmark's layers",
    "tools/highway_parity.py": "compares the highway with HighwayEnv",
    "tools/highway_plans.py": "compares the highway with HighwayEnv",
    "tools/highway_reference.py": "compares the highway with HighwayEnv",
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not OWN.match(name) and name not in NAMED:
                yield name, ast.parse(path.read_text("utf-8"))


def docstrings(tree: ast.Module) -> set[int]:
    """Where the texts are that nothing but a reader reads."""
    found = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            found |= {
                id(part.value)
                for part in body
                if isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
            }
    return found


def names(node: ast.AST) -> Iterator[str]:
    for attribute in ("id", "attr", "name", "arg", "module"):
        value = getattr(node, attribute, None)
        if isinstance(value, str):
            yield value
    for alias in getattr(node, "names", ()):
        yield alias.name if isinstance(alias, ast.alias) else str(alias)


def test_kinds_are_named_in_their_own_folders_alone() -> None:
    wrong = []
    for name, tree in sources():
        prose = docstrings(tree)
        for node in ast.walk(tree):
            where = f"{name}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                said = text in WORDS or any(env_id in text for env_id in IDS)
                if said and id(node) not in prose:
                    wrong.append(f"{where}: {text[:60]!r}")
            wrong += [f"{where}: {word}" for word in names(node) if "highway" in word.lower()]
    assert not wrong, "\n".join(wrong)


def test_ids_are_not_cut_into_pieces() -> None:
    wrong = [
        f"{name}:{node.lineno}"
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Slice)
        and "env_id" in ast.unparse(node.value)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", NAMED)
def test_every_exception_is_one(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "highway" in text.lower() or any(env_id in text for env_id in IDS)


@pytest.mark.parametrize("kind", [kind.name for kind in kinds()])
def test_a_record_names_what_is_there(kind: str) -> None:
    record = next(found for found in kinds() if found.name == kind)
    parts = [
        part
        for part, value in vars(record).items()
        if isinstance(value, str) and ":" in value and part != "noun"
    ]
    assert len(parts) > 10
    drivers = record.load("drivers")
    shipped = set(getattr(drivers, "shipped", tuple)())
    assert all(name in record.driver_names for name in set(drivers.names()) - shipped)
    for part in parts:
        assert record.load(part) is not None
