"""The worker: one a repository, it writes what is untold and ends.

It is told nothing but that something may be new. So it looks, writes what has no page, oldest first, and looks again
until nothing is untold and nobody has woken it meanwhile; a wake-up that was lost is made up for by the next one. No
wake-up is lost between its last look and its end: it ends, lets go of the lock, and then looks once more, while the
shell leaves its mark before it looks for a worker.

Two kinds of things go wrong. What the machine refuses (a full disk, a folder that is read-only, another run that takes
long) has nothing to do with any commit: the whole pass waits a little and is done again, and is left to the next
wake-up after some tries. What goes wrong with one commit alone must not keep the others waiting: they are told, in
their order, and the one is tried again and parked in the end. Which of the two it is shows in whether other commits can
be told; the class of the error is only a first guess. A commit that ends the whole process is found out by a note of
what was in hand.

A run by hand does the same, once: it waits for nothing, since somebody is there to be told, and tries what was parked.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from chronicles.errors import Busy, ChroniclesError, ConfigError, EnvironmentFault, IncompleteRepository, NotARepository
from chronicles.hook.presence import at_work
from chronicles.hook.state import Parked, Report
from chronicles.hook.work import BACKGROUND

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chronicles.hook.state import State
    from chronicles.hook.work import Desk, Log, Pace, Work

__all__ = ["TRIES", "drain"]

TRIES = 5
"""How often a commit is tried before it is parked."""
_IN_A_ROW = 3
"""Commits that the machine refuses one after the other before it is the machine, not the commits."""
_LAST = 2
"""Tries from which on a commit is told after the others, not in its place."""

_MOST_LOOK_SEC = 5.0
"""The longest pause between two looks whether an operation has ended."""
_NOT_THE_COMMITS = (EnvironmentFault, ConfigError, NotARepository, IncompleteRepository, OSError)


def drain(
    state: State,
    prepare: Callable[[], tuple[Work, Log]],
    pace: Pace = BACKGROUND,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Report | None:
    """Write what is untold.

    Args:
        state: Of the repository.
        prepare: Gives what tells commits, and where events go; called once, when no other worker is at it.
        pace: How patient to be.
        sleep: Lets time pass.

    Returns:
        What was done; None when the background has nothing to do since another worker is at it.

    Raises:
        Busy: By hand, if another worker is at it for long.
        OutputError: If the hook's folder cannot be written to.
    """
    report: Report | None = None
    prepared: tuple[Work, Log] | None = None
    while state.there and not state.gone:
        try:
            with at_work(state, pace.others):
                prepared = prepared or prepare()
                report = _Run(state, *prepared, pace, sleep).run()
        except Busy:
            if pace.by_hand and report is None:
                raise
            return report
        # Who woke us after the last look found us at work, and has left it to us.
        if not state.woken:
            break
    return report


class _Run:
    """One run, with the lock held."""

    def __init__(self, state: State, work: Work, log: Log, pace: Pace, sleep: Callable[[float], None]) -> None:
        self._state = state
        self._work = work
        self._log = log
        self._pace = pace
        self._sleep = sleep
        self._faults = 0
        """Passes in a row that the machine refused."""
        self._due: dict[str, float] = {}
        """When a commit that failed in this run is tried again, by a clock that never steps back."""
        self._careful = False
        """Whether commits are told one by one, since the run before ended over one."""
        before = state.report()
        self._report = Report(began_at=time.time(), failures=before.failures)

    def run(self) -> Report:
        """Pass after pass, until there is nothing left to do or to hope for."""
        try:
            self._run()
        finally:
            self._report = replace(self._report, ended_at=time.time())
            self._save()
        return self._report

    def _run(self) -> None:
        self._state.tidy()
        self._blame_the_dead()
        self._save()
        self._state.put_down()
        self._settle()
        while True:
            self._state.take_wake()
            if self._state.gone:
                self._log.say("the repository has been moved, or the hook taken out; this worker ends")
                return
            pause = self._attempt()
            self._save()
            if self._state.woken:
                self._settle()
            elif pause is None:
                return
            else:
                self._rest(pause)

    def _save(self) -> None:
        if not self._state.gone:
            self._state.tell(self._report)

    # -- waiting ---------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Wait until nobody has woken us for a moment."""
        until = time.monotonic() + self._pace.most_quiet
        while self._pace.quiet:
            self._state.take_wake()
            self._sleep(self._pace.quiet)
            if not self._state.woken or time.monotonic() >= until:
                return

    def _clear(self) -> bool:
        """Wait until pages can be written; whether they can."""
        until = time.monotonic() + self._pace.patience
        look = self._pace.look
        said = ""
        while (waiting := self._work.waiting()) is not None:
            if waiting.what != said:
                said = waiting.what
                self._log.say(f"waits for {said}")
                self._report = replace(self._report, waiting=said)
                self._save()
            if not waiting.passing or time.monotonic() >= until or self._state.gone:
                return False
            self._sleep(look)
            look = min(look * 1.2, _MOST_LOOK_SEC)
        self._report = replace(self._report, waiting="")
        return True

    def _pause(self, fault: Exception | None) -> float | None:
        """How long to wait before the next pass; None when none is due in this run."""
        if fault is None:
            self._faults = 0
            now = time.monotonic()
            return max(0.0, min(self._due.values()) - now) if self._due else None
        self._faults += 1
        if isinstance(fault, ConfigError) or self._faults > len(self._pace.pauses):
            return None
        return self._pace.pauses[self._faults - 1]

    def _rest(self, pause: float) -> None:
        """Wait, but not while somebody wakes us."""
        until = time.monotonic() + pause
        while (left := until - time.monotonic()) > 0 and not self._state.woken:
            self._sleep(min(left, self._pace.look))

    # -- telling ---------------------------------------------------------------------------------------------------

    def _blame_the_dead(self) -> None:
        """Count a try of the commit that the last worker died over."""
        sha = self._state.in_hand
        if sha is None:
            return
        self._log.say("the worker before this one was ended by force")
        if sha:
            self._count(sha, "the worker ended while it was telling this commit")
        self._careful = True

    def _attempt(self) -> float | None:
        """One pass; gives how long to wait before the next one, None when none is due in this run."""
        desk: Desk | None = None
        try:
            if not self._clear():
                return None
            with self._work.open() as desk:
                self._tell_all(desk)
        except Exception as error:
            if self._state.gone:
                return 0.0  # what goes wrong in a repository that is no longer there is no news
            self._complain(error)
            self._report = replace(self._report, failure=self._said(error))
            if self._pace.by_hand:
                raise
            return self._pause(error)
        finally:
            if desk is not None:
                self._record(desk)
        self._report = replace(self._report, failure="")
        return self._pause(None)

    def _tell_all(self, desk: Desk) -> None:
        untold = list(desk.untold)
        failures, due = self._report.failures, self._due
        kept = {sha: failures[sha] for sha in untold if sha in failures}
        self._report = replace(self._report, failures=kept)
        self._due = {sha: at for sha, at in due.items() if sha in kept}
        wanted = [sha for sha in untold if self._is_wanted(sha)]
        if not self._careful and not any(sha in kept for sha in wanted):
            try:
                self._tell(desk, wanted)
            except Exception as error:  # noqa: BLE001 - a bug that one commit brings up must not keep the others waiting
                self._judge(error, wanted)
                self._complain(error)
                left = set(desk.untold)
                wanted = [sha for sha in wanted if sha in left]
            else:
                return
        self._tell_each(desk, wanted)

    def _is_wanted(self, sha: str) -> bool:
        """Whether a commit is to be told in this pass."""
        failed = self._report.failures.get(sha)
        if failed is None or self._pace.by_hand:
            return True
        return failed.tries < TRIES and self._due.get(sha, 0.0) <= time.monotonic()

    def _judge(self, error: Exception, wanted: Sequence[str]) -> None:
        """Raise what may pass by itself; what is left may be one commit's own.

        After the last try, too, the others are tried: what looks like the machine's may be one broken object.
        """
        if not _is_the_machines(error):
            return
        last = self._faults >= len(self._pace.pauses)
        if isinstance(error, (ConfigError, Busy)) or not last or len(wanted) < 2:  # noqa: PLR2004 - itself and another
            raise error

    def _tell_each(self, desk: Desk, wanted: list[str]) -> None:
        """Tell commits one by one, those last that failed before."""
        failures = self._report.failures
        order = sorted(wanted, key=lambda sha: sha in failures and failures[sha].tries >= _LAST)
        doubtful: list[tuple[str, Exception]] = []
        told = False
        for sha in order:
            try:
                self._tell(desk, [sha])
            except Exception as error:  # noqa: BLE001 - as above
                if not _is_the_machines(error):
                    self._fail(sha, error)
                    continue
                doubtful.append((sha, error))
                if isinstance(error, (ConfigError, Busy)) or (not told and len(doubtful) >= _IN_A_ROW):
                    break
            else:
                told = True
                self._report.failures.pop(sha, None)
                self._due.pop(sha, None)
        if doubtful and not told:
            raise doubtful[-1][1]
        for sha, doubt in doubtful:
            self._fail(sha, doubt)
        self._careful = False

    def _tell(self, desk: Desk, commits: Sequence[str]) -> None:
        if not commits:
            return
        self._state.take_in_hand(commits[0] if len(commits) == 1 else "")
        try:
            desk.tell(commits)
        finally:
            # Also when somebody ends us in order: then no commit is to blame.
            self._state.put_down()
            self._record(desk)

    # -- remembering -----------------------------------------------------------------------------------------------

    def _record(self, desk: Desk) -> None:
        if names := desk.written():
            self._log.say(f"wrote {', '.join(names[:10])}{f' and {len(names) - 10} more' if len(names) > 10 else ''}")  # noqa: PLR2004 - a line's worth
            self._report = self._report.wrote(names)
        for note in desk.notes:
            if note not in self._report.notes:
                self._log.say(note)
                self._report = self._report.noted(note)

    def _fail(self, sha: str, error: Exception) -> None:
        self._complain(error)
        tries = self._count(sha, self._said(error))
        if self._pace.pauses and tries < TRIES:
            self._due[sha] = time.monotonic() + self._pace.pauses[min(tries, len(self._pace.pauses)) - 1]
        else:
            self._due.pop(sha, None)

    def _count(self, sha: str, what: str) -> int:
        before = self._report.failures.get(sha)
        tries = before.tries + 1 if before else 1
        self._report.failures[sha] = Parked(tries, what)
        parked = "; it is parked" if tries >= TRIES else ""
        self._log.say(f"{sha[:12]} could not be told, try {tries}: {what}{parked}")
        return tries

    def _complain(self, error: Exception) -> None:
        if isinstance(error, ChroniclesError):
            self._log.say(str(error))
        else:
            self._log.trace(error)

    def _said(self, error: Exception) -> str:
        """An error in one line."""
        return self._log.line(str(error) if isinstance(error, ChroniclesError) else f"{type(error).__name__}: {error}")


def _is_the_machines(error: Exception) -> bool:
    from sqlite3 import Error as DatabaseError  # noqa: PLC0415 - a run that finds another at work does without it

    return isinstance(error, (*_NOT_THE_COMMITS, DatabaseError))
