"""The published line as pages are matched to it: which commits are its steps, and which of them is which old commit.

A commit that was rewritten is known again by its patch, whatever its message became, and else by its author, the
author's time and its subject, which git keeps whatever the patch became. Both are asked of the objects; where a clone
never had the old ones, the page's own sidecar still says who, when and in what words.

Work is bounded by the pages: only steps near the tip are looked through, a thousand and two for each page. What was
found of a commit's patch is kept with the caches, so that a page whose commit is nowhere costs the next run nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from chronicles.documents.page import load_page
from chronicles.errors import GitFailed, PageError
from chronicles.evidence.facts import clean
from chronicles.evidence.subject import exclusion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from chronicles.documents.page import Page
    from chronicles.documents.series import Entry
    from chronicles.evidence.build import Workshop
    from chronicles.history.commit import Commit
    from chronicles.history.fates import Fate

__all__ = ["Identity", "Line", "PublishedLine"]

_NEARBY = 1000
_PATCHES = "patch-id 1"
"""Under which name the cache keeps what patches are; another number where they are digested otherwise."""
_COMPARED = 100
"""Characters of a subject that are compared: a sidecar has it shortened."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What git keeps of a commit that is rewritten."""

    author: str
    authored_at: str
    """With its offset; empty where a sidecar does not say it, as of the members of a group."""
    subject: str

    @property
    def timeless(self) -> Identity:
        """The same without the time."""
        return replace(self, authored_at="")


class Line(Protocol):
    """What matching asks of a line and its repository."""

    def place(self, sha: str) -> int | None:
        """The depth of a commit that is a step of the line."""
        ...

    def step(self, depth: int) -> str:
        """The commit at a depth."""
        ...

    def tellable(self, sha: str) -> bool:
        """Whether a step may have a page."""
        ...

    def ours(self, sha: str) -> bool:
        """Whether a step has nothing but our own output: it may stand in a group, and has no page of its own."""
        ...

    def nearby(self, first: int, pages: int) -> Iterator[str]:
        """The steps from a depth on, oldest first, as far back as so many pages are worth."""
        ...

    def fork(self, sha: str) -> int:
        """The depth of the step that a commit beside the line stands on; -1 where none is known."""
        ...

    def fates(self, shas: Collection[str]) -> Mapping[str, Fate]:
        """What became of commits beside the line."""
        ...

    def merge_of(self, sha: str) -> str:
        """The step that brought in a commit which is an ancestor of the tip."""
        ...

    def patch_ids(self, shas: Sequence[str]) -> dict[str, str]:
        """What stored commits change, each as a digest; of those that change nothing, none."""
        ...

    def identities(self, shas: Sequence[str]) -> dict[str, Identity]:
        """Who wrote stored commits, when and with what subject."""
        ...

    def stored_identities(self, entry: Entry) -> dict[str, Identity]:
        """The same of the commits of a page as its sidecar has it."""
        ...


class PublishedLine:
    """The first-parent line that ends at a commit.

    Args:
        workshop: Whose index holds the line, and perhaps more behind its tip: a reset leaves that there.
        tip: Full id.
    """

    def __init__(self, workshop: Workshop, tip: str) -> None:
        self._workshop = workshop
        self._index = workshop.index
        self._repository = workshop.repository
        self._tip = tip
        depth = self._index.depth(tip)
        assert depth is not None, tip
        self._depth = depth
        self._brought: dict[str, str] = {}
        """Commits that merges brought in, and the merge of each, as far as it was asked for."""

    def place(self, sha: str) -> int | None:
        """The depth of a commit that is a step of the line."""
        depth = self._index.depth(sha)
        return depth if depth is not None and depth <= self._depth else None

    def step(self, depth: int) -> str:
        """The commit at a depth."""
        step = self._index.step(depth)
        assert step is not None, depth
        return step.sha

    def tellable(self, sha: str) -> bool:
        """Whether a step may have a page."""
        step = self._index.step_of(sha)
        return step is not None and exclusion(step) is None

    def ours(self, sha: str) -> bool:
        """Whether a step has nothing but our own output: it may stand in a group, and has no page of its own."""
        step = self._index.step_of(sha)
        return step is not None and not step.skipped and exclusion(step) is not None

    def nearby(self, first: int, pages: int) -> Iterator[str]:
        """The steps from a depth on, oldest first, as far back as so many pages are worth."""
        first = max(first, self._depth - _NEARBY - 2 * pages, 0)
        return (step.sha for step in self._index.steps(first, self._depth))

    def fork(self, sha: str) -> int:
        """The depth of the step that a commit beside the line stands on; -1 where none is known."""
        if self._repository.find_tree(sha) is None:
            return -1
        oldest = sha
        try:
            for step in self._repository.steps(sha, stop=_Steps(self)):
                oldest = step
            (commit,) = self._repository.commits([oldest], changes=False)
        except GitFailed:
            # What nothing leads to may have lost its parents already.
            return -1
        depth = self.place(commit.parents[0]) if commit.parents else None
        return -1 if depth is None else depth

    def fates(self, shas: Collection[str]) -> Mapping[str, Fate]:
        """What became of commits beside the line."""
        return self._repository.fates(shas, self._tip)

    def merge_of(self, sha: str) -> str:
        """The step that brought in a commit which is an ancestor of the tip; found by halving."""
        if sha in self._brought:
            return self._brought[sha]
        low, high = 0, self._depth
        while low < high:
            middle = (low + high) // 2
            if self._repository.is_ancestor(sha, self.step(middle)):
                high = middle
            else:
                low = middle + 1
        merge = self.step(low)
        self._brought |= dict.fromkeys((sha, *self._repository.brought_in(merge)), merge)
        return merge

    def patch_ids(self, shas: Sequence[str]) -> dict[str, str]:
        """What stored commits change, each as a digest; of those that change nothing, none."""
        cache, excluded = self._workshop.cache, self._workshop.rules.excluded
        found: dict[str, str] = {}
        unknown: list[str] = []
        rules = " ".join((_PATCHES, *excluded))
        for sha in shas:
            known = cache.look(f"{rules} {sha}")
            if known is None:
                unknown.append(sha)
            elif known:
                found[sha] = known
        made = self._repository.patch_ids(unknown, excluded)
        for sha in unknown:
            cache.keep(f"{rules} {sha}", made.get(sha, ""))
        return found | made

    def identities(self, shas: Sequence[str]) -> dict[str, Identity]:
        """Who wrote stored commits, when and with what subject."""
        return {commit.sha: _identity(commit) for commit in self._repository.commits(shas, changes=False)}

    def stored_identities(self, entry: Entry) -> dict[str, Identity]:
        """The same of the commits of a page as its sidecar has it."""
        try:
            return dict(_stored(load_page(entry.sidecar)))
        except PageError:
            return {}


class _Steps:
    """The steps of a line, as a container for `Repository.steps`."""

    def __init__(self, line: PublishedLine) -> None:
        self._line = line

    def __contains__(self, sha: object) -> bool:
        return isinstance(sha, str) and self._line.place(sha) is not None


def _identity(commit: Commit) -> Identity:
    subject = commit.subject or "(no message)"
    return Identity(clean(commit.author.name), commit.authored_at.isoformat(), clean(subject)[:_COMPARED])


def _stored(page: Page) -> Iterator[tuple[str, Identity]]:
    """The identities that the facts of a page tell."""
    ledger, key = page.dossier.ledger, page.dossier.subject
    if key.kind == "commit" and "commit.author" in ledger:
        words = ledger.string("commit.subject")[:_COMPARED]
        yield key.commits[0], Identity(ledger.string("commit.author"), ledger.string("commit.authored_at"), words)
    for entry in ledger.numbered("member") if key.kind == "group" else ():
        words = ledger.string(f"{entry}.subject")[:_COMPARED]
        yield ledger.string(f"{entry}.sha"), Identity(ledger.string(f"{entry}.author"), "", words)
