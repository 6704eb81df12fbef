"""Regenerates racer/_core.pyi, the type stub of the extension, from its docstrings.

Run `make stubs` after a change to bindings/; a test compares the committed file with this output.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

STUB = Path(__file__).resolve().parent.parent / "racer" / "_core.pyi"


def generate() -> str:
    """Write the stub of the extension as it is built now.

    Returns:
        The text of the stub, formatted.

    Raises:
        subprocess.CalledProcessError: The generator found a signature that Python cannot express.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "pybind11_stubgen", "racer._core"),
            *("--output-dir", folder, "--exit-code", "--numpy-array-use-type-var"),
        ]
        subprocess.run(command, check=True, capture_output=True, text=True)
        stub = Path(folder) / "racer" / "_core.pyi"
        ruff = [sys.executable, "-m", "ruff"]
        settings = ["--config", "line-length=100", "--isolated"]
        fixes = ["check", "--quiet", "--fix", "--select", "I,UP,F401", "--target-version", "py310"]
        subprocess.run([*ruff, *fixes, *settings, str(stub)], check=False)
        subprocess.run([*ruff, "format", "--quiet", *settings, str(stub)], check=True)
        return stub.read_text("utf-8")


def main() -> int:
    """Write racer/_core.pyi in the source tree."""
    STUB.write_text(generate(), encoding="utf-8")
    sys.stdout.write(f"wrote {STUB}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
