"""kill -9 at any moment: a run is whole or not there, resumes, and ends as if never killed."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from kills import complete, duration, kill_often
from test_resume import assert_same
from test_train import oval, tiny

from racer.drivers.onnx_policy import OnnxDriver
from racer.train.checkpoint import load_checkpoint
from racer.train.run_folder import RunFolder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs the forkserver of Unix")
TRAIN = ["train", "--preset", "small.toml", "--log-dir", "runs", "--name", "cut", "--quiet"]
RESUME = ["resume", "runs/cut", "--quiet"]


def whole(folder: Path) -> None:
    """Everything that is visible is whole; what is hidden nobody sees."""
    visible = [path for path in (folder / "runs").glob("*") if not path.name.startswith(".")]
    for path in visible:
        run, _ = RunFolder.open(path)
        assert json.loads(run.versions.read_text("utf-8"))["run"]
        for checkpoint in run.checkpoint_paths():
            load_checkpoint(checkpoint)
        for policy in path.rglob("[!.]*.onnx"):
            OnnxDriver(policy)
        for report in path.rglob("[!.]*.json"):
            json.loads(report.read_text("utf-8"))


def small(folder: Path) -> None:
    track = oval(folder / "oval.csv")  # judged fast
    config = tiny(steps=256, checkpoints=8, evaluations=1, track=str(track))
    (folder / "small.toml").write_text(config.to_toml(), "utf-8")


def newest(run: Path) -> dict:
    state = load_checkpoint(RunFolder.open(run)[0].checkpoint_paths()[-1])[0]
    del state["facts"]  # the time that it took
    return state


def kill_a_run(folder: Path, kills: int, seed: int) -> int:
    """Kills train and resume by turns; what is resumed at last equals what was never killed."""
    small(folder)
    longest = duration([*TRAIN[:-2], "whole", "--quiet"], folder)

    def fresh() -> None:
        shutil.rmtree(folder / "runs" / "cut", ignore_errors=True)

    killed = kill_often(
        TRAIN, folder, check=lambda: whole(folder), kills=kills, longest=longest, seed=seed,
        begin=fresh,
    )  # fmt: skip
    if not (folder / "runs" / "cut").exists():
        assert complete(TRAIN, folder) == 0
    killed += kill_often(
        RESUME, folder, check=lambda: whole(folder), kills=kills, longest=longest, seed=seed + 1
    )
    assert complete(RESUME, folder) == 0
    whole(folder)
    assert_same(newest(folder / "runs" / "whole"), newest(folder / "runs" / "cut"))
    return killed


def kill_export(folder: Path, kills: int, seed: int) -> int:
    """A file that is replaced is the old one or the new one."""
    command = ["export", "runs/whole", "--newest", "--output", "out.onnx"]
    longest = duration(command, folder)
    return kill_often(
        command, folder, kills=kills, longest=longest, seed=seed,
        check=lambda: OnnxDriver(folder / "out.onnx") and None,
    )  # fmt: skip


def kill_evaluate(folder: Path, kills: int, seed: int) -> int:
    """Laps that were saved are whole."""
    from racer.laps import load_lap

    command = ["evaluate", "--policy", "good", "--track", "harbour", "--starts", "1", "--laps"]
    command += ["1", "--save-laps", "laps"]
    longest = duration(command, folder)

    def check() -> None:
        for path in (folder / "laps").rglob("[!.]*.lap.npz"):
            load_lap(path)

    return kill_often(command, folder, kills=kills, longest=longest, seed=seed, check=check)


@pytest.mark.timeout(300)
def test_a_few_kills_harm_no_run(tmp_path: Path) -> None:
    assert kill_a_run(tmp_path, 3, seed=1) > 0
    assert kill_export(tmp_path, 2, seed=2) >= 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_hundred_and_twenty_kills_harm_no_run(tmp_path: Path) -> None:
    killed = kill_a_run(tmp_path, 40, seed=3)
    killed += kill_export(tmp_path, 20, seed=4)
    killed += kill_evaluate(tmp_path, 20, seed=5)
    assert killed > 80  # most of the 120 hit a command at work
