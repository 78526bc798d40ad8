"""What a range did and undid again: a commit and its revert are together no news.

A revert is believed by its content, never by its words: it must be the exact inverse, either of the whole files, which
then are byte for byte what they were before, or line for line of the patch, where others have worked on the files
since. Words say where to look: `This reverts commit <sha>` and `Revert "<subject>"` name a commit, of which the patch
is compared; without them only whole files are. So a revert by halves stays news, as does the revert of what an earlier
release had.

A revert may be reverted. Then what it undid stands again, and the two reverts are what comes to nothing; a third one
turns that round once more. A revert of a merge undoes all that the merge brought in. Where a commit was also
cherry-picked to another line and both were merged, its revert undoes the copy too: the tree has it no longer. A revert
on a branch that was merged without taking anything of it undoes nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from chronicles.evidence.ranges.graph import Graph
    from chronicles.evidence.ranges.works import Work
    from chronicles.history.repository import Repository

__all__ = ["Undone", "find_undone"]

_LOOKED_AT = 20
"""Commits of the same content among which the one that a revert undoes is looked for, the newest first."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What comes to nothing within a range, by the places of its commits."""

    by: Mapping[int, int]
    """What was undone, to what undid it."""
    netted: frozenset[int]
    """All of these: what was undone, and what undid."""


def find_undone(
    works: Sequence[Work],
    graph: Graph,
    repository: Repository,
    excluded: Sequence[str],
    *,
    copies: Mapping[int, Sequence[int]],
    void: Container[int],
) -> Undone:
    """Find what is undone at the end of a range.

    Args:
        works: The commits, parents before children.
        graph: Their descent.
        repository: Theirs.
        excluded: Output folders.
        copies: To each commit that is the same patch as others, all of them.
        void: The commits of which merges took nothing.
    """
    found = _Pairing(works, graph, repository, excluded).pairs()
    pairs = {revert: target for revert, target in found.items() if revert not in void or target in void}
    by: dict[int, int] = {}
    for revert in sorted(pairs, reverse=True):
        if revert in by:
            continue  # itself undone by a later one, so what it undid stands
        target = pairs[revert]
        by[target] = revert
        for member in graph.brought_in(target) if works[target].commit.is_merge else ():
            by.setdefault(member, revert)
        for copy in copies.get(target, ()):
            if copy < revert and copy not in by and not graph.related(copy, target) and graph.is_ancestor(copy, revert):
                by[copy] = revert
    return Undone(by, frozenset(by) | frozenset(revert for revert in pairs if revert not in by))


class _Pairing:
    """Finds which commit each revert undoes, going through history as it was made."""

    def __init__(self, works: Sequence[Work], graph: Graph, repository: Repository, excluded: Sequence[str]) -> None:
        self._works = works
        self._graph = graph
        self._shas = sorted(graph.place)
        self._by_subject: dict[str, list[int]] = defaultdict(list)
        for work in works:
            self._by_subject[work.commit.subject].append(work.at)
        named = {work.at: list(self._named(work)) for work in works if work.forward and not work.commit.is_merge}
        self._candidates = {at: targets for at, targets in named.items() if targets}
        reverts = [works[at].sha for at in self._candidates]
        targets = [works[at].sha for found in self._candidates.values() for at in found]
        # Without context: what stands around a change may have changed since.
        self._patches = repository.patch_ids(reverts, excluded, context=0)
        self._inverses = repository.patch_ids(targets, excluded, context=0, back=True)
        self._stands = [True] * len(works)
        """Whether each commit is in effect, as far as history has been gone through."""
        self._merges: dict[int, list[int]] = defaultdict(list)
        """To each commit, the undone merges that brought it in."""

    def pairs(self) -> dict[int, int]:
        """Each revert with what it undoes, reverts that were undone themselves included."""
        pairs: dict[int, int] = {}
        same: dict[bytes, list[int]] = defaultdict(list)
        for work in self._works:
            if not work.forward:
                continue
            target = None if work.commit.is_merge else self._target(work, same.get(work.backward, ()))
            if target is not None:
                pairs[work.at] = target
                if self._works[target].commit.is_merge:
                    for member in self._graph.brought_in(target):
                        self._merges[member].append(target)
                self._turn(target, pairs)
            same[work.forward].append(work.at)
        return pairs

    def _named(self, work: Work) -> Iterator[int]:
        """The earlier commits of the range that a message says it reverts."""
        for name in work.reverts:
            at = bisect_left(self._shas, name)
            if at < len(self._shas) and self._shas[at].startswith(name):
                place = self._graph.place[self._shas[at]]
                if place < work.at:
                    yield place
        if work.reverts_subject:
            earlier = [at for at in self._by_subject.get(work.reverts_subject, ()) if at < work.at]
            yield from reversed(earlier[-_LOOKED_AT:])

    def _target(self, work: Work, same: Sequence[int]) -> int | None:
        """What a commit undoes: what it names, else the newest with the very content that it takes back."""
        for at in self._candidates.get(work.at, ()):
            if self._is_inverse(work, self._works[at]) and self._in_effect(at, work):
                return at
        return next((at for at in reversed(same[-_LOOKED_AT:]) if self._in_effect(at, work)), None)

    def _is_inverse(self, work: Work, target: Work) -> bool:
        if work.forward == target.backward:
            return True
        patch = self._patches.get(work.sha)
        return patch is not None and patch == self._inverses.get(target.sha)

    def _in_effect(self, at: int, work: Work) -> bool:
        standing = self._stands[at] and all(self._stands[merge] for merge in self._merges.get(at, ()))
        return standing and self._graph.is_ancestor(at, work.at)

    def _turn(self, at: int, pairs: Mapping[int, int]) -> None:
        """Turn a commit off or on again, and with it what it had turned."""
        turned: int | None = at
        while turned is not None:
            self._stands[turned] = not self._stands[turned]
            turned = pairs.get(turned)
