"""Reading files that somebody handed us, and writing ours so that none is ever half there.

Every reader of Racer goes through `read_bytes` or `read_text`: they look at the size first, so that
a huge file costs nothing, and turn what the operating system says into one sentence. Every writer
goes through `atomic_write` or `atomic_path`: the data goes to a temporary name in the same folder
and takes its place by a rename. Files that must never replace another go through `write_new` or
`write_numbered`.
"""

import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from racer.errors import RacerError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_TEXT_BYTES = 1 << 16  # configs, presets, track descriptions
MAX_TOML_LINE = 1000  # the parser needs quadratic time for dotted keys
MAX_LAP_BYTES = 16 << 20
MAX_TRACK_BYTES = 16 << 20
MAX_POLICY_BYTES = 64 << 20


def read_bytes(
    path: str | os.PathLike[str],
    *,
    limit: int,
    error: type[RacerError] = RacerError,
    what: str = "file",
) -> bytes:
    """Reads a whole file of at most `limit` bytes.

    Args:
        path: the file.
        limit: largest accepted size in bytes; it is checked before anything is read.
        error: the class of error to raise.
        what: what the file is meant to be, for the message ("lap file").

    Raises:
        RacerError: of the class `error`, with one sentence that names the file, if it is missing,
            not a regular file, not readable or too large.
    """
    shown = os.fspath(path)
    try:
        if stat.S_ISFIFO(Path(path).stat().st_mode) and not shown.startswith(("/dev/", "/proc/")):
            raise error(f"{shown}: is a named pipe, not a {what}.")  # opening it may never end
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = b"" if size > limit else file.read(size + 1)
            if len(data) > size:  # a pipe, or it grew
                data += file.read(limit + 1 - len(data))
    except FileNotFoundError:
        raise error(f"{shown}: there is no such {what}.") from None
    except IsADirectoryError:
        raise error(f"{shown}: is a folder, not a {what}.") from None
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise error(f"{shown}: the {what} cannot be read ({reason}).") from None
    except ValueError:  # a null byte in the name
        raise error(f"{shown!r}: is not a usable file name.") from None
    if size > limit or len(data) > limit:
        held = max(size, len(data))
        raise error(f"{shown}: a {what} has at most {limit:,} bytes, this one has {held:,}.")
    return data


def read_text(
    path: str | os.PathLike[str],
    *,
    limit: int = MAX_TEXT_BYTES,
    error: type[RacerError] = RacerError,
    what: str = "file",
) -> str:
    """Reads a whole UTF-8 text (a byte order mark is dropped); otherwise as `read_bytes`."""
    data = read_bytes(path, limit=limit, error=error, what=what)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        where = f"byte {problem.start}"
        raise error(f"{os.fspath(path)}: a {what} is UTF-8 text, {where} is not.") from None


def read_toml(
    path: str | os.PathLike[str], *, error: type[RacerError] = RacerError, what: str = "TOML file"
) -> dict[str, Any]:
    """Reads a TOML file; otherwise as `read_bytes`."""
    text = read_text(path, error=error, what=what)
    shown = os.fspath(path)
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > MAX_TOML_LINE:
            raise error(f"{shown}: line {number} of the {what} is longer than {MAX_TOML_LINE:,}.")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise error(f"{shown}: is nested too deeply to be a {what}.") from None
    except ValueError as problem:  # its own class, or a number of thousands of digits
        raise error(f"{shown}: is not valid TOML ({problem}).") from None


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a temporary path beside `path`; what was written there becomes `path` at the end.

    The temporary name keeps the suffixes of `path`, because some writers choose their format by
    them. If the block raises, the temporary file is removed and `path` is left as it was. Missing
    folders are created.
    """
    target = Path(path)
    _make_parent(target)
    temporary = _beside(target)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException as problem:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(problem, OSError):
            _name_target(problem, temporary, target)
        raise


def _make_parent(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError:  # what stands there is a file
        raise NotADirectoryError(
            errno.ENOTDIR, os.strerror(errno.ENOTDIR), os.fspath(target.parent)
        ) from None


def _beside(target: Path) -> Path:
    """A temporary name in the same folder; hidden, so that no listing shows it half-written."""
    return target.with_name(f".{secrets.token_hex(4)}.{target.name}")


def _name_target(problem: OSError, temporary: Path, target: Path) -> None:
    """Puts the name that people know into an error; a full disk's comes without any."""
    if problem.filename in (None, os.fspath(temporary)):
        problem.filename = os.fspath(target)


def atomic_write(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Writes a whole file, or nothing. Text is written as UTF-8 with newlines as they are."""
    content = data.encode("utf-8") if isinstance(data, str) else data
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_new(path: str | os.PathLike[str], data: bytes | str) -> bool:
    """Writes a whole file under a name that nobody has; of two processes at once one succeeds.

    Returns:
        False, with nothing written, if the name is taken.
    """
    content = data.encode("utf-8") if isinstance(data, str) else data
    target = Path(path)
    _make_parent(target)
    temporary = _beside(target)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, target)  # unlike a rename, it never replaces
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links: claim the name, then fill it
            try:
                os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
            except FileExistsError:
                return False
            temporary.replace(target)
    except OSError as problem:
        _name_target(problem, temporary, target)
        raise
    finally:
        with suppress(OSError):
            temporary.unlink()
    return True


def write_numbered(path: str | os.PathLike[str], data: bytes | str, suffix: str = "") -> Path:
    """Writes a whole file under `path`, or under the first free `path_2`, `path_3`, ...

    Args:
        path: the wanted name.
        data: the content.
        suffix: the end of the name that stays behind the number (".lap.npz").

    Returns:
        The name that was written.
    """
    wanted = Path(path)
    stem = wanted.name.removesuffix(suffix)
    number = 1
    while True:
        name = f"{stem}{suffix}" if number == 1 else f"{stem}_{number}{suffix}"
        candidate = wanted.with_name(name)
        if write_new(candidate, data):
            return candidate
        number += 1
