"""Errors for users are one sentence each: begun alike, ended with a full stop, on one line."""

import ast
from pathlib import Path

import pytest

from racer import errors

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("racer", "viewer", "tools")
NAMES = {name for name, kind in vars(errors).items() if isinstance(kind, type)} | {"DamagedError"}
UNKNOWN = "\0"  # stands for a value


def text_of(node: ast.expr) -> str:
    """The words of a message, with a mark for every value."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left) + text_of(node.right)
    return UNKNOWN


def messages(source: str) -> list[str]:
    """What a module's `raise ...Error(...)` say."""
    calls = [
        node.exc
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args
    ]
    return [
        text_of(call.args[0])
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in NAMES
    ]


def fault(text: str) -> str:
    """What is wrong with a message; "" if nothing is."""
    if not text.endswith((".", UNKNOWN)):
        return "has no full stop"
    if text[:1].isupper() and not text.split()[0].isupper():
        return "begins with a capital"  # the command's name stands before it
    if "\n" in text:
        return "has several lines"
    return ""


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_error_is_one_sentence(folder: str) -> None:
    found = [
        (str(path.relative_to(ROOT)), text, fault(text))
        for path in sorted((ROOT / folder).rglob("*.py"))
        for text in messages(path.read_text("utf-8"))
    ]
    assert len(found) > 5
    assert [entry for entry in found if entry[2]] == []


def test_what_is_no_sentence_is_found() -> None:
    source = "raise ConfigError(f'{a}: b' 'c')\nraise ValueError('d')\nraise TrackError('e' + f)"
    assert messages(source) == [f"{UNKNOWN}: bc", f"e{UNKNOWN}"]
    assert [fault(text) for text in messages(source)] == ["has no full stop", ""]
    assert fault("There is none.") == "begins with a capital"
    assert fault("a\nb.") == "has several lines"
