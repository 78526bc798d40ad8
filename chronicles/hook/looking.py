"""Looking at files that may be anything: garbage, pipes, folders, somebody else's, or gone."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["place_of", "read_small", "stamp_of", "user_name"]


def read_small(path: Path, most: int) -> bytes | None:
    """The content of a file up to a size; None for what is none: a pipe or a terminal would have its reader wait."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            return None
        with open(descriptor, "rb", closefd=False) as stream:
            return stream.read(most)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def stamp_of(path: Path) -> tuple[int, int, int] | None:
    """What tells a file from another one that takes its name; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def place_of(folder: Path) -> tuple[int, int] | None:
    """What a folder is known by, wherever it lies; None where it cannot be looked at."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def user_name(number: int) -> str:
    """How a user is called."""
    if sys.platform != "win32":
        import pwd  # noqa: PLC0415 - there is none on Windows

        with suppress(KeyError):
            return pwd.getpwuid(number).pw_name
    return f"user {number}"
