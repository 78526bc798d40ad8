"""The note of the last `verify`: which pages were in order, as the files that they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.documents.verified import FILE, Verified, keep_verified, load_verified, stamp_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder


def note(repo: RepoBuilder) -> Verified:
    """What the last run left."""
    return load_verified(repo.path / ".git" / "chronicles")


def holds(repo: RepoBuilder, number: int) -> bool:
    """Whether an episode counts as verified as it is now."""
    page = repo.path / "episodes" / f"episode_{number:03d}.md"
    return note(repo).holds(page, stamp_of(page, page.with_suffix(".json")))


def test_a_run_over_all_pages_leaves_a_note(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """It names the commit and every page that was in order; a page that changes later does not count any more."""
    assert not holds(saga, 2)
    assert run(saga.path, "verify").code == 0
    assert note(saga).commit == saga.head
    assert note(saga).findings == 0
    assert holds(saga, 2)
    assert holds(saga, 3)
    page = saga.path / "episodes" / "episode_002.md"
    page.write_text(page.read_text("utf-8") + "\nMore.\n", "utf-8")
    assert not holds(saga, 2)
    assert holds(saga, 3)


def test_what_is_false_does_not_count(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page with a finding is none of those in order, and is counted."""
    page = saga.path / "episodes" / "episode_002.md"
    page.write_text(page.read_text("utf-8").replace("Lines Added**: ", "Lines Added**: 9"), "utf-8")
    assert run(saga.path, "verify").code == 1
    assert not holds(saga, 2)
    assert holds(saga, 3)
    assert note(saga).findings == 1


def test_a_run_over_some_pages_leaves_none(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Only a run over everything says what of it is verified."""
    assert run(saga.path, "verify", str(saga.path / "episodes" / "episode_003.md")).code == 0
    assert note(saga) == Verified()


def test_a_note_that_is_none_counts_nothing(tmp_path: Path) -> None:
    """Whatever lies in its place, nothing is called verified that nobody verified."""
    for text in ("", "[]", '{"schema": "chronicles.verified/1"}', '{"schema": "chronicles.verified/9", "pages": {}}'):
        (tmp_path / FILE).write_text(text, "utf-8")
        assert load_verified(tmp_path) == Verified()
    keep_verified(tmp_path, Verified("a" * 40, {"x.md": "1:2 3:4"}, 3))
    assert load_verified(tmp_path) == Verified("a" * 40, {"x.md": "1:2 3:4"}, 3)
