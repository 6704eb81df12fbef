"""The settings of a training run, and the presets that come with Racer.

A preset is a TOML file: the fields of `TrainConfig`, with a table `[ppo]`, `[sac]` or `[dqn]` for
the algorithm, and `[env]` for a circuit's environment (keys as in `racer.envs.circuit.settings`) or
`[highway]` for the highway's (keys as in `racer.envs.highway.settings`).
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from racer.envs.circuit.settings import EnvConfig
from racer.envs.highway.policy import ENVIRONMENTS
from racer.errors import ConfigError, RacerError
from racer.formats import files
from racer.formats.settings import (
    Checked,
    choice_field,
    flag_field,
    from_mapping,
    list_field,
    merged,
    number,
    number_field,
    refuse,
    section_field,
    table_field,
    text_field,
    whole_number,
)

PRESETS = Path(__file__).parent.parent / "data" / "presets"
ALGORITHMS = ("ppo", "sac", "dqn")
CIRCUIT = "racer/Circuit-v0"
ENV_IDS = (CIRCUIT, *ENVIRONMENTS)
MOST_STEPS = 10**12
MOST_MINUTES = 1e6
ACTIVATIONS = ("tanh", "relu")
CIRCUIT_COPY = "circuit.csv"  # in a run's folder, with circuit.toml beside it


@dataclass(frozen=True)
class PpoConfig(Checked):
    """Settings of proximal policy optimisation; names as in Stable-Baselines3.

    Attributes:
        learning_rate, final_learning_rate: at the beginning and the end, linear in between.
        n_steps: steps of each environment per update.
        net_arch: widths of the hidden layers, of the policy and of the value function.
        log_std_init: logarithm of the first standard deviation of the actions.
        log_stds: the same for each number of the action; empty: `log_std_init` for all.
        target_kl: stops an update's epochs early; 0: never.
    """

    learning_rate: float = number_field(8e-4, 0, 1)
    final_learning_rate: float = number_field(5e-5, 0, 1)
    n_steps: int = number_field(32, 1, 100_000)
    batch_size: int = number_field(4096, 2, 10_000_000)
    n_epochs: int = number_field(8, 1, 1000)
    gamma: float = number_field(0.99, 0, 1)
    gae_lambda: float = number_field(0.95, 0, 1)
    clip_range: float = number_field(0.2, 0, 10)
    ent_coef: float = number_field(0.003, 0, 10)
    vf_coef: float = number_field(0.5, 0, 10)
    max_grad_norm: float = number_field(0.5, 0, 1000)
    log_std_init: float = number_field(-0.7, -20, 5)
    log_stds: tuple[float, ...] = list_field((), -20.0, 5.0)
    target_kl: float = number_field(0.0, 0, 100)
    net_arch: tuple[int, ...] = list_field((64, 64), 1, 8192, "layer widths")
    activation: str = choice_field("tanh", ACTIVATIONS)


@dataclass(frozen=True)
class SacConfig(Checked):
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

    learning_rate: float = number_field(7e-4, 0, 1)
    final_learning_rate: float = number_field(1e-4, 0, 1)
    buffer_size: int = number_field(300_000, 1, 100_000_000)
    learning_starts: int = number_field(5_000, 0, 100_000_000)
    batch_size: int = number_field(256, 2, 1_000_000)
    tau: float = number_field(0.005, 0, 1)
    gamma: float = number_field(0.99, 0, 1)
    train_freq: int = number_field(1, 1, 100_000)
    gradient_steps: int = number_field(4, 1, 100_000)
    n_steps: int = number_field(1, 1, 1000)
    target_entropy: float = number_field(-1.0, -10, 1)
    final_target_entropy: float = number_field(-1.0, -10, 1)
    net_arch: tuple[int, ...] = list_field((128, 128), 1, 8192, "layer widths")
    activation: str = choice_field("relu", ACTIVATIONS)


@dataclass(frozen=True)
class DqnConfig(Checked):
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

    learning_rate: float = number_field(5e-4, 0, 1)
    final_learning_rate: float = number_field(1e-4, 0, 1)
    buffer_size: int = number_field(200_000, 1, 100_000_000)
    learning_starts: int = number_field(2_000, 0, 100_000_000)
    batch_size: int = number_field(256, 2, 1_000_000)
    tau: float = number_field(1.0, 0, 1)
    gamma: float = number_field(0.9, 0, 1)
    train_freq: int = number_field(1, 1, 100_000)
    gradient_steps: int = number_field(2, 1, 100_000)
    target_update_interval: int = number_field(2_000, 1, 100_000_000)
    exploration_fraction: float = number_field(0.5, 0, 1)
    exploration_final: float = number_field(0.05, 0, 1)
    net_arch: tuple[int, ...] = list_field((128, 128), 1, 8192, "layer widths")
    activation: str = choice_field("relu", ACTIVATIONS)


@dataclass(frozen=True)
class TrainConfig(Checked):
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

    algo: str = choice_field("ppo", ALGORITHMS)
    env_id: str = choice_field(CIRCUIT, ENV_IDS)
    track: str = text_field("harbour")
    steps: int = number_field(0, 0, MOST_STEPS)
    minutes: float = number_field(0.0, 0, MOST_MINUTES)
    n_envs: int = number_field(256, 1, 1_000_000)
    seed: int = number_field(0, 0, 2**32 - 1)
    action_scale: tuple[float, ...] = list_field((), 0.0, 1.0)
    row_width: int = number_field(0, 0, 4096)
    final_collision_reward: float = number_field(0.0, -1e6, 0)
    normalise_observation: bool = flag_field(default=True)
    normalise_reward: bool = flag_field(default=True)
    clip_observation: float = number_field(10.0, 0.1, 1e6)
    evaluations: int = number_field(12, 0, 100_000)
    checkpoints: int = number_field(12, 0, 100_000)
    evaluation_starts: int = number_field(16, 1, 10_000)
    evaluation_laps: int = number_field(2, 1, 1000)
    env: EnvConfig = section_field(EnvConfig)
    ppo: PpoConfig = section_field(PpoConfig)
    highway: Mapping[str, Any] = table_field()
    sac: SacConfig = section_field(SacConfig)
    dqn: DqnConfig = section_field(DqnConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
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
        """The settings as a TOML file; `load_train_config` takes it back.

        Raises:
            ConfigError: a value cannot be written so that it is read as what it is.
        """
        text = "\n".join(_toml_lines(self.to_dict(), "")) + "\n"
        try:
            same = load_train_config(files.parse_toml(text, "config.toml"), "") == _plain(self)
        except RacerError as problem:
            raise ConfigError(f"these settings cannot be kept in a file: {problem}") from None
        if not same:
            raise ConfigError("these settings cannot be kept in a file: it would read as others.")
        return text


def _plain(config: TrainConfig) -> TrainConfig:
    """The settings as a file can hold them: lists for tuples, nothing for None, one algorithm."""
    return load_train_config(_plain_table(config.to_dict()), "")


def _plain_table(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _plain_table(value)
        if isinstance(value, Mapping)
        else [*value]
        if isinstance(value, tuple)
        else value
        for key, value in content.items()
        if value is not None
    }


def _toml_lines(content: Mapping[str, Any], prefix: str) -> list[str]:
    lines, tables = [], []
    for key, value in content.items():
        if value is None:  # TOML has no word for it; it is the default of every key that takes it
            continue
        if isinstance(value, Mapping):
            tables += ["", f"[{prefix}{key}]", *_toml_lines(value, f"{prefix}{key}.")]
        else:
            shown = list(value) if isinstance(value, tuple) else value
            lines.append(f"{key} = {json.dumps(shown, ensure_ascii=False)}")
    return lines + tables


def check_ends(steps: int | None, minutes: float | None) -> None:
    """Checks the ends of a run as somebody typed them.

    Raises:
        ConfigError: one is not a number of steps or of minutes above 0.
    """
    if steps is not None:
        whole_number(steps, "--steps", 1, MOST_STEPS)
    if minutes is not None and number(minutes, "--minutes", 0.0, MOST_MINUTES) == 0.0:
        raise refuse("--minutes", minutes, "above 0")


def check_flag(name: str, value: Any) -> None:
    """Checks a field of `TrainConfig` as a command's flag gives it; None: it was not given.

    Raises:
        ConfigError: its value cannot be used; the message names the flag.
    """
    if value is not None:
        known = {item.name: item for item in dataclasses.fields(TrainConfig)}
        known[name].metadata["check"](value, f"--{name.replace('_', '-')}")


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
        content = read_toml(name_or_path)
        copy = Path(name_or_path).with_name(CIRCUIT_COPY)
        track = content.get("track")
        if isinstance(track, str) and track.endswith(".csv") and copy.is_file():
            content["track"] = os.fspath(copy)  # of a run: its own copy, wherever we are
        return content
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
        changes: fields that win over the content; tables change the named keys only.

    Raises:
        ConfigError: an unknown key, or a value that cannot be used; one sentence names it.
    """
    try:
        return from_mapping(TrainConfig, merged(content, changes))
    except ConfigError as problem:
        raise ConfigError(f"{shown}: {problem}") from None
