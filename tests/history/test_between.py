"""What lies between two commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chronicles.history import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import RepoBuilder


@pytest.fixture
def opened(repo: RepoBuilder) -> Iterator[Repository]:
    """The repository, open."""
    with Repository.open(repo.path) as repository:
        yield repository


def test_the_commits_that_one_has_and_another_has_not(repo: RepoBuilder, opened: Repository) -> None:
    """Without a base all of them, with a limit the newest."""
    first, second, third = (repo.commit(word) for word in ("one", "two", "three"))
    assert opened.between(first, third) == [third, second]
    assert opened.between(None, third) == [third, second, first]
    assert opened.between(None, third, limit=1) == [third]
    assert opened.between(third, first) == []


def test_the_nearest_is_the_one_with_fewest_commits_to_come(repo: RepoBuilder, opened: Repository) -> None:
    """What is no ancestor and the tip itself are not near at all."""
    first, second, third = (repo.commit(word) for word in ("one", "two", "three"))
    repo.branch("aside", first)
    aside = repo.commit("aside")
    assert opened.nearest(third, [first, second, aside, third]) == second
    assert opened.nearest(third, [aside, third]) is None
    assert opened.nearest(third, []) is None
    assert opened.nearest(first, [first, second]) is None


def test_a_merge_of_a_renamed_file_adds_nothing(repo: RepoBuilder, opened: Repository) -> None:
    """Git carries a change over to the file's new name; that is no work of the merge."""
    lines = [f"line {number}\n" for number in range(40)]
    repo.commit("begin", {"old.txt": "".join(lines)})
    repo.branch("topic")
    repo.commit("move", {"old.txt": None, "new.txt": "".join(lines)})
    repo.switch("main")
    repo.commit("change", {"old.txt": "".join(["first\n", *lines[1:]])})
    merge = repo.merge("topic")
    assert (repo.path / "new.txt").read_text().startswith("first\n")
    assert opened.merges_with_own_lines([merge]) == frozenset()


def test_where_a_merge_has_lines_of_its_own(repo: RepoBuilder, opened: Repository) -> None:
    """A file that no parent has, or none has so, is the merge's own; a place that is not asked for is not looked at."""
    repo.commit("begin", {"a/x": "x\n", "b/x": b"\0x"})
    repo.branch("topic")
    repo.commit("theirs", {"a/y": "y\n", "b/x": b"\0y"})
    repo.switch("main")
    repo.commit("ours", {"a/z": "-- z\n++ z\n", "b/x": b"\0z"})
    identity = repo.identity(None, None, ("Grace", "grace@example.org"), None)
    repo.git("merge", "-q", "--no-commit", "-s", "ours", "topic", env=identity)
    merge = repo.commit("merge", {"a/new": "new\n", "b/x": b"\0w", "a/y": "y\n"})
    assert opened.merges_with_own_lines([merge]) == {merge}
    assert opened.merges_with_own_lines([merge], paths=["b"]) == {merge}
    assert opened.merges_with_own_lines([merge], exclude=["b", "a/new"]) == frozenset()
    assert opened.merges_with_own_lines([]) == frozenset()
