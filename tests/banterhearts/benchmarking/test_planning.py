"""Who sits together next, from what the store knows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from banterhearts.benchmarking.planning import SIZE, Standing, next_sitting, standing_of
from banterhearts.core.record import ArmKey, Status
from banterhearts.core.store import Entry

ARM = ArmKey("speed", "one", "w", "e", "f")


def history(number: int) -> list[str]:
    """So many commits, newest first: `c9` … `c0`."""
    return [f"c{place}" for place in range(number - 1, -1, -1)]


def run_all(line: list[str], *, failing: set[str] = frozenset(), flaky: set[str] = frozenset()) -> list[list[str]]:  # type: ignore[assignment]  # an empty set for a default
    """Hold sittings until none is planned; commits fail, or are never finished."""
    standings = {commit: Standing() for commit in line}
    tried: set[frozenset[str]] = set()
    held = []
    while sitting := next_sitting(line, standings, tried):
        held.append(sitting)
        assert len(held) < 50, "the plan ends"
        tried |= {frozenset(pair) for pair in pairwise(sitting)} or {frozenset(sitting)}
        for commit in sitting:
            if commit in failing:
                standings[commit] = Standing(failed=True)
            elif commit not in flaky:
                standings[commit] = Standing(standings[commit].sittings | {str(len(held))})
    return held


def linked(held: list[list[str]], newer: str, older: str) -> bool:
    """Whether two commits sat together."""
    return any(newer in sitting and older in sitting for sitting in held)


@pytest.mark.parametrize("number", [2, 3, 5, 6, 7, 10, 11, 12, 23])
def test_each_commit_shares_a_sitting_with_its_parent(number: int) -> None:
    """In as few sittings as their size allows, the oldest of one being the newest of the next."""
    line = history(number)
    held = run_all(line)
    assert all(linked(held, newer, older) for newer, older in pairwise(line))
    assert all(len(sitting) <= SIZE for sitting in held)
    assert len(held) == -(-(number - 1) // (SIZE - 1))
    assert all(later[-1] == earlier[0] for earlier, later in pairwise(held))


def test_the_newest_come_first_and_the_oldest_of_a_sitting_is_its_baseline() -> None:
    """A sitting is given oldest first."""
    assert run_all(history(8))[0] == ["c2", "c3", "c4", "c5", "c6", "c7"]


def test_a_lonely_commit_sits_alone() -> None:
    """Once, whether it gives a measurement or not."""
    assert run_all(["c0"]) == [["c0"]]
    assert run_all(["c0"], failing={"c0"}) == [["c0"]]
    assert run_all(["c0"], flaky={"c0"}) == [["c0"]]


def test_nothing_is_measured_twice() -> None:
    """What shares a sitting needs no other; only the gap is filled."""
    line = history(6)
    standings = {commit: Standing(frozenset({"new"} if commit in {"c5", "c4", "c3"} else {"old"})) for commit in line}
    assert next_sitting(line, standings, set()) == ["c2", "c3"]
    standings["c3"] = Standing(frozenset({"new", "old"}))
    assert next_sitting(line, standings, set()) == []


def test_a_killed_history_goes_on_where_it_stopped() -> None:
    """What was finished is kept; a sitting that was not finished is held again."""
    line = history(11)
    standings = {commit: Standing(frozenset({"1"} if commit in line[:6] else ())) for commit in line}
    assert next_sitting(line, standings, set()) == ["c0", "c1", "c2", "c3", "c4", "c5"]


@pytest.mark.parametrize("failing", [{"c5"}, {"c4"}, {"c9"}, {"c0"}, {"c4", "c5"}, {"c3", "c4", "c5", "c6"}])
def test_a_commit_that_does_not_build_is_stepped_over(failing: set[str]) -> None:
    """Those around it end up in one sitting, also where it was the link between two."""
    line = history(10)
    held = run_all(line, failing=failing)
    able = [commit for commit in line if commit not in failing]
    assert all(linked(held, newer, older) for newer, older in pairwise(able))
    assert sum(sitting.count(commit) for sitting in held for commit in failing) == len(failing), "each is tried once"


def test_all_that_fail_are_tried_once() -> None:
    """A line without one good commit ends, each on record."""
    line = history(8)
    held = run_all(line, failing=set(line))
    assert sorted(commit for sitting in held for commit in sitting) == sorted(line)


def test_what_never_finishes_is_not_tried_for_ever() -> None:
    """A commit that gives neither a measurement nor a failure is left after one sitting."""
    assert len(run_all(history(6), flaky={"c3"})) == 1


def entry(**how: object) -> Entry:
    """An entry of a good run."""
    whole = Entry("r", "p", "d", "a" * 40, False, Status.OK, "2025", ARM, "s", True, False)
    return replace(whole, **how)  # type: ignore[arg-type]  # a test gives fields by name


def test_only_complete_clean_runs_of_the_same_arm_count() -> None:
    """A run of another machine or definition, of changed files, or with blocks missing links nothing."""
    assert standing_of([entry()], ARM).sittings == {"s"}
    for other in (
        entry(arm=ARM._replace(fingerprint="x")),
        entry(dirty=True),
        entry(complete=False),
        entry(sitting=None),
    ):
        assert standing_of([other], ARM) == Standing()


def test_a_commit_has_failed_when_nothing_else_is_known_of_it() -> None:
    """A good run after a failure, or before, counts more than the failure."""
    failed = entry(status=Status.FAILED, complete=False)
    assert standing_of([failed], ARM).failed
    assert not standing_of([failed, entry()], ARM).failed
    assert not standing_of([entry(status=Status.FAILED, complete=False, arm=ARM._replace(workload="x"))], ARM).failed
    assert not standing_of([], ARM).failed
