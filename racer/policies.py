"""What travels with a policy: for which environment, car and physics it was trained.

The metadata stand in the ONNX file itself: what is text as it is, so that
`gymnasium.make(metadata["racer.env_id"])` works, everything else as JSON. In files of format 1 all
values are JSON, text in quotation marks. `racer.export` writes them, the ONNX driver checks them
before it drives.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import racer
from racer import _core
from racer.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping

ENV_ID = "racer/Circuit-v0"
FORMAT = "racer-policy"
FORMAT_VERSION = 2
JSON_VERSION = 1  # its texts are JSON, too
PREFIX = "racer."
ACTIONS: dict[str, list[dict[str, Any]]] = {
    "pedals": [
        {"name": "steer", "unit": "share of full lock, left positive", "low": -1.0, "high": 1.0},
        {"name": "throttle", "unit": "share of the drive force", "low": 0.0, "high": 1.0},
        {"name": "brake", "unit": "share of the brake force", "low": 0.0, "high": 1.0},
    ],
    "axis": [
        {"name": "steer", "unit": "share of the lock at this speed", "low": -1.0, "high": 1.0},
        {"name": "drive", "unit": "throttle if positive, else brake", "low": -1.0, "high": 1.0},
    ],
}


def observation_fields(observation: str) -> list[dict[str, Any]]:
    """Name, size, unit, scale and range of each field of an observation."""
    keys = ("name", "size", "unit", "scale", "low", "high")
    return [{key: field[key] for key in keys} for field in _core.observation_layout(observation)]


def as_text(value: Any) -> str:
    """A value of the metadata as a file has it: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def properties_of(metadata: Any) -> dict[str, str]:
    """The fields of a dataclass of metadata as texts, and the format that they are in."""
    properties = {
        PREFIX + field.name: as_text(getattr(metadata, field.name))
        for field in dataclasses.fields(metadata)
    }
    properties[PREFIX + "format"] = FORMAT
    properties[PREFIX + "format_version"] = as_text(FORMAT_VERSION)
    return properties


def read_properties(
    kind: type[Any], properties: Mapping[str, str], shown: str, environments: tuple[str, ...]
) -> dict[str, Any]:
    """Fields of a dataclass of metadata from the texts in a file.

    Args:
        kind: the dataclass.
        properties: texts as `as_text` writes them; keys without our prefix are left alone.
        shown: name of the file, for messages.
        environments: ids for which it may have been trained.

    Raises:
        PolicyError: they are missing, broken, of another version or for another environment.
    """
    texts = {
        key.removeprefix(PREFIX): text for key, text in properties.items() if key.startswith(PREFIX)
    }
    if texts.get("format") not in (FORMAT, json.dumps(FORMAT)):
        raise PolicyError(
            f"{shown}: is not a policy of Racer, it carries no metadata; "
            "`racer export RUN` writes one that does, `racer export --onnx FILE` adds them."
        )
    version = texts.get("format_version", "unknown")
    if version not in (str(FORMAT_VERSION), str(JSON_VERSION)):
        raise PolicyError(
            f"{shown}: is a policy of format {version[:20]}, "
            f"this Racer reads formats {JSON_VERSION} and {FORMAT_VERSION}."
        )
    plain = version == str(FORMAT_VERSION)
    found: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        text = texts.get(field.name)
        if text is None or (plain and str(field.type) == "str"):
            found[field.name] = text
            continue
        try:
            found[field.name] = json.loads(text)
        except (ValueError, RecursionError):
            raise PolicyError(
                f"{shown}: its metadata {PREFIX + field.name!r} is not JSON."
            ) from None
    env_id = found.get("env_id")
    if isinstance(env_id, str) and env_id not in environments:
        raise PolicyError(
            f"{shown}: is a policy for {env_id!r}, not for {' or '.join(map(repr, environments))}."
        )
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        value = found.get(field.name)
        wanted = {"str": str, "int": int, "dict[str, Any]": dict}.get(str(field.type), list)
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise PolicyError(
                f"{shown}: its metadata {PREFIX + field.name!r} is "
                f"{'missing' if value is None else repr(value)[:40]}."
            )
        values[field.name] = value
    return values


@dataclass(frozen=True)
class PolicyMetadata:
    """What a policy was trained for.

    Attributes:
        name: as shown to people.
        observation: name of the observation, "lidar" or "track".
        observation_fields: its fields, see `observation_fields`.
        action: name of the action, "axis" or "pedals".
        action_fields: name, unit and range of each number of the action.
        ticks_per_action: ticks of 1/60 s for which an action holds.
        vehicle: name of the vehicle.
        physics: fingerprint of the physics.
        tracks: names of the circuits it was trained on.
        algorithm: how it was trained.
        training_steps: environment steps it was trained for.
        package_version: version of Racer that trained it.
        git_commit: commit of the source tree it was trained from, or "".
        env_id: environment.
        format_version: of these metadata.
    """

    name: str
    observation: str
    action: str
    ticks_per_action: int
    vehicle: str
    physics: str
    tracks: list[str] = dataclasses.field(default_factory=list)
    algorithm: str = ""
    training_steps: int = 0
    package_version: str = racer.__version__
    git_commit: str = ""
    observation_fields: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    action_fields: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    env_id: str = ENV_ID
    format_version: int = FORMAT_VERSION

    @property
    def control_rate(self) -> float:
        """Actions per second."""
        return 1.0 / (self.ticks_per_action * _core.TICK_SECONDS)

    def to_properties(self) -> dict[str, str]:
        """The metadata as texts, see `as_text`."""
        return properties_of(self) | {PREFIX + "control_rate_hz": as_text(self.control_rate)}

    @classmethod
    def from_properties(cls, properties: Mapping[str, str], shown: str) -> PolicyMetadata:
        """Reads the metadata back.

        Args:
            properties: as `to_properties` wrote them; other keys are left alone.
            shown: name of the file, for messages.

        Raises:
            PolicyError: they are missing, broken, or of another version.
        """
        return cls(**read_properties(cls, properties, shown, (ENV_ID,)))

    def check(self, shown: str, vehicle: str) -> None:
        """Checks that the policy fits this Racer.

        Args:
            shown: name of the file, for messages.
            vehicle: the vehicle it shall drive.

        Raises:
            PolicyError: one sentence that says what differs and how to train anew.
        """
        if self.env_id != ENV_ID:
            raise PolicyError(f"{shown}: is a policy for {self.env_id!r}, not for {ENV_ID!r}.")
        if self.action not in ACTIONS or self.observation not in ("lidar", "track", "road"):
            raise PolicyError(
                f"{shown}: wants the observation {self.observation!r} and the action "
                f"{self.action!r}, which this Racer does not have."
            )
        if not 1 <= self.ticks_per_action <= 600:
            raise PolicyError(f"{shown}: acts every {self.ticks_per_action} ticks; 1 to 600 work.")
        retrain = f"train it again with `racer train --track {(self.tracks or ['NAME'])[0]}`"
        if self.vehicle != vehicle:
            raise PolicyError(
                f"{shown}: was trained to drive the vehicle {self.vehicle!r}, not {vehicle!r}; "
                f"{retrain}."
            )
        ours = _core.physics_fingerprint(vehicle)
        if self.physics != ours:
            raise PolicyError(
                f"{shown}: was trained with the physics {self.physics} of {vehicle!r}, "
                f"this Racer has {ours}; {retrain}."
            )
        if self.observation_fields != observation_fields(self.observation):
            raise PolicyError(
                f"{shown}: the observation {self.observation!r} that it was trained with has other "
                f"fields or scales than this Racer's; {retrain}."
            )
        if self.action_fields != ACTIONS[self.action]:
            raise PolicyError(
                f"{shown}: the action {self.action!r} that it was trained with differs from this "
                f"Racer's; {retrain}."
            )
