"""Checkouts, their operations, the published branch and the hooks' folders, as git's users see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chronicles.history.location import locate
from chronicles.history.repository import Repository
from chronicles.history.worktrees import hooks_folders, published_branch, under_way, worktrees

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import RepoBuilder


def branch_of(repo: RepoBuilder, **known: str) -> str | None:
    """The published branch of a repository."""
    with Repository.open(repo.path) as repository:
        return published_branch(repository, **known)


def test_checkouts_and_their_branches(repo: RepoBuilder, tmp_path: Path) -> None:
    """Each checkout that is there has its branch, and the one that was asked comes first."""
    repo.commit("feat: one", {"a.txt": "a\n"})
    linked, gone = tmp_path / "linked", tmp_path / "gone"
    repo.git("worktree", "add", "-q", "-b", "topic/x", str(linked))
    repo.git("worktree", "add", "-q", "--detach", str(gone))
    found = {one.path: one.branch for one in worktrees(locate(repo.path))}
    assert found == {repo.path: "main", linked: "topic/x", gone: None}
    assert worktrees(locate(repo.path))[0].path == repo.path
    assert worktrees(locate(linked))[0].path == linked
    for path in sorted(gone.rglob("*"), reverse=True):
        path.unlink()
    gone.rmdir()
    assert {one.path for one in worktrees(locate(repo.path))} == {repo.path, linked}


def test_a_submodule_is_a_checkout(make_repo: Callable[..., RepoBuilder]) -> None:
    """Of a submodule git lists its git directory; the checkout is what is meant."""
    inner, outer = make_repo("inner"), make_repo("outer")
    inner.commit("feat: one", {"a.txt": "a\n"})
    outer.commit("feat: outer", {"b.txt": "b\n"})
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "sub")
    (one,) = worktrees(locate(outer.path / "sub"))
    assert (one.path, one.branch) == (outer.path / "sub", "main")
    (folder,) = hooks_folders(locate(outer.path / "sub"))
    assert (folder.path, folder.top, folder.shared) == (outer.path / ".git/modules/sub/hooks", one.path, False)


def test_operations_under_way(repo: RepoBuilder) -> None:
    """A merge that waits for a person is told from a checkout at rest."""
    repo.commit("feat: one", {"a.txt": "a\n"})
    repo.branch("topic")
    repo.commit("feat: two", {"a.txt": "b\n"})
    repo.switch("main")
    repo.commit("feat: three", {"a.txt": "c\n"})
    (here,) = worktrees(locate(repo.path))
    assert under_way(here) is None
    with pytest.raises(AssertionError, match="ended with 1"):
        repo.git("merge", "topic", env=repo.identity(None, None, ("Ada", "a@b"), None))
    assert under_way(here) == "merge"
    repo.git("merge", "--abort")
    assert under_way(here) is None


def test_the_published_branch(repo: RepoBuilder) -> None:
    """What is configured wins over what is remembered, that over the remote's default, a usual name, and HEAD's."""
    repo.git("symbolic-ref", "HEAD", "refs/heads/odd")
    assert branch_of(repo) == "odd", "unborn as it is"
    repo.commit("feat: one", {"a.txt": "a\n"})
    assert branch_of(repo) == "odd"
    repo.git("branch", "develop")
    assert branch_of(repo) == "develop"
    repo.git("branch", "main")
    assert branch_of(repo) == "main"
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/odd")
    repo.git("update-ref", "refs/remotes/origin/odd", "HEAD")
    assert branch_of(repo) == "odd"
    assert branch_of(repo, remembered="was") == "was"
    assert branch_of(repo, remembered="was", configured="set") == "set"


def test_nobody_says_which_branch(repo: RepoBuilder) -> None:
    """With HEAD detached and no usual name there is none."""
    repo.commit("feat: one", {"a.txt": "a\n"})
    repo.git("branch", "-m", "main", "odd")
    repo.git("switch", "-q", "--detach")
    assert branch_of(repo) is None


def test_the_users_own_configuration_is_asked(
    repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where hooks lie is the user's choice, as git itself would read it, and whom they serve is known by it."""
    repo.commit("feat: one", {"a.txt": "a\n"})
    (usual,) = hooks_folders(locate(repo.path))
    assert (usual.path, usual.scope, usual.shared) == (repo.path / ".git/hooks", "", False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("HOME", str(tmp_path))
    repo.git("config", "--global", "core.hooksPath", "~/my hooks")
    (everyones,) = hooks_folders(locate(repo.path))
    assert (everyones.path, everyones.scope, everyones.shared) == (tmp_path / "my hooks", "global", True)
    repo.git("config", "core.hooksPath", "tools")
    (own,) = hooks_folders(locate(repo.path))
    assert (own.path, own.scope, own.shared) == (repo.path / "tools", "local", False)
