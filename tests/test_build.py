"""The build keeps the promise of equal bits: right flags, and no code shared between kernels."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "dev"

built_here = pytest.mark.skipif(
    not (BUILD / "compile_commands.json").exists(), reason="needs the objects of `make build`"
)


def engine_commands() -> list[dict[str, str]]:
    commands = json.loads((BUILD / "compile_commands.json").read_text("utf-8"))
    return [entry for entry in commands if "/cpp/src/" in entry["file"]]


@built_here
def test_flags_that_fix_the_bits_come_last() -> None:
    assert engine_commands()
    for entry in engine_commands():
        flags = entry["command"].split()
        assert "-ffp-contract=off" in flags
        assert "-fno-fast-math" in flags
        after = flags[flags.index("-ffp-contract=off") + 1 :]
        unwanted = [f for f in after if re.match(r"-f(fp-contract|fast|unsafe|associ|recip)", f)]
        assert not unwanted, entry["file"]
        assert "-march=native" not in flags


@built_here
@pytest.mark.skipif(shutil.which("nm") is None, reason="needs nm from binutils")
def test_kernels_share_no_code() -> None:
    """An inline function compiled for AVX-512 must never be the one that the baseline calls.

    The linker keeps one copy of each weak symbol, so every weak function of a kernel must live in
    the namespace of its instruction set.
    """
    objects = sorted(BUILD.glob("CMakeFiles/racer_kernel_*.dir/**/*.o"))
    assert objects
    for path in objects:
        isa = next(part for part in path.parts if part.startswith("racer_kernel_"))
        isa = isa.removeprefix("racer_kernel_").removesuffix(".dir")
        listing = subprocess.run(
            ["nm", "-C", "--defined-only", str(path)], capture_output=True, text=True, check=True
        ).stdout
        weak = re.findall(r"^[0-9a-f]+ W (.*)$", listing, flags=re.MULTILINE)
        foreign = [symbol for symbol in weak if f"racer::{isa}::" not in symbol]
        assert not foreign, f"{isa}: {foreign}"
