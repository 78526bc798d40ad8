"""Habits of testing, reverts and fix-ups, and issues named before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier
    from tests.conftest import RepoBuilder

HOUR = 3600
START = datetime(2024, 1, 1, 12, tzinfo=UTC)
BODY = "def f(x):\n    return x + {}\n"


def work(repo: RepoBuilder, pattern: str) -> None:
    """One commit a letter: `t` source with a test, `s` source alone, `d` documentation alone."""
    for number, letter in enumerate(pattern):
        files = {"docs/a.md": f"{number}\n"} if letter == "d" else {"src/a.py": BODY.format(number)}
        if letter == "t":
            files["tests/test_a.py"] = f"def test_{number}():\n    assert True\n"
        repo.commit(f"step {number}", files)


@pytest.mark.parametrize(
    ("pattern", "facts"),
    [
        ("ttsts", {"window": 4, "tests": 3, "run": 1, "run_before": None}),
        ("tsss", {"window": 3, "tests": 1, "run": 3, "run_before": None}),
        ("tdsds", {"window": 2, "tests": 1, "run": 2, "run_before": None}),
        ("tsst", {"window": 3, "tests": 1, "run": None, "run_before": 2}),
        ("sss", {"window": 2, "tests": 0, "run": None, "run_before": None}),
        ("tt", {"window": 1, "tests": 1, "run": None, "run_before": None}),
        ("ttd", {"window": None, "tests": None, "run": None, "run_before": None}),
    ],
)
def test_the_habit_of_testing(
    repo: RepoBuilder, dossier_of: Callable[..., Dossier], pattern: str, facts: dict[str, int | None]
) -> None:
    """Of the commits to source before this one, how many touched tests, and how long the run without them is."""
    work(repo, pattern)
    ledger = dossier_of(repo).ledger
    assert {name: ledger.value(f"habit.{name}") for name in facts} == facts


def test_a_habit_is_of_ninety_days(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Older commits are no habit, and a run that began before them has no known length."""
    repo.commit("old", {"src/a.py": BODY.format(1), "tests/test_a.py": "1\n"}, at=START)
    for number in range(3):
        when = START + timedelta(days=100 + number)
        repo.commit("new", {"src/a.py": BODY.format(number + 2)}, at=when)
    ledger = dossier_of(repo).ledger
    assert ledger.value("habit.window") == 2
    assert "habit.run" not in ledger


def undo_of(ledger: object, *parts: str) -> tuple[object, ...]:
    """Some facts of undoing."""
    return tuple(ledger.value(f"undo.{part}") for part in parts)  # type: ignore[attr-defined] # any ledger


def test_an_exact_revert(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A revert that gives back every blob, deleted and renamed files included, is exact."""
    text = "".join(f"line {n}\n" for n in range(20))
    repo.commit("begin", {"a.py": "a = 1\n", "old.py": text})
    target = repo.commit("feat: more", {"a.py": "a = 2\n", "b.py": "b = 1\n", "old.py": None, "new.py": text + "x\n"})
    repo.commit("other", {"c.py": "c = 1\n"})
    message = f'Revert "feat: more"\n\nThis reverts commit {target}.\n'
    repo.commit(message, {"a.py": "a = 1\n", "b.py": None, "old.py": text, "new.py": None})
    ledger = dossier_of(repo).ledger
    assert undo_of(ledger, "kind", "sha", "exact", "steps", "age") == ("revert", target, 1, 2, 2 * HOUR)
    assert ledger.value("undo.subject") == "feat: more"


def test_a_revert_in_part(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A revert that leaves something of what it reverts is none to the last line."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    target = repo.commit("feat: more", {"a.py": "a = 2\n", "b.py": "b = 1\n"})
    repo.commit(f'Revert "feat: more"\n\nThis reverts commit {target}.\n', {"a.py": "a = 1\n"})
    assert undo_of(dossier_of(repo).ledger, "kind", "sha", "exact") == ("revert", target, 0)


def test_a_revert_of_a_commit_with_our_own_output(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """What the reverted commit did to an output folder does not make its revert one in part."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    target = repo.commit("feat: more", {"a.py": "a = 2\n", "episodes/e.md": "e\n"})
    repo.commit(f'Revert "feat: more"\n\nThis reverts commit {target}.\n', {"a.py": "a = 1\n"})
    assert undo_of(dossier_of(repo).ledger, "kind", "exact") == ("revert", 1)


@pytest.mark.parametrize(
    "form", ["This reverts commit {sha}.", "This reverts commit {short}.", "No hash is named here."]
)
def test_a_revert_is_found_by_hash_or_subject(repo: RepoBuilder, dossier_of: Callable[..., Dossier], form: str) -> None:
    """The reverted commit is found by its hash, short or whole, and else by the subject that git quotes."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    target = repo.commit("feat: more", {"a.py": "a = 2\n"})
    body = form.format(sha=target, short=target[:9])
    repo.commit(f'Revert "feat: more"\n\n{body}\n', {"a.py": "a = 1\n"})
    assert undo_of(dossier_of(repo).ledger, "kind", "sha") == ("revert", target)


@pytest.mark.parametrize("message", ["fixup! feat: more", 'fix: a slip\n\nFixes: {short} ("feat: more")'])
def test_a_fix_up_names_what_it_mends(repo: RepoBuilder, dossier_of: Callable[..., Dossier], message: str) -> None:
    """`fixup!` finds its commit by subject, a `Fixes:` trailer by hash; neither is a revert."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    target = repo.commit("feat: more", {"a.py": "a = 2\n"})
    repo.commit(message.format(short=target[:12]), {"a.py": "a = 3\n"})
    assert undo_of(dossier_of(repo).ledger, "kind", "sha", "exact") == ("fix-up", target, None)


@pytest.mark.parametrize(
    "message",
    ['Revert "never was"\n\nThis reverts commit 0123456789abcdef0123456789abcdef01234567.', "fixup! never was"],
)
def test_what_cannot_be_found_is_not_told(repo: RepoBuilder, dossier_of: Callable[..., Dossier], message: str) -> None:
    """A revert of a commit that this line does not hold undoes nothing that we know of."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    repo.commit(message, {"a.py": "a = 2\n"})
    assert not [key for key in dossier_of(repo).ledger if key.startswith("undo.")]


def test_a_later_commit_of_the_same_subject_is_not_the_one(
    repo: RepoBuilder, dossier_of: Callable[..., Dossier]
) -> None:
    """The subject is looked for before the revert only, the newest first."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    repo.commit("tweak", {"a.py": "a = 2\n"})
    second = repo.commit("tweak", {"a.py": "a = 3\n"})
    repo.commit('Revert "tweak"', {"a.py": "a = 2\n"})
    revert = repo.head
    repo.commit("tweak", {"a.py": "a = 4\n"})
    assert dossier_of(repo, revert).ledger.value("undo.sha") == second


def test_an_issue_that_was_named_before(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """The last commit whose subject named the same issue is told, with its age; another number is another issue."""
    repo.commit("fix: first try (#12)", {"a.py": "1\n"})
    again = repo.commit("fix: second try (#12)", {"a.py": "2\n"})
    repo.commit("fix: other (#123)", {"a.py": "3\n"})
    repo.commit("fix: third try\n\nCloses #12", {"a.py": "4\n"})
    ledger = dossier_of(repo).ledger
    assert ledger.value("issue.again.number") == "#12"
    assert ledger.value("issue.again.sha") == again
    assert ledger.value("issue.again.age") == 2 * HOUR
    assert "issue.again.sha" not in dossier_of(repo, "HEAD~1").ledger
