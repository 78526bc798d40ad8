"""Which page has which steps, when history was rewritten and several pages lead to one, or one page to several.

Pages choose in the order of their numbers, those that tell something before retired ones; what is chosen is gone. A
page tells steps that follow each other, so of those that its commits became it takes the longest run. Where commits
share pages by their day or their release, a rewriting changes which do: a rebase gives all commits one day. There a
page takes the whole subject that most of its commits fall into, as a new repository would have it. A page that has
nothing left to choose went into a step of another.

Pages whose commits are as they were stand. A subject that one of them stands in grows around it, or goes with it to a
page with a lower number; only where it reaches over the border, somebody wanted it so, and the others keep beside it
what they have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from chronicles.documents.line import Line
    from chronicles.documents.series import Entry, Series
    from chronicles.dossier import SubjectKey

    Divide = Callable[[int], Sequence[SubjectKey]]
    """Gives the subjects of pages from that of the step at a depth on, oldest first."""

__all__ = ["assign"]


def assign(
    series: Series,
    line: Line,
    claims: Mapping[int, Collection[str]],
    asleep: Collection[int],
    divide: Divide | None,
) -> tuple[dict[int, tuple[str, ...]], dict[int, str]]:
    """Give steps to pages.

    Args:
        series: Of the pages.
        line: The published line.
        claims: The steps that the commits of each page became; several pages may have one.
        asleep: Which of these pages are retired.
        divide: How steps are divided into subjects; None where each has a page of its own.

    Returns:
        The steps of each page that moves, newest first, and of each page that has none the newest that it led to.
    """
    return _Choice(series, line, claims, asleep, divide).made()


class _Choice:
    """One round of choosing."""

    def __init__(
        self,
        series: Series,
        line: Line,
        claims: Mapping[int, Collection[str]],
        asleep: Collection[int],
        divide: Divide | None,
    ) -> None:
        self._series = series
        self._line = line
        self._claims = claims
        self._asleep = asleep
        self._subject_of: dict[str, tuple[str, ...]] = {}
        if divide and claims:
            first = min(line.place(step) or 0 for steps in claims.values() for step in steps)
            self._subject_of = {sha: key.commits for key in divide(first) for sha in key.commits}
        self._gone: set[str] = set()
        """Steps that were chosen."""
        self._found: dict[int, tuple[str, ...]] = {}
        self._lost: dict[int, str] = {}

    def made(self) -> tuple[dict[int, tuple[str, ...]], dict[int, str]]:
        """Have all pages choose."""
        for number in sorted(self._claims, key=lambda one: (one in self._asleep, one)):
            steps = sorted(self._claims[number], key=lambda step: self._line.place(step) or 0)
            keys = [self._subject_of[step] for step in steps if step in self._subject_of]
            wanted = sorted(dict.fromkeys(keys), key=lambda key: -keys.count(key))
            if wanted and self._is_whole(wanted[0]):
                self._choose_subject(number, steps, wanted)
            else:
                self._choose_run(number, steps)
        return self._found, self._lost

    def _choose_subject(self, number: int, steps: Sequence[str], wanted: Sequence[tuple[str, ...]]) -> None:
        """Take the first subject that is left, with the pages that stand in it; else go into the one most wanted."""
        for key in wanted:
            standing = self._standing(key)
            first = not standing or (number not in self._asleep and number < standing[0].number)
            if first and self._is_whole(key) and self._gone.isdisjoint(key):
                self._take(number, key)
                self._lost |= {entry.number: entry.commits[0] for entry in standing}
                return
        self._lost[number] = next(step for step in reversed(steps) if step in wanted[0])
        standing = self._standing(wanted[0])
        if standing and self._gone.isdisjoint(wanted[0]) and set(standing[0].commits) != set(wanted[0]):
            self._take(standing[0].number, wanted[0])

    def _choose_run(self, number: int, steps: Sequence[str]) -> None:
        """Take the longest run that is left; of two that are as long the older one."""
        runs: list[list[str]] = []
        before = -1
        for step in steps:
            if step in self._gone:
                continue
            depth = self._line.place(step) or 0
            between = [self._line.step(at) for at in range(before + 1, depth)] if runs else []
            # A commit of pages parts nobody's work.
            if not runs or not all(map(self._line.ours, between)):
                runs.append([])
                between = []
            runs[-1] += [*between, step]
            before = depth
        if runs:
            self._take(number, tuple(reversed(max(runs, key=len))))
        else:
            self._lost[number] = steps[-1]

    def _take(self, number: int, steps: tuple[str, ...]) -> None:
        self._found[number] = steps
        self._gone.update(steps)

    def _standing(self, key: Sequence[str]) -> list[Entry]:
        """The pages inside a subject whose commits are as they were, by number."""
        told = (entry for sha in key if (entry := self._series.by_commit(sha)) is not None)
        entries = {entry.number: entry for entry in told if entry.number not in self._claims}
        return [entries[number] for number in sorted(entries)]

    def _is_whole(self, key: Sequence[str]) -> bool:
        """Whether no page that stands in a subject reaches over its border."""
        return all(set(entry.commits) <= set(key) for entry in self._standing(key))
