"""Builds the engine in many ways and compares the golden hashes: `make determinism`.

Every compiler, optimisation level and instruction set that this machine has, and ARM64 by
cross-compiler and qemu-user, must print the hashes of tests/golden.txt. What is missing is said,
with the package that brings it. The exit code is 1 if any hash differs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden.txt"
TARGET = "test_determinism"


@dataclass(frozen=True)
class Build:
    """One way to build the engine.

    Attributes:
        name: shown in the table.
        compiler: the C++ compiler.
        options: settings for CMake.
        runner: a command before the program, for another processor.
        package: what brings the compiler or the runner.
        fast: whether a thousand worlds on eight threads take it seconds, not minutes.
    """

    name: str
    compiler: str
    options: tuple[str, ...] = ()
    runner: tuple[str, ...] = ()
    package: str = ""
    fast: bool = False

    def missing(self) -> str:
        """Why it can't be built here; "" if it can."""
        for program in (self.compiler, *self.runner[:1]):
            if shutil.which(program) is None:
                return f"{program} is missing (Debian: {self.package})"
        return ""


@dataclass
class Table:
    """What was found so far."""

    golden: dict[str, str]
    wrong: int = 0
    compared: int = 0
    skipped: list[str] = field(default_factory=list)

    def row(self, build: str, kernels: str, hashes: dict[str, str]) -> None:
        """Prints one line and counts."""
        differs = [name for name, value in self.golden.items() if hashes.get(name) != value]
        self.compared += len(self.golden)
        self.wrong += len(differs)
        verdict = "differs: " + ", ".join(differs) if differs else "equal"
        print(f"{build:<22} {kernels:<17} {verdict}", flush=True)

    def cuts(self, build: str, done: subprocess.CompletedProcess[str]) -> None:
        """Prints what the program itself found over batch sizes and numbers of threads."""
        *faults, last = done.stdout.splitlines() or ["it printed nothing"]
        self.compared += 1
        self.wrong += done.returncode != 0
        print(f"{build:<22} {'batches, threads':<17} {'; '.join(faults) or last}", flush=True)


def builds() -> list[Build]:
    """The matrix."""
    rows = []
    for compiler, package in (("g++", "g++"), ("clang++", "clang")):
        rows += [
            Build(
                f"{compiler} -O{level}",
                compiler,
                (f"-DRACER_OPTIMISATION=-O{level}",),
                package=package,
                fast=level > 0,
            )
            for level in (0, 2, 3)
        ]
        rows.append(
            Build(f"{compiler} Debug", compiler, ("-DCMAKE_BUILD_TYPE=Debug",), package=package)
        )
    rows.append(
        Build(
            "ARM64 g++ -O3",
            "aarch64-linux-gnu-g++",
            ("-DCMAKE_SYSTEM_NAME=Linux", "-DCMAKE_SYSTEM_PROCESSOR=aarch64"),
            ("qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"),
            "g++-aarch64-linux-gnu qemu-user",
        )
    )
    return rows


def parse(text: str) -> dict[str, str]:
    """Lines "name hash" as a mapping; # starts a comment."""
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {words[0]: words[1] for words in lines}


def compile_program(build: Build, folder: Path) -> Path:
    """Builds the test program and returns its path. Raises SystemExit with the log if it fails."""
    cmake = shutil.which(
        "cmake", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    if cmake is None:
        raise SystemExit("cmake is missing: run `make setup`")
    configure = [
        cmake, "-S", str(ROOT), "-B", str(folder), "-DRACER_BUILD_PYTHON=OFF",
        "-DRACER_BUILD_TESTS=ON", f"-DCMAKE_CXX_COMPILER={build.compiler}", *build.options,
    ]  # fmt: skip
    make = [
        cmake,
        "--build",
        str(folder),
        "--target",
        TARGET,
        "-j",
        os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", "2"),
    ]
    for command in (configure, make):
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{build.name} does not build:\n{done.stdout[-4000:]}{done.stderr}")
    return folder / TARGET


def run(command: list[str]) -> str:
    """What a program prints; its failure is ours."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> int:
    """Runs the matrix; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "determinism")
    parser.add_argument("--only", default="", help="run the builds whose name contains this")
    args = parser.parse_args()
    table = Table(parse(GOLDEN.read_text()))
    print(f"{'build':<22} {'kernels':<17} {len(table.golden)} hashes against tests/golden.txt")
    for build in builds():
        if args.only not in build.name:
            continue
        if reason := build.missing():
            table.skipped.append(f"{build.name}: {reason}")
            continue
        program = compile_program(build, args.folder / build.name.replace(" ", "_"))
        command = [*build.runner, str(program)]
        for kernels in run([*command, "--kernels"]).split():
            table.row(build.name, kernels, parse(run([*command, "--print", kernels])))
        if build.fast:
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            table.cuts(build.name, done)
    for line in table.skipped:
        print(f"not run: {line}")
    print(f"{table.compared} comparisons, {table.wrong} differ")
    return 1 if table.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
