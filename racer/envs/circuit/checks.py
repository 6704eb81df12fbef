"""Checks of the options of commands on circuits, before any work is done."""

from __future__ import annotations

from racer import _core
from racer.errors import ConfigError, LapError
from racer.formats.text import show_path
from racer.laps import check_track_name


def check_vehicle(vehicle: str) -> None:
    """Raises ConfigError for a vehicle that there is not."""
    if vehicle not in _core.vehicles():
        raise ConfigError(
            f"there is no vehicle {vehicle!r}; there are {', '.join(_core.vehicles())}."
        )


def check_track_given(track: str | list[str] | None) -> None:
    """Raises ConfigError if a command that needs a circuit was given none."""
    if not track:
        raise ConfigError("choose a circuit with --track NAME, or another environment with --env.")


def check_lap_track(track: _core.circuit.Track, spec: str) -> None:
    """Raises LapError if laps on a circuit could not be verified because of its name."""
    try:
        check_track_name(track, show_path(spec))
    except LapError as problem:
        reason = (
            str(problem)
            .replace("its track's name", "the track's name", 1)
            .replace("was driven on a track called", "is a track called", 1)
        )
        raise LapError(
            f"{reason} Laps on it would be refused; change its name in the .toml beside it."
        ) from None
