"""What gets installed: extras, constraints, entry points."""

import re
from pathlib import Path

from racer.train.config import read_toml

ROOT = Path(__file__).parent.parent


def extras():
    return read_toml(ROOT / "pyproject.toml")["project"]["optional-dependencies"]


def names(requirements):
    return {re.split(r"[\[<>=;! ]", item)[0].lower().replace("_", "-") for item in requirements}


def pins():
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            pin, _, marker = line.partition(";")
            name, _, version = pin.strip().partition("==")
            yield name.lower().replace("_", "-"), version, marker.strip()


def test_all_is_for_users_and_dev_for_those_who_work_on_racer():
    found = extras()
    users = set(found) - {"all", "research", "dev"}
    (everything,) = found["all"]
    assert set(re.findall(r"\w+", everything.partition("[")[2])) == users
    tools = names(found["dev"])
    assert {"ruff", "mypy", "pytest", "cmake", "clang-format", "scikit-build-core"} <= tools
    assert not tools & {name for extra in users for name in names(found[extra])}
    assert names(found["research"]) == {"minari", "pettingzoo", "ray"}
    assert "-e '.[all,dev]'" in (ROOT / "Makefile").read_text("utf-8")


def test_the_core_needs_numpy_and_gymnasium_alone():
    project = read_toml(ROOT / "pyproject.toml")["project"]
    assert names(project["dependencies"]) == {"numpy", "gymnasium", "tomli"}  # tomli: Python 3.10


def test_everything_that_an_extra_names_is_pinned():
    pinned = {name for name, _, _ in pins()}
    for extra, requirements in extras().items():
        if extra != "all":
            assert names(requirements) <= pinned, extra


def test_on_linux_torch_is_the_cpu_build_and_no_host_is_named():
    torch = {marker: version for name, version, marker in pins() if name == "torch"}
    assert torch["sys_platform == 'linux'"] == torch["sys_platform != 'linux'"] + "+cpu"
    assert not {name for name, _, _ in pins() if name.startswith(("nvidia", "triton", "cuda"))}
    text = (ROOT / "constraints.txt").read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^--", text, re.MULTILINE)


def test_pins_that_moviepy_can_live_with():
    """moviepy 2 refuses pillow 12, which made Gymnasium's recorders fail."""
    pinned = {name: version for name, version, _ in pins()}
    assert int(pinned["moviepy"].partition(".")[0]) >= 2
    assert int(pinned["pillow"].partition(".")[0]) < 12
