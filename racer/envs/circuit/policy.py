"""What travels with a policy for circuits: for which environment, car and physics it was trained.

The metadata stand in the ONNX file itself, see `racer.formats.policy_file`. `racer.train.export`
writes them, the ONNX driver checks them before it drives.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import racer
from racer import _core
from racer.envs.worlds import WorldsView
from racer.errors import ConfigError, PolicyError
from racer.formats.policy_file import (
    FORMAT_VERSION,
    PREFIX,
    Metadata,
    as_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from racer.envs.circuit.settings import EnvConfig

__all__ = ["ACTIONS", "PREFIX", "PolicyMetadata", "as_text", "observation_fields"]

ENV_ID = "racer/Circuit-v0"
SEEN = ("observation", "action", "ticks_per_action", "vehicle")  # settings that a policy depends on
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
    return [
        {key: field[key] for key in keys} for field in _core.circuit.observation_layout(observation)
    ]


@dataclass(frozen=True)
class PolicyMetadata(Metadata):
    """What a policy was trained for.

    Attributes:
        name: as shown to people.
        observation: name of the observation: "lidar", "track" or "road".
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

    @classmethod
    def environments(cls) -> tuple[str, ...]:
        """The one id of circuits."""
        return (ENV_ID,)

    def to_properties(self) -> dict[str, str]:
        """The metadata as texts, with the rate of the actions in Hz."""
        return super().to_properties() | {PREFIX + "control_rate_hz": as_text(self.control_rate)}

    def check(self, shown: str, vehicle: str) -> None:
        """Checks that the policy fits this Racer.

        Args:
            shown: name of the file, for messages.
            vehicle: the vehicle it shall drive.

        Raises:
            PolicyError: one sentence that says what differs and how to train anew.
        """
        self.check_env(shown, ENV_ID)
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


class CircuitPolicies:
    """Metadata of policies for circuits, see `racer.envs.plain.policy.Policies`."""

    @staticmethod
    def describe(
        env_id: str, name: str, given: Mapping[str, Any], found: Mapping[str, Any]
    ) -> PolicyMetadata:
        """Metadata from what a person gave, and what the model's environment says."""
        from racer.envs.circuit.settings import EnvConfig

        del env_id
        if given.get("config") is not None:
            raise ConfigError(f"config is not for {ENV_ID}; give {', '.join(SEEN)}.")
        defaults = {"observation": "lidar", "action": "pedals", "ticks_per_action": 1}
        known: dict[str, Any] = defaults | {
            key: value for key, value in found.items() if key in SEEN
        }
        known |= {key: given[key] for key in SEEN if given.get(key) is not None}
        env = EnvConfig(**known)  # says what is wrong
        return metadata_of(env, name=name, tracks=given.get("tracks") or found.get("tracks", []))

    @staticmethod
    def sizes(metadata: PolicyMetadata) -> tuple[int, int, bool]:
        """Numbers of an observation and of an action, and whether actions are numbered."""
        size = sum(field["size"] for field in metadata.observation_fields)
        return size, len(metadata.action_fields), False

    @staticmethod
    def trained_in(env: Any) -> tuple[str, dict[str, Any]] | None:
        """The id and the settings of a live environment, if it is one of circuits."""
        from racer.envs.circuit.worlds import CircuitWorlds

        if not isinstance(env, WorldsView) or not isinstance(env.worlds, CircuitWorlds):
            return None
        worlds = env.worlds
        found = {key: getattr(worlds.config, key) for key in SEEN}
        tracks = list(dict.fromkeys(track.name for track in worlds.tracks))
        return ENV_ID, {**found, "tracks": tracks}

    @staticmethod
    def rules(metadata: PolicyMetadata) -> str:
        """Which physics it is for."""
        return f"physics {metadata.physics}"


def metadata_of(
    env: EnvConfig,
    *,
    name: str,
    tracks: Sequence[str],
    algorithm: str = "",
    training_steps: int = 0,
    git_commit: str = "",
) -> PolicyMetadata:
    """Metadata of a policy that was trained with these settings of an environment."""
    return PolicyMetadata(
        name=name,
        observation=env.observation,
        observation_fields=observation_fields(env.observation),
        action=env.action,
        action_fields=ACTIONS[env.action],
        ticks_per_action=env.ticks_per_action,
        vehicle=env.vehicle,
        physics=_core.physics_fingerprint(env.vehicle),
        tracks=list(tracks),
        algorithm=algorithm,
        training_steps=training_steps,
        git_commit=git_commit,
    )


POLICIES = CircuitPolicies()
