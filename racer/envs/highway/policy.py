"""What travels with a policy for the highway: its environment, sensors, actions and rules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gymnasium

import racer
from racer import _core
from racer.envs.worlds import WorldsView
from racer.errors import ConfigError, PolicyError
from racer.formats.policy_file import FORMAT_VERSION, Metadata
from racer.kinds import HIGHWAY

if TYPE_CHECKING:
    from collections.abc import Mapping

# id of an environment -> its preset
ENVIRONMENTS = HIGHWAY.ids
# What a policy depends on; other settings change how hard its task is, not what it sees and does.
NEEDED = ("observation", "action", "policy_frequency")


def action_count(action: Mapping[str, Any]) -> int:
    """Numbers of a continuous action, or how many meta-actions there are."""
    if action["type"] == "Traffic":
        return 1
    both = action["longitudinal"] and action["lateral"]
    if action["type"] == "ContinuousAction":
        return 2 if both else 1
    return 5 if both else 3


def flat_size(observation: Mapping[str, Any]) -> int:
    """How many numbers an observation has."""
    return int(observation["vehicles_count"]) * len(observation["features"])


@dataclass(frozen=True)
class HighwayPolicyMetadata(Metadata):
    """What a policy was trained for.

    Attributes:
        name: as shown to people.
        env_id: environment.
        settings: all of its settings.
        rules_version: of the engine's highway.
        algorithm: how it was trained.
        training_steps: environment steps it was trained for.
        package_version: version of Racer that trained it.
        git_commit: commit of the source tree it was trained from, or "".
        format_version: of these metadata.
    """

    name: str
    env_id: str
    settings: dict[str, Any]
    rules_version: int = _core.highway.RULES_VERSION
    algorithm: str = ""
    training_steps: int = 0
    package_version: str = racer.__version__
    git_commit: str = ""
    format_version: int = FORMAT_VERSION

    @classmethod
    def environments(cls) -> tuple[str, ...]:
        """The ids of the highway."""
        return tuple(ENVIRONMENTS)

    def check(self, shown: str, env_id: str, settings: Mapping[str, Any]) -> None:
        """Checks that the policy fits an environment.

        Args:
            shown: name of the file, for messages.
            env_id: the environment.
            settings: its settings.

        Raises:
            PolicyError: one sentence that says what differs.
        """
        self.check_env(shown, env_id)
        if self.rules_version != _core.highway.RULES_VERSION:
            raise PolicyError(
                f"{shown}: was trained with version {self.rules_version} of the highway's rules, "
                f"this Racer has {_core.highway.RULES_VERSION}; "
                f"train it again with `racer train --env {env_id}`."
            )
        for key in NEEDED:
            ours = json.loads(json.dumps(settings[key]))
            if self.settings.get(key) != ours:
                raise PolicyError(
                    f"{shown}: was trained with {_difference(key, self.settings.get(key), ours)}."
                )


def _difference(key: str, theirs: Any, ours: Any) -> str:
    """The first thing that differs between two values of a setting."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in sorted({*theirs, *ours}):
            if theirs.get(name) != ours.get(name):
                return _difference(f"{key}.{name}", theirs.get(name), ours.get(name))
    return f"{key} = {theirs!r}, the environment has {ours!r}"


class HighwayPolicies:
    """Metadata of policies for the highway, see `racer.envs.plain.policy.Policies`."""

    @staticmethod
    def describe(
        env_id: str, name: str, given: Mapping[str, Any], found: Mapping[str, Any]
    ) -> HighwayPolicyMetadata:
        """Metadata from what a person gave, and what the model's environment says."""
        from racer.envs.highway.settings import highway_settings

        for key, value in given.items():
            if key not in ("config", "tracks") and value is not None:
                raise ConfigError(f"{key} is a setting of circuits; the highway has `config`.")
        config = given.get("config")
        settings = highway_settings(
            found or None if config is None else config, ENVIRONMENTS[env_id]
        )
        return HighwayPolicyMetadata(name=name, env_id=env_id, settings=dict(settings.values))

    @staticmethod
    def sizes(metadata: HighwayPolicyMetadata) -> tuple[int, int, bool]:
        """Numbers of an observation and of an action, and whether actions are numbered."""
        action = metadata.settings["action"]
        size = flat_size(metadata.settings["observation"])
        return size, action_count(action), action["type"] != "ContinuousAction"

    @staticmethod
    def trained_in(env: Any) -> tuple[str, dict[str, Any]] | None:
        """The id and the settings of a live environment, if it shows highways."""
        from racer.envs.highway.worlds import HighwayWorlds

        if not isinstance(env, WorldsView) or not isinstance(env.worlds, HighwayWorlds):
            return None
        view: Any = env
        return _id_of(view), dict(view.config)

    @staticmethod
    def rules(metadata: HighwayPolicyMetadata) -> str:
        """Which version of the rules it is for."""
        return f"physics highway {metadata.rules_version}"


def _id_of(env: Any) -> str:
    """The id it was made by, or else the one whose policies it can share."""
    from racer.envs.highway.settings import highway_settings

    if isinstance(env, gymnasium.Env) and env.spec is not None and env.spec.id in ENVIRONMENTS:
        return env.spec.id
    for env_id, preset in ENVIRONMENTS.items():
        theirs = highway_settings(None, preset).values
        if all(theirs[key] == env.config[key] for key in NEEDED):
            return env_id
    return next(iter(ENVIRONMENTS))


POLICIES = HighwayPolicies()
