"""The algorithms that `racer train` knows, by name; one module each.

To add one, write a module with a class that derives from `base.Algorithm` and name it here. Nothing
else knows the names; `docs/extending.md` has the steps.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError
from racer.formats.text import shown

if TYPE_CHECKING:
    from racer.train.algorithms.base import Algorithm

# Name -> "module:class"; loaded when used.
ALGORITHMS = {
    "ppo": "racer.train.algorithms.ppo:Ppo",
    "sac": "racer.train.algorithms.sac:Sac",
    "tqc": "racer.train.algorithms.tqc:Tqc",
    "dqn": "racer.train.algorithms.dqn:Dqn",
}
DEFAULT = "ppo"


def load_algorithm(name: str) -> Algorithm[Any]:
    """The algorithm of that name.

    Raises:
        ConfigError: there is none, or it lacks something that every algorithm must say.
    """
    if name not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        raise ConfigError(f"there is no algorithm '{shown(name)}'; there are {known}.")
    return _load(name, ALGORITHMS[name])


@cache
def _load(name: str, entry: str) -> Algorithm[Any]:
    from racer.train.algorithms.base import Algorithm

    module, _, attribute = entry.partition(":")
    kind = getattr(import_module(module), attribute, None)
    if not (isinstance(kind, type) and issubclass(kind, Algorithm)):
        raise ConfigError(f"the algorithm {name!r} is {entry!r}, which is not an Algorithm.")
    if missing := sorted(kind.__abstractmethods__):
        raise ConfigError(
            f"the algorithm {name!r} cannot be used: {entry} does not define {', '.join(missing)}."
        )
    return kind()


def check_actions(name: str, *, continuous: bool) -> None:
    """Checks that an algorithm can learn the actions of an environment.

    Args:
        name: of the algorithm.
        continuous: its actions are numbers, not meta-actions.

    Raises:
        ConfigError: it cannot.
    """
    from racer.train.algorithms.base import CONTINUOUS, DISCRETE

    learns = load_algorithm(name).actions
    if continuous and CONTINUOUS not in learns:
        raise ConfigError(f"{name} needs meta-actions; this environment's actions are continuous.")
    if not continuous and DISCRETE not in learns:
        raise ConfigError(f"{name} needs continuous actions; this environment has meta-actions.")
