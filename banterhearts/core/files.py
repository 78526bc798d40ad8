"""Reading files that others wrote, and writing ours whole or not at all.

A folder of reports is a place where anything may lie. Only regular files are read: a pipe would keep us waiting, a link
may lead out of the folder, and a device may never end.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from typing import TYPE_CHECKING

from banterhearts.errors import OutputError, RecordError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_BYTES", "read_file", "write_file"]

MAX_BYTES = 64 * 2**20
"""No run record is larger: it would hold a million samples."""

_KINDS = (
    (stat.S_ISLNK, "a link; name the file that it leads to"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_READING = os.O_RDONLY + sum(
    getattr(os, flag, 0) for flag in ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK")
)
"""Whatever lies there: do not wait for it, do not follow it, and do not become its terminal."""


def read_file(path: Path, *, limit: int = MAX_BYTES) -> tuple[bytes, os.stat_result]:
    """The content of a regular file, and what the file system said of it just before it was read.

    Raises:
        RecordError: If there is no such file, it is none, it is too large or it cannot be read.
    """
    try:
        _expect_regular(path, path.lstat().st_mode)
        # The look above is for systems without O_NOFOLLOW, and a place that has not changed since.
        descriptor = os.open(path, _READING)
        with open(descriptor, "rb") as stream:  # noqa: PTH123 - a Path cannot open a descriptor
            status = os.fstat(descriptor)
            _expect_regular(path, status.st_mode)
            if status.st_size > limit:
                raise RecordError(path, f"is larger than {limit // 2**20} MiB, which no run record is")
            content = stream.read(status.st_size + 1)
    except OSError as error:
        raise RecordError(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:  # a name with a null character
        raise RecordError(path, f"cannot be read: {error}") from error
    return content, status


def write_file(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file whole or not at all; a reader, a full disk or an interrupt never meets half of one.

    Args:
        path: Where; its folder is made if it is missing.
        content: What.
        durable: Whether it must survive a loss of power; a cache need not.

    Raises:
        OutputError: If the place cannot be written to; it is as it was.
    """
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not `tempfile`, whose files are readable by their owner alone whatever the umask says.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            with open(descriptor, "wb") as stream:  # noqa: PTH123 - as above
                stream.write(content)
                if durable:
                    stream.flush()
                    os.fsync(descriptor)
            temporary.replace(path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(path, (error.strerror or str(error)).lower()) from error


def _expect_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
        raise RecordError(path, f"is no file but {kind}")
