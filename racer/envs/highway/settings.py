"""Settings of the highway environments: HighwayEnv's own keys, and some of ours.

A configuration is a mapping as HighwayEnv takes it, or a TOML or JSON file of that shape. It
changes the named keys of a preset; the tables `observation` and `action` are replaced as a whole,
as HighwayEnv does. A key that does not exist, or that asks for something that we do not offer, is
an error. Keys of our own, all off by default:

* `action` of the type `Traffic`: nobody drives the ego vehicle, it follows the rules of the traffic
  around it; there is one action, 0, without a meaning;
* `flatten`: observations as one vector;
* `traffic_behind`: share of the traffic that starts behind the ego vehicle;
* `traffic_caution`: traffic looks twice before it changes lane and brakes harder if it must, so
  that it crashes less by itself;
* `traffic_recovery`: traffic that stands behind an obstacle changes lane and drives around it;
* `traffic_collisions`: False ignores collisions among traffic, as highway-fast does;
* `forward_speed_reward`, `safety_reward`, `off_road_reward`, `stillness_reward`,
  `backward_reward`, `spin_reward`, `off_centre_reward`: weights of further terms, each in [0, 1]
  before its weight;
* `safety_of_path`: `safety_reward` counts whom the ego vehicle will meet if all keep their
  velocities, all around it, not whom it closes in on within a cone ahead;
* `safety_time` [s] and `safety_cone` [degrees]: what `safety_reward` counts as danger;
* `pose_info`: infos hold x, y, heading, s and n of the ego vehicle, too;
* `threads` of the engine and `autoreset`, the vector environment's mode.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from racer import _core
from racer.envs.frozen import frozen
from racer.errors import ConfigError
from racer.formats.config_files import path_of, read_config
from racer.formats.settings import (
    choice,
    number,
    pair,
    refuse,
    shown_value,
    truth,
    unknown_key,
    whole_number,
)

HighwayConfigLike: TypeAlias = "Mapping[str, Any] | str | os.PathLike[str] | HighwaySettings | None"

IDM = "highway_env.vehicle.behavior.IDMVehicle"
KINEMATICS = {"type": "Kinematics"}
MISSION_FEATURES = ["presence", "x", "y", "vx", "vy", "heading"]

_OURS: dict[str, Any] = {
    "flatten": False,
    "pose_info": False,
    "traffic_behind": 0.0,
    "traffic_caution": False,
    "traffic_recovery": False,
    "traffic_collisions": True,
    "forward_speed_reward": 0.0,
    "safety_reward": 0.0,
    "off_road_reward": 0.0,
    "stillness_reward": 0.0,
    "backward_reward": 0.0,
    "spin_reward": 0.0,
    "off_centre_reward": 0.0,
    "safety_of_path": False,
    "safety_time": 2.0,
    "safety_cone": 11.25,
    "threads": 1,
    "autoreset": "next_step",
}
OUR_KEYS = frozenset(_OURS)

_HIGHWAY: dict[str, Any] = {
    "observation": KINEMATICS,
    "action": {"type": "DiscreteMetaAction"},
    "simulation_frequency": 15,
    "policy_frequency": 1,
    "other_vehicles_type": IDM,
    "screen_width": 600,
    "screen_height": 150,
    "centering_position": [0.3, 0.5],
    "scaling": 5.5,
    "show_trajectories": False,
    "render_agent": True,
    "offscreen_rendering": None,
    "manual_control": False,
    "real_time_rendering": False,
    "neighbour_vehicles_connected_lanes": False,
    "lanes_count": 4,
    "vehicles_count": 50,
    "controlled_vehicles": 1,
    "initial_lane_id": None,
    "duration": 40,
    "ego_spacing": 2,
    "vehicles_density": 1,
    "collision_reward": -1,
    "right_lane_reward": 0.1,
    "high_speed_reward": 0.4,
    "lane_change_reward": 0,
    "reward_speed_range": [20, 30],
    "normalize_reward": True,
    "offroad_terminal": False,
    **_OURS,
}

PRESETS: dict[str, dict[str, Any]] = {
    "highway": _HIGHWAY,
    "fast": {
        **_HIGHWAY,
        "simulation_frequency": 5,
        "lanes_count": 3,
        "vehicles_count": 20,
        "duration": 30,
        "ego_spacing": 1.5,
        "traffic_collisions": False,
    },
    # The mission: drive fast and safely through dense traffic with continuous actions.
    "risk": {
        **_HIGHWAY,
        "observation": {**KINEMATICS, "vehicles_count": 15, "features": MISSION_FEATURES},
        "action": {"type": "ContinuousAction"},
        "policy_frequency": 5,
        "reward_speed_range": [20, 40],
        "flatten": True,
        "forward_speed_reward": 0.2,
        "safety_reward": -1.0,
        "off_road_reward": -0.5,
        "stillness_reward": -1.0,
        "backward_reward": -1.0,
        "spin_reward": -1.0,
    },
}

# Known, without a meaning here: pictures have a size of their own, and one road has no other.
_IGNORED = (
    "screen_width",
    "screen_height",
    "centering_position",
    "scaling",
    "show_trajectories",
    "render_agent",
    "offscreen_rendering",
    "real_time_rendering",
    "neighbour_vehicles_connected_lanes",
    "lane_change_reward",  # HighwayEnv reads it nowhere
)
# The values that a key must have, because nothing else is offered.
_FIXED = {"other_vehicles_type": IDM, "controlled_vehicles": 1, "manual_control": False}

_OBSERVATION: dict[str, Any] = {
    "type": "Kinematics",
    "features": ["presence", "x", "y", "vx", "vy"],
    "vehicles_count": 5,
    "features_range": None,
    "absolute": False,
    "order": "sorted",
    "normalize": True,
    "clip": True,
    "see_behind": False,
    "observe_intentions": False,
    "include_obstacles": True,
}
_ACTIONS: dict[str, dict[str, Any]] = {
    "ContinuousAction": {
        "type": "ContinuousAction",
        "acceleration_range": (-5.0, 5.0),
        "steering_range": (-math.pi / 4, math.pi / 4),
        "speed_range": None,
        "longitudinal": True,
        "lateral": True,
        "dynamical": False,
        "clip": True,
    },
    "DiscreteMetaAction": {
        "type": "DiscreteMetaAction",
        "longitudinal": True,
        "lateral": True,
        "target_speeds": None,
    },
    "Traffic": {"type": "Traffic"},
}
# Keys of HighwayEnv's observations and actions that are not offered, for the message.
_NOT_OFFERED = {
    **dict.fromkeys(("observation_shape", "stack_size", "weights"), "GrayscaleObservation"),
    **dict.fromkeys(("scaling", "centering_position"), "GrayscaleObservation"),
    **dict.fromkeys(("grid_size", "grid_step", "as_image"), "OccupancyGrid"),
    "align_to_vehicle_axes": "OccupancyGrid",
    "horizon": "TimeToCollision",
    "scales": "KinematicsGoal",
    **dict.fromkeys(("cells", "maximum_range"), "LidarObservation"),
    "attributes": "AttributesObservation",
    "observation_config": "MultiAgentObservation",
    "observation_configs": "TupleObservation",
    "actions_per_axis": "DiscreteAction",
    "action_config": "MultiAgentAction",
}
# What an environment takes beside its settings, for messages about names that do not exist.
ARGUMENTS = ("config", "render_mode", "reward_fn", "seed")
# Our name of an engine setting, where it differs from the key's.
_RENAMED = {
    "vehicles_count": "observed_vehicles",
    "clip": "clip_observation",
}


@dataclass(frozen=True)
class HighwaySettings:
    """Checked settings of a highway environment.

    Attributes:
        values: every key of the preset, with the tables `observation` and `action` filled in;
            they can be read, not written.
        engine: the rules as the engine takes them.
    """

    values: Mapping[str, Any]
    engine: _core.highway.Config

    def __getitem__(self, key: str) -> Any:
        return self.values[key]


def highway_settings(
    config: HighwayConfigLike = None,
    preset: str = "highway",
    settings: Mapping[str, Any] | None = None,
) -> HighwaySettings:
    """The settings of a preset with some keys changed.

    Args:
        config: a mapping as of HighwayEnv, a TOML or JSON file of that shape, or settings.
        preset: "highway", "fast" or "risk".
        settings: keys that win over those of `config`.

    Raises:
        ConfigError: one sentence that names the file, the key, its value and what would be right.
    """
    if not isinstance(preset, str) or preset not in PRESETS:
        raise ConfigError(f"there is no preset {preset!r}; known are {', '.join(PRESETS)}.")
    if isinstance(config, HighwaySettings):
        base = dict(config.values)
        given: dict[str, Any] = {}
    else:
        base = dict(PRESETS[preset])
        given = read_settings(config)
        if isinstance(config, (str, os.PathLike)):
            try:
                _checked(base, given)
            except ConfigError as problem:
                raise ConfigError(f"{os.fspath(config)}: {problem}") from None
    return _checked(base, given | dict(settings or {}))


def _checked(base: Mapping[str, Any], given: Mapping[str, Any]) -> HighwaySettings:
    for key in given:
        if key not in base:
            raise unknown_key(key, base, beside=ARGUMENTS)
    values: dict[str, Any] = {**base, **given}
    values["observation"] = observation = _filled(
        values["observation"], "observation", _OBSERVATION
    )
    features = observation["features"]
    if features is None or (isinstance(features, (list, tuple)) and not features):
        observation["features"] = _OBSERVATION["features"]  # as HighwayEnv takes it
    action = values["action"]
    if not isinstance(action, Mapping):
        raise refuse("action", action, "a table of settings")
    kind = action.get("type")
    if not isinstance(kind, str) or kind not in _ACTIONS:
        raise refuse("action.type", kind, f"one of {', '.join(_ACTIONS)}")
    values["action"] = _filled(action, "action", _ACTIONS[kind])
    for key, wanted in _FIXED.items():
        if not isinstance(values[key], type(wanted)) or values[key] != wanted:
            raise ConfigError(
                f"{key} is {shown_value(values[key])}, but only {wanted!r} is offered."
            )
    truth(values["flatten"], "flatten")
    truth(values["pose_info"], "pose_info")
    choice(values["autoreset"], "autoreset", ("next_step", "same_step", "disabled"))
    whole_number(values["threads"], "threads", 1, 256)
    return HighwaySettings(frozen(values), _engine(values))


def read_settings(config: Mapping[str, Any] | str | os.PathLike[str] | None) -> dict[str, Any]:
    """The settings of a mapping or a file, as they stand there.

    Raises:
        ConfigError: it is neither, or the file cannot be read.
    """
    if config is None:
        return {}
    if isinstance(config, Mapping):
        return dict(config)
    return read_config(path_of(config))


def _filled(table: Any, name: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(table, Mapping):
        raise refuse(name, table, "a table of settings")
    kind = table.get("type", defaults["type"])
    if kind != defaults["type"]:
        raise ConfigError(
            f"{name}.type is {shown_value(kind)}, but only {defaults['type']!r} is offered."
        )
    for key in table:
        if key not in defaults:
            other = _NOT_OFFERED.get(str(key))
            if other is not None:
                raise ConfigError(
                    f"{name}.{key} belongs to HighwayEnv's {other}, which is not offered; "
                    f"of this kind there is {defaults['type']}."
                )
            raise unknown_key(key, defaults, f"{name}.")
    return {**defaults, **table}


def _engine(values: Mapping[str, Any]) -> _core.highway.Config:
    """The engine's rules; checks every value's type on the way."""
    config = _core.highway.Config()
    skipped = {
        *(*_IGNORED, *_FIXED, "observation", "action"),
        *("flatten", "pose_info", "threads", "autoreset"),
    }
    for key, value in values.items():
        if key in skipped:
            continue
        if key == "initial_lane_id":
            if value is not None:
                # At least 0: -1 is the engine's word for a lane at random.
                _set(config, key, whole_number(value, key, 0), key)
        elif key == "safety_cone":
            _set(config, key, math.radians(number(value, key)), key)
        else:
            _set(config, key, value, key)
    _set_observation(config, values["observation"])
    _set_action(config, values["action"])
    return config


def _set_observation(config: _core.highway.Config, table: Mapping[str, Any]) -> None:
    order = table["order"]
    choice(order, "observation.order", ("sorted", "shuffled"))
    config.shuffled = order == "shuffled"
    for key in ("observe_intentions", "include_obstacles"):  # nobody has any, and there are none
        truth(table[key], f"observation.{key}")
    for key in (
        "features", "vehicles_count", "features_range", "absolute", "normalize", "clip",
        "see_behind",
    ):  # fmt: skip
        _set(config, _RENAMED.get(key, key), table[key], f"observation.{key}")


def _set_action(config: _core.highway.Config, table: Mapping[str, Any]) -> None:
    config.action = table["type"]
    if truth(table.get("dynamical", False), "action.dynamical"):
        raise ConfigError("action.dynamical is True, but only the kinematic vehicle is offered.")
    for key in ("longitudinal", "lateral"):
        _set(config, key, table.get(key, True), f"action.{key}")
    for key in ("acceleration_range", "steering_range", "speed_range", "target_speeds"):
        if table.get(key) is not None:
            _set(config, key, table[key], f"action.{key}")
    _set(config, "clip_action", table.get("clip", True), "action.clip")


def _set(config: _core.highway.Config, name: str, value: Any, shown: str) -> None:
    """Gives the engine a setting, or says what is wrong with it."""
    wanted = getattr(config, name)
    given = value
    if isinstance(wanted, bool):
        value = truth(value, shown)
    elif isinstance(wanted, int):
        value = whole_number(value, shown)
    elif isinstance(wanted, float):
        value = number(value, shown)
    elif isinstance(wanted, tuple):
        value = pair(value, shown)
    elif name == "features_range":
        if not value:
            return  # HighwayEnv takes an empty table for none, too: the default ranges
        if not isinstance(value, Mapping):
            raise refuse(shown, value, "a table of [low, high]")
        value = {key: pair(ends, f"{shown}.{key}") for key, ends in value.items()}
    try:
        if name in ("features", "target_speeds"):
            value = None if isinstance(value, str) else list(value)
        setattr(config, name, value)
    except (TypeError, ValueError) as problem:
        reason = f" ({problem})" if isinstance(problem, ValueError) else ""
        raise ConfigError(f"{shown} is {shown_value(given)}, which it cannot be{reason}.") from None
