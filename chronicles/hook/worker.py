"""The worker: one a repository, it writes what is untold and ends.

It is told nothing but that something may be new. So it looks, writes what has no page, oldest first, and looks again
until nothing is untold and nobody has woken it meanwhile; a wake-up that was lost is made up for by the next one.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from chronicles.errors import Busy, ChroniclesError
from chronicles.files import hold
from chronicles.hook.state import Parked, Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.hook.state import State

__all__ = ["Work", "drain"]

_TRIES = 5
"""How often a commit is tried before it is parked."""


class Work(Protocol):
    """What tells commits."""

    def waiting(self) -> str:
        """What keeps pages from being written now, such as "a rebase"; empty when nothing does."""
        ...

    def untold(self) -> list[str]:
        """The newest commit of each subject that has no page, oldest first."""
        ...

    def tell(self, commits: Sequence[str]) -> list[str]:
        """Write the pages of some of these; the names of those that changed."""
        ...


def drain(state: State, work: Work) -> Report | None:
    """Write what is untold.

    Returns:
        What was done; None when another worker is at it.

    Raises:
        OutputError: If the hook's folder cannot be written to.
    """
    try:
        with hold(state.folder, locks=state.folder), _at_work(state):
            return _drain(state, work)
    except Busy:
        return None


def _drain(state: State, work: Work) -> Report:
    before = state.report()
    report = Report(failures=before.failures)
    again = True
    while again:
        (state.folder / "woken").unlink(missing_ok=True)
        report.waiting = work.waiting()
        if not report.waiting:
            _tell(work, report)
        again = (state.folder / "woken").exists() and not report.waiting
    report.ended_at = time.time()
    state.tell(report)
    return report


def _tell(work: Work, report: Report) -> None:
    untold = work.untold()
    report.failures = {sha: one for sha, one in report.failures.items() if sha in untold}
    for sha in untold:
        parked = report.failures.get(sha)
        if parked and parked.tries >= _TRIES:
            continue
        try:
            report.written += work.tell([sha])
            report.failures.pop(sha, None)
        except ChroniclesError as error:
            report.failures[sha] = Parked(parked.tries + 1 if parked else 1, str(error))


@contextmanager
def _at_work(state: State) -> Iterator[None]:
    """Have the shell know that a worker is at work, so that it starts no other."""
    pid = state.folder / "worker.pid"
    with suppress(OSError):
        pid.write_text(f"{os.getpid()}\n", "ascii")
    try:
        yield
    finally:
        with suppress(OSError):
            pid.unlink()
