"""Changes to files that can be changed back, should a later one be refused.

Each hands what takes it back to an `ExitStack`, which runs that last change first; who is done calls `pop_all`.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from chronicles.errors import OutputError
from chronicles.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack
    from pathlib import Path

__all__ = ["clear", "keep", "make", "move", "remove", "write"]


def write(path: Path, content: bytes | str, undo: ExitStack, *, executable: bool = False) -> None:
    """Write a file whole; one that is there keeps its mode.

    Raises:
        OutputError: If the place cannot be written to.
    """
    keep(path, undo)
    write_atomic(path, content)
    if executable:
        with _refusing(path):
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | (mode & 0o444) >> 2)  # whoever may read it may run it


def keep(path: Path, undo: ExitStack) -> None:
    """Have a file, or its absence, back as it is now.

    Raises:
        OutputError: If it cannot be read.
    """
    with _refusing(path):
        before = path.read_bytes() if path.exists() else None
        mode = stat.S_IMODE(path.stat().st_mode) if before is not None else None
    undo.callback(_restore, path, before, mode)


def remove(path: Path, undo: ExitStack) -> None:
    """Remove a file.

    Raises:
        OutputError: If its folder cannot be written to.
    """
    keep(path, undo)
    with _refusing(path):
        path.unlink()


def move(path: Path, to: Path, undo: ExitStack) -> None:
    """Give a file, or a link as it stands, another name in its folder.

    Raises:
        OutputError: If the folder cannot be written to.
    """
    with _refusing(path):
        path.rename(to)
    undo.callback(_move_back, to, path)


def make(folder: Path, undo: ExitStack) -> list[Path]:
    """Make a folder and those that it lies in; which ones were missing, the outer ones first.

    Raises:
        OutputError: If one cannot be made.
    """
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        with _refusing(each):
            each.mkdir()
        undo.callback(_quietly, each.rmdir)
    return missing[::-1]


def clear(folder: Path, undo: ExitStack) -> None:
    """Remove a folder if it is empty."""
    with contextlib.suppress(OSError):
        folder.rmdir()
        undo.callback(_quietly, folder.mkdir)


def _quietly(change: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):
        change()


def _restore(path: Path, content: bytes | None, mode: int | None) -> None:
    with contextlib.suppress(OSError, OutputError):
        if content is None:
            path.unlink(missing_ok=True)
            return
        write_atomic(path, content)
        if mode is not None:
            path.chmod(mode)


def _move_back(path: Path, to: Path) -> None:
    with contextlib.suppress(OSError):
        path.rename(to)


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Say of what the system refuses where it was."""
    try:
        yield
    except OSError as error:
        raise OutputError(path, (error.strerror or os.strerror(error.errno or 0)).lower()) from error
