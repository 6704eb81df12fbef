"""What travels with a policy for any kind of world: its environment, settings and sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from gymnasium.spaces import Discrete

import racer
from racer.envs.worlds import NamedView
from racer.errors import ConfigError, PolicyError
from racer.formats.policy_file import FORMAT_VERSION, Metadata
from racer.kinds import env_ids, kind_of, preset_of

if TYPE_CHECKING:
    from collections.abc import Mapping


class Policies(Protocol):
    """What policies say of themselves: the entry point `policy` of `racer.kinds`.

    Metadata are a frozen dataclass with `name`, `env_id`, `algorithm`, `training_steps` and
    `to_properties()`, the texts of the file.
    """

    def describe(
        self, env_id: str, name: str, given: Mapping[str, Any], found: Mapping[str, Any]
    ) -> Any:
        """Metadata from what a person gave, and what the model's environment says.

        Args:
            env_id: the environment.
            name: as shown to people.
            given: `config`, `tracks`, and settings of circuits; None or empty where not given.
            found: settings of `trained_in`; empty if nothing was found.

        Raises:
            ConfigError: a setting cannot be used, or belongs to another kind of world.
        """

    def sizes(self, metadata: Any) -> tuple[int, int, bool]:
        """Numbers of an observation and of an action, and whether actions are numbered."""

    def trained_in(self, env: Any) -> tuple[str, dict[str, Any]] | None:
        """The id and the settings of a live environment; None if it is of another kind."""

    def rules(self, metadata: Any) -> str:
        """Which rules it is for, in words."""


def sizes_of(worlds: Any) -> tuple[int, int, bool]:
    """Numbers of an observation and of an action of worlds, and whether actions are numbered."""
    space = worlds.action_space
    numbered = isinstance(space, Discrete)
    acted = int(space.n) if numbered else int(np.prod(space.shape))
    return int(np.prod(worlds.observation_space.shape)), acted, numbered


@dataclass(frozen=True)
class PlainPolicyMetadata(Metadata):
    """What a policy was trained for.

    Attributes:
        name: as shown to people.
        env_id: environment.
        settings: all of its settings.
        observed: numbers of an observation.
        acted: numbers of an action, or how many actions there are.
        numbered: 1 if actions are numbered, else 0.
        algorithm: how it was trained.
        training_steps: environment steps it was trained for.
        package_version: version of Racer that trained it.
        git_commit: commit of the source tree it was trained from, or "".
        format_version: of these metadata.
    """

    name: str
    env_id: str
    settings: dict[str, Any]
    observed: int
    acted: int
    numbered: int
    algorithm: str = ""
    training_steps: int = 0
    package_version: str = racer.__version__
    git_commit: str = ""
    format_version: int = FORMAT_VERSION

    @classmethod
    def environments(cls) -> tuple[str, ...]:
        """All ids: any kind may use it."""
        return env_ids()

    def check(self, shown: str, env_id: str, sizes: tuple[int, int, bool]) -> None:
        """Checks that the policy fits an environment with observations and actions of these sizes.

        Raises:
            PolicyError: one sentence that says what differs.
        """
        self.check_env(shown, env_id)
        ours = (self.observed, self.acted, bool(self.numbered))
        for what, mine, theirs in zip(
            ("numbers of an observation", "numbers of an action", "numbered actions"),
            ours,
            sizes,
            strict=True,
        ):
            if mine != theirs:
                raise PolicyError(
                    f"{shown}: was trained with {what} = {mine}, the environment has {theirs}."
                )


class PlainPolicies:
    """See `Policies`."""

    @staticmethod
    def describe(
        env_id: str, name: str, given: Mapping[str, Any], found: Mapping[str, Any]
    ) -> PlainPolicyMetadata:
        """Metadata from what a person gave, and what the model's environment says."""
        for key, value in given.items():
            if key != "config" and value:
                raise ConfigError(f"{key} is not for {env_id}, which has `config`.")
        config = given.get("config")
        worlds = kind_of(env_id).load("worlds")(
            1, dict(found) if config is None else config, preset_of(env_id), seed=0
        )
        observed, acted, numbered = sizes_of(worlds)
        settings = worlds.settings.as_dict()
        return PlainPolicyMetadata(name, env_id, settings, observed, acted, int(numbered))

    @staticmethod
    def sizes(metadata: PlainPolicyMetadata) -> tuple[int, int, bool]:
        """Numbers of an observation and of an action, and whether actions are numbered."""
        return metadata.observed, metadata.acted, bool(metadata.numbered)

    @staticmethod
    def trained_in(env: Any) -> tuple[str, dict[str, Any]] | None:
        """The id and the settings of a live environment, if its kind has no policies of its own."""
        if not isinstance(env, NamedView):
            return None
        return env.env_id, env.worlds.settings.as_dict()

    @staticmethod
    def rules(metadata: PlainPolicyMetadata) -> str:
        """The environment stands for its rules."""
        return f"of {metadata.env_id}"


POLICIES = PlainPolicies()
