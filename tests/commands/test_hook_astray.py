"""`chronicles hook` where something is not as it was: a branch, a page, a file of its own."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder


@pytest.fixture
def told(repo: RepoBuilder, run: Callable[..., Ran]) -> RepoBuilder:
    """A repository whose hook is installed for its state, not for its scripts: nothing runs unasked."""
    repo.commit("feat: begin", {"a.txt": "a\n"})
    assert run(repo.path, "hook", "install").code == 0
    repo.git("config", "core.hooksPath", os.devnull)
    repo.commit("feat: first", {"a.txt": "a\nb\n"})
    assert run(repo.path, "hook", "drain").code == 0
    repo.git("config", "--unset", "core.hooksPath")
    return repo


def test_a_renamed_branch_goes_on_where_it_was(told: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The status says that the branch is gone and what to run; no commit since the installation is lost by that."""
    told.git("config", "core.hooksPath", os.devnull)
    told.git("branch", "-m", "main", "story")
    told.commit("feat: second", {"a.txt": "a\nb\nc\n"})
    told.git("config", "--unset", "core.hooksPath")
    asked = run(told.path, "hook", "status")
    assert asked.code == 1
    assert "the branch main is gone; `chronicles hook install --branch NAME`" in asked.out
    assert run(told.path, "hook", "install", "--branch", "story").code == 0
    assert run(told.path, "hook", "drain").code == 0
    pages = sorted((told.path / "episodes").glob("*.md"))
    assert [page.name for page in pages] == ["episode_001.md", "episode_002.md"]
    assert "feat: second" in pages[1].read_text("utf-8")


def test_a_damaged_page_is_named_by_the_status(told: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A sidecar that is none any more is somebody's to mend, and what verify says to run mends it."""
    sidecar = told.path / "episodes" / "episode_001.json"
    whole = sidecar.read_bytes()
    assert run(told.path, "hook", "status").code == 0
    sidecar.write_text("<<<<<<< HEAD\n{\n", "utf-8")
    asked = run(told.path, "hook", "status")
    assert (asked.code, "Next: one page is not in order; `chronicles verify`" in asked.out) == (1, True)
    remedy = f"chronicles generate --force {told.head[:12]}"
    assert remedy in run(told.path, "verify").out
    assert run(told.path, *remedy.split()[1:]).code == 0
    assert sidecar.read_bytes() == whole


def test_hooks_that_git_does_not_run_are_refused(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """An empty `core.hooksPath` is the top of the checkout to us and nothing to git; no file is put there."""
    repo.commit("feat: begin", {"a.txt": "a\n"})
    repo.git("config", "core.hooksPath", "")
    refused = run(repo.path, "hook", "install")
    assert (refused.code, "git config --local --unset core.hooksPath" in refused.err) == (2, True)
    assert not list(repo.path.glob("post-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_in_the_place_of_the_log_stops_nothing(told: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Who opens a pipe waits for its reader; the worker goes without a log."""
    log = told.path / ".git" / "chronicles-hook" / "log"
    log.unlink(missing_ok=True)
    os.mkfifo(log)
    told.git("config", "core.hooksPath", os.devnull)
    told.commit("feat: second", {"a.txt": "a\nb\nc\n"})
    told.git("config", "--unset", "core.hooksPath")
    assert run(told.path, "hook", "drain").code == 0
    assert (told.path / "episodes" / "episode_002.md").is_file()
