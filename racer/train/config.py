"""The settings of a training run, and the presets that come with Racer.

A preset is a TOML file: the fields of `TrainConfig`, with a table `[ppo]`, `[sac]` or `[dqn]` for
the algorithm, and `[env]` for a circuit's environment (keys as in `racer.config`) or `[highway]`
for the highway's (keys as in `racer.envs.highway_config`).
"""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from racer.config import EnvConfig, load_config
from racer.errors import ConfigError
from racer.formats import files
from racer.highway_policies import ENVIRONMENTS

if TYPE_CHECKING:
    import os

PRESETS = Path(__file__).parent.parent / "data" / "presets"
ALGORITHMS = ("ppo", "sac", "dqn")
CIRCUIT = "racer/Circuit-v0"
ENV_IDS = (CIRCUIT, *ENVIRONMENTS)
ACTIVATIONS = ("tanh", "relu")
_Section = TypeVar("_Section")


def _between(default: Any, low: float, high: float) -> Any:
    return field(default=default, metadata={"low": low, "high": high})


def _one_of(default: str, choices: tuple[str, ...]) -> Any:
    return field(default=default, metadata={"choices": choices})


@dataclass(frozen=True)
class PpoConfig:
    """Settings of proximal policy optimisation; names as in Stable-Baselines3.

    Attributes:
        learning_rate, final_learning_rate: at the beginning and the end, linear in between.
        n_steps: steps of each environment per update.
        net_arch: widths of the hidden layers, of the policy and of the value function.
        log_std_init: logarithm of the first standard deviation of the actions.
        log_stds: the same for each number of the action; empty: `log_std_init` for all.
        target_kl: stops an update's epochs early; 0: never.
    """

    learning_rate: float = _between(8e-4, 0, 1)
    final_learning_rate: float = _between(5e-5, 0, 1)
    n_steps: int = _between(32, 1, 100_000)
    batch_size: int = _between(4096, 2, 10_000_000)
    n_epochs: int = _between(8, 1, 1000)
    gamma: float = _between(0.99, 0, 1)
    gae_lambda: float = _between(0.95, 0, 1)
    clip_range: float = _between(0.2, 0, 10)
    ent_coef: float = _between(0.003, 0, 10)
    vf_coef: float = _between(0.5, 0, 10)
    max_grad_norm: float = _between(0.5, 0, 1000)
    log_std_init: float = _between(-0.7, -20, 5)
    log_stds: tuple[float, ...] = _between((), -20.0, 5.0)
    target_kl: float = _between(0.0, 0, 100)
    net_arch: tuple[int, ...] = _between((64, 64), 1, 8192)
    activation: str = _one_of("tanh", ACTIVATIONS)


@dataclass(frozen=True)
class SacConfig:
    """Settings of soft actor-critic; names as in Stable-Baselines3.

    Attributes:
        learning_rate, final_learning_rate: at the beginning and the end, linear in between.
        train_freq: steps of each environment between updates.
        gradient_steps: gradient steps per update.
        n_steps: rewards that a critic's target counts before it asks the critic.
        target_entropy, final_target_entropy: of the policy, per number of an action, at the
            beginning and the end, linear in between.
        net_arch: widths of the hidden layers, of the actor and of the critics.
    """

    learning_rate: float = _between(7e-4, 0, 1)
    final_learning_rate: float = _between(1e-4, 0, 1)
    buffer_size: int = _between(300_000, 1, 100_000_000)
    learning_starts: int = _between(5_000, 0, 100_000_000)
    batch_size: int = _between(256, 2, 1_000_000)
    tau: float = _between(0.005, 0, 1)
    gamma: float = _between(0.99, 0, 1)
    train_freq: int = _between(1, 1, 100_000)
    gradient_steps: int = _between(4, 1, 100_000)
    n_steps: int = _between(1, 1, 1000)
    target_entropy: float = _between(-1.0, -10, 1)
    final_target_entropy: float = _between(-1.0, -10, 1)
    net_arch: tuple[int, ...] = _between((128, 128), 1, 8192)
    activation: str = _one_of("relu", ACTIVATIONS)


@dataclass(frozen=True)
class DqnConfig:
    """Settings of deep Q-learning; names as in Stable-Baselines3.

    Attributes:
        learning_rate, final_learning_rate: at the beginning and the end, linear in between.
        train_freq: steps of each environment between updates.
        gradient_steps: gradient steps per update.
        target_update_interval: environment steps between updates of the target network.
        exploration_fraction: share of the run in which random actions get rarer.
        exploration_final: share of random actions after that.
        net_arch: widths of the hidden layers.
    """

    learning_rate: float = _between(5e-4, 0, 1)
    final_learning_rate: float = _between(1e-4, 0, 1)
    buffer_size: int = _between(200_000, 1, 100_000_000)
    learning_starts: int = _between(2_000, 0, 100_000_000)
    batch_size: int = _between(256, 2, 1_000_000)
    tau: float = _between(1.0, 0, 1)
    gamma: float = _between(0.9, 0, 1)
    train_freq: int = _between(1, 1, 100_000)
    gradient_steps: int = _between(2, 1, 100_000)
    target_update_interval: int = _between(2_000, 1, 100_000_000)
    exploration_fraction: float = _between(0.5, 0, 1)
    exploration_final: float = _between(0.05, 0, 1)
    net_arch: tuple[int, ...] = _between((128, 128), 1, 8192)
    activation: str = _one_of("relu", ACTIVATIONS)


SECTIONS: dict[str, Any] = {"ppo": PpoConfig, "sac": SacConfig, "dqn": DqnConfig}


@dataclass(frozen=True)
class TrainConfig:
    """Everything that a training run depends on.

    Attributes:
        algo: "ppo", "sac" or "dqn".
        env_id: id of the environment.
        track: name of the catalogue, or path of a track file; of a circuit's environment.
        steps: environment steps to train for (all environments together); 0: until `minutes`.
        minutes: time to train for; 0: until `steps`. Schedules follow whichever ends first.
        n_envs: environments stepped at once.
        seed: of everything random.
        action_scale: on the highway, what the policy's numbers are multiplied by before they are
            actions; exported policies do it themselves. Empty: nothing.
        row_width: on the highway, width of the network that looks at each vehicle's row before the
            others; 0: none, the rows go into the network as they are.
        final_collision_reward: on the highway, `collision_reward` at the end of the run; it
            changes with the square of the share that is done. 0: it stays as it is.
        normalise_observation, normalise_reward: by running statistics.
        clip_observation: largest normalised observation.
        evaluations: how often to evaluate during the run.
        checkpoints: how often to save a checkpoint during the run.
        evaluation_starts, evaluation_laps: starts per evaluation, flying laps from each; episodes
            on the highway, where the report takes four times as many.
        env: a circuit's environment.
        highway: settings of the highway that differ from those of `env_id`.
        ppo, sac, dqn: the algorithm.
    """

    algo: str = _one_of("ppo", ALGORITHMS)
    env_id: str = _one_of(CIRCUIT, ENV_IDS)
    track: str = "harbour"
    steps: int = _between(0, 0, 10**12)
    minutes: float = _between(0.0, 0, 1e6)
    n_envs: int = _between(256, 1, 1_000_000)
    seed: int = _between(0, 0, 2**32 - 1)
    action_scale: tuple[float, ...] = _between((), 0.0, 1.0)
    row_width: int = _between(0, 0, 4096)
    final_collision_reward: float = _between(0.0, -1e6, 0)
    normalise_observation: bool = True
    normalise_reward: bool = True
    clip_observation: float = _between(10.0, 0.1, 1e6)
    evaluations: int = _between(12, 0, 100_000)
    checkpoints: int = _between(12, 0, 100_000)
    evaluation_starts: int = _between(16, 1, 10_000)
    evaluation_laps: int = _between(2, 1, 1000)
    env: EnvConfig = field(default_factory=EnvConfig)
    ppo: PpoConfig = field(default_factory=PpoConfig)
    highway: Mapping[str, Any] = field(default_factory=dict)
    sac: SacConfig = field(default_factory=SacConfig)
    dqn: DqnConfig = field(default_factory=DqnConfig)

    def __post_init__(self) -> None:
        if self.env_id == CIRCUIT and self.action_scale:
            raise ConfigError("action_scale is for the highway; circuits have none.")
        if self.env_id == CIRCUIT and self.row_width:
            raise ConfigError("row_width is for the highway; circuits observe no vehicles.")
        if self.env_id == CIRCUIT and self.final_collision_reward:
            raise ConfigError("final_collision_reward is for the highway.")
        if self.env_id == CIRCUIT and self.algo == "dqn":
            raise ConfigError("dqn needs meta-actions, which circuits do not have.")
        if self.steps == 0 and self.minutes == 0.0:
            raise ConfigError("a training run needs --steps or --minutes.")

    @property
    def gamma(self) -> float:
        """Discount per step."""
        return float(getattr(self, self.algo).gamma)

    def to_dict(self) -> dict[str, Any]:
        """The settings as a dict, keyed as in presets."""
        content: dict[str, Any] = {}
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if item.name in ("env", "highway", "track", "evaluation_laps"):
                if (item.name == "highway") != (self.env_id == CIRCUIT):
                    content[item.name] = value.to_dict() if item.name == "env" else value
            elif item.name in ALGORITHMS:
                if item.name == self.algo:
                    content[item.name] = dataclasses.asdict(value)
            else:
                content[item.name] = value
        return content

    def to_toml(self) -> str:
        """The settings as a TOML file; `load_train_config` takes it back."""
        return "\n".join(_toml_lines(self.to_dict(), "")) + "\n"


def _toml_lines(content: Mapping[str, Any], prefix: str) -> list[str]:
    lines, tables = [], []
    for key, value in content.items():
        if isinstance(value, Mapping):
            tables += ["", f"[{prefix}{key}]", *_toml_lines(value, f"{prefix}{key}.")]
        else:
            shown = list(value) if isinstance(value, tuple) else value
            lines.append(f"{key} = {json.dumps(shown, ensure_ascii=False)}")
    return lines + tables


def list_presets() -> list[str]:
    """Names of the presets that come with Racer."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def load_preset(name_or_path: str) -> dict[str, Any]:
    """The content of a preset, not checked yet.

    Raises:
        ConfigError: there is no such preset, or it is no TOML.
    """
    if name_or_path in list_presets():
        return read_toml(PRESETS / f"{name_or_path}.toml")
    if name_or_path.endswith(".toml"):
        return read_toml(name_or_path)
    raise ConfigError(
        f"there is no preset {name_or_path!r}; there are {', '.join(list_presets())}, "
        "and the name of a preset file ends in .toml."
    )


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        ConfigError: it cannot be read as TOML.
    """
    return files.read_toml(path, error=ConfigError, what="preset")


def load_train_config(content: Mapping[str, Any], shown: str, **changes: Any) -> TrainConfig:
    """Checks settings and makes a `TrainConfig` of them.

    Args:
        content: as read from a preset.
        shown: where they come from, for messages.
        changes: fields that win over the content.

    Raises:
        ConfigError: an unknown key, or a value that cannot be used; one sentence names it.
    """
    try:
        return _section(TrainConfig, {**content, **changes}, "")
    except ConfigError as problem:
        raise ConfigError(f"{shown}: {problem}") from None


def _section(kind: type[_Section], content: Mapping[str, Any], prefix: str) -> _Section:
    known = {item.name: item for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in known:
            close = difflib.get_close_matches(str(key), list(known), 1, 0.7)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}."
            raise ConfigError(f"there is no setting {f'{prefix}{key}'!r}; {hint}")
        if key in ("env", "highway", *ALGORITHMS):
            if not isinstance(value, Mapping):
                raise ConfigError(f"{key} must be a table of settings, not {value!r}.")
            if key == "highway":
                values[key] = dict(value)
            elif key == "env":
                values[key] = load_config(value)
            else:
                values[key] = _section(SECTIONS[key], value, f"{key}.")
        else:
            values[key] = _checked(known[key], value, prefix + key)
    return kind(**values)


def _checked(item: dataclasses.Field[Any], value: Any, key: str) -> Any:
    """The value in the field's own type, or a ConfigError that names the key."""
    meta = item.metadata
    default = item.default
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ConfigError(f"{key} is {value!r}, but it must be true or false.")
        return value
    if isinstance(default, str):
        choices = meta.get("choices")
        if not isinstance(value, str) or (choices and value not in choices):
            wanted = " or ".join(map(repr, choices)) if choices else "a text"
            raise ConfigError(f"{key} is {value!r}, but it must be {wanted}.")
        return value
    low, high = meta["low"], meta["high"]
    if isinstance(default, tuple):
        good = isinstance(value, (list, tuple)) and len(value) <= 16
        kinds = (int,) if isinstance(low, int) else (int, float)
        good = good and all(type(v) in kinds and low <= v <= high for v in value)
        if not good:
            noun = "layer widths" if isinstance(low, int) else f"numbers from {low:g} to {high:g}"
            raise ConfigError(f"{key} is {value!r}, but it must be a list of {noun}.")
        return tuple(value)
    whole = isinstance(default, int)
    right_type = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not right_type or not low <= value <= high:
        noun = "a whole number" if whole else "a number"
        bounds = f"from {low:,} to {high:,}" if whole else f"from {low:g} to {high:g}"
        raise ConfigError(f"{key} is {value!r}, but it must be {noun} {bounds}.")
    return value if whole else float(value)
