"""A model of a user's own becomes a policy by one call, and drives everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import onnx
import pytest
import torch
from onnx_scene import SIZE, WEIGHT, model, node, number, save
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.vec_env import DummyVecEnv, VecFrameStack, VecNormalize

from racer.adopt import adopt_policy
from racer.cli.main import main
from racer.drivers import make_driver
from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.drivers.highway.drivers import make_highway_driver
from racer.envs import HighwayEnv, RacerEnv
from racer.envs.highway.settings import highway_settings
from racer.envs.sb3 import HighwayVecEnv, RacerVecEnv
from racer.errors import ConfigError, PolicyError
from racer.tracks import load_track


def small() -> dict[str, Any]:
    return {"net_arch": [16]}


RULES = {"observation": "track", "action": "axis", "ticks_per_action": 6}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def uneven(env: Any) -> VecNormalize:
    normalise = VecNormalize(env, clip_obs=4.0)
    random = np.random.default_rng(4)
    normalise.obs_rms.mean = random.normal(0.0, 0.5, normalise.obs_rms.mean.shape)
    normalise.obs_rms.var = 10.0 ** random.uniform(-6.0, 1.0, normalise.obs_rms.var.shape)
    return normalise


SB3 = {
    "ppo": lambda env: PPO(
        "MlpPolicy", env, n_steps=2, batch_size=2, policy_kwargs=small(), seed=1
    ),
    "a2c": lambda env: A2C("MlpPolicy", env, policy_kwargs=small(), seed=1),
    "sac": lambda env: SAC("MlpPolicy", env, buffer_size=10, policy_kwargs=small(), seed=1),
    "td3": lambda env: TD3("MlpPolicy", env, buffer_size=10, policy_kwargs=small(), seed=1),
}


@pytest.mark.parametrize("algorithm", SB3)
def test_a_live_model_needs_only_a_name(algorithm: str, tmp_path: Path) -> None:
    normalise = uneven(RacerVecEnv(2, track="oldtown", vehicle="kart", **RULES))
    mine = SB3[algorithm](normalise)
    path = tmp_path / "mine.onnx"
    metadata = adopt_policy(mine, path, name="Mine")
    assert (metadata.observation, metadata.action, metadata.ticks_per_action) == (
        "track", "axis", 6,
    )  # fmt: skip
    assert metadata.vehicle == "kart"
    assert [track.lower().replace(" ", "") for track in metadata.tracks] == ["oldtown"]
    assert metadata.algorithm == algorithm
    driver = make_driver(str(path), load_track("oldtown"), "kart")
    assert driver.name == "Mine"
    obs = np.random.default_rng(2).uniform(-1, 1, (50, SIZE)).astype(np.float32)
    wanted, _ = mine.predict(normalise.normalize_obs(obs), deterministic=True)
    np.testing.assert_allclose(driver.act(obs), wanted, atol=1e-5)


def test_a_model_from_wrapped_single_environments(tmp_path: Path) -> None:
    env = DummyVecEnv([lambda: gymnasium.make("racer/Circuit-v0", **RULES)])
    metadata = adopt_policy(SB3["ppo"](env), tmp_path / "p.onnx", name="p")
    assert metadata.observation == "track"
    road = SB3["ppo"](DummyVecEnv([lambda: gymnasium.make("racer/HighwayRisk-v0")]))
    metadata = adopt_policy(road, tmp_path / "r.onnx", name="r")
    assert metadata.env_id == "racer/HighwayRisk-v0"


def test_a_highway_model_with_rows_and_numbers(tmp_path: Path) -> None:
    env = HighwayVecEnv(2)
    mine = DQN("MlpPolicy", env, buffer_size=10, policy_kwargs=small(), seed=1)
    path = tmp_path / "mine.onnx"
    metadata = adopt_policy(mine, path, name="Mine")
    assert metadata.env_id == "racer/Highway-v0"
    settings = highway_settings(None, "highway").values
    driver = make_highway_driver(str(path), "racer/Highway-v0", settings)
    obs = np.random.default_rng(2).uniform(-1, 1, (40, 5, 5)).astype(np.float32)
    np.testing.assert_array_equal(driver.act(obs), mine.predict(obs, deterministic=True)[0])


def test_the_scale_of_actions_goes_into_the_graph(tmp_path: Path) -> None:
    env = HighwayVecEnv(2, preset="risk", action_scale=[1.0, 0.1])
    mine = SB3["sac"](env)
    path = tmp_path / "mine.onnx"
    adopt_policy(mine, path, name="Mine")
    settings = highway_settings(None, "risk").values
    driver = make_highway_driver(str(path), "racer/HighwayRisk-v0", settings)
    shape = env.observation_space.shape
    obs = np.random.default_rng(2).uniform(-1, 1, (9, *shape)).astype(np.float32)
    wanted = mine.predict(obs, deterministic=True)[0] * np.array([1.0, 0.1], np.float32)
    np.testing.assert_allclose(driver.act(obs), wanted, atol=1e-6)


class Levels(gymnasium.Env[Any, Any]):
    """A stranger whose attributes have the names of ours."""

    observation_space = gymnasium.spaces.Box(-1.0, 1.0, (14,), np.float32)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (3,), np.float32)
    worlds = ("ice", "lava")

    def reset(self, **_: Any) -> tuple[Any, dict[str, Any]]:
        return np.zeros(14, np.float32), {}


def test_an_environment_with_worlds_of_its_own_is_not_taken_for_ours(tmp_path: Path) -> None:
    metadata = adopt_policy(SB3["ppo"](DummyVecEnv([Levels])), tmp_path / "p.onnx", name="p")
    assert metadata.env_id == "racer/Circuit-v0"
    assert metadata.tracks == []


def test_what_a_wrapper_changes_is_refused(tmp_path: Path) -> None:
    def wrapped() -> Any:
        return gymnasium.wrappers.RescaleAction(
            RacerEnv("harbour", **RULES), np.float32(-0.5), np.float32(0.5)
        )

    with pytest.raises(PolicyError, match="wrapper RescaleAction changes"):
        adopt_policy(SB3["ppo"](DummyVecEnv([wrapped])), tmp_path / "p.onnx", name="p")
    stacked = VecFrameStack(RacerVecEnv(1, **RULES), 3)
    with pytest.raises(PolicyError, match="stacked frames"):
        adopt_policy(SB3["ppo"](stacked), tmp_path / "p.onnx", name="p")
    other = SB3["ppo"](DummyVecEnv([lambda: gymnasium.make("Pendulum-v1")]))
    with pytest.raises(PolicyError, match=r"observes \(3,\), but racer/Circuit-v0 .* 14 numbers"):
        adopt_policy(other, tmp_path / "p.onnx", name="p")
    assert list(tmp_path.iterdir()) == []


def mine(tmp_path: Path) -> Path:
    """An ONNX model as another framework writes it: its own names, no metadata, more outputs."""
    made = model(
        [node("MatMul", "observation weight", "action"), node("Tanh", "action", "logits")], [WEIGHT]
    )
    del made.metadata_props[:]
    made.graph.output.append(onnx.helper.make_tensor_value_info("logits", 1, [None, None]))
    return save(made, tmp_path / "mine.onnx")


def test_an_onnx_file_is_adopted_by_python_and_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = mine(tmp_path)
    with pytest.raises(PolicyError, match="say which output is the action; there are action, log"):
        adopt_policy(source, tmp_path / "p.onnx", name="p", **RULES)
    adopt_policy(source, tmp_path / "p.onnx", name="p", graph_output="logits", **RULES)
    obs = np.random.default_rng(2).uniform(-1, 1, (9, SIZE)).astype(np.float32)
    weight = onnx.numpy_helper.to_array(WEIGHT)
    answer = OnnxDriver(tmp_path / "p.onnx").act(obs)
    np.testing.assert_allclose(answer, np.tanh(obs @ weight), atol=1e-6)

    output = tmp_path / "q.onnx"
    flags = ["--observation", "track", "--action", "axis", "--ticks-per-action", "6"]
    flags += ["--graph-output", "logits", "--track", "harbour", "--name", "Mine"]
    assert main(["export", "--onnx", str(source), "--output", str(output), *flags]) == 0
    assert "checked, and driven" in capsys.readouterr().out
    driver = OnnxDriver(output)
    assert (driver.name, driver.metadata.tracks) == ("Mine", ["harbour"])
    np.testing.assert_array_equal(driver.act(obs), answer)
    main(["evaluate", "--policy", str(output), "--track", "harbour", "--starts", "1", "--json"])
    result = json.loads(capsys.readouterr().out)["tracks"][0]  # it drives, however badly
    assert (result["starts"], result["policy_faults"]) == (1, 0)


def test_normalisation_is_put_before_an_onnx_file(tmp_path: Path) -> None:
    normalise = uneven(RacerVecEnv(1, **RULES))
    source = mine(tmp_path)
    adopt_policy(
        source, tmp_path / "p.onnx", name="p", graph_output="action", normalise=normalise, **RULES
    )
    obs = np.random.default_rng(2).uniform(-1, 1, (9, SIZE)).astype(np.float32)
    wanted = normalise.normalize_obs(obs) @ onnx.numpy_helper.to_array(WEIGHT)
    np.testing.assert_allclose(OnnxDriver(tmp_path / "p.onnx").act(obs), wanted, atol=1e-5)


def test_values_per_action_become_the_best_action(tmp_path: Path) -> None:
    size = 25
    made = model(
        [node("MatMul", "observation w", "action")],
        [number("w", np.random.default_rng(0).normal(size=(size, 5)))],
        shape=("n", size),
    )
    source = save(made, tmp_path / "q.onnx")
    with pytest.raises(PolicyError, match="but its action is int64"):
        adopt_policy(source, tmp_path / "p.onnx", name="p", env_id="racer/Highway-v0")
    adopt_policy(source, tmp_path / "p.onnx", name="p", env_id="racer/Highway-v0", argmax=True)
    env = HighwayEnv()
    driver = make_highway_driver(str(tmp_path / "p.onnx"), "racer/Highway-v0", env.config)
    obs, _ = env.reset(seed=1)
    assert driver.act(obs[None]).tolist() in [[k] for k in range(5)]


def test_what_cannot_be_adopted_leaves_nothing(tmp_path: Path) -> None:
    source = mine(tmp_path)
    (tmp_path / "m.zip").write_bytes(b"PK")
    (tmp_path / "bad.onnx").write_bytes(b"\x08\x01garbage")
    nan = save(
        model([node("MatMul", "observation weight", "l"), node("Log", "l", "action")], [WEIGHT]),
        tmp_path / "nan.onnx",
    )
    before = sorted(tmp_path.iterdir())
    output = tmp_path / "p.onnx"
    for what, kind, sentence, keys in (
        (tmp_path / "m.zip", PolicyError, "can run code when they are read", {}),
        (tmp_path / "bad.onnx", PolicyError, "is not an ONNX model", {}),
        (tmp_path / "none.onnx", PolicyError, "there is no such model", {}),
        (nan, PolicyError, "p.onnx: answers with numbers that are not finite", RULES),
        (object(), PolicyError, "a object cannot be adopted", {}),
        (source, PolicyError, "takes float32", {"graph_output": "action"}),
        (source, ConfigError, "there is no environment 'Pong'", {"env_id": "Pong"}),
        (source, ConfigError, "observation is 'camera'", {"observation": "camera"}),
        (source, ConfigError, "vehicle is 'tank'", {"vehicle": "tank"}),
        (source, ConfigError, "ticks", {"ticks_per_action": 0}),
    ):
        with pytest.raises(kind, match=sentence) as caught:
            adopt_policy(what, output, name="p", **keys)
        assert "\n" not in str(caught.value)
    with pytest.raises(PolicyError, match=r"ends in \.onnx"):
        adopt_policy(source, tmp_path / "p.bin", name="p")
    assert sorted(tmp_path.iterdir()) == before


def test_the_command_says_what_it_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for flags, sentence in (
        ([], "the folder of a run, or --onnx FILE"),
        (["--onnx", str(mine(tmp_path))], "needs --output FILE"),
        (["--onnx", str(tmp_path / "a.zip"), "--output", "p.onnx"], "can run code"),
    ):
        assert main(["export", *flags]) != 0
        assert sentence in capsys.readouterr().err


def test_the_example_of_the_documentation_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parent.parent / "docs" / "training.md").read_text("utf-8")
    blocks = [block.partition("```")[0] for block in page.split("```python\n")[1:]]
    (example,) = [block for block in blocks if "adopt_policy" in block]
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "docs/training.md", "exec"), {})  # noqa: S102  our own page
    driver = OnnxDriver(tmp_path / "mine.onnx")
    assert (driver.name, driver.metadata.training_steps) == ("Mine", 512)
