"""Which pages a run is having worded, so that no other run has the same ones worded at the same time.

A model takes minutes for a page, and nobody may hold a folder that long; so a page is reserved while its model thinks,
and the folder only while it is written. Two runs over the same history then go one behind the other: the second waits
where the first is at work, finds the page told, and goes on. It waits only while it has reserved nothing itself, so no
two runs wait for each other.

A page is a byte of one file, chosen by a hash of its newest commit, that the operating system locks: it is free again
when the process ends, however that ends, and no files pile up. Two pages that share a byte wait for each other without
need, which loses nothing. Where the system has no such locks, nothing is reserved: then a question may be asked twice,
and still no page is written twice.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Reserved"]

_POLL_SEC = 0.05
"""How often a waiting run looks whether the other is done."""
_BYTES = 1 << 30
"""Places that a page may have; Windows counts no further than to twice as many."""


class Reserved:
    """The pages that one run has reserved.

    Args:
        locks: Gives the folder of the file, once there is something to reserve; None reserves nothing.
        on_wait: Told once when the run has to wait for another.
    """

    def __init__(self, locks: Callable[[], Path] | None = None, on_wait: Callable[[], None] = lambda: None) -> None:
        self._locks = locks
        self._on_wait = on_wait
        self._descriptor: int | None = None
        self._waited = False

    def take(self, name: str) -> bool:
        """Reserve a page, unless another run has it."""
        descriptor = self._open()
        return descriptor is None or _try_lock(descriptor, _place(name))

    def wait(self, name: str) -> None:
        """Reserve a page as soon as no other run has it; only for a run that has reserved none."""
        while not self.take(name):
            if not self._waited:
                self._waited = True
                self._on_wait()
            time.sleep(_POLL_SEC)

    def release(self, name: str) -> None:
        """Leave a page to others."""
        if self._descriptor is not None:
            _unlock(self._descriptor, _place(name))

    def close(self) -> None:
        """Leave all pages to others."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _open(self) -> int | None:
        if self._descriptor is None and self._locks is not None:
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            with suppress(OSError):
                self._descriptor = os.open(self._locks() / "wording.lock", flags, 0o666)
        return self._descriptor


def _place(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) % _BYTES


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int, place: int) -> bool:
        os.lseek(descriptor, place, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int, place: int) -> None:
        os.lseek(descriptor, place, os.SEEK_SET)
        with suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import errno
    import fcntl

    def _try_lock(descriptor: int, place: int) -> bool:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except OSError as error:
            return error.errno not in (errno.EAGAIN, errno.EACCES)
        return True

    def _unlock(descriptor: int, place: int) -> None:
        with suppress(OSError):
            fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, place)
