"""Every program of docs/integrations.md runs; those of other frameworks in venvs of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "integrations.md"
VENVS = ROOT / "build" / "integrations"
# Section -> the venv that has its packages; "" is the one that runs this test.
HOMES = {
    "Gymnasium": "",
    "Stable-Baselines3": "",
    "CleanRL": "",
    "TorchRL": "torch",
    "Minari": "torch",
    "skrl": "torch",
    "RL Baselines3 Zoo": "torch",
    "RLlib": "rllib",
    "Tianshou": "rllib",
}


def programs():
    for section in PAGE.read_text("utf-8").split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        for program in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            yield title, program


def run(python, program, folder):
    environment = {**os.environ, "MINARI_DATASETS_PATH": str(folder), "SDL_VIDEODRIVER": "dummy"}
    return subprocess.run(
        [python, "-c", f"if __name__ == '__main__':\n    exec({program!r}, {{'__name__': 'x'}})"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_program_of_the_page_is_run():
    titles = [title for title, _ in programs()]
    assert titles == list(HOMES)


@pytest.mark.parametrize("title", [title for title, home in HOMES.items() if not home])
def test_with_the_packages_of_racer(title, tmp_path):
    pytest.importorskip("moviepy", reason="needs the extra view")
    answer = run(sys.executable, dict(programs())[title], tmp_path)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.integrations
@pytest.mark.timeout(900)
@pytest.mark.parametrize("title", [title for title, home in HOMES.items() if home])
def test_with_packages_of_others(title, tmp_path):
    python = VENVS / HOMES[title] / "bin" / "python"
    if not python.exists():
        pytest.skip("`make integrations` has not been run")
    answer = run(python, dict(programs())[title], tmp_path)
    assert answer.returncode == 0, answer.stderr[-3000:]
