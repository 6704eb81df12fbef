"""Hyperparameter files of rl-baselines3-zoo: what they say is what is trained, or it is refused."""

import inspect
import time
from pathlib import Path
from typing import Any

import pytest
import stable_baselines3
from sb3_contrib import TQC

from racer.cli.main import main
from racer.errors import ConfigError
from racer.train.algorithms import ALGORITHMS, load_algorithm
from racer.train.config import TrainConfig, load_preset, load_train_config, read_toml
from racer.train.zoo import RENAMED, literal

# In the form of the zoo's own files: shared defaults, text that is Python, numbers that are text.
PPO = """
shared: &shared
  policy: MlpPolicy
  n_envs: 8
  n_timesteps: !!float 2e6
  gamma: 0.9
Pendulum-v1:
  <<: *shared
  normalize: "{'norm_obs': True, 'norm_reward': False}"
  n_steps: 16
  batch_size: 128
  learning_rate: lin_1e-3
  clip_range: 0.1
  ent_coef: 1e-4
  target_kl: 0.02
  policy_kwargs: "dict(log_std_init=-1.5, ortho_init=True, activation_fn=nn.ReLU,
                       net_arch=dict(pi=[32, 16], vf=[32, 16]))"
plain:
  <<: *shared
  normalize: true
"""
SAC = """
racer/Circuit-v0:
  n_timesteps: 5000
  n_envs: 4
  learning_rate: 7.3e-4
  buffer_size: 300000
  ent_coef: auto_0.1
  train_freq: (2, 'step')
  gradient_steps: -1
  policy_kwargs: {net_arch: [400, 300]}
"""


def preset(tmp_path: Path, name: str, text: str) -> str:
    (tmp_path / name).write_text(text, "utf-8")
    return str(tmp_path / name)


def loaded(name: str) -> TrainConfig:
    return load_train_config(load_preset(name), name)


def test_an_entry_is_a_preset(tmp_path: Path) -> None:
    config = loaded(preset(tmp_path, "ppo.yml", PPO) + ":Pendulum-v1")
    assert (config.algo, config.track) == ("ppo", "harbour")
    assert (config.n_envs, config.steps) == (8, 2_000_000)
    assert (config.normalise_observation, config.normalise_reward) == (True, False)
    ppo = config.algo_settings
    assert (ppo.learning_rate, ppo.final_learning_rate) == (1e-3, 0.0)
    assert (ppo.n_steps, ppo.batch_size, ppo.n_epochs) == (16, 128, 10)
    assert (ppo.gamma, ppo.clip_range, ppo.ent_coef, ppo.target_kl) == (0.9, 0.1, 1e-4, 0.02)
    assert (ppo.net_arch, ppo.activation, ppo.log_std_init) == ((32, 16), "relu", -1.5)
    assert not ppo.outlook
    sac = loaded(preset(tmp_path, "sac.yml", SAC))  # the only entry
    assert sac.algo_settings.net_arch == (400, 300)
    assert sac.algo_settings.ent_coef_init == 0.1
    assert (sac.algo_settings.train_freq, sac.algo_settings.gradient_steps) == (2, 8)
    highway = loaded(preset(tmp_path, "dqn.yml", "CartPole-v1: {n_timesteps: 100, batch_size: 8}"))
    assert "Highway" in highway.env_id


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_what_an_entry_does_not_name_is_as_in_the_library(algo: str, tmp_path: Path) -> None:
    """Compared with the signatures of Stable-Baselines3 and sb3-contrib as installed."""
    name = preset(tmp_path, f"{algo}.yml", "any: {n_timesteps: 1000}")
    settings = loaded(name).algo_settings
    kind: Any = TQC if algo == "tqc" else getattr(stable_baselines3, algo.upper())
    ours = {key: RENAMED.get(key, key) for key in inspect.signature(kind.__init__).parameters}
    theirs = {
        ours[key]: parameter.default
        for key, parameter in inspect.signature(kind.__init__).parameters.items()
        if hasattr(settings, ours[key]) and parameter.default not in (None, "auto")
    }
    assert len(theirs) >= 8
    assert {key: getattr(settings, key) for key in theirs} == theirs
    assert settings.final_learning_rate == settings.learning_rate
    if hasattr(settings, "ent_coef_init"):
        assert settings.ent_coef_init == 1.0
    assert load_algorithm(algo).settings.__dataclass_fields__.keys() >= theirs.keys()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("env_wrapper: gym.wrappers.FrameStack", "env_wrapper = 'gym.wrappers.FrameStack' has no"),
        ("use_sde: true", "use_sde = True has no counterpart here"),
        ("policy: CnnPolicy", "policy = 'CnnPolicy' has no counterpart"),
        ("clip_range: lin_0.2", "clip_range = 'lin_0.2' changes during the run"),
        ("learning_rate: fast", "learning_rate = 'fast' is no number"),
        ("n_steps: 1.5", "n_steps = 1.5 is no whole number"),
        ("n_timesteps: 0", "needs --steps or --minutes"),
        ("n_timesteps: .inf", "n_timesteps = inf is no whole number"),
        ("gamma: 7", "gamma is 7"),
        ("buffer_size: 10", "buffer_size = 10 is no setting of ppo"),
        ("ent_coef: auto", "ent_coef = 'auto' is no setting of ppo"),
        ("normalize: maybe", "normalize = 'maybe' is no table of keywords"),
        ("policy_kwargs: 'dict(net_arch=[dict(pi=[64], vf=[32])])'", "different networks for"),
        ("policy_kwargs: 'dict(activation_fn=nn.GELU)'", "is neither ReLU nor Tanh"),
        ("policy_kwargs: 'dict(net_arch=open(1))'", "policy_kwargs = 'dict(net_arch=open(1))' is"),
        ("policy_kwargs: [1]", "policy_kwargs = [1] is no table of keywords"),
        ("net_arch: []", "net_arch = [] is no list of widths"),
    ],
)
def test_what_has_no_counterpart_is_named(said: str, why: str, tmp_path: Path) -> None:
    steps = "" if said.startswith("n_timesteps") else "  n_timesteps: 1000\n"
    name = preset(tmp_path, "ppo.yml", f"Any-v0:\n{steps}  {said}\n")
    with pytest.raises(ConfigError) as problem:
        loaded(name)
    assert why in str(problem.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "must have a table for each environment"),
        ("a: 1", "must have a table for each environment"),
        ("[1, 2]", "must have a table for each environment"),
        ("a: {", "is not valid YAML"),
        ("a: &a {b: *c}", "is not valid YAML"),
        ("a: !!python/object/apply:os.system ['true']", "is not valid YAML"),
        ("a: {x: 1}\nb: {x: 2}", "name an entry as ppo.yml:ENTRY; there are a, b."),
        ("a: {x: " + "[" * 5000, "cannot be read as YAML|is not valid YAML"),
        ("a: {x: " + "9" * 20_000, "cannot be read as YAML|is not valid YAML"),
    ],
)
def test_files_that_are_no_such_files(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=why):
        load_preset(preset(tmp_path, "ppo.yml", text))


def test_names_of_files_and_entries(tmp_path: Path) -> None:
    name = preset(tmp_path, "ppo.yml", PPO)
    with pytest.raises(ConfigError, match=r"has no entry 'Nobody'; name one as ppo.yml:ENTRY"):
        load_preset(f"{name}:Nobody")
    with pytest.raises(ConfigError, match=r"must be an algorithm's, one of ppo\.yml"):
        load_preset(preset(tmp_path, "mine.yml", PPO))
    with pytest.raises(ConfigError, match=r"nowhere|not there|no such"):
        load_preset(str(tmp_path / "nowhere" / "sac.yml"))


def test_tables_that_double_at_every_level_cost_nothing(tmp_path: Path) -> None:
    """By merge keys and by aliases, which take no memory until somebody looks at all of it."""
    merges = "".join(f"a{i}: &a{i}\n  <<: [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
    aliases = "".join(f"a{i}: &a{i} {{x: *a{i - 1}, y: *a{i - 1}}}\n" for i in range(1, 60))
    start = time.process_time()
    for text in (merges, aliases):
        with pytest.raises(ConfigError):
            load_preset(preset(tmp_path, "ppo.yml", "a0: &a0 {x: 1}\n" + text) + ":a59")
    assert time.process_time() - start < 20.0


def test_nothing_in_a_text_is_run(tmp_path: Path) -> None:
    place = tmp_path / "made"
    text = f"dict(a=[__import__('pathlib').Path({str(place)!r}).touch()])"
    with pytest.raises(ConfigError):
        literal(text)
    assert not place.exists()
    assert literal("{'a': (1, -2.5), 'b': nn.ReLU, 'c': None}") == {
        "a": [1, -2.5],
        "b": "nn.ReLU",
        "c": None,
    }


def test_the_command_trains_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "a: {n_timesteps: 64, n_steps: 8, batch_size: 32, n_envs: 4, policy: MlpPolicy}"
    command = ["train", "--preset", preset(tmp_path, "ppo.yml", text), "--track", "random:1"]
    command += ["--quiet", "--log-dir", str(tmp_path), "--name", "run"]
    assert main(command) == 0, capsys.readouterr().err
    made = read_toml(tmp_path / "run" / "config.toml")
    assert (made["n_envs"], made["ppo"]["n_steps"], made["ppo"]["n_epochs"]) == (4, 8, 10)
