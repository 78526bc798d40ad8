"""`chronicles hook`: from a commit to its page, with nobody waiting."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder


def wait_for(condition: Callable[[], bool], sec: float = 60.0) -> None:
    """Wait until something holds that a detached worker brings about."""
    deadline = time.monotonic() + sec
    while not condition():
        assert time.monotonic() < deadline, "the worker did not do it"
        time.sleep(0.05)


def pages(folder: Path) -> list[str]:
    """Names of the pages that are complete."""
    return sorted(path.name for path in folder.glob("episode_*.md") if path.with_suffix(".json").is_file())


def test_a_commit_gets_its_page(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What is committed after the installation is told by a worker; what was there before is not."""
    repo.commit("feat: before", {"a.txt": "a\n"})
    assert run(repo.path, "hook", "install").code == 0
    repo.commit("feat: after", {"a.txt": "a\nb\n"})
    wait_for(lambda: pages(repo.path / "episodes") == ["episode_001.md"])
    assert "feat: after" in (repo.path / "episodes" / "episode_001.md").read_text("utf-8")


def test_uninstalled_without_a_trace(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The hooks of a repository are byte for byte what they were."""
    repo.commit("feat: first", {"a.txt": "a\n"})
    hook = repo.path / ".git" / "hooks" / "post-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes(b"#!/bin/sh\nexec true\n")
    before = {path.name: path.read_bytes() for path in hook.parent.iterdir()}
    assert run(repo.path, "hook", "install").code == 0
    assert hook.read_bytes() != before["post-commit"]
    assert run(repo.path, "hook", "uninstall").code == 0
    assert {path.name: path.read_bytes() for path in hook.parent.iterdir()} == before
