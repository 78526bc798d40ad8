"""Which files of a work tree are the repository's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.history.listed import listed_files

if TYPE_CHECKING:
    from tests.conftest import RepoBuilder


def test_what_git_tracks_or_would_track_is_listed(repo: RepoBuilder) -> None:
    """New files are listed, ignored ones are not, and names are taken by the letter."""
    repo.commit("feat: begin", {"docs/a.md": "a", "docs/é [b].md": "b", "ReadMe.md": "c", ".gitignore": "*.log\n"})
    for name in ("docs/new.md", "docs/x.log", "other.md"):
        (repo.path / name).write_text("", "utf-8")
    wanted = ["ReadMe.md", "docs/a.md", "docs/new.md", "docs/é [b].md"]
    assert listed_files(repo.path, below=["docs"], named=["README.md"]) == wanted
    assert listed_files(repo.path, below=["docs/é [b].md", "doc*", "x" * 5000]) == ["docs/é [b].md"]
    assert listed_files(repo.path, below=["."]) == [".gitignore", *wanted, "other.md"]
    assert listed_files(repo.path) == []
