"""The errors that Racer raises on purpose.

Each message is one sentence that names the value, the file or the row that is wrong.
"""

from __future__ import annotations


class RacerError(ValueError):
    """Base of every error that Racer raises about a value that somebody gave it."""


class ConfigError(RacerError):
    """A configuration has an unknown key or a value that cannot be used."""


class KeywordError(ConfigError, TypeError):
    """An environment was given a keyword argument that it does not have.

    It is a TypeError, too, with Python's own wording, because frameworks try keywords out.
    """


class ReadOnlyError(ConfigError, TypeError):
    """Somebody wrote to settings that only a new environment would follow."""


class TrackError(RacerError):
    """A track file cannot be read or does not describe a circuit that can be driven."""


class LapError(RacerError):
    """A lap file cannot be read, or its replay differs from what it claims."""


class PolicyError(RacerError):
    """A policy cannot be loaded, or it was trained for another environment or physics."""
