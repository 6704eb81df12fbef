"""Hostile inputs for every command: made from the parsers themselves, run in children on a leash.

For every option and argument of every command there are bad values of its kind: numbers that are
none, files that are none, devices, names that forge. One input at a time is bad, the rest of the
command line is short work. A child has a folder of its own, 10 s of processor time and a watch on
its memory; afterwards the folder must be as before if the command failed.
"""

import argparse
import contextlib
import json
import os
import random
import re
import resource
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from racer.cli import main as cli
from racer.tracks.catalogue import FOLDER_VARIABLE

CPU_SECONDS = 10
WALL_SECONDS = 60  # a child that waits for something uses no processor time
MAX_RSS = 1 << 30
REFUSED = re.compile(r"^(?:racer(?: \w+)*: |usage: )", re.MULTILINE)
CACHES = ("Microsoft", ".cache")  # of onnxruntime and others, in a home

WHOLE = ["-1", "0", "nan", "1.5", "1e3", "", "ten", "99999999999999999999", "-99999999999999999999",
         "2147483648", "9" * 5000, "0x10", "1_0", "\u0661", "\0"]  # fmt: skip
NUMBERS = ["nan", "inf", "-inf", "-1", "0", "1e999", "1e308", "-1e308", "1e-320", "", "ten",
           "9" * 5000, "1,5", "\u0661.\u0665", "\0"]  # fmt: skip
NAMES = ["", " ", ".", "..", "../../evil", "a/b", "x" * 300, "line\nbreak", "\x1b[2J", "\u202eevil",
         "nul\0byte", "half\udcff", "-", "--", "CON", "random:", "random:-1", "random:1e9",
         "random:99999999999999999999", "\u0432\u0441\u0435", "Harbour\u200b", "*"]  # fmt: skip
FILES = ["missing", "missing.onnx", "missing.lap.npz", "missing.csv", "missing/below", "folder",
         "/dev/zero", "/dev/full", "/dev/null", "pipe", "empty", "garbage", "huge", "loop",
         "text.toml", "text.json", "lap.lap.npz", "track.csv", "policy.onnx", "garbage.onnx",
         "garbage.lap.npz", "garbage.csv", "garbage.toml", "garbage.json", "deep.json", "pipe.csv",
         "huge.csv", "huge.onnx", "huge.lap.npz", "folder/", "empty.png", "broken-run"]  # fmt: skip

# The shortest work of each command, with every required argument.
BASE = {
    "train": ["--steps", "1", "--quiet"],
    "finetune": ["broken-run", "--track", "harbour", "--steps", "1", "--quiet"],
    "tune": ["--steps", "1", "--trials", "1", "--quiet"],
    "resume": ["broken-run"],
    "evaluate": ["--policy", "random", "--track", "harbour", "--starts", "1", "--laps", "1"],
    "export": ["broken-run"],
    "play": ["--track", "harbour", "--offscreen", "film.gif", "--seconds", "0.1"],
    "record": ["--driver", "random", "--track", "harbour", "--laps", "1"],
    "replay": ["lap.lap.npz", "--offscreen", "film.gif", "--seconds", "0.1"],
    "verify": ["lap.lap.npz"],
    "compare": ["lap.lap.npz"],
    "tracks list": [],
    "tracks show": ["harbour"],
    "tracks validate": ["track.csv"],
    "tracks import": ["track.csv", "--no-picture"],
    "tracks draw": ["harbour"],
    "optimal": ["harbour", "--fast"],
    "bench": ["engine", "--seconds", "0.001"],
    "doctor": [],
    "policies": [],
    "report": ["broken-run"],
}
# They are good, and mean more work than a leash allows.
HONEST = {
    ("train", "--steps", "2147483648"),
    ("tune", "--steps", "2147483648"),
}
# Names that make `record` open a window for a person of that name.
PEOPLE = {"record": ("--driver",)}


@dataclass(frozen=True)
class Hostile:
    """One command line; `what` is the argument that is bad."""

    words: tuple[str, ...]
    what: str


@dataclass(frozen=True)
class Outcome:
    """How it ended: `faults` is empty if it was as it should be."""

    words: tuple[str, ...]
    code: int | None
    faults: tuple[str, ...]
    said: str


def parsers():
    """(command, parser) of every command, the actions of `tracks` one by one."""
    for name, parser in _children(cli.build_parser()):
        nested = list(_children(parser))
        yield from (
            ((f"{name} {inner}", sub) for inner, sub in nested) if nested else ((name, parser),)
        )


def _children(parser):
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def values_for(action):
    """Bad values of the kind that an argument takes."""
    if action.type is int:
        return WHOLE
    if action.type is float:
        return NUMBERS
    if action.choices:
        return NAMES[:6]
    return NAMES + FILES


def corpus():
    """All hostile command lines, in an order that does not change."""
    found = [Hostile((word,), "command") for word in NAMES]
    for name, parser in parsers():
        base = BASE[name]
        for action in parser._actions:
            if action.nargs == 0 or isinstance(action, argparse._HelpAction):
                continue
            for value in values_for(action):
                person = not value.endswith((".onnx", ".npz")) and not set(value) & {"\0", "\udcff"}
                if person and action.option_strings[:1] == list(PEOPLE.get(name, ())):
                    continue
                option = action.option_strings[0] if action.option_strings else action.dest
                if (name, option, value) in HONEST:
                    continue
                words = (*name.split(), *_replaced(base, action, value))
                found.append(Hostile(words, option))
        found.append(Hostile((*name.split(), *base, "--no-such-option"), "option"))
        found.append(Hostile((*name.split(), *base, "surplus\nword"), "surplus"))
    return found


def _replaced(base, action, value):
    """The base with one argument in place of its own, or added."""
    if action.option_strings:
        rest = list(base)
        for option in action.option_strings:
            if option in rest:
                place = rest.index(option)
                del rest[place : place + 2]
        return (*rest, f"{action.option_strings[0]}={value}")
    options = [word for word in base if word.startswith("--")]
    rest = base[base.index(options[0]) :] if options else []
    if value.startswith("-"):
        return (*rest, "--", value)
    return (value, *rest)


def sample(count, seed=0):
    """So many of the corpus, of every command at least one."""
    chosen = random.Random(seed)
    by_command = {}
    for hostile in corpus():
        by_command.setdefault(hostile.words[0], []).append(hostile)
    picked = [chosen.choice(group) for group in by_command.values() if len(group) > 1]
    rest = [hostile for hostile in corpus() if hostile not in picked]
    return picked + chosen.sample(rest, max(0, count - len(picked)))


def prepare(folder):
    """Writes the files that the command lines name."""
    from racer.drivers import make_driver
    from racer.envs.circuit.session import Seat, Session, drive
    from racer.tracks import load_track

    garbage = np.random.default_rng(0).bytes(3000)
    for name in ("garbage", "garbage.onnx", "garbage.lap.npz", "garbage.csv", "garbage.toml",
                 "garbage.json", "policy.onnx"):  # fmt: skip
        (folder / name).write_bytes(garbage)
    for name in ("empty", "empty.png"):
        (folder / name).write_bytes(b"")
    for name in ("huge", "huge.csv", "huge.onnx", "huge.lap.npz"):
        with (folder / name).open("wb") as file:
            file.truncate(1 << 40)  # a terabyte, of which nothing is on the disk
    (folder / "text.toml").write_text('a = "b"\n')
    (folder / "text.json").write_text('{"a": 1}')
    (folder / "deep.json").write_text("[" * 60_000)
    angle = np.linspace(0.0, 2.0 * np.pi, 60, endpoint=False)
    rows = [f"{300 * np.cos(a):.3f},{200 * np.sin(a):.3f},5,5" for a in angle]
    (folder / "track.csv").write_text("# x_m,y_m,w_tr_right_m,w_tr_left_m\n" + "\n".join(rows))
    (folder / "folder").mkdir()
    run = folder / "broken-run"
    run.mkdir()
    (run / "config.toml").write_text('algo = "ppo"\n')
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "pipe.csv")
    (folder / "loop").symlink_to(folder / "loop")

    from racer.laps import save_lap

    track = load_track("harbour")
    session = Session(track)
    laps = []
    seats = [Seat(make_driver("good", track), session)]
    while not laps:
        laps += drive(session, seats, 600)
    save_lap(laps[0].record("Ada", "script"), folder / "lap.lap.npz")


def listing(folder):
    """Every name below a folder with its size."""
    found = set()
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in CACHES]
        for name in (*folders, *files):
            path = Path(place, name)
            found.add((str(path), 0 if path.is_dir() else path.lstat().st_size))
    return found


def run(hostile, folder):
    """Runs one command line in a child; every test of this process's modules stays imported."""
    (folder / "home").mkdir(exist_ok=True)
    before = listing(folder)
    logs = folder.parent / "said"
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        _child(hostile.words, folder, logs)
    done, status, usage = _wait(child, began)
    said = logs.read_bytes().decode("utf-8", "backslashreplace")
    code = os.waitstatus_to_exitcode(status)
    faults = []
    if not done:
        faults.append("waits for ever")
    elif code not in (0, 1, 2):
        faults.append(f"ends with {code}")
    if "Traceback" in said or "internal error" in said:
        faults.append("traceback")
    if "\x1b" in said.replace("\x1b[0m", "").replace("\x1b[33m", ""):
        faults.append("prints an escape")
    if usage.ru_maxrss * 1024 > MAX_RSS:
        faults.append(f"takes {usage.ru_maxrss // 1024} MiB")
    spent = usage.ru_utime + usage.ru_stime
    if spent > CPU_SECONDS:
        faults.append(f"takes {spent:.1f} s")
    after = listing(folder)
    # `evaluate` ends with 1 where no lap was valid, and writes its report all the same.
    answered = code == 0 or (code == 1 and not REFUSED.search(said))
    if not answered and after != before:
        faults.append(f"leaves {sorted(name for name, _ in after - before)[:3]}")
    if before - after and code != 0:
        faults.append(f"changes {sorted(name for name, _ in before - after)[:3]}")
    _tidy(folder, before)
    return Outcome(hostile.words, code, tuple(faults), said[-600:])


def _wait(child, began):
    while time.monotonic() - began < WALL_SECONDS:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            return True, status, usage
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    return False, status, usage


def _child(words, folder, logs):
    code = 99
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS + 2, CPU_SECONDS + 2))
        target = os.open(logs, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        source = os.open(os.devnull, os.O_RDONLY)
        for number, stream in ((0, source), (1, target), (2, target)):
            os.dup2(stream, number)
        sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
        os.chdir(folder)
        home = str(folder / "home")
        os.environ |= {
            "HOME": home,
            "XDG_DATA_HOME": home,
            "XDG_CACHE_HOME": home,
            FOLDER_VARIABLE: home,
            "MPLCONFIGDIR": str(folder.parent / "matplotlib"),
            "SDL_VIDEODRIVER": "dummy",
        }
        sys.argv = ["racer", *words]
        code = cli.command()
    except BaseException:  # noqa: BLE001  the parent is told
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _tidy(folder, before):
    """Removes what a command wrote, so that the next one finds the folder as it was."""
    names = {name for name, _ in before}
    for place, folders, files in os.walk(folder, topdown=False):
        if set(CACHES) & set(Path(place).parts):
            continue
        for name in files:
            if str(Path(place, name)) not in names:
                Path(place, name).unlink()
        for name in folders:
            path = Path(place, name)
            if str(path) not in names and path.is_dir() and not path.is_symlink():
                with contextlib.suppress(OSError):  # a cache is in it
                    path.rmdir()


def main():
    """`python tests/hostile.py [COUNT [SEED]]`: runs all, or a sample, and prints what fails."""
    import tempfile

    count = int(sys.argv[1]) if len(sys.argv) > 1 else None
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    inputs = corpus() if count is None else sample(count, seed)
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "scratch")
        folder.mkdir()
        prepare(folder)
        for hostile in inputs:
            outcome = run(hostile, folder)
            if outcome.faults:
                failed += 1
                words = [word[:80] for word in outcome.words]
                print(json.dumps({"words": words, "code": outcome.code, "faults": outcome.faults,
                                  "said": outcome.said[-300:]}), flush=True)  # fmt: skip
    print(f"{len(inputs) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
