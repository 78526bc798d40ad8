"""Finding repositories, and refusing those that lack something."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from chronicles.errors import IncompleteRepository, NotARepository
from chronicles.history import Repository, spawn
from chronicles.history.location import locate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import RepoBuilder


@pytest.fixture
def lender(repo: RepoBuilder) -> RepoBuilder:
    """A repository of three commits that lets others clone parts of it."""
    for number in range(3):
        repo.commit(f"commit {number}", {"folder/a.txt": f"{number}\n", f"{number}.txt": "new\n"})
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return repo


def test_a_folder_outside_is_refused(tmp_path: Path) -> None:
    """A folder outside any repository, a path that is not there and a plain file are no repositories."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(NotARepository, match=str(path)):
            locate(path)


def test_all_ways_in_lead_to_one_repository(repo: RepoBuilder) -> None:
    """The root, a subfolder, a file and the git directory name the same repository."""
    repo.commit("begin", {"sub/folder/a.txt": "a\n"})
    expected = locate(repo.path)
    assert expected.root == expected.worktree_dir == repo.path
    assert expected.git_dir == expected.common_dir == repo.path / ".git"
    for way in ("sub/folder", "sub/folder/a.txt", ".git", ".git/refs"):
        assert locate(repo.path / way) == expected


@pytest.mark.parametrize("configured", [True, False])
def test_a_bare_repository(make_repo: Callable[..., RepoBuilder], *, configured: bool) -> None:
    """A bare repository is its own root, with a configuration file or without."""
    bare = make_repo("bare", bare=True)
    if not configured:
        (bare.path / "config").unlink()
    with Repository.open(bare.path) as repository:
        assert repository.bare
        assert repository.worktree_dir is None
        assert repository.root == repository.git_dir == bare.path


def test_a_linked_worktree(repo: RepoBuilder, tmp_path: Path) -> None:
    """A linked worktree has a HEAD of its own and shares everything else."""
    repo.commit("begin")
    repo.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    repo.commit("only on main")
    with Repository.open(tmp_path / "side") as side:
        assert side.root == side.worktree_dir == tmp_path / "side"
        assert side.git_dir == repo.path / ".git"
        assert side.head_branch() == "side"
        assert side.resolve("HEAD") == repo.git("rev-parse", "main~1")
        assert side.resolve("main") == repo.head


def test_a_folder_of_another_owner_is_read(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository that git calls dubiously owned is read all the same; nothing configured there is run."""
    monkeypatch.setitem(spawn._ENVIRONMENT, "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert locate(repo.path).root == repo.path


def test_odd_folder_names(make_repo: Callable[..., RepoBuilder]) -> None:
    """A folder with spaces, quotes, separators of Unicode or bytes that are no UTF-8 is found."""
    for name in ("a b", 'it\'s "here"', "line\u2028apart", os.fsdecode(b"caf\xe9"), "--output=x"):
        odd = make_repo(name)
        sha = odd.commit("begin", {"a.txt": "a\n"})
        with Repository.open(odd.path) as repository:
            assert repository.root == odd.path
            assert [commit.sha for commit in repository.ancestry(repository.resolve("HEAD"))] == [sha]


def test_a_shallow_clone_is_refused_and_its_remedy_mends_it(lender: RepoBuilder, tmp_path: Path) -> None:
    """A shallow clone is refused with a command that, once run, makes it acceptable."""
    assert_mends(lender, tmp_path / "shallow", "--depth=1", kind="shallow clone")


@pytest.mark.parametrize("what", ["blob:none", "tree:0", "blob:limit=1"])
def test_a_partial_clone_is_refused_and_its_remedy_mends_it(lender: RepoBuilder, tmp_path: Path, what: str) -> None:
    """A partial clone is refused with a command that, once run, makes it acceptable and complete."""
    assert_mends(lender, tmp_path / "partial", "--no-checkout", f"--filter={what}", kind="partial clone")


def assert_mends(lender: RepoBuilder, path: Path, *options: str, kind: str) -> None:
    """Clone with options, expect the refusal, run its remedy, expect the whole history."""
    lender.git("clone", "-q", "--origin=up.stream", *options, lender.path.as_uri(), str(path))
    with pytest.raises(IncompleteRepository, match=kind) as caught:
        locate(path)
    subprocess.run(caught.value.remedy, shell=True, cwd=path, check=True, capture_output=True)  # noqa: S602 -- a person pastes it into a shell
    with Repository.open(path) as mended, Repository.open(lender.path) as whole:
        tip = whole.resolve("HEAD")
        assert list(mended.ancestry(tip, changes=True)) == list(whole.ancestry(tip, changes=True))
        ids = [entry.object_id for sha in whole.steps(tip) for entry in whole.list_tree(sha)]
        assert mended.read_blobs(ids) == whole.read_blobs(ids)


def test_a_folder_with_a_line_break_in_its_name(make_repo: Callable[..., RepoBuilder]) -> None:
    """Each answer of git is asked for by itself where a line break would run two together."""
    odd = make_repo("a\nb")
    sha = odd.commit("begin", {"a.txt": "a\n"})
    with Repository.open(odd.path) as repository:
        assert repository.resolve("HEAD") == sha
