"""Writes the type stubs of the C++ extension, `racer/_core/`: one file per module.

Run it after a change of the bindings: `python -m racer.tools.stubs`. With --check it writes nothing
and exits 1 if the committed stubs differ from what it would write.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

STUBS = Path(__file__).resolve().parent.parent / "racer" / "_core"


def generate() -> dict[str, str]:
    """The stubs of the extension as it is installed now, by the names of their files."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pybind11_stubgen", "racer._core", "-o", folder]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"pybind11-stubgen failed:\n{done.stderr}")
        return read(Path(folder) / "racer" / "_core")


def read(folder: Path) -> dict[str, str]:
    """The stubs in a folder, by the names of their files."""
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.pyi"))}


def main() -> int:
    """Writes or checks the stubs; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    args = parser.parse_args()
    made = generate()
    if args.check:
        same = read(STUBS) == made
        print("the stubs are up to date" if same else "racer/_core differs: run racer.tools.stubs")
        return 0 if same else 1
    STUBS.mkdir(exist_ok=True)
    for name in read(STUBS).keys() - made.keys():
        (STUBS / name).unlink()
    for name, text in made.items():
        (STUBS / name).write_text(text, "utf-8")
    print(f"wrote {STUBS}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
