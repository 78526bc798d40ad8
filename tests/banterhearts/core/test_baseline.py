"""Which run is compared with which: the nearest commit of the same arm, and there the best pair."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.core.baseline import Match, find_matches
from banterhearts.core.entry import Entry
from banterhearts.core.terms import ArmKey, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ARM = ArmKey("speed", "mining", "w", "e", "machine")
LINE = ("head", "parent", "old", "older", "first")


def entry(run_id: str, commit: str = "head", **settings: Any) -> Entry:
    """A good run of a commit; newer ids are newer runs."""
    fields = {
        "path": f"speed/{run_id}.json",
        "digest": "d" * 64,
        "dirty": False,
        "status": Status.OK,
        "created_at": f"2025-01-01T00:00:00.{int(run_id.strip('abcdefghijklmnopqrstuvwxyz') or 0):06d}+00:00",
        "arm": ARM,
        "sitting": None,
        "complete": True,
        "has_placebo": False,
    }
    return Entry(run_id=run_id, commit=commit, **fields | settings)


def matches(*entries: Entry, line: Sequence[str] = LINE, **options: Any) -> tuple[Match, ...]:
    """The matches among some entries; the order in which a commit's runs are given decides nothing."""

    def runs_in(sitting: str) -> list[Entry]:
        return [one for one in entries if one.sitting == sitting]

    orders = permutations(entries) if len(entries) <= 5 else [entries]
    found = [find_matches(of_commit(order), line, runs_in=runs_in, **options) for order in orders]
    assert all(one == found[0] for one in found)
    return found[0]


def of_commit(entries: Sequence[Entry]) -> Callable[[str], list[Entry]]:
    """What the store answers to the name of a commit."""
    return lambda commit: [one for one in entries if one.commit == commit]


def pair(*entries: Entry, **options: Any) -> tuple[str, str | None, int | None]:
    """The only match, by ids."""
    (match,) = matches(*entries, **options)
    return match.run.run_id, match.baseline and match.baseline.run_id, match.distance


def test_the_nearest_ancestor_is_the_baseline() -> None:
    """Nearness goes before everything that may be better about a run farther away."""
    assert pair(entry("r1"), entry("p1", "parent"), entry("o1", "old")) == ("r1", "p1", 1)
    assert pair(entry("r1"), entry("o1", "old"), entry("o2", "older")) == ("r1", "o1", 2)
    near, far = entry("o1", "old", complete=False), entry("o9", "older", sitting="s")
    assert pair(entry("r1", sitting="s"), near, far) == ("r1", "o1", 2)


def test_without_an_ancestor_there_is_no_baseline() -> None:
    """A run alone is told without a delta, the best there is of the commit."""
    assert pair(entry("r1")) == ("r1", None, None)
    assert pair(entry("r1"), entry("r2", complete=False), entry("r3", "elsewhere")) == ("r1", None, None)
    assert pair(entry("r1"), entry("r2")) == ("r2", None, None)
    assert matches(entry("p1", "parent")) == ()
    assert matches() == ()
    assert matches(entry("r1"), line=()) == ()


@pytest.mark.parametrize(
    "arm",
    [ARM._replace(**{part: "other"}) for part in ARM._fields],
    ids=ARM._fields,
)
def test_another_arm_is_no_baseline(arm: ArmKey) -> None:
    """Suite, case, workload, effective configuration and machine are all the same, or there is no ratio."""
    assert pair(entry("r1"), entry("p1", "parent", arm=arm), entry("o1", "old")) == ("r1", "o1", 2)


@pytest.mark.parametrize(
    "settings",
    [{"status": Status.FAILED}, {"status": Status.INVALID}, {"status": Status.IMPOSSIBLE}, {"dirty": True}],
)
def test_what_does_not_speak_for_its_commit_is_left_out(settings: dict[str, Any]) -> None:
    """A run that went wrong or of a changed tree is nobody's baseline and has none."""
    assert pair(entry("r1"), entry("p1", "parent", **settings), entry("o1", "old")) == ("r1", "o1", 2)
    assert matches(entry("r1", **settings), entry("p1", "parent")) == ()
    assert pair(entry("r1"), entry("r2", **settings), entry("p1", "parent")) == ("r1", "p1", 1)
    assert not entry("r1", commit=None).speaks


def test_a_shared_sitting_goes_before_a_newer_run() -> None:
    """Runs that were interleaved are compared with each other, whatever was measured since."""
    runs = (entry("r1", sitting="a"), entry("r9", sitting="b"))
    assert pair(*runs, entry("p1", "parent", sitting="a"), entry("p9", "parent", sitting="c")) == ("r1", "p1", 1)
    assert pair(*runs, entry("p1", "parent"), entry("p2", "parent")) == ("r9", "p2", 1)
    assert pair(entry("r1"), entry("r2", sitting="b"), entry("p1", "parent")) == ("r2", "p1", 1), "None is no sitting"


def test_complete_runs_go_before_incomplete_ones() -> None:
    """A complete pair measured apart goes before an interrupted sitting; an interrupted run stays with its own."""
    broken = {"complete": False, "sitting": "a"}
    whole, half = entry("r1"), entry("r2", **broken)
    assert pair(whole, half, entry("p1", "parent"), entry("p2", "parent", **broken)) == ("r1", "p1", 1)
    assert pair(half, entry("p1", "parent"), entry("p2", "parent", **broken)) == ("r2", "p2", 1)
    assert pair(half, entry("p1", "parent"), entry("p2", "parent", complete=False)) == ("r2", "p1", 1)
    assert pair(whole, half, entry("p3", "parent", complete=False)) == ("r1", "p3", 1)


def test_equal_runs_are_told_apart_by_their_ids() -> None:
    """Where nothing else decides the id does, so that every machine chooses the same."""
    at = "2025-01-01T00:00:00.000000+00:00"
    runs = [entry(name, created_at=at) for name in ("a1", "b1")]
    runs += [entry(name, "parent", created_at=at) for name in ("c1", "d1")]
    assert pair(*runs) == ("b1", "d1", 1)


def test_each_arm_has_its_own_baseline() -> None:
    """Cases find their baselines at different distances, and come in the order of their keys."""
    other = ARM._replace(case="a case before")
    near = (entry("p1", "parent"), entry("p2", "old"))
    found = matches(entry("r1"), entry("r2", arm=other), *near, entry("o1", "older", arm=other))
    assert [(one.run.run_id, one.baseline.run_id, one.distance) for one in found if one.baseline] == [
        ("r2", "o1", 3),
        ("r1", "p1", 1),
    ]


def test_the_line_is_read_no_further_than_needed() -> None:
    """History is walked to the last baseline, to the limit, or not at all."""
    asked: list[str] = []

    def line() -> Iterator[str]:
        for commit in LINE:
            asked.append(commit)
            yield commit

    def walked(*entries: Entry, **options: Any) -> list[str]:
        asked.clear()
        find_matches(of_commit(entries), line(), **options)
        return asked

    assert walked(entry("r1"), entry("p1", "parent"), entry("o1", "old")) == ["head", "parent"]
    assert walked(entry("r1"), entry("o1", "old")) == ["head", "parent", "old"]
    assert walked(entry("r1")) == list(LINE)
    assert walked(entry("r1"), limit=2) == ["head", "parent", "old"]
    assert walked(entry("r1"), entry("o1", "old"), limit=1) == ["head", "parent"]
    assert walked(entry("r1"), limit=0) == ["head"]
    assert walked(entry("p1", "parent")) == ["head"]


def test_the_placebo_is_that_of_the_runs_own_sitting() -> None:
    """It doubles the oldest commit of a sitting, so it may stand in neither of the pair."""
    run, base = entry("r1", sitting="a"), entry("p1", "parent", sitting="a")
    doubled = {"sitting": "a", "has_placebo": True}
    older = entry("o1", "old", **doubled)

    def placebo(*entries: Entry) -> str | None:
        return (found := matches(*entries)[0].placebo) and found.run_id

    assert placebo(run, entry("p1", "parent", **doubled), older) == "p1"
    assert placebo(entry("r1", **doubled), base) == "r1"
    assert placebo(entry("r1", **doubled)) == "r1"
    assert placebo(run, base, older) == "o1"
    assert placebo(run, base) is None
    assert placebo(run, base, entry("o1", "old", arm=ARM._replace(case="other"), **doubled)) is None
    assert placebo(run, base, entry("o1", "old", status=Status.FAILED, **doubled)) is None
    apart = entry("p1", "parent", sitting="b", has_placebo=True)
    assert placebo(run, apart, older) == "o1"
    assert placebo(run, apart) == "p1"
    assert placebo(entry("r1", has_placebo=True), entry("p1", "parent")) is None, "what is of no sitting has no placebo"
    assert find_matches(of_commit([run, base, older]), LINE)[0].placebo is None
