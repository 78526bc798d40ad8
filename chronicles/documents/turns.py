"""Turns at a folder of pages: when a run has it alone, and whether it is as the run left it.

Between two turns of a run others may write: another run, which the lock's file tells, and people, whose files the
folder's own time tells. What was read of the folder then has to be read again.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    Alone = Callable[[], AbstractContextManager[bool]]
    """Gives a lock, and with it whether nobody else has had it since it was given last."""

__all__ = ["Turns", "nobody_else"]


@contextmanager
def nobody_else() -> Iterator[bool]:
    """Stands for a lock where nobody else can want one."""
    yield True


class Turns:
    """The turns of one run at one folder.

    Args:
        folder: It need not exist yet.
        alone: The lock.
    """

    def __init__(self, folder: Path, alone: Alone = nobody_else) -> None:
        self._folder = folder
        self._alone = alone
        self._left = self._stamp()
        """The folder as the last turn left it, or as it was in the beginning."""
        self.disturbed = 0
        """How often somebody had changed the folder before a turn."""

    @contextmanager
    def take(self) -> Iterator[bool]:
        """Have the folder alone while the block runs; gives whether it is as the last turn left it."""
        with self._alone() as undisturbed:
            same = undisturbed and self._stamp() == self._left
            self.disturbed += not same
            try:
                yield same
            finally:
                self._left = self._stamp()

    def _stamp(self) -> tuple[int, int] | None:
        """What changes with a file that comes, goes or is put in the place of another; None without a folder."""
        try:
            status = self._folder.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns
