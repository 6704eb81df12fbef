"""Files of settings: TOML or JSON, read and not checked yet."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from racer.errors import ConfigError
from racer.formats.files import read_text, read_toml
from racer.formats.settings import shown_value


def path_of(source: object) -> str:
    """The path that stands where settings may stand, too.

    Raises:
        ConfigError: it is none.
    """
    shown = os.fspath(source) if isinstance(source, (str, os.PathLike)) else None
    if not isinstance(shown, str):
        raise ConfigError(
            "a configuration is a mapping or the path of a TOML or JSON file, not "
            f"{shown_value(source)}."
        )
    return shown


def read_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The content of a TOML or JSON file, as its suffix says, not checked yet.

    Raises:
        ConfigError: it cannot be read, or holds no table of settings.
    """
    path = os.fspath(path)
    suffix = Path(path).suffix.lower()
    if suffix not in (".toml", ".json"):
        raise ConfigError(f"{path}: the name of a configuration file must end in .toml or .json.")
    if suffix == ".toml":
        return read_toml(path, error=ConfigError, what="configuration file")
    text = read_text(path, error=ConfigError, what="configuration file")
    try:
        content = json.loads(text, object_pairs_hook=_without_twins)
    except ConfigError:
        raise
    except ValueError as problem:
        raise ConfigError(f"{path}: is not valid JSON ({problem}).") from None
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply to be a configuration.") from None
    if not isinstance(content, dict):
        raise ConfigError(
            f"{path}: holds {shown_value(content)}, but it must be an object of settings."
        )
    return content


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twin = next(key for key in keys if keys.count(key) > 1)
        raise ConfigError(f"the key {shown_value(twin)} appears twice in one object.")
    return found
