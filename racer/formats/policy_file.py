"""What travels with a policy, as texts in its ONNX file; each kind of world says which fields.

What is text stands as it is, so that `gymnasium.make(metadata["racer.env_id"])` works, everything
else as JSON. In files of format 1 all values are JSON, text in quotation marks.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from racer.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

FORMAT = "racer-policy"
FORMAT_VERSION = 2
JSON_VERSION = 1  # its texts are JSON, too
PREFIX = "racer."


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


def text_of(properties: Mapping[str, str], field: str) -> str | None:
    """One field of the metadata as text, whatever the format of the file; None: it has none."""
    text = properties.get(PREFIX + field)
    if text is None or properties.get(PREFIX + "format_version") != str(JSON_VERSION):
        return text
    return as_text(json.loads(text))


class Metadata:
    """How a dataclass of metadata is written and read; its fields are what a kind says.

    A subclass is a frozen dataclass with `env_id` among its fields.
    """

    env_id: str

    @classmethod
    def environments(cls) -> tuple[str, ...]:
        """Ids for which such a policy may have been trained."""
        raise NotImplementedError

    def to_properties(self) -> dict[str, str]:
        """The metadata as texts, see `as_text`."""
        return properties_of(self)

    @classmethod
    def from_properties(cls, properties: Mapping[str, str], shown: str) -> Self:
        """Reads the metadata back.

        Args:
            properties: as `to_properties` wrote them; other keys are left alone.
            shown: name of the file, for messages.

        Raises:
            PolicyError: they are missing, broken, of another version or another kind of world.
        """
        return cls(**read_properties(cls, properties, shown, cls.environments()))

    def check_env(self, shown: str, env_id: str) -> None:
        """Raises PolicyError if the policy was trained for another environment."""
        if self.env_id != env_id:
            raise PolicyError(f"{shown}: is a policy for {self.env_id!r}, not for {env_id!r}.")


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
