"""The faster PPO is Stable-Baselines3's PPO: same numbers, same files, same predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from racer.envs.circuit import outlook
from racer.envs.circuit.sb3 import RacerVecEnv

torch = pytest.importorskip("torch")
sb3 = pytest.importorskip("stable_baselines3")

from racer.train.algorithms.fast import mlp  # noqa: E402 - after the check that torch is there
from racer.train.algorithms.fast.ppo import FastPPO, OutlookPolicy  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

UPDATES = 4
CASES = {
    "tanh": {"policy_kwargs": {"net_arch": [32, 32], "activation_fn": torch.nn.Tanh}},
    "relu": {"policy_kwargs": {"net_arch": [32, 16, 8], "activation_fn": torch.nn.ReLU}},
    "unequal towers": {"policy_kwargs": {"net_arch": {"pi": [16, 16], "vf": [40]}}},
    "a minibatch that is left over": {"batch_size": 100},
    "a step limited by its divergence": {"target_kl": 1e-4, "learning_rate": 1e-2},
    "no normalised advantages": {"normalize_advantage": False},
}


def _model(algorithm: type[Any], **changes: Any) -> Any:
    """A model on eight worlds whose episodes are cut off after five steps."""
    env = RacerVecEnv(
        8,
        "harbour",
        {"episode": {"maxSteps": 5}, "start": {"kind": "random"}},
        observation="track",
        action="axis",
        ticks_per_action=6,
        seed=3,
    )
    keywords: dict[str, Any] = {
        "n_steps": 32,
        "batch_size": 64,
        "n_epochs": 2,
        "ent_coef": 0.01,
        "seed": 5,
        "device": "cpu",
    }
    return algorithm("MlpPolicy", env, **(keywords | changes))


def _weights(model: Any) -> np.ndarray[Any, Any]:
    return torch.cat([p.detach().flatten() for p in model.policy.parameters()]).numpy().copy()


def _learned(model: Any) -> list[np.ndarray[Any, Any]]:
    weights = []
    for update in range(UPDATES):
        model.learn(8 * 32, reset_num_timesteps=update == 0)
        weights.append(_weights(model))
    return weights


@pytest.mark.filterwarnings("ignore:You have specified a mini-batch size")
@pytest.mark.parametrize("case", CASES)
def test_updates_are_those_of_stable_baselines3(case: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(
        "racer.train.algorithms.fast.ppo.CHUNK", 48
    )  # several chunks in a minibatch
    ours = _model(FastPPO, **CASES[case])
    assert ours.plain_towers
    fast = _learned(ours)
    plain = _learned(_model(sb3.PPO, **CASES[case]))
    assert np.abs(plain[-1] - plain[0]).max() > 1e-3
    for ours_then, theirs in zip(fast, plain, strict=True):
        np.testing.assert_allclose(ours_then, theirs, rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"policy_kwargs": {"net_arch": []}},
        {"policy_kwargs": {"activation_fn": torch.nn.ELU}},
        {"clip_range_vf": 0.2},
        {"use_sde": True},
    ],
)
def test_other_policies_learn_as_in_stable_baselines3(changes: dict[str, Any]) -> None:
    model = _model(FastPPO, **changes)
    assert not model.plain_towers
    before = _weights(model)
    model.learn(8 * 32)
    assert np.abs(_weights(model) - before).max() > 0.0


def test_its_files_are_those_of_stable_baselines3(tmp_path: Path) -> None:
    model = _model(FastPPO)
    model.learn(8 * 32)
    model.save(tmp_path / "model")
    seen = np.random.default_rng(1).normal(size=(5, *model.observation_space.shape))
    seen = seen.astype(np.float32)
    wanted, _ = model.predict(seen, deterministic=True)
    for algorithm in (sb3.PPO, FastPPO):
        again = algorithm.load(tmp_path / "model", env=model.get_env(), device="cpu")
        np.testing.assert_array_equal(again.predict(seen, deterministic=True)[0], wanted)
        again.learn(8 * 32)
    np.testing.assert_array_equal(model.predict(seen, deterministic=True)[0], wanted)


def test_what_is_loaded_is_what_learns(tmp_path: Path) -> None:
    """The towers' common memory is that of the parameters, after loading, too."""
    model = _model(FastPPO)
    model.save(tmp_path / "model")
    again = FastPPO.load(tmp_path / "model", env=_model(FastPPO).get_env(), device="cpu")
    assert again.plain_towers
    before = again.predict(np.ones((1, *again.observation_space.shape), np.float32))[0]
    again.learn(8 * 32)
    x = torch.ones(1, *again.observation_space.shape)
    with torch.no_grad():
        means, values = again.plain_towers.forward(x)
    assert not np.array_equal(before, means.numpy())
    np.testing.assert_allclose(
        means.numpy(), again.policy.get_distribution(x).mode().detach().numpy(), atol=1e-6
    )
    np.testing.assert_allclose(
        values.numpy(), again.policy.predict_values(x).detach().numpy(), atol=1e-6
    )


@pytest.mark.parametrize("activation", [torch.nn.Tanh, torch.nn.ReLU])
def test_gradients_are_those_of_autograd(activation: type[Any]) -> None:
    torch.manual_seed(0)
    towers = [
        [torch.nn.Linear(7, 5), torch.nn.Linear(5, 4), torch.nn.Linear(4, 2)],
        [torch.nn.Linear(7, 6), torch.nn.Linear(6, 1)],
    ]
    x, slopes = torch.randn(11, 7), (torch.randn(11, 2), torch.randn(11, 1))
    wanted = []
    for layers, slope in zip(towers, slopes, strict=True):
        parts: list[Any] = [layers[0]]
        for layer in layers[1:]:
            parts += [activation(), layer]
        torch.nn.Sequential(*parts)(x).backward(slope)
        wanted += [p.grad.clone() for layer in layers for p in (layer.weight, layer.bias)]
    by_hand = mlp.Towers(towers, activation)
    with torch.no_grad():
        by_hand.forward(x)
        by_hand.backward(x, slopes)
    given = [p.grad for layers in towers for layer in layers for p in (layer.weight, layer.bias)]
    for one, other in zip(given, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def _outlook_env(**settings: Any) -> RacerVecEnv:
    return RacerVecEnv(
        6,
        ["harbour", "saltpan"],
        {"episode": {"maxSteps": 5}, "start": {"kind": "random"}, **settings},
        observation="road",
        action="axis",
        ticks_per_action=6,
        seed=3,
    )


def test_the_outlook_is_the_way_driven_at_cautious_speeds() -> None:
    env = _outlook_env()
    env.reset()
    ahead = env.outlook()
    assert ahead.shape == (6, outlook.SIZE) == (6, env.outlook_size)
    for world, track in enumerate(env.get_attr("track")):
        speed = np.maximum(track.stations["spawn_speed"], outlook.SLOWEST)
        for k, horizon in enumerate(outlook.HORIZONS):
            at, left = int(env.worlds.telemetry["s"][world] / track.spacing), horizon
            way = 0.0
            while left > 0.0:
                left -= track.spacing / speed[at]
                way += track.spacing
                at = (at + 1) % len(speed)
            mean = outlook.TYPICAL * (1.0 + ahead[world, k])
            # It is looked up every 8 m, so its cars are up to 8 m further on or back.
            assert mean == pytest.approx(way / horizon, abs=2.0 + 12.0 / horizon)


def test_the_outlook_of_an_end_is_that_of_its_last_place() -> None:
    env = _outlook_env()
    env.reset()
    for _ in range(4):
        env.step(np.zeros((6, 2), np.float32))
    _, _, dones, _ = env.step(np.zeros((6, 2), np.float32))
    assert dones.all()
    worlds = np.arange(6)
    last = env.worlds.final_records["s"]
    wanted = env.worlds.make_outlook()(last, env.worlds.dealt)
    np.testing.assert_array_equal(env.final_outlook(worlds), wanted)
    assert not np.array_equal(env.outlook(), wanted)  # new episodes began elsewhere


def test_a_critic_with_an_outlook_learns_and_the_actor_sees_none_of_it(tmp_path: Path) -> None:
    keywords = {"outlook_size": outlook.SIZE, "net_arch": [8], "activation_fn": torch.nn.ReLU}
    model = FastPPO(
        OutlookPolicy, _outlook_env(), n_steps=8, batch_size=16, policy_kwargs=keywords, seed=1
    )
    assert model.plain_towers is not None
    before = {name: value.clone() for name, value in model.policy.state_dict().items()}
    model.learn(6 * 8 * 2)
    first = model.policy.mlp_extractor
    seen = model.observation_space.shape[0]
    assert first.policy_net[0].in_features == seen
    assert first.value_net[0].in_features == seen + outlook.SIZE
    moved = first.value_net[0].weight - before["mlp_extractor.value_net.0.weight"]
    assert moved[:, seen:].abs().max() > 0.0
    model.save(tmp_path / "model")
    again = FastPPO.load(tmp_path / "model", env=_outlook_env(), device="cpu")
    obs = np.random.default_rng(0).normal(size=(4, seen)).astype(np.float32)
    np.testing.assert_array_equal(
        again.predict(obs, deterministic=True)[0], model.predict(obs, deterministic=True)[0]
    )
