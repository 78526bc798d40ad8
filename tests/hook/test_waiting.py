"""What keeps pages from being written, in checkouts where it really goes on."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from chronicles.history.location import locate
from chronicles.history.worktrees import worktrees
from chronicles.hook.waiting import waits_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import RepoBuilder


def waiting(path: Path, branch: str = "main") -> str:
    """What the pages of a branch wait for, without the folder; empty for nothing."""
    found = waits_for(worktrees(locate(path)), branch)
    return found.what.replace(str(path.resolve()), "HERE") if found else ""


def try_git(repo: RepoBuilder, *arguments: str) -> None:
    """Run git where it may stop at a conflict."""
    env = {**os.environ, **repo.identity(None, None, ("Ada", "ada@example.org"), None)}
    subprocess.run(["git", *arguments], cwd=repo.path, env=env, capture_output=True, check=False)


@pytest.fixture
def parted(repo: RepoBuilder) -> RepoBuilder:
    """Two branches that change one line each their own way, and a third commit on main."""
    repo.commit("feat: one", {"a.txt": "one\n"})
    repo.branch("topic")
    repo.commit("feat: topic", {"a.txt": "topic\n"})
    repo.commit("feat: more topic", {"b.txt": "b\n"})
    repo.switch("main")
    repo.commit("feat: main", {"a.txt": "main\n"})
    repo.commit("feat: more", {"c.txt": "c\n"})
    return repo


OPERATIONS: dict[str, tuple[Callable[[RepoBuilder], None], Callable[[RepoBuilder], None]]] = {
    "a rebase": (lambda r: try_git(r, "rebase", "topic"), lambda r: try_git(r, "rebase", "--abort")),
    "a rebase by patches": (
        lambda r: try_git(r, "rebase", "--apply", "topic"),
        lambda r: try_git(r, "rebase", "--abort"),
    ),
    "a merge": (lambda r: try_git(r, "merge", "topic"), lambda r: try_git(r, "merge", "--abort")),
    "a merge without its commit": (
        lambda r: try_git(r, "merge", "--no-commit", "-s", "ours", "topic"),
        lambda r: try_git(r, "merge", "--abort"),
    ),
    "a cherry-pick": (
        lambda r: try_git(r, "cherry-pick", "topic~1", "topic"),
        lambda r: try_git(r, "cherry-pick", "--abort"),
    ),
    "a revert": (lambda r: try_git(r, "revert", "--no-edit", "topic~2"), lambda r: try_git(r, "revert", "--abort")),
    "a bisect": (
        lambda r: try_git(r, "bisect", "start", "HEAD", "HEAD~2"),
        lambda r: try_git(r, "bisect", "reset"),
    ),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_on_the_branch_is_waited_for(parted: RepoBuilder, name: str) -> None:
    """From its beginning to its end, whether a checkout is on the branch meanwhile or will return to it."""
    begin, end = OPERATIONS[name]
    assert waiting(parted.path) == ""
    begin(parted)
    kind = name.split()[1]
    assert waiting(parted.path) == f"a {kind} in HERE to end"
    end(parted)
    assert waiting(parted.path) == ""


def test_an_operation_on_another_branch_keeps_nobody_waiting(parted: RepoBuilder, tmp_path: Path) -> None:
    """In another checkout it may take as long as it likes; but the branch has to be checked out somewhere."""
    parted.git("worktree", "add", "-q", str(tmp_path / "beside"), "topic")
    begin, _ = OPERATIONS["a merge"]
    parted.git("-C", str(tmp_path / "beside"), "config", "user.name", "Ada")
    beside = type(parted).__new__(type(parted))
    beside.path, beside.clock = tmp_path / "beside", parted.clock
    try_git(beside, "merge", "main")
    assert waiting(tmp_path / "beside", "topic") == "a merge in HERE to end"
    assert waiting(parted.path) == ""
    begin(parted)
    assert waiting(tmp_path / "beside").startswith(f"a merge in {parted.path.resolve()}")
    try_git(parted, "merge", "--abort")
    try_git(beside, "merge", "--abort")
    parted.git("switch", "-q", "--detach")
    found = waits_for(worktrees(locate(parted.path)), "main")
    assert found is not None
    assert (found.what, found.passing) == ("the branch main to be checked out", False)
    assert "git switch main" in found.remedy


def test_a_rebase_of_the_branch_in_another_checkout(parted: RepoBuilder, tmp_path: Path) -> None:
    """Its checkout is on no branch; that it returns to this one is in git's notes."""
    parted.git("switch", "-q", "--detach")
    parted.git("worktree", "add", "-q", str(tmp_path / "beside"), "main")
    beside = type(parted).__new__(type(parted))
    beside.path, beside.clock = tmp_path / "beside", parted.clock
    try_git(beside, "rebase", "topic")
    found = waits_for(worktrees(locate(parted.path)), "main")
    assert found is not None
    assert found.what == f"a rebase in {beside.path.resolve()} to end"
    assert found.passing
