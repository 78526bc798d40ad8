"""One run over many pages, beside other runs: what is written, when, and what is looked at again before.

Only writing needs the folder for itself, and so does the index of history, which other runs move to their branches. So
a run takes turns. The plain writer's pages cost milliseconds: some hundreds are built, worded and written in one turn.
A model's cost minutes: each page has a turn to have its dossier built, is drafted while anybody else may have the
folder, and has a second turn to be written.

What was found in one turn is looked up anew in the next. A page that another run has written meanwhile stays as it is,
unless pages are to be written anew; a commit whose page was removed gets none; a subject that stands otherwise in the
series now, as the day whose page has grown, is taken up again from its dossier on. Numbers are given when pages are
written, and a page is on the disk when its turn ends, so that no two runs take one number.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from chronicles.documents.drafting import draft_pages
from chronicles.documents.untold import is_told, removed_of
from chronicles.evidence.parallel import build_dossiers, hasten
from chronicles.writers.parts import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from chronicles.documents.drafting import Drafted
    from chronicles.documents.page import Page
    from chronicles.documents.series import Entry
    from chronicles.documents.telling import Press
    from chronicles.documents.told import Told
    from chronicles.dossier import Dossier, SubjectKey

    Step = Callable[[int, int], None]
    """Told how much of all work is done."""

__all__ = ["REMOVED", "Revoicing", "Round", "Telling"]

REMOVED = "removed by `chronicles remove`"
_SLICE = 500
"""Pages of the plain writer in one turn: those of half a minute."""
_PAUSE_SEC = 0.1
"""Between turns of which one begins as the other ends, so that who waits has one too."""

_Wanted = TypeVar("_Wanted")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page goes."""

    entry: Entry | None
    """The page that is there; None for a new number."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a subject that has, or will have, a page of its own."""

    key: SubjectKey
    whole: SubjectKey
    """The subject that was asked for."""


class Work(Protocol[_Wanted]):
    """What a run is after; all but `commit` only in a turn."""

    def commit(self, wanted: _Wanted) -> str:
        """The newest commit of a page."""
        ...

    def place(self, wanted: _Wanted, dossier: Dossier | None = None) -> Place | None:
        """Where a page goes as things are now; None where it is not to be written, or not from this dossier."""
        ...

    def dossiers(self, wanted: Sequence[_Wanted], jobs: int) -> Generator[Dossier, None, None]:
        """What pages are worded from."""
        ...

    def again(self) -> list[_Wanted]:
        """What has to be done in place of something that was wanted and has no place any more; each is given once."""
        ...


class Round(Generic[_Wanted]):
    """Words and publishes the pages of one run.

    Args:
        press: Of the series.
        work: What the run is after.
        told: What it did; kept up to date.
        step: Called after each page, for a progress bar.
    """

    def __init__(self, press: Press, work: Work[_Wanted], told: Told, step: Step | None) -> None:
        self._press = press
        self._work = work
        self._told = told
        self._step = step
        self._waiting: deque[_Wanted] = deque()
        self._drafted: deque[_Wanted] = deque()
        """What is reserved, and on its way to a page."""
        self._same: set[Path] = set()
        """Pages that were published and had nothing new."""
        self._done = 0

    def run(self, wanted: Sequence[_Wanted], *, jobs: int) -> None:
        """Do it all.

        Args:
            wanted: In the order of the pages.
            jobs: How many processes build the dossiers of plain pages, and how many pages are drafted at once where
                the writer can.
        """
        self._waiting.extend(wanted)
        try:
            while self._waiting:
                if self._press.writer.name == PLAIN:
                    self._write_some(jobs)
                else:
                    self._write_each(jobs)
        finally:
            for one in self._drafted:
                self._press.reserved.release(self._work.commit(one))

    # -- a writer that answers at once ----------------------------------------------------------------------------

    def _write_some(self, jobs: int) -> None:
        """Write many pages in one turn."""
        some = [self._waiting.popleft() for _ in range(min(_SLICE, len(self._waiting)))]
        with self._press.turn():
            placed = [(one, place) for one in some if (place := self._work.place(one)) is not None]
            self._done += len(some) - len(placed)
            dossiers = self._work.dossiers([one for one, _ in placed], jobs)
            pending: Page | None = None
            try:
                drafts = draft_pages(self._press.writer, self._press.cast, dossiers, jobs=jobs)
                for left, ((_, place), drafted) in enumerate(zip(placed, drafts, strict=True), 1 - len(placed)):
                    pending = self._make(place, drafted, pending)
                    self._advance(len(self._waiting) - left)
            finally:
                # Whatever ends the run, the page in hand is whole and goes out.
                self._publish(pending)
                dossiers.close()
            self._waiting.extend(self._work.again())
        if self._waiting:
            time.sleep(_PAUSE_SEC)

    # -- a writer that takes its time -----------------------------------------------------------------------------

    def _write_each(self, jobs: int) -> None:
        """Write pages one by one as their drafts come, up to one that another run has in hand."""
        with closing(draft_pages(self._press.writer, self._press.cast, self._dossiers(), jobs=jobs)) as drafts:
            for drafted in drafts:
                one = self._drafted[0]
                with self._press.turn():
                    place = self._work.place(one, drafted.dossier)
                    if place is not None:
                        self._publish(self._make(place, drafted, None))
                    self._waiting.extend(self._work.again())
                self._drafted.popleft()
                self._let_go(one)

    def _dossiers(self) -> Iterator[Dossier]:
        """The dossiers of the next pages, each page reserved; they end where another run has one in hand.

        Such a page is waited for only while nothing is reserved: what is drafted has to be written first.
        """
        while self._waiting:
            name = self._work.commit(self._waiting[0])
            if not self._press.reserved.take(name):
                if self._drafted:
                    return
                self._press.reserved.wait(name)
            one = self._waiting.popleft()
            self._drafted.append(one)
            with self._press.turn():
                dossier = None if self._work.place(one) is None else next(self._work.dossiers([one], 1))
                self._waiting.extend(self._work.again())
            if dossier is None:
                self._drafted.pop()
                self._let_go(one)
            else:
                yield dossier

    def _let_go(self, one: _Wanted) -> None:
        self._press.reserved.release(self._work.commit(one))
        self._advance(len(self._waiting) + len(self._drafted))

    # -- pages ----------------------------------------------------------------------------------------------------

    def _advance(self, left: int) -> None:
        self._done += 1
        if self._step:
            self._step(self._done, self._done + left)

    def _make(self, place: Place, drafted: Drafted, pending: Page | None) -> Page:
        """Settle a page, number it, and publish the page before it."""
        press = self._press
        page = press.settle(drafted, place.entry.number if place.entry else press.series.next_number())
        self._told.count(page, drafted.draft.effort)
        self._publish_before(page, pending)
        press.enter(page)
        return page

    def _publish_before(self, page: Page, pending: Page | None) -> None:
        """Publish the page in hand, and have the one before a new page point at it, in hand or on disk."""
        number = page.links.previous
        if pending is not None and pending.number != number:
            self._publish(pending)
            pending = None
        before = pending or (self._press.stored(number) if number is not None else None)
        if before is None or (pending is None and not self._press.can_render(before)):
            return
        sha = page.dossier.subject.commits[0]
        links = replace(before.links, next=page.number, next_title=page.title, next_sha=sha)
        if pending or links != before.links:
            self._publish(replace(before, links=links))

    def _publish(self, page: Page | None) -> None:
        if page is None:
            return
        path = self._press.page_path(page.number)
        conflicts, changed = self._press.publish(page)
        # A page is published again when the next one is there; what was said of it then is said once.
        others = [one for one in self._told.conflicts if one[0] != path]
        self._told.conflicts = [*others, *((path, conflict) for conflict in conflicts)]
        if changed:
            self._told.written[path] = None
            self._told.unchanged -= path in self._same
            self._same.discard(path)
        elif path not in self._told.written and path not in self._same:
            self._told.unchanged += 1
            self._same.add(path)


class Telling:
    """Subjects that are to have pages.

    Args:
        press: Of the series.
        told: Where pages are counted that stand already, and commits of removed ones.
        force: Whether pages are written anew that are there.
    """

    def __init__(self, press: Press, told: Told, *, force: bool) -> None:
        self._press = press
        self._told = told
        self._force = force
        self._seen: set[str] = set()
        """Commits that are told or will be, each in one part."""
        self._removed: set[str] = set()
        self._again: list[Part] = []

    def plan(self, keys: Sequence[SubjectKey]) -> list[Part]:
        """The parts of subjects that have to be written."""
        parts: list[Part] = []
        for whole in keys:
            self._removed |= removed_of(self._press.series, whole)
            for key, entry in self._press.untold(whole):
                if not self._seen.isdisjoint(key.commits):
                    continue
                self._seen.update(key.commits)
                if self._stands(key, entry):
                    self._told.unchanged += 1
                else:
                    parts.append(Part(key, whole))
        if self._removed:
            self._told.excluded[REMOVED] = len(self._removed)
        hasten(self._press.workshop, [part.key for part in parts])
        return parts

    def commit(self, wanted: Part) -> str:
        """The newest commit of a part."""
        return wanted.key.commits[0]

    def place(self, wanted: Part, dossier: Dossier | None = None) -> Place | None:
        """The part's page; a part that is none any more is planned again."""
        del dossier  # the part says all that it was built from
        for key, entry in self._press.untold(wanted.whole):
            if key == wanted.key:
                if not self._stands(key, entry):
                    return Place(entry)
                self._told.unchanged += 1
                return None
        self._seen.difference_update(wanted.key.commits)
        self._again += self.plan([wanted.whole])
        return None

    def dossiers(self, wanted: Sequence[Part], jobs: int) -> Generator[Dossier, None, None]:
        """Built from history; another run may have moved the index to another branch meanwhile."""
        keys = [part.key for part in wanted]
        index = self._press.workshop.index
        for key in keys[-1:]:
            index.follow(key.commits[0])
        if all(index.depth(key.commits[0]) is not None for key in keys):
            yield from build_dossiers(self._press.workshop, keys, jobs=jobs)
            return
        for key in keys:
            index.follow(key.commits[0])
            yield from build_dossiers(self._press.workshop, [key])

    def again(self) -> list[Part]:
        """The parts that were planned again."""
        found, self._again = self._again, []
        return found

    def _stands(self, key: SubjectKey, entry: Entry | None) -> bool:
        return entry is not None and is_told(entry, key) and not self._force


class Revoicing:
    """Pages that are to be worded anew from their stored dossiers, by the newest commit of each.

    Args:
        press: Of the series.
    """

    def __init__(self, press: Press) -> None:
        self._press = press
        self._again: list[str] = []

    def commit(self, wanted: str) -> str:
        """The newest commit of a page."""
        return wanted

    def place(self, wanted: str, dossier: Dossier | None = None) -> Place | None:
        """The page, if it is still there; one whose dossier was written anew meanwhile is worded from that."""
        entry = self._press.series.by_commit(wanted)
        if entry is not None and dossier is not None and self._press.stored_dossier(entry) != dossier:
            self._again.append(wanted)
            return None
        return Place(entry) if entry is not None else None

    def dossiers(self, wanted: Sequence[str], jobs: int) -> Generator[Dossier, None, None]:
        """As the sidecars have them."""
        del jobs
        for commit in wanted:
            entry = self._press.series.by_commit(commit)
            assert entry is not None, commit
            yield self._press.stored_dossier(entry)

    def again(self) -> list[str]:
        """Pages that have another dossier now."""
        found, self._again = self._again, []
        return found
