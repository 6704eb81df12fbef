"""Reading, writing, locks and texts: what all files of Racer stand on."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from racer.errors import RacerError
from racer.formats.files import read_bytes, write_new, write_numbered
from racer.formats.locks import hold
from racer.formats.lookalike import skeleton
from racer.formats.text import is_plain, shown


def test_of_many_writers_of_one_name_exactly_one_wins(tmp_path):
    target = tmp_path / "deep" / "one.txt"
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: write_new(target, f"{n}" * 1000), range(8)))
    assert sum(won) == 1
    assert target.read_text() == f"{won.index(True)}" * 1000
    assert list(target.parent.iterdir()) == [target]


def test_numbered_names_never_replace_and_keep_their_suffix(tmp_path):
    wanted = tmp_path / "lap.lap.npz"
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda n: write_numbered(wanted, f"{n}", ".lap.npz"), range(8)))
    assert len(set(paths)) == 8
    assert {path.name for path in paths} == {"lap.lap.npz"} | {
        f"lap_{number}.lap.npz" for number in range(2, 9)
    }
    assert [path.read_text() for path in paths] == [f"{n}" for n in range(8)]


def test_where_there_are_no_hard_links_a_new_file_is_exclusive_all_the_same(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert write_new(tmp_path / "a", "first")
    assert not write_new(tmp_path / "a", "second")
    assert (tmp_path / "a").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_failed_write_names_the_file_that_was_wanted(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as caught:
        write_new(tmp_path / "file" / "inside", "x")
    assert caught.value.filename == str(tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


HOLDER = """
import sys
from racer.formats.locks import hold
with hold(sys.argv[1], "it"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_names_its_holder_and_falls_with_it(tmp_path: Path):
    lock = tmp_path / "deep" / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        busy = f"^runs/a: process {other.pid} is using it.$"
        with pytest.raises(RacerError, match=busy), hold(lock, "runs/a"):
            pass
        other.kill()
    with hold(lock, "runs/a"):
        pass


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Zoë Müller 山田", "Zoë Müller 山田"),
        ("x\nok     best: 41.000 s", "x\\nok     best: 41.000 s"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\rb\0c", "a\\rb\\x00c"),
        ("\u202eevil", "\\u202eevil"),
        ("Har\u200bbour", "Har\\u200bbour"),
        ("\ud800", "\\ud800"),
        ("\u2028", "\\u2028"),
    ],
)
def test_what_is_shown_is_one_printable_line(text, seen):
    assert shown(text) == seen
    assert is_plain(text) == (text == seen)
    assert is_plain(shown(text))
    shown(text).encode("utf-8")


def test_a_long_text_is_cut():
    assert shown("a" * 10_000_000, 10) == "aaaaaaa..."
    assert len(shown("\x1b" * 1000, 50)) == 50


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.timeout(20)
def test_a_pipe_is_read_and_never_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert read_bytes(pipe, limit=100) == b""  # nobody holds the other end
    reader, writer = os.pipe()
    os.write(writer, b"some")
    os.close(writer)
    assert read_bytes(f"/dev/fd/{reader}", limit=100) == b"some"
    os.close(reader)


@pytest.mark.parametrize(
    "name",
    [
        "Harbour",
        "HARBOUR",
        "Harbour ",
        "Har\u200bbour",
        "H\u0430rbour",
        "\uff28arbour",
        "H\xe1rbour",
        "Harb\u043eur",
        "\u041darbour",
        "\u0397arbour",
        "Harb\u03bf\u03c5r",
        "harb0ur",
        "\U0001d5db\U0001d5ee\U0001d5ff\U0001d5ef\U0001d5fc\U0001d602\U0001d5ff",
        "har-bour",
        "\u202eHarbour",
        "H\u0101rb\xf8ur",
        "\u13bbarbour",
        "ha\u0280bour",
        "Harbour\xad",
        "\u24bdarbour",
    ],
)
def test_names_that_look_alike_have_one_skeleton(name):
    assert skeleton(name) == skeleton("harbour")


def test_other_names_have_other_skeletons():
    names = ["harbour", "harbour 2", "arbour", "Hafen", "Old Town", "oldtown-b", "鈴鹿", "Сочи"]
    assert len({skeleton(name) for name in names}) == len(names)
    assert skeleton("Vladuct") == skeleton("viaduct")
    assert skeleton("0LDT0WN") == skeleton("Old Town")
    assert skeleton("Tirnberline") == skeleton("Timberline")
    assert skeleton(" \u200b-") == ""
