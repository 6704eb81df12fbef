"""The faster SAC and TQC are those of Stable-Baselines3: same losses, gradients, weights, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from racer.envs.circuit.sb3 import RacerVecEnv

torch = pytest.importorskip("torch")
sb3 = pytest.importorskip("stable_baselines3")

from stable_baselines3.common.vec_env import VecNormalize  # noqa: E402

from racer.errors import ConfigError  # noqa: E402
from racer.train.algorithms.fast.sac import FastSAC  # noqa: E402
from racer.train.algorithms.sac import Sac, SacConfig  # noqa: E402
from racer.train.algorithms.tqc import Tqc, TqcConfig  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

ALGORITHMS = ("sac", "tqc")


def _pair(name: str) -> tuple[type[Any], type[Any]]:
    if name == "sac":
        return sb3.SAC, FastSAC
    contrib = pytest.importorskip("sb3_contrib")
    from racer.train.algorithms.fast.tqc import FastTQC

    return contrib.TQC, FastTQC


def _model(algorithm: type[Any], *, norm_reward: bool = False, **changes: Any) -> Any:
    """A model whose buffer holds episodes that end in every way, and that has not learned yet."""
    env = RacerVecEnv(
        8,
        "harbour",
        {"episode": {"maxSteps": 9, "terminateOffTrack": True}, "start": {"kind": "random"}},
        observation="track",
        action="axis",
        ticks_per_action=6,
        seed=3,
    )
    torch.set_num_threads(1)
    keywords: dict[str, Any] = {
        "n_steps": 3,
        "batch_size": 64,
        "learning_starts": 10**6,
        "buffer_size": 2000,
        "ent_coef": "auto_0.1",
        "seed": 5,
        "device": "cpu",
        "policy_kwargs": {"net_arch": [32, 16, 8]},
    }
    model = algorithm(
        "MlpPolicy", VecNormalize(env, norm_reward=norm_reward), **(keywords | changes)
    )
    model.learn(200)
    return model


def _learned(model: Any, steps: int) -> np.ndarray[Any, Any]:
    np.random.seed(7)  # noqa: NPY002 - the stream that Stable-Baselines3 draws from
    torch.manual_seed(7)
    if steps:
        model.train(steps, 64)
    weights = [p.detach().flatten() for p in model.policy.parameters()]
    return torch.cat([*weights, model.log_ent_coef.detach()]).numpy().copy()


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"policy_kwargs": {"net_arch": [16, 16], "activation_fn": torch.nn.Tanh}},
        {"n_steps": 1, "target_update_interval": 2},
        {"norm_reward": True},
    ],
    ids=["relu", "tanh", "one step", "normalised rewards"],
)
def test_learns_what_stable_baselines3_learns(name: str, changes: dict[str, Any]) -> None:
    plain, fast = (_model(kind, **changes) for kind in _pair(name))
    assert fast.networks is not None
    before = _learned(plain, 0)
    np.testing.assert_array_equal(before, _learned(fast, 0))
    expected, found = _learned(plain, 6), _learned(fast, 6)
    moved = np.abs(expected - before).mean()
    # Adam divides by the size of the slope, so that rounding turns a few slopes of nearly zero.
    assert np.abs(expected - found).mean() < 2e-3 * moved
    for key in ("critic_loss", "actor_loss", "ent_coef_loss"):
        a, b = (model.logger.name_to_value[f"train/{key}"] for model in (plain, fast))
        assert b == pytest.approx(a, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_saves_and_loads_as_stable_baselines3_does(name: str, tmp_path: Path) -> None:
    plain, fast = _pair(name)
    model = _model(fast)
    _learned(model, 3)
    model.save(tmp_path / "model")
    seen = np.linspace(-1.0, 1.0, model.observation_space.shape[0], dtype=np.float32)
    expected = model.predict(seen, deterministic=True)[0]
    for kind in (plain, fast):
        again = kind.load(tmp_path / "model", device="cpu")
        np.testing.assert_array_equal(expected, again.predict(seen, deterministic=True)[0])


def test_other_networks_learn_as_in_stable_baselines3() -> None:
    plain, fast = (_model(kind, policy_kwargs={"net_arch": []}) for kind in _pair("sac"))
    assert fast.networks is None
    np.testing.assert_array_equal(_learned(plain, 3), _learned(fast, 3))


def test_an_actor_that_is_asked_to_wait_waits() -> None:
    model = _model(FastSAC)
    model.actor_every = 3
    _learned(model, 1)

    def actor() -> np.ndarray[Any, Any]:
        parts = [p.detach().flatten() for p in model.actor.parameters()]
        return torch.cat([*parts, model.log_ent_coef.detach()]).numpy().copy()

    first = actor()
    _learned(model, 2)
    np.testing.assert_array_equal(first, actor())
    _learned(model, 1)
    assert (first != actor()).any()


@pytest.mark.parametrize(
    ("algorithm", "settings", "message"),
    [
        (Sac(), SacConfig(actor_every=2), "actor_every is 2, which needs fast = true"),
        (Tqc(), TqcConfig(n_quantiles=3, drop_quantiles=3), "drop_quantiles is 3, but it must be"),
    ],
)
def test_settings_that_do_not_fit(algorithm: Sac, settings: SacConfig, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        algorithm.check(settings, 8)


def test_tqc_without_its_package_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sb3_contrib", None)
    with pytest.raises(ConfigError, match="tqc needs the package sb3-contrib"):
        Tqc().check(TqcConfig(), 8)
