"""The folder of imported circuits: one circuit is one unit, whoever imports and dies when."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from track_scene import ring, write_csv

from racer.cli.main import main
from racer.errors import TrackError
from racer.tracks import list_user_tracks, load_track, read_settings, track_path
from racer.tracks.source import read_source
from racer.tracks.store import ImportOptions, import_track, key_for

COMMAND = [sys.executable, "-m", "racer.cli.main", "tracks", "import"]


@pytest.fixture
def mine(monkeypatch, tmp_path):
    folder = tmp_path / "mine"
    monkeypatch.setenv("RACER_TRACKS_DIR", str(folder))
    return folder


def pair(folder: Path, name: str) -> tuple[str, float]:
    """What both files say about which import they are of."""
    width = float(folder.joinpath(f"{name}.csv").read_text().splitlines()[2].split(",")[2])
    return read_settings(folder / f"{name}.csv").country, width


def sources(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for letter, width in (("A", 4.0), ("B", 7.0)):
        folder = tmp_path / letter
        folder.mkdir()
        found[letter] = write_csv(folder / "ring.csv", ring(width=width))
    return found


def command(path: Path, letter: str, *more: str) -> list[str]:
    return [*COMMAND, str(path), "--name", "One", "--country", letter, "--no-picture", *more]


def test_of_two_imports_at_once_one_is_there_and_whole(mine, tmp_path):
    files = sources(tmp_path)
    running = [
        subprocess.Popen(command(path, letter), stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        for letter, path in files.items()
    ]
    ends = [process.communicate()[1].decode() for process in running]
    assert sorted(process.returncode for process in running) == [0, 1]
    assert sum("already exists; --force" in text for text in ends) == 1
    assert pair(mine, "one") in {("A", 4.0), ("B", 7.0)}
    assert {item.name for item in mine.iterdir()} == {"one.csv", "one.toml"}


@pytest.mark.slow
def test_imports_that_are_killed_leave_the_old_or_the_new(mine, tmp_path):
    files = sources(tmp_path)
    assert main(command(files["A"], "A")[3:]) == 0
    dice = np.random.default_rng(1)
    for k in range(30):
        letter = "AB"[k % 2]
        process = subprocess.Popen(command(files[letter], letter, "--force"))
        time.sleep(float(dice.uniform(0.3, 0.9)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert list_user_tracks() == ["one"]
        assert pair(mine, "one") in {("A", 4.0), ("B", 7.0)}


@pytest.mark.parametrize("step", range(5))
def test_an_import_that_died_between_two_moves_is_completed(step, mine, tmp_path, monkeypatch):
    files = sources(tmp_path)
    import_track(read_source(files["A"]), ImportOptions(name="One", country="A"))
    (mine / "one.png").write_bytes(b"old")
    moves = []

    class Killed(BaseException):
        pass

    move, rename = Path.replace, Path.rename

    def dying(act):
        def moved(self, target):
            if mine in self.parents and Path(target).name[0] in "o." and "B" not in str(self):
                if ".toml." in self.name or ".csv." in self.name or self.parent.name[-4:] == ".new":
                    return act(self, target)  # still being written
                if len(moves) == step:
                    raise Killed
                moves.append(target)
            return act(self, target)

        return moved

    monkeypatch.setattr(Path, "replace", dying(move))
    monkeypatch.setattr(Path, "rename", dying(rename))
    options = ImportOptions(name="One", country="B", force=True)
    with contextlib.suppress(Killed):
        import_track(read_source(files["B"]), options)
    monkeypatch.undo()
    monkeypatch.setenv("RACER_TRACKS_DIR", str(mine))
    assert list_user_tracks() == ["one"]
    assert pair(mine, "one") == (("A", 4.0) if step == 0 else ("B", 7.0))
    assert load_track("one").stations["width_left"].max() == pytest.approx(
        4.0 if step == 0 else 7.0, abs=0.05
    )
    if step > 0:
        assert {item.name for item in mine.iterdir()} == {"one.csv", "one.toml"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Harbour ", "of the catalogue"),
        ("Har\u200bbour", "printable characters"),
        ("H\u0430rbour", "too much like the catalogue's harbour"),
        ("\uff28arbour", "of the catalogue|too much like"),
        ("Old-Town", "too much like the catalogue's oldtown"),
        ("0ld Town", "too much like the catalogue's oldtown"),
        ("V1aduct", "too much like the catalogue's viaduct"),
        ("../../x", "without : /"),
        ("random:1234567890123456789", "without : /"),
        ("a\nb", "printable characters"),
        ("a\x1b[2Jb", "printable characters"),
        ("a\u202eb", "printable characters"),
        ("\ud800a", "printable characters"),
        ("M\u043enza", "too much like your circuit monza"),
        ("Monza (catalogue)", "is for Racer to say"),
        ("random 3", "is a random circuit's"),
        ("random-3.0", "imitates a random circuit"),
        ("Monz\u0430 GP", "mixes letters"),
        ("5altp@n", "too much like the catalogue's saltpan"),
        ("a" * 61, "cannot be the name"),
        ("a" + "\u0301" * 500, "cannot be the name"),
    ],
)
@pytest.mark.usefixtures("mine")
def test_names_that_imitate_are_refused(name, reason, tmp_path):
    source = read_source(write_csv(tmp_path / "a.csv", ring()))
    import_track(source, ImportOptions(name="Monza"))
    with pytest.raises(TrackError, match=reason) as refusal:
        import_track(source, ImportOptions(name=name))
    assert "\n" not in str(refusal.value)
    str(refusal.value).encode("utf-8")
    assert list_user_tracks() == ["monza"]


@pytest.mark.usefixtures("mine")
def test_names_are_kept_without_the_spaces_around_them(tmp_path):
    source = read_source(write_csv(tmp_path / "a.csv", ring()))
    assert key_for(source, ImportOptions(name="  Nürburgring 2024 ")) == (
        "Nürburgring 2024",
        "nurburgring-2024",
    )
    import_track(source, ImportOptions(name=" Spa "))
    assert read_settings(track_path("spa")).name == "Spa"


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize("option", ["country", "licence"])
def test_texts_that_could_not_be_read_again_are_not_written(option, tmp_path):
    source = read_source(write_csv(tmp_path / "a.csv", ring()))
    for text in ("a\nb", "\x1b[2J", "a" * 2000, "\ud800"):
        with pytest.raises(TrackError, match=f"the {option} must be a text"):
            import_track(source, ImportOptions(**{option: text}))
    assert list_user_tracks() == []


@pytest.mark.usefixtures("mine")
def test_a_folder_goes_on_after_an_odd_file_and_shows_all(tmp_path, capsys):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in "abc":
        write_csv(folder / f"{name}.csv", np.vstack([ring(), ring()[:1], ring()[:1]]))
    (folder / "a.toml").write_text("runoff = " + "9" * 900)
    (folder / "b.toml").write_text("x = " + "[" * 900)
    os.mkfifo(folder / "d.csv")
    assert main(["tracks", "import", str(folder), "--no-picture"]) == 1
    answer = capsys.readouterr()
    assert list_user_tracks() == ["c"]
    assert answer.err.count("\n") == 3
    assert "but it must be a number" in answer.err
    assert "nested too deeply" in answer.err
    assert "repaired  row 66 (line 67) repeats" in answer.out
    assert "1 of 4 imported" in answer.out
