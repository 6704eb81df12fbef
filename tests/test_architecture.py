"""The plan of docs/design.md holds: arrows point down, imports stay light, nothing is unpickled."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Folder in the tree -> name of the installed package.
PACKAGES = {"racer": "racer", "viewer": "racer.viewer", "tools": "racer.tools"}

# From the top floor down; a module may import from its own floor and from those below, also inside
# functions. The longest name that fits decides. A kind's folder is a slice through the house: its
# episodes stand on the drivers, its runs and its task on the training. The entry points of
# `racer.kinds` are strings: the only arrows that point up.
KIND = ("circuit", "highway", "plain")
FLOORS = (
    ("racer.cli", "racer.__main__"),
    ("racer.tools",),
    ("racer.viewer",),
    ("racer.plots",),
    ("racer.play",),
    ("racer.optimal.solver",),
    ("racer.adopt",),
    tuple(f"racer.envs.{kind}.{part}" for kind in KIND for part in ("task", "runs")),
    ("racer.train",),
    tuple(f"racer.envs.{kind}.episodes" for kind in KIND),
    ("racer.drivers",),
    ("racer.envs",),
    ("racer.evaluate",),
    ("racer.optimal",),
    ("racer.laps",),
    ("racer.tracks",),
    ("racer.formats", "racer.options"),
    ("racer",),
    ("racer._core",),
)
HEAVY = (
    "torch",
    "stable_baselines3",
    "pygame",
    "onnxruntime",
    "onnx",
    "matplotlib",
    "tensorboard",
    "casadi",
)


@dataclass(frozen=True)
class Import:
    """One import statement: who imports what, and whether that happens at import time."""

    path: Path
    line: int
    importer: str
    target: str
    late: bool

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.importer} imports {self.target}"


def sources() -> Iterator[tuple[Path, str]]:
    """Yield every Python file of the three packages with the module name it is installed under."""
    for folder, package in PACKAGES.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            yield path, ".".join((package, *parts))


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def imports_of(path: Path, module: str) -> list[Import]:
    """List the imports of one file, relative ones resolved, those for type checkers left out."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: list[Import] = []

    def visit(node: ast.AST, *, late: bool) -> None:
        targets: list[str] = []
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                anchor = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*anchor, base] if base else anchor)
            targets = [f"{base}.{alias.name}" for alias in node.names]
        found.extend(Import(path, node.lineno, module, target, late) for target in targets)
        late = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        children = node.orelse if is_type_checking(node) else ast.iter_child_nodes(node)
        for child in children:
            visit(child, late=late)

    visit(ast.parse(path.read_text("utf-8")), late=False)
    return found


def belongs(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def floor(module: str) -> int | None:
    """Number of the floor a module lives on, counted from the top; None if it is not ours."""
    best: tuple[int, int] | None = None
    for number, packages in enumerate(FLOORS):
        for package in packages:
            if belongs(module, package) and (best is None or len(package) > best[1]):
                best = (number, len(package))
    return None if best is None else best[0]


def resolve(target: str, modules: set[str]) -> str | None:
    """Longest prefix of an import target that is one of our modules."""
    while target and target not in modules:
        target = target.rpartition(".")[0]
    return target or None


ALL_SOURCES = list(sources())
ALL_IMPORTS = [found for path, module in ALL_SOURCES for found in imports_of(path, module)]
MODULES = {module for _, module in ALL_SOURCES} | {"racer._core"}


def test_there_is_something_to_check() -> None:
    assert {package for package in PACKAGES.values() if package not in MODULES} == set()
    assert len(ALL_IMPORTS) > len(MODULES)


def test_arrows_point_down() -> None:
    wrong = []
    for found in ALL_IMPORTS:
        above, below = floor(found.importer), floor(found.target)
        if above is not None and below is not None and below < above:
            wrong.append(str(found))
    assert not wrong, "\n".join(wrong)


def room(module: str) -> str:
    """The package of a module: folders, but for slices of a kind and files beside the packages."""
    names = [package for packages in FLOORS for package in packages if belongs(module, package)]
    best = max(names, key=len)
    return best if best != "racer" else module


def test_no_circles_between_packages_late_imports_counted() -> None:
    graph: dict[str, set[str]] = {}
    for found in ALL_IMPORTS:
        target = resolve(found.target, MODULES)
        if target is not None and room(found.importer) != room(target):
            graph.setdefault(room(found.importer), set()).add(room(target))
    graph.pop("racer", None)  # the package itself, whose version everybody may read
    assert len(graph) > 15
    done: set[str] = set()

    def follow(package: str, trail: list[str]) -> None:
        assert package not in trail, " -> ".join([*trail[trail.index(package) :], package])
        if package not in done:
            for target in sorted(graph.get(package, ())):
                follow(target, [*trail, package])
            done.add(package)

    for package in sorted(graph):
        follow(package, [])


def test_no_import_cycles_at_import_time() -> None:
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for found in ALL_IMPORTS:
        target = resolve(found.target, MODULES)
        # A package's __init__ may gather its own modules.
        if target and not found.late and not belongs(found.importer, target):
            graph[found.importer].add(target)
    done: set[str] = set()

    def follow(module: str, trail: list[str]) -> None:
        assert module not in trail, " -> ".join([*trail[trail.index(module) :], module])
        if module not in done:
            for target in sorted(graph[module]):
                follow(target, [*trail, module])
            done.add(module)

    for module in sorted(graph):
        follow(module, [])


def test_viewer_and_tools_are_imported_by_their_installed_names() -> None:
    wrong = [
        str(found)
        for found in ALL_IMPORTS
        if belongs(found.target, "viewer") or belongs(found.target, "tools")
    ]
    assert not wrong, "\n".join(wrong)


def test_the_engine_knows_no_python_no_files_and_no_clock() -> None:
    banned = ("<Python.h>", "pybind11", "<fstream>", "<iostream>", "<filesystem>", "<chrono>")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted((ROOT / "cpp").rglob("*.[ch]pp"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if line.lstrip().startswith("#include") and any(name in line for name in banned)
    ]
    assert not wrong, "\n".join(wrong)


def call_name(node: ast.Call) -> str:
    return ast.unparse(node.func)


def test_capabilities_are_declared_not_guessed() -> None:
    """Code for any kind of world asks for a protocol of `worlds.py` or `protocol.py`."""
    any_kind = ("racer.adopt", "racer.envs.plain")
    wrong = []
    for path, module in ALL_SOURCES:
        if not any(belongs(module, package) for package in any_kind) and (
            module.rpartition(".")[0] != "racer.drivers"
        ):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and (
                call_name(node) == "hasattr"
                or (call_name(node) == "getattr" and isinstance(node.args[1], ast.Constant))
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
    assert not wrong, "\n".join(wrong)


def test_nothing_is_unpickled() -> None:
    wrong = []
    for path, module in ALL_SOURCES:
        # The trainer resumes its own checkpoints, which never leave the run's folder.
        trainer = belongs(module, "racer.train")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call):
                keywords = {keyword.arg: keyword.value for keyword in node.keywords}
                allow = keywords.get("allow_pickle")
                if allow is not None and not (
                    isinstance(allow, ast.Constant) and allow.value is False
                ):
                    wrong.append(f"{where}: allow_pickle")
                name = call_name(node)
                if name in ("np.load", "numpy.load") and allow is None:
                    wrong.append(f"{where}: np.load without allow_pickle=False")
                if name == "torch.load" and not trainer:
                    wrong.append(f"{where}: torch.load")
                if name in ("PPO.load", "SAC.load", "VecNormalize.load") and not trainer:
                    wrong.append(f"{where}: {name}")
    unpicklers = ("pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve")
    wrong += [
        str(found)
        for found in ALL_IMPORTS
        if found.target.split(".")[0] in unpicklers and not belongs(found.importer, "racer.train")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("module", ["racer", "racer.cli.main", "racer.viewer", "racer.tools"])
def test_importing_stays_light(module: str, tmp_path: Path) -> None:
    code = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(answer.stdout.splitlines()[-1]))
    assert loaded.isdisjoint(HEAVY), loaded & set(HEAVY)


def test_files_stay_short() -> None:
    limits = {"*.py": 400, "*.cpp": 500, "*.hpp": 500}
    long = []
    for folder in (*PACKAGES, "cpp", "bindings"):
        for pattern, limit in limits.items():
            for path in (ROOT / folder).rglob(pattern):
                lines = len(path.read_text("utf-8").splitlines())
                if lines > limit:
                    long.append(f"{path.relative_to(ROOT)}: {lines} lines")
    assert not long, "\n".join(long)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="pybind11-stubgen fails on Python 3.10")
def test_the_stubs_are_the_generated_ones() -> None:
    from racer.tools import stubs

    committed = stubs.read(ROOT / "racer" / "_core")
    assert committed == stubs.generate(), "racer/_core is out of date: run `make stubs`"
