"""A commit that a line lacks is merged, kept by some name, left behind, or not stored at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chronicles.history import fates as module
from chronicles.history.fates import Fate
from chronicles.history.repository import Repository

if TYPE_CHECKING:
    from tests.conftest import RepoBuilder


def found(repo: RepoBuilder, *shas: str) -> dict[str, Fate]:
    """What became of commits that main lacks."""
    with Repository.open(repo.path) as repository:
        return repository.fates(shas, repo.git("rev-parse", "main"))


def branched(repo: RepoBuilder) -> dict[str, str]:
    """Commits beside main, by what became of them."""
    repo.commit("one", {"a": "1"})
    shas = {}
    for name in ("merged", "branch", "tag", "remote", "lost"):
        repo.branch(name, "main")
        shas[name] = repo.commit(name, {name: name})
        repo.commit(f"{name} again", {name: f"{name} again"})
    repo.switch("main")
    repo.merge("merged")
    repo.tag("kept", "tag")
    repo.git("update-ref", "refs/remotes/origin/topic", "remote")
    repo.git("update-ref", "refs/original/topic", "lost")
    repo.git("branch", "-q", "-D", "merged", "tag", "remote", "lost")
    return shas


WANTED = {"merged": Fate.MERGED, "branch": Fate.HELD, "tag": Fate.HELD, "remote": Fate.HELD, "lost": Fate.LOST}


@pytest.mark.parametrize("at_once", [1, 500])
def test_names_keep_commits(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """Branches, remotes' branches and tags keep what leads to them; other refs and reflogs keep nothing."""
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    shas = branched(repo)
    missing = "ab" * 20
    assert found(repo, *shas.values(), missing) == {shas[name]: WANTED[name] for name in shas} | {missing: Fate.MISSING}
    assert found(repo) == {}


def test_a_tree_is_no_commit(repo: RepoBuilder) -> None:
    """What a sidecar calls a commit may be any object."""
    repo.commit("one", {"a": "1"})
    tree = repo.git("rev-parse", "HEAD^{tree}")
    assert found(repo, tree) == {tree: Fate.MISSING}


def test_parents_may_have_been_cleared_away(repo: RepoBuilder) -> None:
    """Of commits that nothing leads to git clears away some before others; what is left is still known."""
    shas = branched(repo)
    lost = repo.git("rev-parse", "refs/original/topic")
    parent = repo.git("rev-parse", f"{lost}^")
    (repo.path / ".git/objects" / parent[:2] / parent[2:]).unlink()
    del shas["lost"]
    assert found(repo, *shas.values(), lost) == {shas[name]: WANTED[name] for name in shas} | {lost: Fate.LOST}
