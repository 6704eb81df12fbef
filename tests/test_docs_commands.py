"""Racer understands every command line that README, docs, CONTRIBUTING and help show."""

import argparse
import io
import re
import shlex
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from racer.cli.kind_options import chosen
from racer.cli.main import COMMANDS, build_parser
from racer.errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
WITH_KINDS = ("train", "evaluate", "play")  # they refuse options of another kind of world


def block_lines(text: str) -> list[str]:
    """Lines of a page's code blocks, one for each command, without comments and redirections."""
    blocks = re.findall(r"^```([a-z]*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    shell = "".join(block for language, block in blocks if language in ("", "sh"))
    found = []
    for line in shell.replace("\\\n", " ").splitlines():
        for part in line.partition("#")[0].split(" && "):
            command = part.partition(" > ")[0].strip().removeprefix(".venv/bin/")
            if is_command(command):
                found.append(command)
    return found


def spans(text: str) -> list[str]:
    """Code spans of a page, those in blocks left out, one for each command."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    found = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    return [part for span in found for part in span.split(" && ")]


def subparsers() -> dict[str, argparse.ArgumentParser]:
    (actions,) = (a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return actions.choices


def examples(parser: argparse.ArgumentParser) -> list[str]:
    """The command lines at the end of a command's help."""
    raw = parser.formatter_class is argparse.RawDescriptionHelpFormatter
    parts = re.split(r"\n|;" if raw else ";", parser.epilog or "")
    found = [re.search(r"\bracer [a-z].*?(?=\s{2,}|$)", part) for part in parts]
    return [match[0] for match in found if match]


def complaint(line: str) -> str:
    """Why Racer does not understand a command line; "" if it does."""
    words = shlex.split(line)[1:]
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            args = build_parser().parse_args(words)
        own_world = ":" in (getattr(args, "env", None) or "")  # its module is the reader's
        if words[0] in WITH_KINDS and not own_world:
            chosen(args, words[0])
    except SystemExit:
        return said.getvalue()
    except ConfigError as problem:
        return str(problem)
    return ""


def unknown_names(span: str) -> list[str]:
    """Commands, options, targets and modules in a command, whole or not, that do not exist."""
    words = span.split()
    if words[0] == "make":
        return [word for word in words[1:] if word not in TARGETS]
    options = [word.partition("=")[0] for word in words if word.startswith("--")]
    if words[:2] == ["python", "-m"]:
        *package, name = words[2].split(".")
        source = ROOT / "tools" / f"{name}.py"
        if package != ["racer", "tools"]:
            return []
        if not source.exists():
            return [words[2]]
        return [option for option in options if f'"{option}"' not in source.read_text("utf-8")]
    if words[1] in ("--help", "--version", "COMMAND"):
        return []
    parser = subparsers().get(words[1])
    if parser is None:
        return [words[1]]
    known = set(parser._option_string_actions)
    for action in parser._actions:  # `racer tracks import --width`
        if isinstance(action, argparse._SubParsersAction):
            known |= {
                name for sub in action.choices.values() for name in sub._option_string_actions
            }
    return [option for option in options if option not in known]


def is_command(text: str) -> bool:
    return bool(re.match(r"(racer (?!bench/)[a-zC-]|make [a-z]|python -m racer)", text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_a_page_are_understood(page: Path) -> None:
    text = page.read_text("utf-8")
    lines = block_lines(text)
    problems = {line: complaint(line) for line in lines if line.startswith("racer ")}
    assert {line: said for line, said in problems.items() if said} == {}
    named = {text: unknown_names(text) for text in [*lines, *spans(text)] if is_command(text)}
    assert {text: names for text, names in named.items() if names} == {}


def test_the_pages_show_commands() -> None:
    lines = [line for page in PAGES for line in block_lines(page.read_text("utf-8"))]
    assert {line.split()[1] for line in lines if line.startswith("racer ")} >= {
        "train", "resume", "evaluate", "export", "play", "record", "replay", "verify", "compare",
        "tracks", "optimal", "bench",
    }  # fmt: skip
    assert sum(is_command(span) for page in PAGES for span in spans(page.read_text("utf-8"))) > 50


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_ends_with_examples(command: str) -> None:
    shown = examples(subparsers()[command])
    assert any(line.split()[1] == command for line in shown)
    assert {line: complaint(line) for line in shown if complaint(line)} == {}


def test_examples_of_the_first_help_are_understood() -> None:
    shown = examples(build_parser())
    assert len(shown) > 3
    assert {line: complaint(line) for line in shown if complaint(line)} == {}


def test_wrong_commands_are_found() -> None:
    assert complaint("racer train --algorithm ppo")
    assert complaint("racer evaluate --env Highway --policy idle --starts 8")
    assert not complaint("racer evaluate --env Highway --policy idle --episodes 8")
    assert unknown_names("racer walk") == ["walk"]
    assert unknown_names("racer train --trak harbour") == ["--trak"]
    assert unknown_names("racer tracks import --width 3 --wide") == ["--wide"]
    assert unknown_names("make demmo") == ["demmo"]
    assert unknown_names("python -m racer.tools.pace_tables") == ["racer.tools.pace_tables"]
    assert unknown_names("python -m racer.tools.pace_table --trax") == ["--trax"]
    page = "```\nmake a && racer b c > d  # e\nx\n```\n```python\nracer d\n```\n"
    assert block_lines(page) == ["make a", "racer b c"]
