"""A retired episode as the site shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.documents.series import Entry, Series
from chronicles.site.retired import retired_page
from tests.site.laying import of_class, tree, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder


def retired(repo: RepoBuilder, run: Callable[..., Ran], line: str = "") -> Entry:
    """The second of two episodes, whose commit is taken off the branch; with a person's line on it."""
    repo.commit("feat: begin", {"chronicles.toml": 'series = "Tale"\n', "a.py": "x = 1\n"})
    repo.commit("feat: more", {"a.py": "x = 2\n"})
    assert run(repo.path, "generate", "--all").code == 0
    page: Path = repo.path / "episodes/episode_002.md"
    page.write_text(page.read_text("utf-8") + line, encoding="utf-8")
    repo.git("reset", "-q", "--hard", "HEAD~1")
    assert "1 retired" in run(repo.path, "generate").err
    entry = Series(repo.path / "episodes").by_number(2)
    assert entry is not None
    assert entry.retired
    return entry


def test_it_says_what_it_is(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Its title is an episode's, what became of its commit stands out, and search passes it by."""
    text = retired_page(retired(repo, run))
    root = tree(text)
    (head,) = root.iter("h1")
    assert words(head) == "Tale · Episode 2 Retired"
    (block,) = of_class(root, "retired")
    assert "is no longer a step of the published branch." in words(block)
    assert not list(root.iter("h3"))
    assert "search: {exclude: true}" in text


def test_what_people_wrote_stands_below(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A person's line is no part of the notice, and begins no attributes."""
    root = tree(retired_page(retired(repo, run, "\nWe still miss it. {: onclick=alert(1) }\n")))
    (block,) = of_class(root, "retired")
    assert "We still miss it." not in words(block)
    assert words(root).endswith("We still miss it. {: onclick=alert(1) }")
    assert not any("onclick" in one.attrib for one in root.iter())


def test_a_page_that_begins_otherwise_is_shown_as_it_is(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Where a person has given it another title, nothing is moved."""
    entry = retired(repo, run)
    entry.page.write_text(entry.page.read_text("utf-8").replace("# Tale - ", "# Our tale, "), encoding="utf-8")
    root = tree(retired_page(entry))
    assert next(root.iter("h1")).text == 'Our tale, Episode 2: "Retired"'
    assert not of_class(root, "retired")
