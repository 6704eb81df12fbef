"""Settings of an environment: reward, episodes, starts, and what a driver sees and does.

One definition serves Python, TOML and JSON. In Python the names are fields of frozen dataclasses
(`stillness_timeout_ticks`); in files the same names are written in camel case
(`stillnessTimeoutTicks`). Defaults of rules are the engine's own. A file, TOML or JSON:

    {"weights": {"progress": 1.0, "wallPenalty": -0.002}, "episode": {"maxSteps": 3000},
     "start": {"kind": "mixed"}, "observation": "track", "action": "axis", "ticksPerAction": 6}

Every key may be left out; a key that does not exist is an error. `config_table()` lists them all.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from racer import _core
from racer.errors import ConfigError
from racer.formats.files import read_text, read_toml

__all__ = [
    "EnvConfig",
    "EpisodeConfig",
    "RewardConfig",
    "StartConfig",
    "config_table",
    "load_config",
]

_ENGINE = _core.BatchConfig()  # the one place of the rules' defaults
_INT_MAX = 2**31 - 1
_Section = TypeVar("_Section", bound="_Checked")


def _number(default: float, low: float, high: float, unit: str, doc: str) -> Any:
    meta = {"low": low, "high": high, "unit": unit, "doc": doc}
    return dataclasses.field(default=default, metadata=meta)


def _choice(default: str, choices: tuple[str, ...], doc: str) -> Any:
    return dataclasses.field(default=default, metadata={"choices": choices, "doc": doc})


def _flag(*, default: bool, doc: str) -> Any:
    return dataclasses.field(default=default, metadata={"doc": doc})


@dataclass(frozen=True)
class _Checked:
    """Checks every field on construction, by its metadata."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            key = _camel(field.name)
            value = _checked(field, getattr(self, field.name), key)
            object.__setattr__(self, field.name, value)

    def to_dict(self) -> dict[str, Any]:
        """The settings as a dict, keyed as in files; `load_config` takes it back."""
        return {
            _camel(field.name): value.to_dict() if isinstance(value, _Checked) else value
            for field in dataclasses.fields(self)
            for value in (getattr(self, field.name),)
        }


@dataclass(frozen=True)
class RewardConfig(_Checked):
    """Weights of the reward's terms; the reward of a step is their weighted sum over its ticks."""

    progress: float = _number(_ENGINE.progress, 0, 1e6, "1/lap", "for a whole lap of progress")
    speed_bonus: float = _number(_ENGINE.speed_bonus, 0, 1e6, "1/tick", "per tick at 100 m/s")
    wall_penalty: float = _number(
        _ENGINE.wall_penalty, -1e6, 0, "1/tick", "per tick of contact with a wall"
    )
    off_track_penalty: float = _number(
        _ENGINE.off_track_penalty, -1e6, 0, "1/tick", "per tick with all four wheels off the track"
    )
    backward_penalty: float = _number(
        _ENGINE.backward_penalty, -1e6, 0, "1/tick", "per tick against the driving direction"
    )
    stillness_penalty: float = _number(
        _ENGINE.stillness_penalty, -1e6, 0, "1/tick", "per tick below stillnessSpeedThreshold"
    )
    wheels_off_penalty: float = _number(
        _ENGINE.wheels_off_penalty, -1e6, 0, "1/tick", "per tick and wheel beyond the edge"
    )
    stillness_speed_threshold: float = _number(
        _ENGINE.stillness_speed_threshold, 0, 200, "m/s", "below this speed a car stands still"
    )


@dataclass(frozen=True)
class EpisodeConfig(_Checked):
    """When an episode ends."""

    max_steps: int = _number(
        _ENGINE.max_steps, 0, _INT_MAX, "steps", "truncates after so many steps; 0: never"
    )
    stillness_timeout_ticks: int = _number(
        _ENGINE.stillness_timeout_ticks, 0, _INT_MAX, "ticks", "terminates a still car; 0: never"
    )
    max_laps: int = _number(
        _ENGINE.max_laps, 0, _INT_MAX, "laps", "truncates after so many timed laps; 0: never"
    )
    terminate_off_track: bool = _flag(
        default=_ENGINE.terminate_off_track, doc="terminates with all four wheels off the track"
    )
    terminate_on_wall: bool = _flag(
        default=_ENGINE.terminate_on_wall, doc="terminates on contact with a wall"
    )


@dataclass(frozen=True)
class StartConfig(_Checked):
    """Where an episode starts: at rest on the line, or anywhere at speed (an out lap)."""

    kind: str = _choice(
        "random",
        ("standing", "random", "mixed"),
        "at rest on the line, anywhere around the lap, or now this and now that",
    )
    standing_fraction: float = _number(
        _ENGINE.standing_fraction, 0, 1, "1", "share of standing starts among mixed ones"
    )
    spawn_speed_low: float = _number(
        _ENGINE.spawn_speed_low, 0, 1, "1", "random starts: least share of the speed that fits"
    )
    spawn_speed_high: float = _number(
        _ENGINE.spawn_speed_high, 0, 1, "1", "random starts: largest share of that speed"
    )
    lateral_fraction: float = _number(
        _ENGINE.lateral_fraction, 0, 1, "1", "random starts: share of the width that is used"
    )
    heading_error: float = _number(
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

    vehicle: str = _choice("gt", tuple(_core.vehicles()), "the car")
    observation: str = _choice("lidar", ("lidar", "track"), "what the driver sees")
    action: str = _choice("pedals", ("pedals", "axis"), "what the driver does")
    ticks_per_action: int = _number(1, 1, 120, "ticks", "ticks of 1/60 s that an action is held")
    autoreset: str = _choice(
        "next_step",
        ("next_step", "same_step", "disabled"),
        "how Gymnasium's vector environment resets worlds whose episode is over",
    )
    threads: int = _number(1, 1, 256, "threads", "threads of the engine; they change no result")
    weights: RewardConfig = dataclasses.field(
        default_factory=RewardConfig, metadata={"section": RewardConfig}
    )
    episode: EpisodeConfig = dataclasses.field(
        default_factory=EpisodeConfig, metadata={"section": EpisodeConfig}
    )
    start: StartConfig = dataclasses.field(
        default_factory=StartConfig, metadata={"section": StartConfig}
    )

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
                raise ConfigError(_unknown_key(name, name, list(known)))
            if name == "start" and isinstance(value, str):
                settings[name] = dataclasses.replace(self.start, kind=value)
            elif isinstance(value, Mapping) and "section" in known[name].metadata:
                merged = {**getattr(self, name).to_dict(), **value}
                settings[name] = _from_mapping(known[name].metadata["section"], merged, name)
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

    def to_batch_config(self) -> _core.BatchConfig:
        """The rules as the engine takes them."""
        config = _core.BatchConfig()
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
        return _from_mapping(EnvConfig, source, "")
    shown = os.fspath(source)
    if not isinstance(shown, str):
        raise ConfigError(f"{shown!r} is not the name of a file.")
    try:
        return _from_mapping(EnvConfig, _parse(shown), "")
    except ConfigError as problem:
        text = str(problem)
        raise ConfigError(text if text.startswith(shown) else f"{shown}: {text}") from None


def config_table() -> list[dict[str, Any]]:
    """Every key of a file: `key`, `default`, `unit`, `doc`."""
    rows = []

    def visit(kind: type[Any], prefix: str) -> None:
        for field in dataclasses.fields(kind):
            key = prefix + _camel(field.name)
            if "section" in field.metadata:
                visit(field.metadata["section"], f"{key}.")
            else:
                unit, doc = field.metadata.get("unit", ""), field.metadata["doc"]
                rows.append({"key": key, "default": field.default, "unit": unit, "doc": doc})

    visit(EnvConfig, "")
    return rows


def _parse(path: str) -> Mapping[str, Any]:
    """The content of a TOML or JSON file, as its suffix says."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".toml", ".json"):
        raise ConfigError(f"{path}: the name of a configuration file ends in .toml or .json.")
    if suffix == ".toml":
        return read_toml(path, error=ConfigError, what="configuration file")
    text = read_text(path, error=ConfigError, what="configuration file")
    try:
        content = json.loads(text, object_pairs_hook=_without_twins)
    except ConfigError:
        raise
    except ValueError as problem:
        raise ConfigError(f"{path}: is not valid JSON ({problem}).") from None
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply to be a configuration.") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: holds {_shown(content)}, but it must be an object of settings.")
    return content


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twin = next(key for key in keys if keys.count(key) > 1)
        raise ConfigError(f"the key {_shown(twin)} stands twice in one object.")
    return found


def _from_mapping(kind: type[_Section], content: Mapping[str, Any], prefix: str) -> _Section:
    """Builds a section from a mapping with the keys of files; `prefix` is its place."""
    fields = {_camel(field.name): field for field in dataclasses.fields(kind)}
    dot = f"{prefix}." if prefix else ""
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in fields:
            raise ConfigError(_unknown_key(key, f"{dot}{key}", list(fields)))
        field = fields[key]
        section = field.metadata.get("section")
        if section is not None and isinstance(value, Mapping):
            values[field.name] = _from_mapping(section, value, f"{dot}{key}")
        else:
            values[field.name] = _checked(field, value, f"{dot}{key}")
    try:
        return kind(**values)
    except ConfigError as problem:  # a rule over several keys
        raise ConfigError(f"{dot}{problem}" if dot else str(problem)) from None


def _unknown_key(key: object, shown: object, known: list[str]) -> str:
    name = str(key)
    words = name.split("_")
    guess = words[0] + "".join(word.capitalize() for word in words[1:])
    close = [guess] if guess in known else difflib.get_close_matches(name, known, 1, 0.7)
    hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}."
    if name in ("track", "config", "reward_fn", "render_mode", "seed"):
        hint = "it is an argument of the environment, not of its config."
    return f"there is no setting {_shown(shown)}; {hint}"


def _checked(field: dataclasses.Field[Any], value: Any, key: str) -> Any:
    """The value in the field's own type, or a ConfigError that names the key."""
    meta = field.metadata
    if "section" in meta:
        if not isinstance(value, meta["section"]):
            raise ConfigError(f"{key} is {_shown(value)}, but it must be a table of settings.")
        return value
    if "choices" in meta:
        if not (isinstance(value, str) and value in meta["choices"]):
            choices = " or ".join(repr(choice) for choice in meta["choices"])
            raise ConfigError(f"{key} is {_shown(value)}, but it must be {choices}.")
        return value
    if "low" not in meta:
        if not isinstance(value, bool):
            raise ConfigError(f"{key} is {_shown(value)}, but it must be true or false.")
        return value
    whole = isinstance(field.default, int)
    low, high = meta["low"], meta["high"]
    right_type = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not right_type or not low <= value <= high:
        noun = "a whole number" if whole else "a number"
        raise ConfigError(
            f"{key} is {_shown(value)}, but it must be {noun} from {low:g} to {high:g}."
            if high < _INT_MAX
            else f"{key} is {_shown(value)}, but it must be {noun}, at least {low:g}."
        )
    return value if whole else float(value)


def _shown(value: object) -> str:
    """A value for a message: as in Python, but short."""
    try:
        text = repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
