"""Two hundred commits at once, in four clones and two linked worktrees, with their own hooks and workers."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import RepoBuilder

ON_MAIN = 30
"""Commits that each of the four clones makes on the published branch."""
ON_TOPIC = 40
"""Commits that each of the two worktrees makes on a branch of its own."""
PERSON = {f"GIT_{who}_{key}": f"{key.lower()}@x" for who in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}


def git(path: Path, *arguments: str, may_fail: bool = False) -> str:
    """Run git as a person does in a hurry."""
    done = subprocess.run(
        ("git", *arguments), cwd=path, env={**os.environ, **PERSON}, capture_output=True, text=True, check=False
    )
    assert may_fail or done.returncode == 0, f"git {arguments} in {path}: {done.stdout}{done.stderr}"
    return done.stdout


def work(path: Path, commits: int, together: Barrier | None = None) -> None:
    """Commit as fast as git can, and now and then take in what others have pushed, and push."""
    for number in range(commits):
        name = f"{path.name}_{number % 7}.py"
        with (path / name).open("a", encoding="ascii") as stream:
            stream.write(f"def step_{number}(value):\n    return value + {number}\n\n\n")
        git(path, "add", name)
        git(path, "commit", "-q", "-m", f"feat: {path.name} takes step {number}")
        if together and number % 10 == 9:
            together.wait(60)
            git(path, "pull", "-q", "--no-rebase", "--no-ff", "--no-edit")
            git(path, "push", "-q", may_fail=True)  # somebody was quicker; the next pull takes theirs in


def test_every_commit_of_a_burst_has_one_page(make_repo: Callable[..., RepoBuilder], hooks: Any) -> None:
    """Each clone tells each step of its published branch once, in order, and no worker is left behind."""
    first = make_repo("first")
    first.commit("feat: begin", {"README.md": "# Burst\n"})
    first.git("clone", "-q", "--bare", ".", "../origin")
    clones = [first.path.with_name(f"clone{number}") for number in range(4)]
    for clone in clones:
        git(first.path, "clone", "-q", "../origin", str(clone))
        hooks.install(clone)
    worktrees = [first.path.with_name(f"tree{number}") for number in range(2)]
    for clone, tree in zip(clones, worktrees, strict=False):
        git(clone, "worktree", "add", "-q", "-b", f"topic-{tree.name}", str(tree))
    since = first.head
    with ThreadPoolExecutor(6) as pool:
        together = Barrier(len(clones))
        jobs = [pool.submit(work, clone, ON_MAIN, together) for clone in clones]
        jobs += [pool.submit(work, tree, ON_TOPIC) for tree in worktrees]
        for job in jobs:
            job.result()
    for clone, tree in zip(clones, worktrees, strict=False):
        git(clone, "merge", "-q", "--no-ff", "--no-edit", f"topic-{tree.name}")
    hooks.settle()
    total, merges = set(), 0
    for clone in clones:
        line = git(clone, "rev-list", "--first-parent", "--reverse", f"{since}..main").split()
        merges += len(line) - ON_MAIN
        assert hooks.told(clone) == line
        total.update(git(clone, "rev-list", "--no-merges", f"{since}..main").split())
        state = clone / ".git" / "chronicles-hook"
        assert not {"woken", "worker.pid", "hand", "missing"} & {path.name for path in state.iterdir()}
        assert (state / "complaints").read_bytes() == b""
        assert "traceback" not in hooks.log(clone)
    assert len(total) == 4 * ON_MAIN + 2 * ON_TOPIC == 200
    assert merges >= len(worktrees) + 2
    assert not any((tree / "episodes").exists() for tree in worktrees)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(hooks.verify, clones))
