"""Who descends from whom within a range, in memory: a range asks that of thousands of pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from chronicles.evidence.ranges.works import Work

__all__ = ["Graph"]


class Graph:
    """The commits of a range by their places, parents before children."""

    def __init__(self, works: Sequence[Work]) -> None:
        self.place = {work.sha: work.at for work in works}
        self._parents = [[self.place[sha] for sha in work.commit.parents if sha in self.place] for work in works]
        self._first = [self.place.get(work.commit.parents[0]) if work.commit.parents else None for work in works]

    def is_ancestor(self, one: int, other: int) -> bool:
        """Whether one commit is the other or among its ancestors."""
        return one in self._ancestors([other], one)

    def related(self, one: int, other: int) -> bool:
        """Whether one of two commits is an ancestor of the other."""
        return self.is_ancestor(min(one, other), max(one, other))

    def brought_in(self, merge: int) -> set[int]:
        """The commits of the range that a merge brought in, without itself."""
        first = self._first[merge]
        had = self._ancestors([first]) if first is not None else set()
        others = [parent for parent in self._parents[merge] if parent != first]
        return self._ancestors(others) - had

    def taken(self, tip: int, void: Container[int]) -> set[int]:
        """A commit and its ancestors, without those to which only merges lead that took nothing of them."""
        found: set[int] = set()
        stack: list[int | None] = [tip]
        while stack:
            at = stack.pop()
            if at is not None and at not in found:
                found.add(at)
                stack.extend([self._first[at]] if at in void else self._parents[at])
        return found

    def _ancestors(self, starts: Iterable[int], down_to: int = 0) -> set[int]:
        """Commits and their ancestors, as far down as a place: what stands before it cannot lead to it."""
        found: set[int] = set()
        stack = list(starts)
        while stack:
            at = stack.pop()
            if at >= down_to and at not in found:
                found.add(at)
                stack.extend(self._parents[at])
        return found
