"""Ending what a command left behind, also where it left the command's session on purpose (`setsid`, a daemon).

Whose parent ends becomes a child of the nearest ancestor that asked for orphans. On Linux we ask for as long as a
command lives: when it was reaped, all that it started and that still runs are children of ours that were none before,
and each that ends hands us its own. They are killed until there are none. It costs a few system calls outside of the
timed region, since where we have no children at all, the kernel says so at once.

Not ended is what a command has others start for it (a container, a service, a job of `at`), what runs as another user,
and, on macOS, whatever leaves the session. Only one command runs at a time, and nobody else in this process starts
one meanwhile: what else appeared among our children would be ended too.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Self

__all__ = ["Orphans"]

_SET, _GET = 36, 37
"""`PR_SET_CHILD_SUBREAPER` and `PR_GET_CHILD_SUBREAPER` of prctl(2)."""
_PATIENCE_SEC = 2.0
"""A process that was killed ends at once, unless it waits for a device, or is not ours to kill."""
_PAUSE_SEC = 0.0005


class Orphans:
    """While this is entered, orphans of what we start come to us; on the way out they are ended."""

    def __init__(self) -> None:
        self._before: frozenset[int] = frozenset()
        self._asked = 0

    def __enter__(self) -> Self:
        """Remember which children are our own."""
        if sys.platform == "linux":
            self._before = _children()
            self._asked = _ask_for_orphans(1)
        return self

    def __exit__(self, *_: object) -> None:
        """Kill and reap what was not there before."""
        if sys.platform != "linux":
            return
        try:
            deadline = monotonic() + _PATIENCE_SEC
            while (left := _children() - self._before) and monotonic() < deadline:
                for pid in left:
                    with suppress(PermissionError):
                        os.kill(pid, signal.SIGKILL)  # a child that nobody reaped: its number is no one else's
                    with suppress(ChildProcessError):
                        os.waitpid(pid, os.WNOHANG)
                sleep(_PAUSE_SEC)
        finally:
            _ask_for_orphans(self._asked)


def _ask_for_orphans(wanted: int) -> int:
    """Ask for orphans, or no longer; what was asked before. Where the kernel knows no such thing, none come."""
    prctl = ctypes.CDLL(None).prctl
    before = ctypes.c_int(0)
    prctl(_GET, ctypes.byref(before), *[ctypes.c_ulong(0)] * 3)
    prctl(_SET, ctypes.c_ulong(wanted), *[ctypes.c_ulong(0)] * 3)
    return before.value


def _children() -> frozenset[int]:
    """Our children, those that ended and were not reaped among them."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return frozenset()
    try:
        lists = [path.read_text(encoding="ascii") for path in Path("/proc/self/task").glob("*/children")]
    except OSError:  # a thread that ended meanwhile
        lists = []
    if lists:
        return frozenset(int(pid) for listed in lists for pid in listed.split())
    return frozenset(int(path.name) for path in Path("/proc").glob("[0-9]*") if _parent(path) == os.getpid())


def _parent(process: Path) -> int:
    """The parent of a process; 0 if it is gone."""
    try:
        # The name in parentheses may hold any sign; after it come state and parent.
        return int((process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0
