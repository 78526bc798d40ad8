"""Which commits of a page stay together when history was rewritten, and which pages become one.

A page tells steps that follow each other, so of what its commits became it keeps the longest run. Where commits share
pages by their day or their release, a rewriting changes which do: a rebase gives all commits one day. Then the pages
that were touched are cut as those of a new repository would be, and each subject has the page of the lowest number
among those whose commits it holds; the others went into it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from chronicles.documents.line import Line
    from chronicles.documents.series import Entry, Series
    from chronicles.dossier import SubjectKey

    Divide = Callable[[int], Sequence[SubjectKey]]
    """Gives the subjects of pages from that of the step at a depth on, oldest first."""

__all__ = ["divided", "together"]


def together(line: Line, won: Mapping[int, Iterable[str]]) -> dict[int, tuple[str, ...]]:
    """The longest run of steps of each page, newest first; of two that are as long the older one.

    Args:
        line: Whose steps they are.
        won: The steps of each page, by its number.
    """
    found = {}
    for number, steps in won.items():
        runs: list[list[str]] = []
        before = -1
        for depth, step in sorted((line.place(step) or 0, step) for step in steps):
            between = [line.step(at) for at in range(before + 1, depth)] if runs else []
            # A commit of pages parts nobody's work.
            if not runs or not all(map(line.ours, between)):
                runs.append([])
                between = []
            runs[-1] += [*between, step]
            before = depth
        found[number] = tuple(reversed(max(runs, key=len)))
    return found


def divided(
    series: Series, line: Line, claims: Mapping[int, Collection[str]], asleep: Collection[int], divide: Divide
) -> tuple[dict[int, tuple[str, ...]], dict[int, str]]:
    """Cut the pages that move as the subjects are cut.

    Args:
        series: Of the pages.
        line: The published line.
        claims: The steps that the commits of each page became, several pages may have one.
        asleep: Which of these pages are retired: such a page takes no subject from one that tells something.
        divide: How steps are divided.

    Returns:
        The steps of each page that moves, and the pages that went into another, with its newest step.
    """
    first = min(line.place(step) or 0 for steps in claims.values() for step in steps)
    subject_of = {sha: key.commits for key in divide(first) for sha in key.commits}
    found: dict[int, tuple[str, ...]] = {}
    retired: dict[int, str] = {}
    owned: set[tuple[str, ...]] = set()
    for number in sorted(claims, key=lambda one: (one in asleep, one)):
        steps = sorted(claims[number], key=lambda step: line.place(step) or 0)
        keys = [subject_of[step] for step in steps if step in subject_of]
        wanted = sorted(dict.fromkeys(keys), key=lambda key: -keys.count(key))
        free = [key for key in wanted if key not in owned and _may_have(series, claims, number, key, number in asleep)]
        if free:
            owned.add(free[0])
            found[number] = free[0]
            retired |= {entry.number: free[0][0] for entry in _standing(series, claims, free[0])}
        elif wanted:
            retired[number] = wanted[0][0]
            owned.add(wanted[0])
            found |= _grown(series, claims, wanted[0])
        else:
            found |= together(line, {number: steps})
    return found, retired


def _standing(series: Series, claims: Collection[int], key: Sequence[str]) -> list[Entry]:
    """The pages inside a subject whose commits are as they were, by number."""
    entries = {entry.number: entry for sha in key if (entry := series.by_commit(sha)) and entry.number not in claims}
    return [entries[number] for number in sorted(entries)]


def _may_have(series: Series, claims: Collection[int], number: int, key: Sequence[str], asleep: bool) -> bool:  # noqa: FBT001 - of one caller
    """Whether a subject goes to a page that moves, and not to one that stands in it."""
    standing = _standing(series, claims, key)
    return not standing or (not asleep and number < standing[0].number and _inside(standing, key))


def _grown(series: Series, claims: Collection[int], key: tuple[str, ...]) -> dict[int, tuple[str, ...]]:
    """The page that stands in a subject and gets all of it, if it does not reach over its border."""
    standing = _standing(series, claims, key)
    if not standing or not _inside(standing, key) or set(standing[0].commits) == set(key):
        return {}
    return {standing[0].number: key}


def _inside(entries: Iterable[Entry], key: Collection[str]) -> bool:
    return all(set(entry.commits) <= set(key) for entry in entries)
