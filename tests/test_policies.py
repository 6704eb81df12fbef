"""Policies by name: two files in a folder are all it takes, and paths go first."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, save

from racer.cli.main import main
from racer.drivers import make_driver, shipped
from racer.drivers.highway.drivers import list_policies
from racer.envs.circuit.policy import metadata_of
from racer.envs.circuit.settings import EnvConfig
from racer.errors import PolicyError
from racer.play.circuit.recording import is_agent
from racer.tracks import load_track

SIZE = 14
REAL = shipped.FOLDER / "highway-risk-ppo.onnx"


def write_policy(path: Path, throttle: float = 0.25) -> None:
    """A policy for circuits that always does the same."""
    weights = helper.make_tensor("w", TensorProto.FLOAT, (SIZE, 3), np.zeros(SIZE * 3))
    bias = helper.make_tensor("b", TensorProto.FLOAT, (3,), [0.0, throttle, 0.0])
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["obs", "w", "b"], ["action"])],
        "constant",
        [helper.make_tensor_value_info("obs", TensorProto.FLOAT, ["n", SIZE])],
        [helper.make_tensor_value_info("action", TensorProto.FLOAT, ["n", 3])],
        [weights, bias],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    env = EnvConfig(observation="lidar", action="pedals", ticks_per_action=1)
    found = metadata_of(env, name="Steady", tracks=["harbour"], training_steps=1234)
    helper.set_model_props(model, found.to_properties())
    save(model, str(path))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a policy for circuits and the highway's."""
    place = tmp_path / "policies"
    place.mkdir()
    write_policy(place / "steady.onnx")
    (place / "steady.json").write_text(
        json.dumps({"env_id": "racer/Circuit-v0", "command": "racer train --track harbour"})
    )
    for path in (REAL, REAL.with_suffix(".json")):
        shutil.copy(path, place)
    monkeypatch.setattr(shipped, "FOLDER", place)
    monkeypatch.chdir(tmp_path)
    return place


@pytest.mark.usefixtures("folder")
def test_a_name_drives_and_belongs_to_its_kind_of_world() -> None:
    driver = make_driver("steady", load_track("harbour"))
    assert driver.act(np.zeros((2, SIZE), np.float32)).tolist() == [[0.0, 0.25, 0.0]] * 2
    assert is_agent("steady")
    assert not is_agent("highway-risk-ppo")
    assert list_policies() == ["highway-risk-ppo"]


@pytest.mark.usefixtures("folder")
def test_an_unknown_name_gets_the_names_there_are() -> None:
    with pytest.raises(PolicyError, match=r"no driver 'stedy'.*good, keyboard, steady, policies"):
        make_driver("stedy", load_track("harbour"))
    with pytest.raises(PolicyError, match="no driver 'highway-risk-ppo'"):
        make_driver("highway-risk-ppo", load_track("harbour"))


def test_a_path_goes_first(folder: Path) -> None:
    own = folder.parent / "steady"
    own.mkdir()
    write_policy(own / "policy.onnx", throttle=0.5)
    driver = make_driver("steady", load_track("harbour"))
    assert driver.act(np.zeros((1, SIZE), np.float32))[0, 1] == 0.5


@pytest.mark.usefixtures("folder")
def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policies", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["policies"]}
    assert list(rows) == ["highway-risk-ppo", "steady"]
    steady = rows["steady"]
    assert (steady["env_id"], steady["observation"]) == ("racer/Circuit-v0", "lidar")
    assert (steady["action"], steady["steps"]) == ("pedals", 1234)
    assert steady["command"] == "racer train --track harbour"
    assert rows["highway-risk-ppo"]["env_id"] == "racer/HighwayRisk-v0"
    assert main(["policies"]) == 0
    assert "HighwayRisk" in capsys.readouterr().out
