"""kill -9 at any moment: a run is whole or not there, resumes, and ends as if never killed."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from kills import complete, duration, kill_often
from test_resume import assert_same
from test_train import oval, tiny
from track_scene import ring, write_csv

from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.tracks import load_track, read_settings
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
    """Laps that were saved are whole, whatever was saved over."""
    from racer.laps import load_lap

    oval(folder / "oval.csv")
    command = ["evaluate", "--policy", "good", "--track", "oval.csv", "--starts", "2", "--laps"]
    command += ["1", "--save-laps", "saved"]
    longest = duration(command, folder)

    def check() -> None:
        for path in (folder / "saved").rglob("[!.]*.lap.npz"):
            load_lap(path)

    return kill_often(command, folder, kills=kills, longest=longest, seed=seed, check=check)


def lap_keeper(folder: Path) -> Callable[[], None]:
    """A check: a lap that was there stays as it was, a new one is whole and proved."""
    from racer.laps import verify_lap

    kept: dict[Path, bytes] = {}

    def check() -> None:
        now = {path: path.read_bytes() for path in folder.rglob("[!.]*.lap.npz")}
        assert {path: now.get(path) for path in kept} == kept
        for path in now.keys() - kept.keys():
            assert verify_lap(path).proved, path
        kept.update(now)

    return check


def kill_record(folder: Path, kills: int, seed: int) -> int:
    """No lap is lost, none is half there."""
    oval(folder / "oval.csv")
    command = ["record", "--driver", "good", "--track", "oval.csv", "--laps", "2"]
    command += ["--laps-dir", "laps"]
    longest = duration(command, folder)
    return kill_often(
        command, folder, kills=kills, longest=longest, seed=seed, check=lap_keeper(folder / "laps")
    )


def kill_import(folder: Path, kills: int, seed: int) -> int:
    """The circuit is the old one or the new one, and its files are of one import."""
    home = folder / "home" / "RACER_TRACKS_DIR"
    commands = []
    for letter, width in (("A", 4.0), ("B", 7.0)):
        (folder / letter).mkdir()
        write_csv(folder / letter / "ring.csv", ring(width=width))
        commands.append(["tracks", "import", f"{letter}/ring.csv", "--name", "One", "--force",
                         "--country", letter])  # fmt: skip
    longest = duration(commands[0], folder)

    def check() -> None:
        width = float((home / "one.csv").read_text().splitlines()[2].split(",")[2])
        country = read_settings(home / "one.csv").country
        assert (country, width) in {("A", 4.0), ("B", 7.0)}
        assert load_track(home / "one.csv").name == "One"

    killed = 0
    for number, command in enumerate(commands * 3):
        killed += kill_often(
            command, folder, kills=-(-kills // 6), longest=longest, seed=seed + number, check=check
        )
        assert complete(command, folder) == 0  # what a kill left harms no later import
        check()
    return killed


def kill_optimal(folder: Path, kills: int, seed: int) -> int:
    """A result is whole, and the lap beside it is the one that it speaks of."""
    from racer.laps import load_lap
    from racer.optimal.reference import lap_path, load_reference

    oval(folder / "oval.csv")
    command = ["optimal", "oval.csv", "--again", "--prove", "--laps", "2", "--out", "out"]
    longest = duration(command, folder)

    def check() -> None:
        for path in [*(folder / "out").glob("[!.]*.json"), *(folder / "home").rglob("[!.]*.json")]:
            if "matplotlib" in path.parts:
                continue
            result = load_reference(path)
            if result.demonstrated_lap_s is not None:
                lap = load_lap(lap_path(path))
                assert lap.lap_time_s == pytest.approx(result.demonstrated_lap_s)
        for path in (folder / "out").glob("[!.]*.lap.npz"):
            load_lap(path)
        for path in (folder / "out").glob("[!.]*.png"):
            assert path.read_bytes().endswith(b"IEND\xaeB`\x82")

    return kill_often(command, folder, kills=kills, longest=longest, seed=seed, check=check)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_few_kills_harm_no_run(tmp_path: Path) -> None:
    assert kill_a_run(tmp_path, 2, seed=1) == 4
    assert kill_export(tmp_path, 1, seed=2) == 1


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_hundred_kills_harm_no_run(tmp_path: Path) -> None:
    killed = kill_a_run(tmp_path, 40, seed=3)
    killed += kill_export(tmp_path, 20, seed=4)
    assert killed == 100


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("kill", "kills"),
    [(kill_evaluate, 24), (kill_record, 24), (kill_import, 30), (kill_optimal, 24)],
)
def test_a_hundred_more_harm_nothing_that_is_kept(
    kill: Callable[[Path, int, int], int], kills: int, tmp_path: Path
) -> None:
    assert kill(tmp_path, kills, 5) == kills
