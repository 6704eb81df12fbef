"""XML as a stream: never more of it in memory than one element, and no entities.

Used for GPX and KML. A tree of 16 MiB of XML would take a gigabyte; here each element is handed on
and forgotten. The parser refuses document types and entities: nothing is expanded or fetched.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from racer.errors import TrackError
from racer.formats.files import MAX_TRACK_BYTES, read_bytes
from racer.formats.text import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_TAGS = 2_000_000  # two for each element
_DEEPEST = 100  # elements within one another
_CHUNK = 1 << 16  # [byte]
_LONGEST_TAG = 1 << 18  # also of a comment [byte]


class Reader(Protocol):
    """What is done with the elements of a file, in their order; names are without namespaces."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def data(self, text: str) -> None:
        """A piece of the text in the element that began last."""


class _Target:
    """Between the parser and a reader: names without namespaces, and a bound on the depth."""

    def __init__(self, path: Path, kind: str, reader: Reader) -> None:
        self._path, self._kind, self._reader = path, kind, reader
        self._depth = 0
        self.data = reader.data

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        name = tag.rpartition("}")[2]
        if self._depth == 1 and name != self._kind.lower():
            raise TrackError(f"{self._path}: is not {self._kind}, its root is <{shown(name, 40)}>.")
        if self._depth > _DEEPEST:
            raise TrackError(f"{self._path}: is nested too deeply to be {self._kind}.")
        self._reader.start(name, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._reader.end(tag.rpartition("}")[2])

    def close(self) -> None:
        """Nothing is left to do."""


def read_xml(path: Path, kind: str, reader: Reader) -> None:
    """Hands a file's elements to a reader.

    Args:
        path: the file.
        kind: "GPX" or "KML", in lower case the name of the root.
        reader: gets the elements.

    Raises:
        TrackError: it is not XML of that kind, or too much of it.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    content = read_bytes(path, limit=MAX_TRACK_BYTES, error=TrackError, what="track file")
    if content.count(b"<") > _MOST_TAGS:
        raise TrackError(f"{path}: has more than {_MOST_TAGS // 2:,} elements.")
    parser = DefusedXMLParser(target=_Target(path, kind, reader), forbid_dtd=True)
    try:
        for first in range(0, len(content), _CHUNK):
            parser.feed(content[first : first + _CHUNK])
            _check_tag(path, first + _CHUNK - parser.parser.CurrentByteIndex)
        parser.close()
    except DefusedXmlException:
        raise TrackError(
            f"{path}: has a document type or entities, which a {kind} file must not have."
        ) from None
    except TrackError:  # of the reader
        raise
    except (ParseError, ValueError, LookupError) as problem:
        raise TrackError(f"{path}: is not XML ({shown(problem, 100)}).") from None


def _check_tag(path: Path, ahead: int) -> None:
    """Looks at how far expat is behind: it stays at the beginning of a tag until its end comes."""
    if ahead > _LONGEST_TAG:
        raise TrackError(f"{path}: has a tag of more than {_LONGEST_TAG:,} bytes.")
