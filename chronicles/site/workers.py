"""Work for several processes, where there is so much of it that starting them pays.

Laying out a page costs two milliseconds and is all Python, so threads gain nothing. Processes are spawned and not
forked: the one that stages may be a builder with threads of its own. What is handed over are calls that can be sent,
and what comes back is in the order in which it was asked for, so that nobody can tell by the outcome how many worked.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

__all__ = ["Workers"]

_RUN = 32
"""Calls that go to a process together: they share what they have in common."""
_WORTH = 600
"""Calls from which on processes pay: each takes half a second of its own to be ready."""
_MOST = 8

_Made = TypeVar("_Made")


class Workers:
    """Makes calls, by itself or with processes that start when they pay; a context manager.

    Args:
        jobs: How many processes at most; by default one a processor.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self._jobs = min(_processors(), _MOST) if jobs is None else jobs
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def make(self, calls: Sequence[Callable[[], _Made]]) -> Iterator[_Made]:
        """What each call gives, in their order."""
        if self._jobs <= 1 or (self._pool is None and len(calls) < _WORTH):
            yield from (call() for call in calls)
            return
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._jobs, get_context("spawn"), initializer=_settle)
        todo = iter(calls)
        waiting: deque[Future[list[_Made]]] = deque()
        while True:
            while len(waiting) < 3 * self._jobs and (run := list(islice(todo, _RUN))):
                waiting.append(self._pool.submit(_make, run))
            if not waiting:
                return
            yield from waiting.popleft().result()


def _make(calls: Sequence[Callable[[], _Made]]) -> list[_Made]:
    return [call() for call in calls]


def _settle() -> None:
    """An interrupt is for the process that started the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _processors() -> int:
    with suppress(AttributeError):  # not everywhere can a process be kept to some of them
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
