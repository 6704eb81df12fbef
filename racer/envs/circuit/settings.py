"""Settings of an environment: reward, episodes, starts, and what a driver sees and does.

One definition serves Python, TOML and JSON. In Python the names are fields of frozen dataclasses
(`stillness_timeout_ticks`); files may write them so, or as the mission does
(`stillnessTimeoutTicks`, see `racer.formats.aliases`). Defaults of rules are the engine's own. A
file, TOML or JSON:

    {"weights": {"progress": 1.0, "wallPenalty": -0.002}, "episode": {"maxSteps": 3000},
     "start": {"kind": "mixed"}, "observation": "track", "action": "axis", "ticksPerAction": 6}

Every key may be left out; a key that does not exist is an error. `config_table()` lists them all.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from racer import _core
from racer.errors import ConfigError
from racer.formats.aliases import KEYS
from racer.formats.config_files import path_of, read_config
from racer.formats.settings import (
    INT_MAX,
    Checked,
    choice_field,
    flag_field,
    from_mapping,
    merged,
    number_field,
    section_field,
    unknown_key,
    with_keys,
)

__all__ = [
    "EnvConfig",
    "EpisodeConfig",
    "RewardConfig",
    "StartConfig",
    "config_table",
    "load_config",
]

_ENGINE = _core.circuit.Config()  # the one place of the rules' defaults
# What an environment takes beside its settings, for messages about names that do not exist.
ARGUMENTS = ("track", "config", "render_mode", "reward_fn", "seed")


@dataclass(frozen=True)
class _Checked(Checked):
    """Checks every field on construction; keys in files are those of `racer.formats.aliases`."""

    @staticmethod
    def key_of(name: str) -> str:
        """The key in files of the field with that name."""
        return KEYS.get(name, name)

    def to_dict(self) -> dict[str, Any]:
        """The settings as a dict, keyed as in files; `load_config` takes it back."""
        return {
            self.key_of(field.name): value.to_dict() if isinstance(value, _Checked) else value
            for field in dataclasses.fields(self)
            for value in (getattr(self, field.name),)
        }


def _term(field: str) -> Any:
    """The weight of a reward term, as the engine's table has it (`cpp/include/racer/rules.hpp`)."""
    row = next(row for row in _core.circuit.reward_term_table() if row["field"] == field)
    return number_field(row["weight"], row["low"], row["high"], row["unit"], row["meaning"])


@dataclass(frozen=True)
class RewardConfig(_Checked):
    """Weights of the reward's terms; the reward of a step is their weighted sum over its ticks."""

    progress: float = _term("progress")
    speed_bonus: float = _term("speed_bonus")
    wall_penalty: float = _term("wall_penalty")
    off_track_penalty: float = _term("off_track_penalty")
    backward_penalty: float = _term("backward_penalty")
    stillness_penalty: float = _term("stillness_penalty")
    wheels_off_penalty: float = _term("wheels_off_penalty")
    progress_length: float = number_field(
        _ENGINE.progress_length, 0, 1e6, "m", "what `progress` is paid for; 0: a whole lap"
    )
    stillness_speed_threshold: float = number_field(
        _ENGINE.stillness_speed_threshold, 0, 200, "m/s", "below this speed a car stands still"
    )


@dataclass(frozen=True)
class EpisodeConfig(_Checked):
    """When an episode ends."""

    max_steps: int = number_field(
        _ENGINE.max_steps, 0, INT_MAX, "steps", "truncates after so many steps; 0: never"
    )
    stillness_timeout_ticks: int = number_field(
        _ENGINE.stillness_timeout_ticks, 0, INT_MAX, "ticks", "terminates a still car; 0: never"
    )
    max_laps: int = number_field(
        _ENGINE.max_laps, 0, INT_MAX, "laps", "truncates after so many timed laps; 0: never"
    )
    terminate_off_track: bool = flag_field(
        default=_ENGINE.terminate_off_track, doc="terminates with all four wheels off the track"
    )
    terminate_on_wall: bool = flag_field(
        default=_ENGINE.terminate_on_wall, doc="terminates on contact with a wall"
    )
    terminate_wheels_off: int = number_field(
        _ENGINE.terminate_wheels_off,
        0,
        4,
        "wheels",
        "terminates with so many wheels beyond the edge, fewer than void a lap; 0: never",
    )


@dataclass(frozen=True)
class StartConfig(_Checked):
    """Where an episode starts: at rest on the line, or anywhere at speed (an out lap)."""

    kind: str = choice_field(
        "random",
        ("standing", "random", "mixed"),
        "at rest on the line, anywhere around the lap, or now this and now that",
    )
    standing_fraction: float = number_field(
        _ENGINE.standing_fraction, 0, 1, "1", "share of standing starts among mixed ones"
    )
    spawn_speed_low: float = number_field(
        _ENGINE.spawn_speed_low, 0, 1, "1", "random starts: least share of the speed that fits"
    )
    spawn_speed_high: float = number_field(
        _ENGINE.spawn_speed_high, 0, 1, "1", "random starts: largest share of that speed"
    )
    lateral_fraction: float = number_field(
        _ENGINE.lateral_fraction, 0, 1, "1", "random starts: share of the width that is used"
    )
    heading_error: float = number_field(
        _ENGINE.heading_error, 0, math.pi, "rad", "random starts: largest angle to the road"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.spawn_speed_low > self.spawn_speed_high:
            raise ConfigError(
                f"spawnSpeedLow is {self.spawn_speed_low}, "
                f"but it must not exceed spawnSpeedHigh, {self.spawn_speed_high}."
            )


@dataclass(frozen=True)
class EnvConfig(_Checked):
    """All settings of an environment but its track."""

    arguments = ARGUMENTS

    vehicle: str = choice_field("gt", tuple(_core.vehicles()), "the car")
    observation: str = choice_field("lidar", ("lidar", "track", "road"), "what the driver sees")
    action: str = choice_field("pedals", ("pedals", "axis"), "what the driver does")
    ticks_per_action: int = number_field(
        1, 1, 120, "ticks", "ticks of 1/60 s that an action is held"
    )
    autoreset: str = choice_field(
        "next_step",
        ("next_step", "same_step", "disabled"),
        "how Gymnasium's vector environment resets worlds whose episode is over",
    )
    pose_info: bool = flag_field(
        default=False, doc="infos hold x, y, heading, s and n of the car, too [m, rad]"
    )
    threads: int = number_field(
        1, 1, 256, "threads", "threads of the engine; they change no result"
    )
    weights: RewardConfig = section_field(RewardConfig)
    episode: EpisodeConfig = section_field(EpisodeConfig)
    start: StartConfig = section_field(StartConfig)

    def with_settings(self, **settings: Any) -> EnvConfig:
        """A copy with some fields replaced.

        Args:
            settings: fields by their Python names. `weights`, `episode` and `start` may be
                mappings as in files, which change the named keys only; `start` may be a kind.

        Raises:
            ConfigError: there is no such field, or its value cannot be used.
        """
        known = {field.name: field for field in dataclasses.fields(self)}
        for name, value in settings.items():
            if name not in known:
                raise unknown_key(name, [*known, *ARGUMENTS])
            if name == "start" and isinstance(value, str):
                settings[name] = dataclasses.replace(self.start, kind=value)
            elif isinstance(value, Mapping) and "section" in known[name].metadata:
                section = known[name].metadata["section"]
                changes = with_keys(section, value, name)
                settings[name] = merged(getattr(self, name).to_dict(), changes)
        return dataclasses.replace(self, **settings)

    def to_json(self) -> str:
        """The settings as a JSON file."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    def to_toml(self) -> str:
        """The settings as a TOML file."""
        top, tables = [], []
        for key, value in self.to_dict().items():
            if isinstance(value, dict):
                tables += ["", f"[{key}]", *(f"{k} = {json.dumps(v)}" for k, v in value.items())]
            else:
                top.append(f"{key} = {json.dumps(value)}")
        return "\n".join([*top, *tables]) + "\n"

    def to_batch_config(self) -> _core.circuit.Config:
        """The rules as the engine takes them."""
        config = _core.circuit.Config()
        for section in (self.weights, self.episode, self.start):
            for field in dataclasses.fields(section):
                name = "start" if field.name == "kind" else field.name
                setattr(config, name, getattr(section, field.name))
        return config


def load_config(source: str | os.PathLike[str] | Mapping[str, Any] | EnvConfig) -> EnvConfig:
    """Settings from a TOML or JSON file, or from a mapping of the same shape.

    Raises:
        ConfigError: one sentence that names the file, the key, its value and what would be right.
    """
    if isinstance(source, EnvConfig):
        return source
    if isinstance(source, Mapping):
        return from_mapping(EnvConfig, source)
    shown = path_of(source)
    try:
        return from_mapping(EnvConfig, read_config(shown))
    except ConfigError as problem:
        text = str(problem)
        raise ConfigError(text if text.startswith(shown) else f"{shown}: {text}") from None


def read(config: str | os.PathLike[str] | Mapping[str, Any] | EnvConfig, preset: str) -> EnvConfig:
    """The entry point `settings` of `racer.kinds`: `load_config`, as there is one preset."""
    del preset
    return load_config(config)


def config_table() -> list[dict[str, Any]]:
    """Every key of a file: `key`, `default`, `unit`, `doc`."""
    rows = []

    def visit(kind: type[Any], prefix: str) -> None:
        for field in dataclasses.fields(kind):
            key = prefix + kind.key_of(field.name)
            if "section" in field.metadata:
                visit(field.metadata["section"], f"{key}.")
            else:
                unit, doc = field.metadata.get("unit", ""), field.metadata["doc"]
                rows.append({"key": key, "default": field.default, "unit": unit, "doc": doc})

    visit(EnvConfig, "")
    return rows
