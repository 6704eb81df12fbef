"""Runs that users and accidents met: bad ends, damaged files, edits, two at once, full disks."""

import errno
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from test_highway_training import config as highway_config
from test_resume import assert_same
from test_train import oval, tiny

from racer.cli.main import build_parser, main
from racer.cli.once import Once
from racer.errors import ConfigError
from racer.formats.settings import merged
from racer.train import memory
from racer.train.callback import RunKeeper
from racer.train.checkpoint import load_checkpoint
from racer.train.config import TrainConfig, load_preset, load_train_config, read_toml
from racer.train.new_run import checked_name, new_run
from racer.train.run_folder import RunFolder
from racer.train.trainer import build, load_newest, resume, train

UNIX = pytest.mark.skipif(sys.platform == "win32", reason="needs pipes and devices of Unix")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with two checkpoints, at 64 and at 128 steps."""
    folder = tmp_path_factory.mktemp("made")
    track = oval(folder / "oval.csv")  # judged fast
    train(tiny(track=str(track)), folder / "run", show=False)
    return folder / "run"


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made, tmp_path / "run"))


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What a command said on stderr: one sentence, no traceback."""
    text = capsys.readouterr().err
    assert "Traceback" not in text
    return text


# C1: values are checked before they are written ----------------------------------------------


@pytest.mark.parametrize(
    ("flag", "value", "sentence"),
    [
        ("--minutes", "inf", "--minutes is inf, but it must be a number from 0 to 1,000,000"),
        ("--minutes", "nan", "--minutes is nan"),
        ("--minutes", "-1", "--minutes is -1.0"),
        ("--minutes", "0", "above 0"),
        ("--minutes", "1e300", "--minutes is 1e+300"),
        ("--steps", "-5", "--steps is -5, but it must be a whole number from 1 to"),
        ("--steps", "0", "--steps is 0"),
        ("--steps", "99999999999999999999", "--steps is 99999999999999999999"),
        ("--steps", "100", "has been trained for 128 steps"),
        ("--minutes", "0.000001", "has been trained for"),
    ],
)
def test_an_end_that_is_none_changes_nothing(
    flag: str, value: str, sentence: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if value == "0.000001":  # as if it had taken an hour
        path = RunFolder(run).checkpoint_paths()[-1]
        state = torch.load(path, weights_only=True)
        state["facts"] = json.dumps({**json.loads(state["facts"]), "seconds": 3600.0})
        torch.save(state, path)
    before = (run / "config.toml").read_bytes()
    assert main(["resume", str(run), flag, value]) == 2
    assert sentence in said(capsys)
    assert (run / "config.toml").read_bytes() == before
    if sentence.startswith("--"):
        assert main(["train", flag, value, "--log-dir", str(run / "new")]) == 2
        assert sentence in said(capsys)
        assert not (run / "new").exists()


def test_whatever_builds_a_run_checks_it() -> None:
    from dataclasses import replace

    config = tiny()
    for change, sentence in (
        ({"minutes": float("inf")}, "minutes is inf"),
        ({"steps": 10**20}, "steps is 100000000000000000000"),
        ({"steps": True}, "steps is True"),
        ({"n_envs": 0}, "n_envs is 0, but it must be a whole number from 1 to 1,000,000"),
        ({"track": ["a", 3]}, "track is"),
        ({"track": "a\nb"}, r"track is 'a\nb'"),
        ({"track": "x" * 1000}, "at most 900 printable characters"),
        ({"algo_settings": {"gama": 1}}, "no setting 'ppo.gama'"),
        ({"highway": 3}, "highway is 3"),
        ({"seed": -1}, "seed is -1"),
    ):
        with pytest.raises(ConfigError) as caught:
            replace(config, **change)  # type: ignore[arg-type]
        assert sentence in str(caught.value)


def test_what_a_file_could_not_hold_is_not_written() -> None:
    """JSON's null stands in no TOML: it is the default of every key that takes it."""
    config = highway_config(highway={"initial_lane_id": None, "duration": 4})
    assert "initial_lane_id" not in config.to_toml()
    for value in (float("nan"), object(), "\x7f"):
        with pytest.raises((ConfigError, TypeError)):
            highway_config(highway={"duration": value}).to_toml()


# C2: damage, edits ---------------------------------------------------------------------------


def break_it(path: Path, how: str, other: Path) -> None:
    data = path.read_bytes()
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "garbage":
        path.write_bytes(os.urandom(1000))
    elif how == "bit":
        place = len(data) // 2
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    elif how == "text":
        torch.save({"format": 3, "facts": "{"}, path)
    elif how == "tensors":
        state = torch.load(path, weights_only=True)
        state["parameters"]["policy"]["log_std"] = torch.zeros(7)
        torch.save(state, path)
    elif how == "worlds":
        state = torch.load(path, weights_only=True)
        state["worlds"][0]["data"] = state["worlds"][0]["data"][:-8]
        torch.save(state, path)
    elif how == "counter":
        state = torch.load(path, weights_only=True)
        state["counters"]["num_timesteps"] = -5
        torch.save(state, path)
    elif how == "pipe":
        path.unlink()
        os.mkfifo(path)
    elif how == "device":
        path.unlink()
        path.symlink_to("/dev/zero")
    elif how == "other":
        shutil.copy(RunFolder(other).checkpoint_paths()[-1], path)


@pytest.mark.parametrize(
    "how",
    ["cut", "empty", "garbage", "bit", "text", "tensors", "worlds", "counter", "other",
     pytest.param("pipe", marks=UNIX), pytest.param("device", marks=UNIX)],
)  # fmt: skip
def test_a_damaged_checkpoint_is_passed_over(
    how: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = load_checkpoint(RunFolder(run).checkpoint_paths()[-1])[0]
    other = tmp_path / "other"
    if how == "other":
        shutil.copytree(run, other)
        for path in RunFolder(other).checkpoint_paths():
            state = torch.load(path, weights_only=True)
            state["facts"] = json.dumps({**json.loads(state["facts"]), "run": "0" * 16})
            torch.save(state, path)
    paths = RunFolder(run).checkpoint_paths()
    break_it(paths[-1], how, other)
    assert main(["resume", str(run), "--quiet", "--json"]) == 0
    text = said(capsys)
    assert paths[-1].name in text
    assert f"Resuming from {paths[0].name}" in text
    again = load_checkpoint(RunFolder(run).checkpoint_paths()[-1])[0]
    del whole["facts"], again["facts"]
    assert_same(whole, again)  # the same bits as if nothing had been damaged


def test_a_file_that_only_seems_the_newest_is_put_aside(run: Path) -> None:
    strange = RunFolder(run).checkpoint_path(999_999)
    strange.write_bytes(b"garbage")
    assert resume(run, steps=192, show=False)["steps"] == 192
    assert not strange.exists()
    assert strange.with_name(f"{strange.name}.damaged").read_bytes() == b"garbage"


def test_if_none_is_left_it_says_so(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in RunFolder(run).checkpoint_paths():
        path.write_bytes(b"")
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    for command in (["resume", str(run)], ["export", str(run), "--newest"]):
        assert main(command) == 2
        text = said(capsys)
        assert "no checkpoint is left to resume from" in text
        assert text.count("\n") == 1
    before.pop(run / ".lock")
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("net_arch = [16]", "net_arch = [32]", "ppo.net_arch is [32], but the run was trained"),
        ('activation = "relu"', 'activation = "tanh"', "ppo.activation is 'tanh'"),
        ('algo = "ppo"', 'algo = "sac"', "algo is 'sac'"),
        (
            'algo = "ppo"\nenv_id = "racer/Circuit-v0"',
            'algo = "dqn"\nenv_id = "racer/HighwayRisk-v0"',
            "algo is 'dqn'",
        ),
        ("normalise_observation = true", "normalise_observation = false", "normalise_observation"),
        ("normalise_reward = false", "normalise_reward = true", "normalise_reward is True"),
        ('observation = "road"', 'observation = "lidar"', "env.observation is 'lidar'"),
        ('action = "axis"', 'action = "pedals"', "env.action is 'pedals'"),
        ("ticksPerAction = 6", "ticksPerAction = 3", "env.ticksPerAction is 3"),
        ('vehicle = "gt"', 'vehicle = "kart"', "env.vehicle is 'kart', but the run was"),
        ('"racer/Circuit-v0"', '"racer/Highway-v0"', "env_id is 'racer/Highway-v0'"),
        ("n_envs = 8", "n_envs = 0", "n_envs is 0"),
        ("n_envs = 8", "n_envs = 2", "n_steps times n_envs"),
    ],
)
def test_an_edit_that_does_not_fit_is_named(
    old: str, new: str, sentence: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run / "config.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    for command in (["resume", str(run), "--steps", "192"], ["export", str(run), "--newest"]):
        assert main(command) == 2
        problem = said(capsys)
        assert sentence in problem
        assert problem.count("\n") == 1
    assert path.read_text("utf-8") == text.replace(old, new)


def test_another_number_of_worlds_goes_on(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = run / "config.toml"
    path.write_text(path.read_text("utf-8").replace("n_envs = 8", "n_envs = 16"), "utf-8")
    assert resume(run, steps=256, show=False)["steps"] == 256
    assert "n_envs is 16 and was 8; all worlds begin new episodes" in said(capsys)


def test_only_known_counters_are_restored(run: Path) -> None:
    path = RunFolder(run).checkpoint_paths()[-1]
    state = torch.load(path, weights_only=True)
    state["counters"]["gamma"] = 7
    torch.save(state, path)
    model, _ = load_newest(*RunFolder.open(run))
    assert model.gamma == 0.99


def test_other_files_of_a_run_may_be_damaged(run: Path) -> None:
    (run / "report.json").write_text("{")
    (run / "best" / "score.json").write_text("[]")
    (run / "policy.onnx").write_bytes(b"")
    assert resume(run, show=False)["finished"]
    assert (run / "policy.onnx").read_bytes() == (run / "best" / "policy.onnx").read_bytes()
    (run / "best" / "policy.onnx").write_bytes(b"garbage")
    assert resume(run, show=False)["finished"]
    assert (run / "policy.onnx").read_bytes() == (run / "best" / "policy.onnx").read_bytes()
    assert json.loads((run / "report.json").read_text())["finished"]


# C3: a run needs nothing outside its folder --------------------------------------------------


def test_a_run_keeps_its_circuit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    oval(Path("mine.csv"))
    Path("mine.toml").write_text('name = "My Oval"\nrunoff = 4.0\n', "utf-8")
    preset = tiny(track="mine.csv").to_toml()
    Path("small.toml").write_text(preset, "utf-8")
    command = ["train", "--preset", "small.toml", "--name", "a", "--quiet"]
    assert main(command) == 0
    run = (work / "runs" / "a").rename(tmp_path / "moved")
    shutil.rmtree(work)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main(["resume", "moved", "--steps", "192", "--quiet"]) == 0
    assert json.loads(Path("moved/report.json").read_text("utf-8"))["steps"] == 192
    # Its settings are a preset, wherever it lies.
    assert main(["train", "--preset", "moved/config.toml", "--name", "b", "--quiet"]) == 0
    assert read_toml(Path("runs/b/config.toml"))["track"] == "moved/circuit.csv"
    (run / "circuit.csv").write_text("x,y\n1,2\n")
    assert main(["resume", "moved", "--steps", "256", "--quiet"]) == 2
    assert "circuit.csv" in said(capsys)


# C4: circuits by name; options are given once ------------------------------------------------


def options(parser: Any) -> list[tuple[list[str], Any]]:
    """Every option of every command that stores one value."""
    found = []
    for action in parser._actions:
        if hasattr(action, "choices") and isinstance(action.choices, dict):
            for name, command in action.choices.items():
                found += [([name, *words], option) for words, option in options(command)]
        elif action.option_strings and type(action).__name__ in ("_StoreAction", "Once"):
            found.append(([], action))
    return found


def test_an_option_with_one_value_is_given_once(capsys: pytest.CaptureFixture[str]) -> None:
    found = options(build_parser())
    assert len(found) > 70
    assert all(type(option) is Once for _, option in found)
    with pytest.raises(SystemExit) as caught:
        main(["train", "--seed", "1", "--seed", "2"])
    assert caught.value.code == 2
    assert "argument --seed: is given more than once" in said(capsys)


@pytest.mark.parametrize("track", ["['random:1', 2]", "[]", "3", "1.5", "true", "{a = 1}"])
def test_a_preset_names_its_circuits(
    track: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.toml").write_text(f"steps = 9\ntrack = {track}\n")
    command = ["train", "--preset", str(tmp_path / "p.toml"), "--log-dir", str(tmp_path / "runs")]
    assert main(command) == 2
    assert "track is" in said(capsys)
    assert not (tmp_path / "runs").exists()


# C5: two at once, and nothing half made ------------------------------------------------------


def test_of_many_trainings_at_once_each_has_a_name(tmp_path: Path) -> None:
    config, ready = tiny(), []

    def make(_: int) -> str:
        with new_run(tmp_path / "ppo", config, {}, numbered=True) as folder:
            ready.append(folder.config.is_file() and folder.versions.is_file())
            return folder.path.name

    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(make, range(8)))
    assert set(names) == {"ppo", *(f"ppo-{number}" for number in range(2, 9))}
    assert all(ready)
    assert {path.name for path in tmp_path.iterdir()} == set(names)
    with (
        pytest.raises(ConfigError, match="already exists"),
        new_run(tmp_path / "ppo", config, {}),
    ):
        pass
    assert {path.name for path in tmp_path.iterdir()} == set(names)


def test_a_run_that_is_trained_is_locked(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = (
        "import sys; from pathlib import Path; from racer.train.run_folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).lock(): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(run)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert main(["resume", str(run), "--steps", "192"]) == 2
        assert f"process {holder.pid} is using it" in said(capsys)
        holder.kill()
    assert resume(run, steps=192, show=False)["steps"] == 192


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ppo": {"batch_size": 10_000_000}}, "batch_size is 10,000,000"),
        ({"ppo": {"n_steps": 100_000}, "n_envs": 1_000_000}, "GB of memory"),
        ({"ppo": {"net_arch": [8192] * 16}}, "GB of memory"),
        ({"algo": "sac", "sac": {"buffer_size": 100_000_000}}, "buffer_size = 100,000,000"),
        ({"ppo": {"log_stds": [0.0]}}, "log_stds has 1 numbers"),
        ({"track": "nowhere.csv"}, "nowhere.csv"),
        ({"env_id": "racer/Highway-v0", "highway": {"lanes_count": -5}}, "1 to 64, got -5"),
        ({"env_id": "racer/Highway-v0", "highway": {"lanes": 5}}, "did you mean 'lanes_count'"),
        ({"env_id": "racer/Highway-v0", "algo": "sac"}, "meta-actions"),
        ({"env_id": "racer/Highway-v0", "algo": "dqn", "dqn": {"buffer_size": 10**8}}, "GB of"),
    ],
)
def test_a_refused_training_leaves_nothing(
    changes: dict[str, Any],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 2 << 30)  # whatever this machine has
    content = merged({"steps": 9, "n_envs": 8, "ppo": {"batch_size": 32}}, changes)
    text = load_train_config(content, "test").to_toml()
    (tmp_path / "p.toml").write_text(text, "utf-8")
    command = ["train", "--preset", str(tmp_path / "p.toml"), "--log-dir", str(tmp_path / "runs")]
    assert main([*command, "--quiet"]) == 2
    problem = said(capsys)
    assert sentence in problem
    assert problem.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", ["random:", "random:7", "deep/er"])
def test_a_log_dir_may_have_any_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    oval(tmp_path / "random:9.csv")  # a file, whatever its name looks like
    (tmp_path / "p.toml").write_text(tiny(track="random:9.csv").to_toml(), "utf-8")
    command = ["train", "--preset", "p.toml", "--log-dir", name, "--name", "x", "--quiet"]
    assert main(command) == 0
    assert RunFolder.open(Path(name, "x"))[0].circuit is not None
    assert resume(Path(name, "x"), steps=192, show=False)["finished"]


def test_a_refusal_after_the_first_folder_removes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "circuit.csv")

    monkeypatch.setattr("racer.envs.circuit.runs.CircuitRuns.keep", refuse)
    with pytest.raises(OSError, match="No space left"):
        train(tiny(), tmp_path / "a" / "b" / "run", show=False)
    assert list(tmp_path.iterdir()) == []


def test_presets_fit_into_a_gigabyte() -> None:
    for name in ("ppo", "sac", "tqc", "highway-ppo", "highway-sac", "highway-dqn"):
        config = load_train_config(load_preset(name), name)
        assert memory.needed_bytes(config, 102, 2, 51 * 200) < 1 << 30


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../evil", "../../evil", "a/b", "/x", "a\\b", "a\nb", "a\0b", "\udcff",
     ".hidden", "-x", "x" * 201, "é" * 101, "a\u202eb", " a", "a ", "a.", "C:x"],
)  # fmt: skip
def test_a_name_is_one_plain_folder(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--log-dir", str(tmp_path / "runs"), f"--name={name}"]) == 2
    problem = said(capsys)
    # What no command can use is refused before it is read.
    unusable = {"\0": "holds a NUL byte", "\udcff": "is not UTF-8 text"}
    reasons = [reason for letter, reason in unusable.items() if letter in name]
    assert (*reasons, "cannot be the name of a run")[0] in problem
    assert problem.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_names_that_people_use_are_fine() -> None:
    for name in ("first", "my run 2", "ppo-harbour", "Übung_1.5", "试验"):
        assert checked_name(name) == name


def test_a_run_killed_before_its_first_checkpoint_begins_anew(tmp_path: Path) -> None:
    config = tiny(evaluations=0)
    whole = train(config, tmp_path / "whole", show=False)
    with new_run(tmp_path / "cut", config, build(config).task.fingerprints()):
        pass  # killed here
    assert resume(tmp_path / "cut", show=False)["steps"] == whole["steps"]
    states = [
        load_checkpoint(RunFolder(tmp_path / name).checkpoint_paths()[-1])[0]
        for name in ("whole", "cut")
    ]
    for state in states:
        del state["facts"]
    assert_same(*states)


def test_an_edit_before_the_first_checkpoint_is_named(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(run / "checkpoints")
    text = (run / "config.toml").read_text("utf-8")
    for old, new, sentence in (
        ('vehicle = "gt"', 'vehicle = "kart"', "means 'kart', but the run began with 'gt'"),
        ('"racer/Circuit-v0"', '"racer/Highway-v0"', "env_id is not the one that the run began"),
    ):
        (run / "config.toml").write_text(text.replace(old, new), "utf-8")
        assert main(["resume", str(run)]) == 2
        assert sentence in said(capsys)


def test_what_a_kill_left_hidden_goes_with_the_next_run(tmp_path: Path) -> None:
    old, young = tmp_path / ".a.00000000.new", tmp_path / ".b.00000000.new"
    for folder in (old, young):
        (folder / "checkpoints").mkdir(parents=True)
    os.utime(old, (0, 0))
    with new_run(tmp_path / "run", tiny(), {}):
        pass
    assert not old.exists()
    assert young.exists()  # somebody may be at work on it


def test_ctrl_c_while_it_is_built_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def press(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RunFolder, "write_config", press)
    assert main(["train", "--steps", "64", "--log-dir", str(tmp_path), "--quiet"]) == 130
    said(capsys)
    assert not list(tmp_path.iterdir())


# C6: full disks, deleted folders, cut curves --------------------------------------------------


class FullDisk:
    """A file that takes so many bytes and no more."""

    def __init__(self, file: Any, left: int) -> None:
        self._file, self._left = file, left

    def write(self, data: Any) -> int:
        self._left -= len(data)
        if self._left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return int(self._file.write(data))


@pytest.mark.parametrize("left", [0, 20_000])
def test_a_full_disk_names_the_checkpoint_and_harms_none(
    left: int, run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from racer.train import checkpoint

    watched = checkpoint._Watched
    monkeypatch.setattr(checkpoint, "_Watched", lambda file: watched(FullDisk(file, left)))  # type: ignore[arg-type]
    assert main(["resume", str(run), "--steps", "256", "--quiet"]) == 2
    problem = said(capsys)
    assert ".pt: No space left on device" in problem
    monkeypatch.undo()
    assert [path.name for path in RunFolder(run).checkpoints.glob(".*")] == []
    assert resume(run, steps=256, show=False)["steps"] == 256


def small_disk(place: Path, size: str) -> None:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)],
        check=False, capture_output=True,
    )  # fmt: skip
    if done.returncode:
        pytest.skip("a small file system cannot be mounted here")


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_a_disk_that_is_really_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    small_disk(place, "200k")
    try:
        (tmp_path / "p.toml").write_text(tiny(steps=512, checkpoints=8).to_toml(), "utf-8")
        command = ["train", "--preset", str(tmp_path / "p.toml"), "--log-dir", str(place)]
        assert main([*command, "--quiet", "--name", "a"]) == 2
        problem = said(capsys)
        assert "No space left on device" in problem
        assert str(place) in problem
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_deleted_tb_folder_is_made_again(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delete_in_the_third_update(run / "tb", monkeypatch)
    assert resume(run, steps=512, show=False)["steps"] == 512
    assert list((run / "tb").iterdir())


def test_a_deleted_run_ends_with_a_sentence(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delete_in_the_third_update(run, monkeypatch)
    with pytest.raises(ConfigError, match="was deleted while it was trained"):
        resume(run, steps=512, show=False)
    assert not (run / "config.toml").exists()


def delete_in_the_third_update(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    end = RunKeeper._on_rollout_end
    count = []

    def delete(self: RunKeeper) -> None:
        count.append(0)
        if len(count) == 3:
            shutil.rmtree(folder)
        end(self)

    monkeypatch.setattr(RunKeeper, "_on_rollout_end", delete)


def curves(folder: Path) -> dict[str, list[int]]:
    """Steps of every tag, as TensorBoard shows them: what a restart takes back is gone."""
    found: dict[str, list[int]] = {}
    for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns):
        for event in EventFileLoader(str(path)).Load():
            if event.HasField("session_log"):
                found = {tag: [s for s in all_ if s < event.step] for tag, all_ in found.items()}
            for value in event.summary.value:
                found.setdefault(value.tag, []).append(event.step)
    return found


def test_a_killed_and_resumed_run_has_one_curve(tmp_path: Path) -> None:
    config = tiny(steps=512, evaluations=4, checkpoints=2, track=str(oval(tmp_path / "o.csv")))
    train(config, tmp_path / "whole", show=False)
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    RunFolder(tmp_path / "cut").checkpoint_paths()[-1].unlink()  # killed after all was logged
    (tmp_path / "cut" / "report.json").unlink()
    resume(tmp_path / "cut", show=False)
    resume(tmp_path / "cut", show=False)  # nothing left, nothing logged
    whole, cut = curves(tmp_path / "whole" / "tb"), curves(tmp_path / "cut" / "tb")
    assert whole == cut
    assert whole["reward/progress"] == list(range(64, 513, 64))
    assert all(len(set(steps)) == len(steps) for steps in cut.values())


# E1: layers ----------------------------------------------------------------------------------


def trained(tmp_path: Path, *words: str) -> TrainConfig:
    command = ["train", "--log-dir", str(tmp_path), "--name", "run", "--steps", "64"]
    assert main([*command, "--n-envs", "2", *words]) == 0
    return RunFolder.open(tmp_path / "run")[1]


def test_one_weight_in_a_file_keeps_the_presets_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "w.toml").write_text("[weights]\nprogress = 2.0\n")
    config = trained(tmp_path, "--config", str(tmp_path / "w.toml"), "--vehicle", "kart")
    preset = load_train_config(load_preset("ppo"), "ppo").env
    assert config.env == preset.with_settings(weights={"progress": 2.0}, vehicle="kart")
    text = capsys.readouterr().err
    kept = (tmp_path / "run" / "config.toml").read_text("utf-8")
    for line in ("env.weights.progress = 2.0 (preset: 1.0)", "env.vehicle = 'kart' (preset: 'gt')"):
        assert line in text
        assert f"# {line}" in kept
    assert "ticksPerAction" not in kept.partition("algo")[0]
    assert resume(tmp_path / "run", steps=128, show=False)["steps"] == 128
    assert (tmp_path / "run" / "config.toml").read_text("utf-8").startswith("# differs from")


def test_a_preset_that_leaves_the_length_open_is_not_said_to_differ_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "open.toml").write_text('algo = "ppo"\n')
    trained(tmp_path, "--preset", str(tmp_path / "open.toml"))
    said = capsys.readouterr().err
    assert "n_envs = 2 (preset: 256)" in said
    assert "steps = 64" not in said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("[weights]\nprogres = 1", "did you mean 'progress'"), ("weights = 3", "weights is 3")],
)
def test_a_file_with_a_mistake_is_named(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "w.toml").write_text(text)
    assert main(["train", "--config", str(tmp_path / "w.toml"), "--log-dir", str(tmp_path)]) == 2
    problem = said(capsys)
    assert sentence in problem
    assert "w.toml" in problem
    assert [path.name for path in tmp_path.iterdir()] == ["w.toml"]


# Runs of older versions ----------------------------------------------------------------------


def test_a_run_of_an_older_version_goes_on(run: Path, tmp_path: Path) -> None:
    """Without a copy of its circuit, a mark, a lock, or settings in its checkpoints."""
    track = str(oval(tmp_path / "oval.csv"))
    config = run / "config.toml"
    lines = [f"track = {json.dumps(track)}" if line.startswith("track =") else line
             for line in config.read_text("utf-8").splitlines()]  # fmt: skip
    config.write_text("\n".join(lines), "utf-8")
    for name in ("circuit.csv", "circuit.toml", ".lock"):
        (run / name).unlink()
    versions = json.loads((run / "versions.json").read_text("utf-8"))
    del versions["run"]
    (run / "versions.json").write_text(json.dumps(versions), "utf-8")
    for path in RunFolder(run).checkpoint_paths():
        state = torch.load(path, weights_only=True)
        state["format"] = 2
        del state["settings"]
        facts = json.loads(state["facts"])
        state["facts"] = json.dumps({name: facts[name] for name in ("seconds", "best")})
        torch.save(state, path)
    assert resume(run, steps=192, show=False)["steps"] == 192
    config.write_text(config.read_text("utf-8").replace("[16]", "[32]"), "utf-8")
    with pytest.raises(ConfigError, match=r"ppo\.net_arch is \[32\]"):  # it knows by now
        resume(run, steps=256, show=False)


def test_a_replay_buffer_keeps_its_number_of_worlds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    train(tiny(algo="sac", evaluations=0, track=str(oval(tmp_path / "o.csv"))), run, show=False)
    text = (run / "config.toml").read_text("utf-8")
    for old, new, sentence in (
        ("n_envs = 8", "n_envs = 4", "n_envs is 4, but the run was trained with 8"),
        ("buffer_size = 2000", "buffer_size = 4000", "sac.buffer_size is 4000"),
        ("o.csv", "p.csv", "track is"),
    ):
        assert old in text
        (run / "config.toml").write_text(text.replace(old, new), "utf-8")
        assert main(["resume", str(run), "--steps", "256"]) == 2
        assert sentence in said(capsys)
    (run / "config.toml").write_text(
        text.replace("gradient_steps = 1", "gradient_steps = 2"), "utf-8"
    )
    assert main(["resume", str(run), "--steps", "160", "--quiet"]) == 0  # this may change
