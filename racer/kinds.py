"""The kinds of world: one record for each, and everything else asks it.

A record names a kind's ids and where its parts are, as entry points "module:attribute" that are
loaded when they are used. A kind of your own is registered in its own module:

    from racer.kinds import Kind, register

    register(Kind("slot", ids={"racer/Slot-v0": ""}, worlds="my_slot:SlotWorlds"))

`import my_slot` makes it known, and so does `--env my_slot:racer/Slot-v0` in every command, as in
Gymnasium. Parts that it does not name are those of `racer.envs.plain`, which suit any worlds.

This module imports nothing of ours but errors: Gymnasium loads it in the middle of its own import.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from racer.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID: Final = re.compile(
    r"(?:(?P<module>[\w.]+):)?(?P<full>(?:[\w.-]+/)?(?P<short>[\w.-]+?)(?:-v\d+)?)"
)


@dataclass(frozen=True)
class Kind:
    """One kind of world.

    Attributes:
        name: in one word.
        ids: of its environments -> the preset that each begins with, "" if there are none.
        noun: in sentences: "--track is for circuits".
        worlds: class, see `racer.envs.worlds.Worlds`.
        settings: function of (config, preset) that checks a file or mapping; "": the worlds do.
        env: class of Gymnasium's Env.
        vector_env: class of Gymnasium's VectorEnv.
        sb3_env: class of Stable-Baselines3's VecEnv.
        painter: function of (worlds, world) that gives a function that paints; "": it has none.
        options: what commands take for this kind alone, see `racer.options`.
        drivers: who can drive in it, see `racer.drivers.protocol.Drivers`.
        driver_names: the names among them, in words for the help.
        episodes: class that judges drivers, see `racer.evaluate.episodes.Episodes`.
        policy: what a policy's file says, see `racer.envs.plain.policy`.
        runs: what the settings of a training run say of it, see `racer.envs.plain.runs.PlainRuns`.
        task: class of what a run trains on, see `racer.train.task.Task`.
        play: function of (args, env_id) behind `racer play`; "": it cannot be played.
        film: class that films episodes for `racer evaluate --video`; "": there is none.
        fingerprints: kinds of fingerprints in a run's versions.json.
    """

    name: str
    ids: Mapping[str, str]
    worlds: str
    noun: str = ""
    settings: str = ""
    env: str = "racer.envs.plain.env:PlainEnv"
    vector_env: str = "racer.envs.plain.vector:PlainVectorEnv"
    sb3_env: str = "racer.envs.plain.sb3:PlainVecEnv"
    painter: str = ""
    options: str = "racer.envs.plain.options:OPTIONS"
    drivers: str = "racer.drivers.plain:DRIVERS"
    driver_names: str = "random"
    episodes: str = "racer.envs.plain.episodes:PlainEpisodes"
    policy: str = "racer.envs.plain.policy:POLICIES"
    runs: str = "racer.envs.plain.runs:RUNS"
    task: str = "racer.envs.plain.task:PlainTask"
    play: str = ""
    film: str = ""
    fingerprints: tuple[str, ...] = field(default=("worlds",))

    def load(self, part: str) -> Any:
        """One of its parts.

        Raises:
            ConfigError: it has none, or its module has no such attribute.
        """
        place: str = getattr(self, part)
        if not place:
            raise ConfigError(
                f"the kind of world {self.name!r} has no {part}: its record names none."
            )
        module, _, attribute = place.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except AttributeError:
            raise ConfigError(
                f"the {part} of the kind {self.name!r} is {place!r}, but that module has no "
                f"{attribute!r}."
            ) from None


CIRCUIT: Final = Kind(
    "circuit",
    noun="circuits",
    ids={"racer/Circuit-v0": ""},
    worlds="racer.envs.circuit.worlds:CircuitWorlds",
    settings="racer.envs.circuit.settings:read",
    env="racer.envs.circuit.env:RacerEnv",
    vector_env="racer.envs.circuit.vector:RacerVectorEnv",
    sb3_env="racer.envs.circuit.sb3:RacerVecEnv",
    painter="racer.viewer.circuit.renderer:world_painter",
    options="racer.envs.circuit.options:OPTIONS",
    drivers="racer.drivers.circuit.make:DRIVERS",
    driver_names="casual, good, keyboard, random",
    episodes="racer.envs.circuit.episodes:CircuitEpisodes",
    policy="racer.envs.circuit.policy:POLICIES",
    runs="racer.envs.circuit.runs:RUNS",
    task="racer.envs.circuit.task:CircuitTask",
    play="racer.viewer.circuit.play:run",
    fingerprints=("physics", "tracks"),
)
HIGHWAY: Final = Kind(
    "highway",
    noun="the highway",
    ids={
        "racer/Highway-v0": "highway",
        "racer/HighwayFast-v0": "fast",
        "racer/HighwayRisk-v0": "risk",
    },
    worlds="racer.envs.highway.worlds:HighwayWorlds",
    settings="racer.envs.highway.settings:highway_settings",
    env="racer.envs.highway.env:HighwayEnv",
    vector_env="racer.envs.highway.vector:HighwayVectorEnv",
    sb3_env="racer.envs.highway.sb3:HighwayVecEnv",
    painter="racer.viewer.highway.stage:world_painter",
    options="racer.envs.highway.options:OPTIONS",
    drivers="racer.drivers.highway.drivers:DRIVERS",
    driver_names="idle, random, traffic (drives as the traffic does)",
    episodes="racer.envs.highway.episodes:HighwayEpisodes",
    policy="racer.envs.highway.policy:POLICIES",
    runs="racer.envs.highway.runs:RUNS",
    task="racer.envs.highway.task:HighwayTask",
    play="racer.viewer.highway.play:run",
    film="racer.viewer.highway.films:EpisodeFilm",
    fingerprints=("highway",),
)
DEFAULT_ID: Final = next(iter(CIRCUIT.ids))
_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Makes a kind of world known, here and to Gymnasium.

    Raises:
        ConfigError: one of its ids belongs to another kind.
    """
    for other in _KINDS.values():
        for env_id in set(kind.ids) & set(other.ids):
            if other != kind:
                raise ConfigError(f"{env_id} is an id of the kind {other.name!r} already.")
    _KINDS[kind.name] = kind
    _register_in_gymnasium(kind)


def _register_in_gymnasium(kind: Kind) -> None:
    from gymnasium.envs import registration

    plain = kind.env == Kind.env
    for env_id, preset in kind.ids.items():
        if env_id in registration.registry:
            continue
        registration.register(
            id=env_id,
            entry_point=kind.env,
            vector_entry_point=kind.vector_env,
            disable_env_checker=True,  # our tests run the whole checker instead
            kwargs={"env_id": env_id} if plain else {"preset": preset} if preset else {},
        )


def kinds() -> tuple[Kind, ...]:
    """All kinds that are registered."""
    return tuple(_KINDS.values())


def kind_named(name: str) -> Kind:
    """The kind with a name.

    Raises:
        ConfigError: there is none.
    """
    if name not in _KINDS:
        raise ConfigError(f"there is no kind of world {name!r}; there are {', '.join(_KINDS)}.")
    return _KINDS[name]


def env_ids() -> tuple[str, ...]:
    """The ids of all environments."""
    return tuple(env_id for kind in kinds() for env_id in kind.ids)


def short_name(env_id: str) -> str:
    """What people may type for an id: HighwayRisk for racer/HighwayRisk-v0."""
    found = _ID.fullmatch(env_id)
    return found["short"] if found else env_id


def find_id(name: str) -> str:
    """The id of an environment from what a person typed.

    "HighwayRisk" is enough; "module:id" imports the module first, which registers its kind.

    Raises:
        ConfigError: there is none of that name, or the module cannot be imported.
    """
    found = _ID.fullmatch(name)
    if found and found["module"]:
        load_module(found["module"])
        name = found["full"]
    for env_id in env_ids():
        bare = env_id.rpartition("/")[2]
        if name.lower() in (env_id.lower(), bare.lower(), short_name(env_id).lower()):
            return env_id
    raise ConfigError(
        f"there is no environment {name!r}; there are {', '.join(env_ids())}, and your own as "
        "MODULE:ID."
    )


def load_module(name: str) -> None:
    """Imports the module of a kind of somebody's own.

    Raises:
        ConfigError: it cannot be imported.
    """
    import sys

    if "" not in sys.path:  # as `python -m` does, for a module in the folder we are in
        sys.path.append("")
    try:
        importlib.import_module(name)
    except ImportError as problem:
        raise ConfigError(f"the module {name!r} cannot be imported ({problem}).") from None


def kind_of(env_id: str) -> Kind:
    """The kind that an id belongs to; it must be known already.

    Raises:
        ConfigError: there is none.
    """
    for kind in kinds():
        if env_id in kind.ids:
            return kind
    raise ConfigError(
        f"there is no environment {env_id!r}; there are {', '.join(env_ids())}, and kinds of your "
        "own once their module is imported (--env MODULE:ID)."
    )


def preset_of(env_id: str) -> str:
    """The preset that an environment begins with."""
    return kind_of(env_id).ids[env_id]
