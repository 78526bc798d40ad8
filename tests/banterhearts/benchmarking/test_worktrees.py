"""Work trees that come and go, also after a crash."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from banterhearts.benchmarking.git import open_repository
from banterhearts.benchmarking.worktrees import LIMIT, Worktrees
from banterhearts.errors import OutputError, RepositoryError

if TYPE_CHECKING:
    from tests.conftest import RepoBuilder

KILLED = """
import os, signal, sys
from pathlib import Path
from banterhearts.benchmarking.git import open_repository
from banterhearts.benchmarking.worktrees import Worktrees
repository = open_repository(Path(sys.argv[1]))
with Worktrees(repository) as trees:
    print(trees.checkout(repository.resolve("HEAD")), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work trees of a test lie in a folder of its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def history(repo: RepoBuilder) -> RepoBuilder:
    """Three commits."""
    for number in range(3):
        repo.commit(f"step {number}", {"a.txt": f"{number}\n"})
    return repo


def listed(repo: RepoBuilder) -> list[str]:
    """The work trees that git knows of, less the main one."""
    lines = repo.git("worktree", "list", "--porcelain").splitlines()
    return [line.removeprefix("worktree ") for line in lines if line.startswith("worktree ")][1:]


def test_a_work_tree_holds_its_commit(history: RepoBuilder) -> None:
    """Each has the files of its commit and a detached head, and the user's tree is left alone."""
    repository = open_repository(history.path)
    with Worktrees(repository) as trees:
        for back in (0, 1, 2):
            commit = repository.resolve(f"HEAD~{back}")
            tree = trees.checkout(commit)
            assert (tree / "a.txt").read_text(encoding="utf-8") == f"{2 - back}\n"
            assert open_repository(tree).resolve("HEAD") == commit
    assert history.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert repository.changed_files() == []


def test_all_are_gone_afterwards(history: RepoBuilder, own_temporary_folder: Path) -> None:
    """Also after an error, and also one that a command wrote into."""

    def fail() -> None:
        with Worktrees(open_repository(history.path)) as trees:
            tree = trees.checkout(history.head)
            (tree / "left.txt").write_text("left", encoding="utf-8")
            (tree / "a.txt").write_text("changed", encoding="utf-8")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert listed(history) == []
    assert list(own_temporary_folder.iterdir()) == []


def test_a_commit_asked_for_again_is_the_same_tree(history: RepoBuilder) -> None:
    """What was built in it is still there; a copy is another tree with a path as long."""
    with Worktrees(open_repository(history.path)) as trees:
        first, copy = trees.checkout(history.head), trees.checkout(history.head, copy=1)
        assert trees.checkout(history.head) == first != copy
        assert len(str(first)) == len(str(copy))


def test_only_the_latest_are_kept(history: RepoBuilder) -> None:
    """A long history does not fill the disk: the one that was not asked for longest goes first."""
    with Worktrees(open_repository(history.path)) as trees:
        first = [trees.checkout(history.head, copy=number) for number in range(LIMIT)]
        assert trees.checkout(history.head, copy=0) == first[0]
        trees.checkout(history.head, copy=LIMIT)
        assert first[0].exists()
        assert not first[1].exists()
        assert len(listed(history)) == LIMIT


def test_what_a_killed_process_left_is_removed_by_the_next(history: RepoBuilder, own_temporary_folder: Path) -> None:
    """A process that was killed leaves a tree, and whoever comes next removes it."""
    done = subprocess.run([sys.executable, "-c", KILLED, history.path], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert listed(history) == [done.stdout.strip()]
    with Worktrees(open_repository(history.path)):
        assert listed(history) == []
    assert list(own_temporary_folder.iterdir()) == []


def test_work_trees_of_the_living_stay(history: RepoBuilder) -> None:
    """Two processes measure side by side."""
    repository = open_repository(history.path)
    with Worktrees(repository) as ours:
        tree = ours.checkout(history.head)
        with Worktrees(repository):
            assert tree.exists()
            assert listed(history) == [str(tree)]


def test_a_folder_that_vanished_is_forgotten(history: RepoBuilder, own_temporary_folder: Path) -> None:
    """A machine that cleared its temporary files leaves an entry, which goes too."""
    done = subprocess.run([sys.executable, "-c", KILLED, history.path], capture_output=True, text=True, check=False)
    left = Path(done.stdout.strip())
    subprocess.run(["rm", "-rf", left.parent], check=True)
    with Worktrees(open_repository(history.path)):
        assert listed(history) == []
    assert list(own_temporary_folder.iterdir()) == []


def test_other_work_trees_are_nobodys_business(history: RepoBuilder, tmp_path: Path) -> None:
    """Those of the user stay, even one that is gone for the moment."""
    history.git("worktree", "add", "-q", "--detach", str(tmp_path / "mine"))
    (tmp_path / "mine").rename(tmp_path / "elsewhere")
    with Worktrees(open_repository(history.path)):
        pass
    assert listed(history) == [str(tmp_path / "mine")]


def test_no_hook_runs(history: RepoBuilder, tmp_path: Path) -> None:
    """A checkout of an old commit is no event of the user's."""
    hook = history.path / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n", encoding="utf-8")
    hook.chmod(0o755)
    with Worktrees(open_repository(history.path)) as trees:
        trees.checkout(history.head)
    assert not (tmp_path / "ran").exists()


def test_a_commit_that_cannot_be_checked_out_is_told(history: RepoBuilder) -> None:
    """With git's own complaint."""
    with Worktrees(open_repository(history.path)) as trees, pytest.raises(RepositoryError, match="git worktree"):
        trees.checkout("f" * 40)


def test_no_place_for_work_trees_is_told(
    history: RepoBuilder, own_temporary_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A temporary folder that is a file."""
    (own_temporary_folder / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(own_temporary_folder / "file"))
    with pytest.raises(OutputError, match="cannot write"), Worktrees(open_repository(history.path)):
        pass
