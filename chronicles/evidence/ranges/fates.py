"""Where each commit of a range goes: told by a line of its own, grouped with others of its kind, or excluded by a rule.

The rules are asked in one order, and the first that holds decides, so each commit is in exactly one place:

1. what was undone within the range, and what undid it;
2. of what breaks something, only that of which nothing comes with the range: the base has it already as another commit,
   or the branch was merged without taking anything of it, and its change stands nowhere in the tree; or what is told
   are some paths, and it touches none. The document names each such break. Every other one is told, whatever the rules
   below say, since who upgrades must meet it;
3. merges that add nothing of their own; the trailer `Chronicle: skip`; commits without a change; commits of generated
   pages only, outside the document's paths, or of files that the ignore file covers;
4. what the base already has as another commit;
5. copies of a commit of the range, which are told with it once; of a copy that breaks something the break is told once
   as well, if both say it in the same words;
6. commits that a squash holds, and those of a branch that was merged without taking anything of it.

What is left is news. What may touch those who take the range over gets a line each (see `salience`); the others are
counted by type. Where all of a small range fits, all of it is told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from chronicles.evidence.ranges.graph import Graph
from chronicles.evidence.ranges.netting import find_undone
from chronicles.evidence.ranges.salience import choose
from chronicles.evidence.ranges.standing import stands
from chronicles.evidence.ranges.twins import find_copies, find_known, find_squash
from chronicles.evidence.ranges.works import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chronicles.evidence.ranges.span import Span
    from chronicles.evidence.ranges.works import Work

__all__ = ["COPY", "KNOWN", "MERGE", "SQUASHED", "UNDONE", "VOID", "Fates", "Group", "Told", "find_fates"]

UNDONE = "undone"
MERGE = "merge"
KNOWN = "already in base"
VOID = "merged without effect"
COPY = "copy"
SQUASHED = "squashed"

_SOME = 3
"""Commits of which one can say where they mostly are."""
_SQUASHES = 200
"""Merges without effect whose branch is looked for in a squash, the first ones."""


@dataclass(frozen=True, slots=True)
class Told:
    """A commit with a line of its own."""

    work: Work
    copies: int
    """Commits that are the same patch, without itself."""
    squashed: int
    """Commits whose squash it is."""


@dataclass(frozen=True, slots=True)
class Group:
    """Commits that are counted together."""

    kind: str
    """A type, `COPY` or `SQUASHED`."""
    shas: tuple[str, ...]
    component: str
    """Where more than half of three or more of one type changed most; empty where there is no such place."""


@dataclass(frozen=True, slots=True)
class Fates:
    """Where the commits of a range went: each is in one place."""

    told: tuple[Told, ...]
    """The most salient first."""
    grouped: tuple[Group, ...]
    """The biggest first."""
    excluded: Mapping[str, tuple[str, ...]]
    """Rule to commits, the rule of most commits first."""
    undone: tuple[tuple[Work, Work], ...]
    """What was undone with what undid it, breaks first, then the newest; merges by what they brought in."""
    absent: Mapping[str, tuple[Work, ...]]
    """Rule to the breaks that it excluded since nothing of them comes with what is told, the newest first."""


def find_fates(span: Span) -> Fates:
    """Find where each commit of a range goes."""
    return _Sorting(span).fates()


class _Sorting:
    """The commits of a range with all that decides where they go."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._works = span.works
        self._graph = Graph(self._works)
        self._copies = find_copies(span, self._works)
        self._undone = find_undone(
            self._works, self._graph, span.repository, span.excluded, copies=self._copies, void=self._void
        )
        self._copies_of: Counter[int] = Counter()
        self._squashed_in: Counter[int] = Counter()

    def fates(self) -> Fates:
        """Sort them."""
        places: dict[str, list[Work]] = defaultdict(list)
        left = list(self._leave_out(places))
        firsts = {work.at: work for work in left}
        squashes = self._squashes(left)
        news: list[Work] = []
        again: dict[str, list[Work]] = {COPY: [], SQUASHED: []}
        for work in left:
            first = self._first_of(work, firsts)
            squash = squashes.get(self._void.get(work.at, -1))
            if first is not None:
                again[COPY].append(work)
                self._copies_of[first.at] += 1
            elif work.at not in self._void or (work.breaking and (squash is not None or self._stands(work))):
                news.append(work)
            elif squash is not None:
                again[SQUASHED].append(work)
                self._squashed_in[squash.at] += 1
            else:
                places[VOID].append(work)
        choice = choose(news)
        excluded = sorted(places.items(), key=lambda item: (-len(item[1]), item[0]))
        return Fates(
            told=tuple(Told(one, self._copies_of[one.at], self._squashed_in[one.at]) for one in choice.told),
            grouped=(*_by_type(choice.rest), *(_group(kind, works, "") for kind, works in again.items() if works)),
            excluded={rule: tuple(work.sha for work in works) for rule, works in excluded},
            undone=self._pairs(),
            absent={rule: breaks for rule in (KNOWN, VOID, OUTSIDE) if (breaks := _breaks(places.get(rule, ())))},
        )

    @cached_property
    def _void(self) -> dict[int, int]:
        """The commits of which merges took nothing, each with its merge; of those that were taken themselves."""
        merges = [work.at for work in self._works if work.commit.is_merge and not work.forward]
        taken = self._graph.taken(self._graph.place[self._span.tip], set(merges))
        found: dict[int, int] = {}
        for merge in merges:
            for member in self._graph.brought_in(merge) if merge in taken else ():
                found.setdefault(member, merge)
        return found

    def _stands(self, work: Work) -> bool:
        """Whether what a commit changed is in the tree all the same."""
        (commit,) = self._span.repository.commits([work.sha])
        return stands(commit.changes, self._span.after, self._span)

    def _leave_out(self, places: dict[str, list[Work]]) -> Iterator[Work]:
        """Put away what the first four rules decide; what they leave is yielded."""
        span, netted = self._span, self._undone.netted
        merges = [work.sha for work in self._works if work.commit.is_merge and work.at not in netted]
        own = span.repository.merges_with_own_lines(merges, span.excluded, span.key.paths)
        known = find_known(span, self._works)
        for work in self._works:
            merged = MERGE if work.commit.is_merge and work.sha not in own else ""
            had = KNOWN if work.at in known else ""
            outside = OUTSIDE if work.rule == OUTSIDE else ""
            rule = (outside or had) if work.breaking else merged or work.rule or had
            if work.at in netted:
                places[UNDONE].append(work)
            elif rule:
                places[rule].append(work)
            else:
                yield work

    def _squashes(self, left: Sequence[Work]) -> dict[int, Work]:
        """To each merge without effect, the commit that is its branch's squash."""
        merges = dict.fromkeys(self._void[work.at] for work in left if work.at in self._void)
        elsewhere = [work for work in left if work.at not in self._void]
        found = {at: find_squash(self._span, self._works[at], elsewhere) for at in list(merges)[:_SQUASHES]}
        return {at: work for at, work in found.items() if work is not None}

    def _first_of(self, work: Work, left: Mapping[int, Work]) -> Work | None:
        """The commit that a copy is told with; None for one that is told itself."""
        same = [left[at] for at in self._copies.get(work.at, ()) if at in left]
        if not same:
            return None
        first = min(same, key=lambda one: (one.at in self._void, not one.breaking, one.commit.committed_at, one.at))
        if first is work or first.at in self._void:
            return None
        said = (work.commit.subject, work.note) == (first.commit.subject, first.note)
        return None if work.breaking and not said else first

    def _pairs(self) -> tuple[tuple[Work, Work], ...]:
        pairs = [(self._works[what], self._works[how]) for what, how in self._undone.by.items()]
        told = [pair for pair in pairs if not pair[0].commit.is_merge]
        return tuple(sorted(told, key=lambda pair: (not pair[0].breaking, -pair[0].at)))


def _breaks(works: Iterable[Work]) -> tuple[Work, ...]:
    return tuple(sorted((work for work in works if work.breaking), key=lambda work: -work.at))


def _by_type(works: Sequence[Work]) -> list[Group]:
    kinds: dict[str, list[Work]] = defaultdict(list)
    for work in works:
        kinds[work.type].append(work)
    ordered = sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))
    return [_group(kind, found, _home(found)) for kind, found in ordered]


def _group(kind: str, works: Sequence[Work], component: str) -> Group:
    return Group(kind, tuple(work.sha for work in works), component)


def _home(works: Sequence[Work]) -> str:
    ((component, often),) = Counter(work.component for work in works).most_common(1)
    return component if len(works) >= _SOME and 2 * often > len(works) else ""
