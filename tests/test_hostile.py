"""No input of any command ends in a traceback, a signal, half a file, or takes all memory."""

import sys

import hostile
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and FIFOs")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("hostile") / "scratch"
    place.mkdir()
    hostile.prepare(place)
    return place


def check(inputs, folder):
    failed = [outcome for item in inputs if (outcome := hostile.run(item, folder)).faults]
    assert not failed, "\n".join(f"{o.words} {o.code} {o.faults}\n{o.said}" for o in failed)


def test_there_are_inputs_for_every_argument_of_every_command():
    inputs = hostile.corpus()
    assert len(set(inputs)) >= 500
    assert {item.words[0] for item in inputs} >= set(hostile.cli.COMMANDS)


def test_a_sample(folder):
    check(hostile.sample(30), folder)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand(folder):
    """`python tests/hostile.py` runs all of them, which takes an hour."""
    check(hostile.sample(1000, seed=1), folder)


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        ("raise KeyError('x')", "traceback"),
        ("open('left', 'w').close(); return 2", "leaves"),
        ("b = bytearray(1100 << 20); return 2", "MiB"),
        ("import os; os.kill(os.getpid(), 9)", "ends with -9"),
        ("print('\\x1b[2J'); return 1", "escape"),
    ],
)
def test_the_runner_sees_what_is_wrong(program, fault, folder, monkeypatch):
    scope = {}
    exec("def bad(argv=None):\n    " + program, scope)  # noqa: S102
    monkeypatch.setattr(hostile.cli, "main", scope["bad"])
    outcome = hostile.run(hostile.Hostile(("verify", "x"), "file"), folder)
    assert fault in " ".join(outcome.faults)
