"""Patch ids: the same for the same change, wherever it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chronicles.errors import GitFailed
from chronicles.history import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import RepoBuilder

LINES = [f"line {number}\n" for number in range(40)]


@pytest.fixture
def opened(repo: RepoBuilder) -> Iterator[Repository]:
    """The repository, open."""
    with Repository.open(repo.path) as repository:
        yield repository


def changed(number: int, line: str, top: str = "") -> str:
    """Forty lines with one of them another, and something on top."""
    return top + "".join([*LINES[:number], line, *LINES[number + 1 :]])


def test_the_same_patch_further_down(repo: RepoBuilder, opened: Repository) -> None:
    """Lines above make no difference, the changed line does, and so does white space in it."""
    base = repo.commit("begin", {"a.txt": "".join(LINES)})
    one = repo.commit("one", {"a.txt": changed(20, "new\n")})
    others = []
    for line in ("new\n", "other\n", " new\n", "new"):
        repo.branch("other", base)
        repo.commit("top", {"a.txt": "top\n" + "".join(LINES)})
        others.append(repo.commit("again", {"a.txt": changed(20, line, "top\n")}))
    found = opened.patch_ids([one, *others])
    assert found[one] == found[others[0]]
    assert len(set(found.values())) == len(others)


def test_the_way_back_is_that_of_a_revert(repo: RepoBuilder, opened: Repository) -> None:
    """Without context, what came nearby makes no difference; renames, modes and binaries go back too."""
    repo.commit("begin", {"a.txt": "".join(LINES), "p.png": b"\0one", "old.txt": "".join(LINES)})
    made = repo.commit(
        "made",
        {
            "a.txt": changed(20, "new\n"),
            "p.png": b"\0two",
            "old.txt": None,
            "moved.txt": changed(3, "moved\n"),
            "n": "",
        },
    )
    repo.commit("near", {"a.txt": changed(20, "new\n").replace("line 22", "near 22")})
    repo.git("revert", "--no-edit", made, env=repo.identity(None, None, ("Grace", "g@example.org"), None))
    forward, back = opened.patch_ids([repo.head], context=0), opened.patch_ids([made], context=0, back=True)
    assert forward[repo.head] == back[made]
    assert opened.patch_ids([repo.head])[repo.head] != opened.patch_ids([made], back=True)[made]
    assert opened.patch_ids([made], context=0)[made] != back[made]


def test_what_is_left_out_makes_no_difference(repo: RepoBuilder, opened: Repository) -> None:
    """The same change with and without files of an excluded folder is one patch, as is a branch and its squash."""
    base = repo.commit("begin", {"a.txt": "".join(LINES)})
    one = repo.commit("one", {"a.txt": changed(20, "new\n"), "out/x": "x\n"})
    repo.branch("other", base)
    repo.commit("first", {"a.txt": changed(20, "middle\n")})
    last = repo.commit("second", {"a.txt": changed(20, "new\n")})
    found = opened.patch_ids([one], ["out"])
    assert found[one] == opened.diff_patch_id(base, last) == opened.diff_patch_id(base, one, ["out"])
    assert found != opened.patch_ids([one])
    assert opened.patch_ids([]) == {}


def test_a_commit_that_is_not_there(repo: RepoBuilder, opened: Repository) -> None:
    """Git's refusal comes out as an error with its own words."""
    repo.commit("begin", {"a.txt": "a\n"})
    with pytest.raises(GitFailed, match="bad object"):
        opened.patch_ids(["1" * 40])
