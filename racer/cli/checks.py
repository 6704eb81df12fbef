"""Checks of arguments that several commands share, before any work is done."""

from __future__ import annotations


def check_vehicle(vehicle: str) -> None:
    """Raises ConfigError for a vehicle that there is not."""
    from racer import _core
    from racer.errors import ConfigError

    if vehicle not in _core.vehicles():
        raise ConfigError(
            f"there is no vehicle {vehicle!r}; there are {', '.join(_core.vehicles())}."
        )


def check_seed(seed: int) -> None:
    """Raises ConfigError for a seed that the generators do not take."""
    from racer.errors import ConfigError

    if not 0 <= seed < 1 << 64:
        raise ConfigError(f"a seed is a whole number from 0 to 2^64 - 1, not {seed}.")
