"""Writes the type stub of the C++ extension, `racer/_core.pyi`.

Run it after a change of the bindings: `python -m racer.tools.stubs`. With --check it writes nothing
and exits 1 if the committed stub differs from what it would write.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

STUB = Path(__file__).resolve().parent.parent / "racer" / "_core.pyi"


def generate() -> str:
    """The stub of the extension as it is installed now."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pybind11_stubgen", "racer._core", "-o", folder]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"pybind11-stubgen failed:\n{done.stderr}")
        return (Path(folder) / "racer" / "_core.pyi").read_text()


def main() -> int:
    """Writes or checks the stub; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    args = parser.parse_args()
    text = generate()
    if args.check:
        same = STUB.exists() and STUB.read_text() == text
        print("the stub is up to date" if same else f"{STUB.name} differs: run racer.tools.stubs")
        return 0 if same else 1
    STUB.write_text(text)
    print(f"wrote {STUB}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
