"""Staging: pages for a builder, of which only what changed is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
