"""The command line's signals, streams and last words, in processes of their own."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from racer.cli import main as cli
from racer.errors import RacerError

RACER = [sys.executable, "-m", "racer"]
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and devices")

# Presses Ctrl-C when a certain module is about to be imported, wherever that happens to be.
INTERRUPTER = """
import importlib.abc, os, signal, sys

class Interrupter(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["INTERRUPT_AT"]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupter())
"""


def racer(words, **settings):
    settings = {"capture_output": True, "text": True, "check": False, **settings}
    return subprocess.run([*RACER, *words], **settings)


@POSIX
@pytest.mark.parametrize(
    ("command", "module"),
    [
        ("script", "importlib.metadata"),
        ("script", "gymnasium"),
        ("script", "numpy"),
        ("script", "racer.cli.main"),
        ("script", "racer.cli.train"),
        ("script", "racer._core"),
        ("script", "torch.nn"),
        ("module", "importlib.metadata"),
        ("module", "gymnasium"),
        ("module", "racer.cli.train"),
    ],
)
def test_ctrl_c_while_python_imports_is_silent(command, module, tmp_path):
    (tmp_path / "interrupter.py").write_text(INTERRUPTER)
    script = str(Path(sys.executable).with_name("racer"))
    before = f"import runpy, sys; sys.path.insert(0, {str(tmp_path)!r}); import interrupter; "
    if command == "script":
        words = [script, "train", "--steps", "1"]
        run = f"sys.argv = {words}; runpy.run_path(sys.argv[0], run_name='__main__')"
    else:
        run = (
            "sys.argv = ['-m', 'train', '--steps', '1']; "
            "sys.orig_argv[1:] = ['-m', 'racer.cli.main', 'train']; "
            "runpy.run_module('racer.cli.main', run_name='__main__', alter_sys=True)"
        )
    answer = subprocess.run(
        [sys.executable, "-c", before + run],
        cwd=tmp_path,
        env={**os.environ, "INTERRUPT_AT": module},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 130, answer.stderr[-500:]
    said = answer.stderr.strip()  # what the run is to be may have been told by then
    assert not said or said.startswith("differs from the preset"), said
    assert "Traceback" not in said
    assert answer.stdout == ""
    assert [path.name for path in tmp_path.iterdir() if path.name != "__pycache__"] == [
        "interrupter.py"
    ]


def test_other_programs_keep_their_ctrl_c():
    program = (
        "import racer, signal\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@POSIX
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [["tracks", "list"], ["--version"]])
def test_a_full_disk_behind_the_output(words, unbuffered):
    with Path("/dev/full").open("w") as full:
        answer = racer(
            words,
            capture_output=False,
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
        assert answer.returncode == 2
        assert "standard output: No space left on device.\n" in answer.stderr
        assert answer.stderr.count("\n") == 1
        silent = racer(words, capture_output=False, stdout=subprocess.DEVNULL, stderr=full)
        assert silent.returncode == 0


@POSIX
def test_a_reader_that_goes_away_and_streams_that_are_closed():
    for unbuffered in ("", "1"):
        answer = subprocess.run(
            ["bash", "-c", 'set -o pipefail; "$@" | true', "-", *RACER, "tracks"],
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode in (0, 141)  # it may have been faster
        assert answer.stderr == ""
    for closed in (">&-", "2>&-", "<&-"):
        answer = subprocess.run(
            ["bash", "-c", f'"$@" {closed}', "-", *RACER, "verify", "none"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 1
        assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_terminals_that_cannot_show_a_letter(encoding):
    answer = racer(
        ["tracks", "show", "сузука"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        text=False,
    )
    assert answer.returncode == 2
    word = "сузука" if encoding == "utf-8" else r"\u0441\u0443\u0437"
    assert word.encode() in answer.stderr
    assert answer.stderr.count(b"\n") == 1


@POSIX
@pytest.mark.parametrize("option", ["--name", "--log-dir"])
def test_arguments_that_are_no_text(option, tmp_path):
    answer = subprocess.run(
        [*map(os.fsencode, RACER), b"train", option.encode() + b"=half\xff"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert answer.returncode == 2
    assert answer.stderr.count(b"\n") == 1
    assert rb"half\udcff' is not UTF-8 text." in answer.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_nul_bytes_and_halves_of_letters_in_any_argument(command, capsys):
    for word in ("a\0b", "--out=a\0b", "half\udcff", "--name=half\ud800"):
        assert cli.main([command, word]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "holds a NUL byte" in said or "is not UTF-8 text" in said
    assert cli.main([command, "--name=--"]) == 2
    assert "has no value" in capsys.readouterr().err


def test_no_message_forges_a_line(capsys):
    forged = "x\nok     best.lap.npz: 41.000 s\x1b[2J\u202e"
    with pytest.raises(SystemExit):
        cli.main(["train", forged])
    assert cli.main(["tracks", "show", forged]) == 2
    said = capsys.readouterr().err
    assert not any(line.startswith("ok") for line in said.splitlines())
    assert not set("\x1b\u202e") & set(said)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (MemoryError("Unable to allocate 38.1 GiB"), "not enough memory.*38.1 GiB"),
        (MemoryError(), "not enough memory for this."),
        (OverflowError("int too large"), "too large, or nested too deeply .int too large"),
        (RecursionError("too deep"), "too large, or nested too deeply"),
        (OSError(28, "No space left on device", "runs/a"), "runs/a: No space left on device"),
        (RacerError("a\nb"), r"a\\nb"),
    ],
)
def test_the_last_resort_is_one_sentence(problem, words, capsys, monkeypatch):
    def fail(_):
        raise problem

    monkeypatch.setattr("racer.cli.doctor.run", fail)
    assert cli.main(["doctor"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("racer doctor: ")
    assert said.count("\n") == 1
    assert re.search(words, said)


def test_a_fault_of_ours_is_a_sentence_too_and_a_traceback_on_request():
    program = (
        "import sys; sys.argv = ['racer', 'doctor']\n"
        "from racer.cli import doctor, main\n"
        "doctor.run = lambda args: {}['x']\n"
        "sys.exit(main.command())\n"
    )
    for asked in ("", "1"):
        answer = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "RACER_TRACEBACK": asked},
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 70
        assert ("Traceback" in answer.stderr) == bool(asked)
        assert "internal error, please report it: KeyError: 'x'" in answer.stderr.splitlines()[-1]
