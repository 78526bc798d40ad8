"""A retired episode as the site shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.documents.series import Entry, Series
from chronicles.site.leads import Leads
from chronicles.site.retired import retired_page
from tests.site.laying import built, of_class, tree, words
from tests.site.test_rewriting import HOSTILE, Acting

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
    text = retired_page(retired(repo, run), Leads())
    root = tree(text)
    (head,) = root.iter("h1")
    assert words(head) == "Tale · Episode 2 Retired"
    (block,) = of_class(root, "retired")
    assert "is no longer a step of the published branch." in words(block)
    assert not list(root.iter("h3"))
    assert "search: {exclude: true}" in text


def test_what_people_wrote_stands_below(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A person's line is no part of the notice, and begins no attributes."""
    root = tree(retired_page(retired(repo, run, "\nWe still miss it. {: onclick=alert(1) }\n"), Leads()))
    (block,) = of_class(root, "retired")
    assert "We still miss it." not in words(block)
    assert words(root).endswith("We still miss it. {: onclick=alert(1) }")
    assert not any("onclick" in one.attrib for one in root.iter())


def test_a_page_that_begins_otherwise_is_shown_as_it_is(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Where a person has given it another title, nothing is moved."""
    entry = retired(repo, run)
    entry.page.write_text(entry.page.read_text("utf-8").replace("# Tale - ", "# Our tale, "), encoding="utf-8")
    root = tree(retired_page(entry, Leads()))
    assert next(root.iter("h1")).text == 'Our tale, Episode 2: "Retired"'
    assert not of_class(root, "retired")


def test_nothing_on_it_acts(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Whatever somebody puts into its lines, the title and the name of the series among them, is text."""
    entry = retired(repo, run, "\n" + "\n\n".join(HOSTILE) + "\n")
    text = entry.page.read_text("utf-8")
    for words_of_it, instead in (("# Tale", "# <img src=x onerror=a()> Tale"), ('"Retired"', '"[x](javascript:a())"')):
        assert words_of_it in text
        text = text.replace(words_of_it, instead)
    entry.page.write_text(text, encoding="utf-8")
    staged = retired_page(entry, Leads())
    assert set(Acting(built(staged)).found) <= {"div", "span"}


def test_its_links_lead_where_those_of_other_pages_do(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A link to another page is one, a link to nothing is text, and so is one of the rendering."""
    entry = retired(repo, run, "\nSee [one](episode_001.md) and [none](episode_999.md).\n")
    leads = Leads(repo.path, folders={"episodes": "episodes"})
    assert "See [one](episode_001.md) and none." in retired_page(entry, leads)


def test_one_that_cannot_be_read_is_named(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A retired page that is no text is left out of the site and its lists, and the other pages are there."""
    entry = retired(repo, run)
    entry.page.write_bytes(entry.page.read_bytes() + b"\xff\n")
    done = run(repo.path, "site", "stage")
    assert done.code == 1
    assert f"{entry.page}: is not UTF-8" in done.err
    folder = repo.path / ".chronicles" / "pages" / "episodes"
    assert (folder / "episode_001.md").is_file()
    assert not (folder / "episode_002.md").exists()
    assert "episode_002" not in (folder / "index.md").read_text("utf-8")


def test_one_that_was_never_told_is_named(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A sidecar that merely says that its page is retired, or that acts, keeps the page off the site."""
    entry = retired(repo, run)
    right = entry.sidecar.read_text("utf-8")
    for wrong, said in (
        ('{"schema": "chronicles.page/1", "retired": {"into": ""}, "subject": {"kind": "commit", "commits": []}}', ""),
        (right.replace('"repo_url": null', '"repo_url": "javascript:pwn()"'), "its `repo_url` is no web address"),
    ):
        entry.sidecar.write_text(wrong, "utf-8")
        done = run(repo.path, "site", "stage")
        assert done.code == 1
        assert f"{entry.sidecar}: " in done.err
        assert said in done.err
        assert not (repo.path / ".chronicles" / "pages" / "episodes" / "episode_002.md").exists()
