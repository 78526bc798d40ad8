"""Carrying out what `following` found: pages move to other commits, or are retired.

A page that moves is made anew from its new commits under its old number, with what people wrote on it. No model is
asked, since most rewritings change no more than hashes: what a model said on it stays as far as the gate lets it stand
beside the new facts, and pages that lost something of that are named, for whoever has a model at hand.

Some hundreds of pages are moved in one turn; then others have theirs, and what is left is found anew. So a run that is
killed leaves pages of which each is whole, and the next one goes on where it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chronicles.documents.bylines import by_model
from chronicles.documents.drafting import draft_page
from chronicles.documents.merging import read_page
from chronicles.documents.retired import retired_page
from chronicles.dossier import SubjectKey
from chronicles.evidence.parallel import build_dossiers
from chronicles.writers import PlainWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from chronicles.documents.edits import Conflict
    from chronicles.documents.following import Following
    from chronicles.documents.page import Page
    from chronicles.documents.series import Entry, Series
    from chronicles.documents.telling import Press
    from chronicles.dossier import Dossier

    Step = Callable[[int, int], None]
    """Told how many pages have been made anew, and how many there are."""

__all__ = ["Followed", "follow", "pretend"]

_SLICE = 500
"""Pages that move in one turn."""
_SHA = re.compile(r"[0-9a-f]{40,64}")


@dataclass(slots=True)
class Followed:
    """What following rewritten history did."""

    moved: dict[Path, None] = field(default_factory=dict)
    """Pages that tell other commits than before, each once."""
    retired: dict[Path, None] = field(default_factory=dict)
    """Pages that tell nothing any more."""
    relinked: dict[Path, None] = field(default_factory=dict)
    """Pages that changed since those did."""
    conflicts: list[tuple[Path, Conflict]] = field(default_factory=list)
    """Lines of people that hide what the rendering would now say."""
    reword: list[str] = field(default_factory=list)
    """A commit of each page that a model should word anew, where there is one: some of its words could not stay."""
    waiting: frozenset[str] = frozenset()
    """Merges that pages will give way to once these have pages: whoever writes one should follow again."""

    @property
    def written(self) -> dict[Path, None]:
        """All pages that changed."""
        return self.moved | self.retired | self.relinked

    def join(self, other: Followed) -> None:
        """Count what was done later as done with this."""
        self.moved |= other.moved
        self.retired |= other.retired
        self.relinked |= other.relinked
        self.conflicts += other.conflicts
        self.reword += other.reword
        self.waiting = other.waiting


def follow(
    press: Press,
    find: Callable[[Series], Following],
    *,
    jobs: int = 1,
    step: Step | None = None,
) -> Followed:
    """Have pages follow rewritten history.

    Args:
        press: Of the series of episodes.
        find: Finds what the pages should tell; called in a turn, with the index on the published line.
        jobs: How many processes build dossiers.
        step: Called after each page that was made anew, for a progress bar.
    """
    followed = Followed()
    left = -1
    while left:
        with press.turn():
            following = find(press.series)
            followed.waiting = following.waiting
            turn = _Turn(press, following, followed, step)
            if following:
                turn.carry_out(jobs)
            left = len(following.moves) - turn.moved
    return followed


def pretend(press: Press, following: Following) -> None:
    """Have the series, and no file, know what pages will tell: for a run that writes nothing."""
    press.series.add(*_Turn(press, following, Followed()).entries(following.moves))


class _Turn:
    """What is done in one turn."""

    def __init__(self, press: Press, following: Following, followed: Followed, step: Step | None = None) -> None:
        self._press = press
        self._following = following
        self._followed = followed
        self._step = step
        self.moved = 0

    def entries(self, numbers: Iterable[int]) -> list[Entry]:
        """The entries of pages as they will be."""
        found = []
        for number in numbers:
            entry, commits = self._entry(number), self._following.moves[number]
            depth = self._press.workshop.index.depth(commits[-1])
            assert depth is not None, commits
            former = tuple(sha for sha in (*entry.commits, *entry.former) if sha not in commits)
            kind = "commit" if len(commits) == 1 else "group"
            base = self._press.workshop.parent(depth)
            told = replace(entry, kind=kind, commits=commits, base=base, former=former, retired_into=None)
            found.append(replace(told, has_page=True, has_sidecar=True))
        return found

    def carry_out(self, jobs: int) -> None:
        """Move and retire pages, as many as one turn is for."""
        series, following = self._press.series, self._following
        numbers = sorted(following.moves)[:_SLICE]
        # Pages are retired when all others have moved: what they went into is told by one of those.
        retired = following.retired if len(numbers) == len(following.moves) else {}
        touched = [self._entry(number) for number in (*numbers, *retired)]
        stored = {number: self._press.stored(number) for number in numbers}
        moved = self.entries(numbers)
        series.add(*moved, *(replace(self._entry(number), retired_into=into) for number, into in retired.items()))
        pages = self._anew(moved, stored, jobs)
        # What leads to a page is written before the page, as in any run: if it ends here, the next one moves the page,
        # and then what leads there is right.
        self._relink_others([page.dossier.subject for page in pages], touched)
        for page in sorted(pages, key=lambda page: page.number):
            self._publish(replace(page, links=self._press.links(page)), self._followed.moved)
        for number, into in sorted(retired.items()):
            self._publish(retired_page(self._press, self._entry(number), into), self._followed.retired)
        if following.removed and len(numbers) == len(following.moves):
            series.follow_removed(following.removed)
        self.moved = len(numbers)

    def _entry(self, number: int) -> Entry:
        entry = self._press.series.by_number(number)
        assert entry is not None, number
        return entry

    def _anew(self, moved: Iterable[Entry], stored: dict[int, Page | None], jobs: int) -> list[Page]:
        """Make pages anew, and have the series know their titles; none is published yet."""
        index = self._press.workshop.index
        ordered = sorted(moved, key=lambda entry: index.depth(entry.commits[0]) or 0)
        keys = []
        for entry in ordered:
            before = stored[entry.number]
            reading = before.dossier.subject.reading if before else "full"
            keys.append(SubjectKey(entry.kind, entry.commits, entry.base, reading))
        pages = []
        for entry, dossier in zip(ordered, build_dossiers(self._press.workshop, keys, jobs=jobs), strict=True):
            before = stored[entry.number]
            page = self._worded(entry.number, before, dossier)
            self._press.enter(page)
            pages.append(page)
            if self._step:
                done = len(self._followed.moved)
                self._step(done + len(pages), done + len(self._following.moves))
            if before and (before.retired or (before.byline and _words(before) != _words(page))):
                self._followed.reword.append(entry.commits[0])
        return pages

    def _worded(self, number: int, before: Page | None, dossier: Dossier) -> Page:
        """A page in the words that it has, or in plain ones where it has none."""
        if before is not None and before.byline:
            return self._press.restate(before, dossier)
        return self._press.settle(draft_page(PlainWriter(), self._press.cast, dossier), number)

    def _publish(self, page: Page, into: dict[Path, None]) -> None:
        path = self._press.page_path(page.number)
        conflicts, _ = self._press.publish(page)
        into[path] = None
        self._followed.conflicts += [(path, conflict) for conflict in conflicts]

    def _relink_others(self, keys: Sequence[SubjectKey], touched: Collection[Entry]) -> None:
        """Render pages anew that lead to others which are touched, or may name what has a page now."""
        press, series = self._press, self._press.series
        numbers = {entry.number for entry in touched}
        near = {one.number for number in numbers for one in series.neighbours(number) if one is not None}
        shas = {sha for entry in touched for sha in entry.commits} | {sha for key in keys for sha in key.commits}
        others = [entry for entry in series if entry.number not in numbers and entry.commits]
        for entry in others:
            if (entry.number in near or (entry.has_sidecar and _names(entry, shas))) and press.relink(entry.number):
                self._followed.relinked[entry.page] = None
        if keys:
            press.relink_later(others, keys)


def _words(page: Page) -> set[str]:
    """The claims that a model words on a page, told from those that it does not."""
    of_model = {one.claim for one in by_model(page.sentences)}
    return {f"{one.claim} {one.claim in of_model}" for one in page.sentences if one.claim}


def _names(entry: Entry, shas: Collection[str]) -> bool:
    """Whether a page names one of some commits as an earlier one that has a page."""
    head = read_page(entry.sidecar).partition('\n"dossier"')[0]
    return not set(_SHA.findall(head)).isdisjoint(shas)
