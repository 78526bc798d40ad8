"""Staging: pages for a builder, of which only what changed is written."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from chronicles.site import workers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.conftest import Ran, RepoBuilder


def tree(folder: Path) -> dict[str, bytes]:
    """Every staged file, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def test_a_new_commit_stages_few_pages(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A rerun writes nothing; a new commit writes its page, the one before it, its month and the home page."""
    assert run(saga.path, "generate", "--all").code == 0
    assert run(saga.path, "site", "stage").code == 0
    staged = saga.path / ".chronicles" / "pages"
    before = tree(staged)
    assert "0 written, 0 removed" in run(saga.path, "site", "stage").err
    saga.commit("fix: one more thing", {"more.txt": "more\n"})
    assert run(saga.path, "generate").code == 0
    assert run(saga.path, "site", "stage").code == 0
    after = tree(staged)
    changed = {path for path in after if after[path] != before.get(path)}
    assert 0 < len(changed) <= 5, changed


def test_numbers_lead_to_their_facts(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A number on a page is a link, and what it opens is on the page."""
    assert run(saga.path, "generate", "--all").code == 0
    assert run(saga.path, "site", "stage").code == 0
    page = (saga.path / ".chronicles" / "pages" / "episodes" / "episode_002.md").read_text("utf-8")
    assert '<a class="fact" href="#fact-change.files">' in page
    assert '<tr id="fact-change.files">' in page


def test_what_was_removed_is_gone(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page that was taken out for good leaves no staged page."""
    assert run(saga.path, "generate", "--all").code == 0
    assert run(saga.path, "site", "stage").code == 0
    assert run(saga.path, "remove", "episode_002").code == 0
    assert run(saga.path, "site", "stage").code == 0
    assert "episodes/episode_002.md" not in tree(saga.path / ".chronicles" / "pages")


def test_several_processes_stage_the_same(
    saga: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many processes make the pages, the staged files are the same to the byte."""
    assert run(saga.path, "site", "stage", "--jobs", "1").code == 0
    staged = saga.path / ".chronicles" / "pages"
    before = tree(staged)
    shutil.rmtree(staged)
    monkeypatch.setattr(workers, "_WORTH", 5)
    assert run(saga.path, "site", "stage", "--jobs", "2").code == 0
    assert tree(staged) == before


def test_a_file_that_is_only_newer_is_not_written_again(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Touching a page has it made again, and the file stays the one that was there."""
    assert run(saga.path, "site", "stage").code == 0
    place = saga.path / ".chronicles" / "pages" / "episodes" / "episode_003.md"
    before = place.stat().st_mtime_ns
    os.utime(saga.path / "episodes" / "episode_003.md")
    assert "0 written, 0 removed" in run(saga.path, "site", "stage").err
    assert place.stat().st_mtime_ns == before


def test_a_repository_that_cannot_remember_is_staged(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Without what was remembered all pages are made again, and none is written that is there."""
    assert run(saga.path, "site", "stage").code == 0
    for memory in (saga.path / ".git" / "chronicles").glob("staged-*.json"):
        memory.write_bytes(b"{")
    assert "0 written, 0 removed" in run(saga.path, "site", "stage").err


def test_a_page_that_was_edited_is_staged_as_edited(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A person's words on a page are on the site's too."""
    assert run(saga.path, "site", "stage").code == 0
    page = saga.path / "episodes" / "episode_003.md"
    page.write_text(f"{page.read_text('utf-8')}\nI was there when it happened.\n", "utf-8")
    assert run(saga.path, "site", "stage").code == 0
    staged = saga.path / ".chronicles" / "pages" / "episodes" / "episode_003.md"
    assert "I was there when it happened." in staged.read_text("utf-8")
