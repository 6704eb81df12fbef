"""Links of the documentation lead somewhere, and the paths that it names exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PATH = re.compile(r"[\w.*-]*(?:/[\w.*-]+)*/?")
SUFFIXES = (".py", ".hpp", ".cpp", ".md", ".json", ".toml", ".txt", ".pyi", "/")
# Paths are told from here: the repository, the package, the engine's headers and sources.
ROOTS = [ROOT, *(ROOT / name for name in ("racer", "cpp/include/racer", "cpp/src", "cpp/src/core"))]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def broken_links(page: Path, text: str) -> list[str]:
    """Relative links of a page that lead to no file, or to no heading of it."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


def named_paths(text: str) -> list[str]:
    """Paths in code spans; a bare file name stands beside the path before it in its line."""
    found = []
    for line in text.splitlines():
        folder = ""
        for span in re.findall(r"`([^`]+)`", line):
            if not PATH.fullmatch(span) or not span.endswith(SUFFIXES) or "NAME" in span:
                continue
            if "/" in span:
                folder = span if span.endswith("/") else span.rpartition("/")[0] + "/"
                found.append(span)
            elif folder:
                found.append(f"{folder}{span}")
    return found


def missing(paths: list[str]) -> list[str]:
    """Paths, some with wildcards, that are in none of the folders that pages tell paths from."""
    return [path for path in paths if not any([*root.glob(path)] for root in ROOTS)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page, page.read_text("utf-8")) == []


def test_a_broken_link_is_found() -> None:
    text = "[a](nothing.md) [b](laps.md#nothing) [c](laps.md) [d](https://example.org/x.md)"
    assert broken_links(ROOT / "docs" / "index.md", text) == ["nothing.md", "laps.md#nothing"]


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/design.md", "docs/extending.md"])
def test_named_paths_exist(name: str) -> None:
    paths = named_paths((ROOT / name).read_text("utf-8"))
    assert len(paths) > 5
    assert missing(paths) == []


def test_a_missing_path_is_found() -> None:
    paths = named_paths("| `racer/laps/file.py`, `nothing.py`; `nothing/x.py` |")
    assert missing(paths) == ["racer/laps/nothing.py", "nothing/x.py"]
