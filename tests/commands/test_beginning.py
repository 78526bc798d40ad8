"""Where the hook's telling begins when history below it was rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chronicles.commands.beginning import Beginning, find_beginning
from chronicles.commands.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.conftest import Ran, RepoBuilder


@pytest.fixture
def five(repo: RepoBuilder) -> tuple[RepoBuilder, list[str]]:
    """Five commits, and their hashes."""
    return repo, [repo.commit(f"feat: step {number}", {f"{number}.txt": f"{number}\n"}) for number in range(5)]


def begin(
    repo: RepoBuilder, since: str | None, pairs: Sequence[tuple[str, str]] = (), *, lost: bool = False
) -> Beginning:
    """Find the beginning on the branch as it is."""
    with Session(repo.path) as session, session.alone():
        return find_beginning(session, session.press().series, repo.head, since=since, lost=lost, pairs=pairs)


def replay(repo: RepoBuilder, *messages: str, at: str = "2025-01-01T00:00:00Z") -> list[str]:
    """Make commits of these messages anew, by the same author at the same time, committed later."""
    made = []
    for message in messages:
        repo.commit(message, {f"{message[-1]}.txt": f"again {message}\n"}, at=at, committed_at="2025-06-01T00:00:00Z")
        made.append(repo.head)
    return made


def test_a_beginning_that_stands(five: tuple[RepoBuilder, list[str]]) -> None:
    """It is what it was, and so is the whole history of a branch that was empty."""
    repo, shas = five
    assert begin(repo, shas[2]) == Beginning(shas[2])
    assert begin(repo, None) == Beginning(None)
    assert begin(repo, shas[2], [(shas[2], shas[3])]) == Beginning(shas[2])


def test_it_goes_where_git_says(five: tuple[RepoBuilder, list[str]]) -> None:
    """By the pairs of rewritten commits, over several rewritings, rings among them."""
    repo, shas = five
    repo.git("reset", "-q", "--hard", shas[1])
    once = repo.commit("fix: once", {"x.txt": "x\n"})
    repo.git("reset", "-q", "--hard", shas[1])
    (twice, later) = (repo.commit("fix: twice", {"y.txt": "y\n"}), repo.commit("feat: later", {"z.txt": "z\n"}))
    assert begin(repo, shas[2], [(shas[2], once), (once, twice), (later, twice)]) == Beginning(twice)
    ring = [(shas[2], once), (once, shas[2])]
    assert begin(repo, shas[2], ring) == Beginning(shas[1])


def test_it_is_known_by_who_made_it_and_when(five: tuple[RepoBuilder, list[str]]) -> None:
    """Where git has told nothing: filtered history keeps author, time and subject."""
    repo, shas = five
    repo.git("checkout", "-q", "--orphan", "other")
    repo.git("rm", "-rfq", ".")
    clock = "2024-01-01T15:00:00+00:00"  # of the third of the five
    anew = replay(repo, "feat: step 0", "feat: step 1") + replay(repo, "feat: step 2", at=clock)
    anew += replay(repo, "feat: step 3")
    assert begin(repo, shas[2]) == Beginning(anew[2])
    replay(repo, "feat: step 2", at=clock)  # two of them name none
    told = begin(repo, shas[2])
    assert told.since == anew[3]
    assert told.note


def test_it_goes_back_to_what_both_histories_have(five: tuple[RepoBuilder, list[str]]) -> None:
    """A commit that was dropped has no other beginning than the one before it."""
    repo, shas = five
    repo.git("reset", "-q", "--hard", shas[1])
    repo.commit("feat: another way", {"w.txt": "w\n"})
    assert begin(repo, shas[3]) == Beginning(shas[1])


def test_it_stays_while_the_branch_is_set_back(five: tuple[RepoBuilder, list[str]]) -> None:
    """Behind the beginning there is nothing to tell, and it may come again."""
    repo, shas = five
    repo.git("reset", "-q", "--hard", shas[1])
    assert begin(repo, shas[3]) == Beginning(shas[3])


def test_it_lies_beside_the_line_after_a_pull(five: tuple[RepoBuilder, list[str]]) -> None:
    """Merged by somebody else, it is no step any more: what it brought in is told with the merge, and all after it."""
    repo, shas = five
    repo.branch("elsewhere", shas[0])
    other = repo.commit("feat: elsewhere", {"e.txt": "e\n"})
    merge = repo.merge("main")
    repo.switch("main")
    repo.git("merge", "-q", "--ff-only", "elsewhere")
    assert repo.head == merge
    assert begin(repo, shas[4]) == Beginning(shas[0])
    assert other


def test_nothing_is_left_of_it(five: tuple[RepoBuilder, list[str]], run: Callable[..., Ran]) -> None:
    """The newest commit that has a page, else the tip alone; and it is said."""
    repo, shas = five
    gone = "b" * 40
    assert begin(repo, gone) == Beginning(
        shas[3], f"the telling begins with {shas[4][:12]}, the newest, since the commit that it began after is gone"
    )
    assert begin(repo, None, lost=True).since == shas[3]
    assert run(repo.path, "generate", shas[1], shas[2]).code == 0
    told = begin(repo, gone)
    assert told.since == shas[2]
    assert told.note.startswith(f"the telling begins after {shas[2][:12]}, the newest commit that has a page")
    repo.git("checkout", "-q", "--orphan", "alone")
    repo.commit("feat: alone")
    assert begin(repo, None, lost=True).since is None
