"""Which pages follow rewritten history to which commits, and which have nothing to tell any more.

Amending, rebasing, squashing, filtering and resetting replace commits by others, and a page told the old ones. A story
that is still there under another hash keeps its page, its number and what people wrote on it: so each commit of a page
that is no step of the published line any more is looked for among the steps that have no page yet.

In this order, the surest first: by the pairs that git itself told when it rewrote them, over any number of rewritings;
among the commits that the page told before, since a reset goes back; by what the commit changes; and by author, time
and subject where these name one commit on either side. Where several pages lead to one step, as after a squash, the
lowest number keeps it and the others are retired into it. A page of several commits stays one page as long as what is
left of them stands together; where days or tags are told, its commits are divided as those are.

A page whose commit is nowhere is retired, unless some branch or tag still leads there: then it was told on that branch
and belongs to it. A commit that came in by a merge is told by the merge's page, and gives way to it once that is
there; a page that was written after the merge's was asked for and stays. A retired page is looked for like any other,
so that a commit that comes back has its page and number back, but it takes no step from a page that tells something.

Nothing is read or written here: a `Line` knows history, and `moving` carries out what was found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chronicles.documents.dividing import assign
from chronicles.history.fates import Fate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chronicles.documents.dividing import Divide
    from chronicles.documents.line import Identity, Line
    from chronicles.documents.series import Entry, Series

__all__ = ["Following", "Pairs", "find_following"]


@dataclass(frozen=True, slots=True)
class Following:
    """What pages should tell from now on."""

    moves: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Number of a page to the commits that it tells, newest first."""
    retired: Mapping[int, str] = field(default_factory=dict)
    """Number of a page that tells nothing any more to the step that its commits went into, empty if none is known."""
    removed: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Number of a page that was taken out for good to what the commits that it told are now."""
    waiting: frozenset[str] = frozenset()
    """Merges whose pages some pages will give way to, once they are written."""

    def __bool__(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.moves or self.retired or self.removed)


class Pairs:
    """Which commit became which, as git tells it when it rewrites some.

    Args:
        pairs: Old and new, in the order of the rewritings.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._after: defaultdict[str, list[str]] = defaultdict(list)
        for old, new in pairs:
            self._after[old].append(new)

    def after(self, sha: str) -> Iterator[str]:
        """What a commit became, over any number of rewritings, the last one first; each commit once."""
        seen = {sha}
        stack = list(self._after.get(sha, ()))
        while stack:
            one = stack.pop()
            if one not in seen:
                seen.add(one)
                yield one
                stack += self._after.get(one, ())


def find_following(
    series: Series, line: Line, pairs: Iterable[tuple[str, str]] = (), divide: Divide | None = None
) -> Following:
    """Find what the pages of a series should tell.

    Args:
        series: Of episodes.
        line: The published line.
        pairs: Old and new commits, in the order of the rewritings.
        divide: How steps are divided into subjects; None where each has a page of its own.
    """
    tales: list[_Tale] = []
    told: dict[str, int] = {}
    for entry in series:
        missing = [sha for sha in entry.commits if line.place(sha) is None]
        if entry.commits and (missing or entry.retired):
            tales.append(_Tale(entry, missing))
        if not entry.retired:
            told |= {sha: entry.number for sha in entry.commits if sha not in missing}
    gone = {
        one.number: one.commits for one in series.removed if not any(line.place(sha) is not None for sha in one.commits)
    }
    if not tales and not gone:
        return Following()
    return _Matching(series, line, Pairs(pairs), told, tales).find(gone, divide)


@dataclass(slots=True)
class _Tale:
    """A page that may have to follow."""

    entry: Entry
    missing: list[str]
    """Its commits that are no steps of the line."""
    claims: dict[str, None] = field(default_factory=dict)
    """Steps that are its own, or that its commits became."""
    found: set[str] = field(default_factory=set)
    """Those of its missing commits of which it is known what they became."""
    rewritten: bool = False
    """Whether any of its commits is known to have become another."""
    into: list[str] = field(default_factory=list)
    """Steps that its commits became and that it cannot have."""

    @property
    def number(self) -> int:
        """The page's number."""
        return self.entry.number

    @property
    def open(self) -> list[str]:
        """Commits of which it is not known what they became."""
        return [sha for sha in self.missing if sha not in self.found]

    def claim(self, sha: str, step: str, *, free: bool = True) -> None:
        """Note what a commit became: a step that may be had, or one that may not."""
        self.found.add(sha)
        self.rewritten = True
        if free:
            self.claims[step] = None
        else:
            self.into.append(step)


class _Matching:
    """One search."""

    def __init__(
        self, series: Series, line: Line, pairs: Pairs, told: Mapping[str, int], tales: Sequence[_Tale]
    ) -> None:
        self._series = series
        self._line = line
        self._pairs = pairs
        self._told = told
        """Steps with a page that tells them, and its number."""
        self._tales = {tale.number: tale for tale in tales}
        self._live = [tale for tale in tales if not tale.entry.retired]
        self._asleep = [tale for tale in tales if tale.entry.retired]
        self._fates: dict[str, Fate] = {}
        self._bases = {sha: tale.entry.base for tale in tales for sha in tale.missing}
        self._forks: dict[str, int] = {}
        self._waiting: set[str] = set()

    def find(self, gone: Mapping[int, Sequence[str]], divide: Divide | None) -> Following:
        """Match, settle who has what, and say what becomes of each page."""
        for tale in self._tales.values():
            self._claim_known(tale)
        self._ask_fates([sha for tale in self._live for sha in tale.open])
        for tales in (self._live, self._asleep):
            owners = {sha: tale for tale in tales for sha in tale.open}
            for sha, step in self._match({sha: tale.entry for sha, tale in owners.items()}).items():
                owners[sha].claim(sha, step)
        removed = self._follow_removed(gone)
        asleep = {tale.number for tale in self._asleep}
        claims = {n: tale.claims for n, tale in self._tales.items() if tale.claims and not self._elsewhere(tale)}
        moves, lost = assign(self._series, self._line, claims, asleep, divide)
        for tale in self._tales.values():
            tale.into += [lost[tale.number]] if tale.number in lost else []
        retired = {number: into for number, into in lost.items() if number not in asleep}
        for tale in self._live:
            if tale.number not in moves and not self._stays(tale, moves):
                retired[tale.number] = tale.into[0] if tale.into else ""
        return Following(moves, retired | self._of_asleep(moves, retired), removed, frozenset(self._waiting))

    # -- what became of commits -----------------------------------------------------------------------------------

    def _free(self, step: str) -> bool:
        """Whether a page may have a step of the line."""
        return step not in self._told and not self._series.was_removed(step) and self._line.tellable(step)

    def _after(self, sha: str) -> str | None:
        """The step of the line that git says a commit became."""
        return next((one for one in self._pairs.after(sha) if self._line.place(one) is not None), None)

    def _claim_known(self, tale: _Tale) -> None:
        """Claim the steps that need no search: its own, what git says its commits became, what it told before."""
        own = [sha for sha in tale.entry.commits if sha not in tale.missing]
        tale.claims |= dict.fromkeys(sha for sha in own if not tale.entry.retired or self._free(sha))
        for sha in tale.missing:
            step = self._after(sha)
            if step is not None:
                tale.claim(sha, step, free=self._free(step))
        if not tale.open:
            return
        before = [sha for sha in tale.entry.former if self._line.place(sha) is not None and self._free(sha)]
        # Of several commits it is not known which of them each was; together they are what the page told.
        for sha in before[:1] if len(tale.entry.commits) == 1 else before:
            tale.claims[sha] = None
            tale.rewritten = True
        if before and len(tale.entry.commits) == 1:
            tale.found.update(tale.missing)

    def _ask_fates(self, shas: Iterable[str]) -> None:
        unknown = [sha for sha in shas if sha not in self._fates]
        if unknown:
            self._fates |= self._line.fates(unknown)

    def _match(self, wanted: Mapping[str, Entry | None]) -> dict[str, str]:
        """Find commits again among the steps without a page, by what they change, else by who wrote them and when."""
        if not wanted:
            return {}
        floors = {sha: self._floor(sha, entry) for sha, entry in wanted.items()}
        taken = {step for tale in self._tales.values() for step in tale.claims}
        nearby = self._line.nearby(min(floors.values()) + 1, len(wanted))
        steps = [step for step in nearby if step not in taken and self._free(step)]
        if not steps:
            return {}
        self._ask_fates(wanted)
        there = [sha for sha in wanted if self._fates[sha] in (Fate.HELD, Fate.LOST)]
        found = self._alike(self._line.patch_ids(there), self._line.patch_ids(steps), floors)
        rest = [sha for sha in wanted if sha not in found and self._fates[sha] is not Fate.MERGED]
        left = [step for step in steps if step not in found.values()]
        if rest and left:
            who, now = self._identities(rest, wanted), self._line.identities(left)
            found |= self._alike(who, now, floors, once=True)
            # The members of a group have no time in its sidecar.
            timeless = {sha: one for sha, one in who.items() if sha not in found and not one.authored_at}
            now = {sha: one.timeless for sha, one in now.items() if sha not in found.values()}
            found |= self._alike(timeless, now, floors, once=True) if timeless else {}
        return found

    def _identities(self, shas: Sequence[str], entries: Mapping[str, Entry | None]) -> dict[str, Identity]:
        """Who wrote commits, by their objects or by the sidecars that tell them."""
        missing = [sha for sha in shas if self._fates[sha] is Fate.MISSING]
        found = self._line.identities([sha for sha in shas if sha not in missing])
        pages = {entry.number: entry for sha in missing if (entry := entries[sha]) is not None}
        for entry in pages.values():
            stored = self._line.stored_identities(entry)
            found |= {sha: one for sha, one in stored.items() if sha in missing}
        return found

    def _alike(
        self, olds: Mapping[str, object], news: Mapping[str, object], floors: Mapping[str, int], *, once: bool = False
    ) -> dict[str, str]:
        """Pair what has the same mark, in the order of each; with `once` only marks that stand once on either side."""
        steps: defaultdict[object, list[str]] = defaultdict(list)
        for sha, mark in news.items():
            steps[mark].append(sha)
        often = Counter(olds.values())
        found: dict[str, str] = {}
        for sha, mark in olds.items():
            those = steps.get(mark, [])
            if once and (often[mark] > 1 or len(those) > 1):
                continue
            # What a commit stands on is not what it became.
            step = next((one for one in those if (self._line.place(one) or 0) > floors[sha]), None)
            if step is not None:
                found[sha] = step
                if not once:
                    those.remove(step)
        return found

    def _floor(self, sha: str, entry: Entry | None) -> int:
        """The depth of the step that a commit stands on; bases of pages save asking git for each."""
        one = sha if entry is None else entry.base
        chain: dict[str, None] = {}
        while one is not None and one not in self._forks and one in self._bases and one not in chain:
            chain[one] = None
            one = self._bases[one]
        if one is None:
            depth = -1
        elif one in self._forks:
            depth = self._forks[one]
        else:
            place = self._line.place(one)
            depth = self._line.fork(one) if place is None else place
            chain[one] = None
        self._forks |= dict.fromkeys(chain, depth)
        return depth

    def _follow_removed(self, gone: Mapping[int, Sequence[str]]) -> dict[int, tuple[str, ...]]:
        """What the commits of pages that were taken out for good are now, so that they are not told again."""
        taken = {step for tale in self._tales.values() for step in tale.claims}
        became = {sha: step for shas in gone.values() for sha in shas if (step := self._after(sha)) is not None}
        became |= self._match({sha: None for shas in gone.values() for sha in shas if sha not in became})
        found = {
            number: tuple(dict.fromkeys(became[sha] for sha in shas if sha in became and became[sha] not in taken))
            for number, shas in gone.items()
        }
        return {
            number: tuple(filter(self._free, steps)) for number, steps in found.items() if any(map(self._free, steps))
        }

    # -- what becomes of pages ---------------------------------------------------------------------------------------

    def _elsewhere(self, tale: _Tale) -> bool:
        """Whether a page belongs to another branch, which still has its commits."""
        held = any(self._fates.get(sha) is Fate.HELD for sha in tale.missing)
        return held and not tale.rewritten and not tale.entry.retired

    def _stays(self, tale: _Tale, moves: Mapping[int, Sequence[str]]) -> bool:
        """Whether a page stays as it is although none of its commits is a step of the line."""
        if tale.into:
            return False
        self._ask_fates([one for sha in tale.missing for one in self._pairs.after(sha)])
        became = [one for sha in tale.missing for one in (sha, *self._pairs.after(sha))]
        merged = next((sha for sha in became if self._fates[sha] is Fate.MERGED), None)
        if merged is None:
            return self._elsewhere(tale)
        merge = self._line.merge_of(merged)
        teller = next((number for number, steps in moves.items() if merge in steps), self._told.get(merge))
        if teller is None and self._free(merge):
            self._waiting.add(merge)
            return True
        if teller is not None and teller < tale.number:
            return True
        tale.into.append(merge)
        return False

    def _of_asleep(self, moves: Mapping[int, Sequence[str]], retired: Mapping[int, str]) -> dict[int, str]:
        """What is to be said anew of retired pages, since what they went into has moved on or is known only now."""
        found = {}
        for tale in self._asleep:
            into = tale.entry.retired_into or ""
            steps = [sha for sha in tale.entry.commits if sha not in tale.missing]
            if tale.number in moves or (into and self._line.place(into) is not None and (into in steps or not steps)):
                continue
            # A commit that is a step again and has another page went nowhere else.
            now = steps[0] if steps else self._now(into, moves, retired) if into else next(iter(tale.into), "")
            if now != into:
                found[tale.number] = now
        return found

    def _now(self, sha: str, moves: Mapping[int, Sequence[str]], retired: Mapping[int, str]) -> str:
        """The step that a commit is now, or went into; empty where none is known."""
        after = self._after(sha)
        if after is not None:
            return after
        for entry in self._series:
            if sha in entry.commits and entry.number in moves:
                return moves[entry.number][0]
            if sha in entry.commits and not entry.retired:
                return retired.get(entry.number, "")
            if sha in entry.former and not entry.retired and self._line.place(entry.commits[0]) is not None:
                return entry.commits[0]
        return ""
