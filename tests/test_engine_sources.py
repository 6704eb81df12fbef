"""What the engine's sources promise about the worlds to come, read from their text."""

import re
from pathlib import Path

import pytest

CPP = Path(__file__).resolve().parent.parent / "cpp"
TRAFFIC = CPP / "src" / "traffic"

# Where x and y belong: the road itself, bodies in the plane, and what is told of them.
PLANE = {"road.hpp", "plane.hpp", "collide.hpp", "observe.hpp", "outcome.hpp"}
RULES = {"driver.hpp", "ego.hpp", "neighbours.hpp", "recover.hpp", "score.hpp", "spawn.hpp"}


def code(path: Path) -> str:
    """The text of a source without its comments."""
    return re.sub(r"//[^\n]*", "", path.read_text("utf-8"))


def test_every_file_of_the_traffic_is_one_of_them() -> None:
    kernels = {path.name for path in TRAFFIC.glob("*.hpp") if "const World& w" in code(path)}
    assert kernels == PLANE | RULES | {"step.hpp", "world.hpp"}


@pytest.mark.parametrize("name", sorted(RULES | {"step.hpp"}))
def test_the_rules_of_the_highway_speak_of_s_d_and_lane(name: str) -> None:
    text = code(TRAFFIC / name)
    straight = re.findall(r"\bw\.[xy]\b|\bout\.[xy]\b|\bk(?:RoadLength|LaneWidth)\b", text)
    if name == "score.hpp":  # a share of half a lane
        straight.remove("kLaneWidth")
    assert not straight


@pytest.mark.parametrize("name", sorted(PLANE | RULES | {"step.hpp", "world.hpp"}))
def test_no_kernel_takes_a_vehicle_for_the_first(name: str) -> None:
    fields = re.findall(
        r"X\([\w:]+, (\w+),", (CPP / "include/racer/highway/fields.hpp").read_text()
    )
    assert "target_lane" in fields
    text = code(TRAFFIC / name)
    first = re.findall(rf"\bw\.(?:{'|'.join(fields)}|cosine|sine)\[0\]", text)
    first += re.findall(r"\b(?:velocity_[xy]|speed_along|speed_across|s_of)\(w, 0\)", text)
    assert not first
