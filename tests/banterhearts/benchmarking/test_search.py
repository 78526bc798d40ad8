"""Halving towards a change, with a bench that knows the truth."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from banterhearts.benchmarking.search import Effect, Span, search

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LINE = [f"c{number:02d}" for number in range(31, -1, -1)]
"""Newest first."""


class Oracle:
    """A bench that measures without noise: the levels change at some commits, and others do not build."""

    def __init__(self, changes: Mapping[str, float], broken: Sequence[str] = (), *, least: float = 0.02) -> None:
        self.changes, self.broken, self.least = changes, set(broken), least
        self.sat: list[tuple[str, ...]] = []
        self.known: set[str] = set()

    def sit(self, commits: Sequence[str]) -> None:
        """Measure."""
        assert list(commits) == sorted(commits), "the oldest comes first"
        self.sat.append(tuple(commits))
        self.known |= set(commits)

    def fails(self, commit: str) -> bool:
        """Known only once it was tried."""
        return commit in self.broken & self.known

    def effect(self, span: Span) -> Effect | None:
        """The truth."""
        assert any(set(span) <= set(sat) for sat in self.sat), "asked of commits that never sat together"
        if self.broken & set(span):
            return None
        size = abs(sum(change for commit, change in self.changes.items() if span.older < commit <= span.newer))
        return Effect(size >= self.least, size)


@pytest.mark.parametrize("place", range(1, 32))
def test_a_change_is_found_wherever_it_is(place: int) -> None:
    """At the right commit, in as many sittings as the logarithm of the line, and measured once more on its own."""
    commit = f"c{place:02d}"
    oracle = Oracle({commit: 0.05})
    assert list(search(LINE, oracle)) == [Span(f"c{place - 1:02d}", commit)]
    assert len(oracle.sat) <= 7
    assert oracle.sat[-1] == (f"c{place - 1:02d}", commit)


def test_without_a_change_two_commits_are_measured() -> None:
    """The ends say that there is nothing to look for."""
    oracle = Oracle({})
    assert list(search(LINE, oracle)) == []
    assert oracle.sat == [("c00", "c31")]


def test_several_changes_are_all_found() -> None:
    """Both halves are followed where both changed."""
    oracle = Oracle({"c03": 0.05, "c17": 0.1, "c18": -0.04, "c30": 0.2})
    assert [span.newer for span in search(LINE, oracle)] == ["c30", "c18", "c17", "c03"]


def test_a_change_too_small_for_its_halves_is_followed_where_it_is_larger() -> None:
    """Many small steps add up to one that shows; the search ends, and claims nothing that it could not confirm."""
    oracle = Oracle({f"c{place:02d}": 0.001 for place in range(1, 32)})
    assert list(search(LINE, oracle)) == []


@pytest.mark.parametrize("seed", range(10))
def test_commits_that_do_not_build_are_stepped_around(seed: int) -> None:
    """The span around the change is as narrow as the commits that can be measured allow."""
    chance = random.Random(seed)  # noqa: S311 - a test that repeats itself
    broken = chance.sample(LINE[1:-1], 12)
    changed = chance.choice(LINE[:-1])
    oracle = Oracle({changed: 0.05}, broken)
    able = [commit for commit in LINE if commit not in broken]
    newer = min(commit for commit in able if commit >= changed)
    older = max(commit for commit in able if commit < changed)
    assert list(search(LINE, oracle)) == [Span(older, newer)]


def test_ends_that_do_not_build_give_way_to_the_next() -> None:
    """The outermost commits that can be measured are the ends."""
    oracle = Oracle({"c10": 0.05}, ["c31", "c30", "c00"])
    assert [span.newer for span in search(LINE, oracle)] == ["c10"]


def test_a_line_of_which_nothing_builds_has_no_change() -> None:
    """And the search ends."""
    assert list(search(LINE[:5], Oracle({}, LINE))) == []
    assert list(search(LINE[:1], Oracle({}))) == []


def test_suspects_are_looked_into_too() -> None:
    """Where earlier medians point, a change is found that a later one undid; a false suspicion costs a sitting."""
    oracle = Oracle({"c10": 0.05, "c20": -0.05})
    assert list(search(LINE, oracle)) == []
    suspects = [Span("c08", "c12"), Span("c19", "c20"), Span("c25", "c26")]
    assert [span.newer for span in search(LINE, oracle, suspects)] == ["c20", "c10"]


def test_a_change_that_was_suspected_is_told_once() -> None:
    """Found between the ends and by suspicion, it is one change."""
    assert list(search(LINE, Oracle({"c10": 0.05}), [Span("c09", "c10")])) == [Span("c09", "c10")]
