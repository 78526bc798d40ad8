"""Rows, sentences and links of a page, all of them finished Markdown out of the ledger."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chronicles.documents.page import Links, load_page
from chronicles.documents.speech import file_name, fill, possessive
from chronicles.documents.view import make_view
from chronicles.dossier import Fact, Ledger, Source
from chronicles.personas import load_cast

if TYPE_CHECKING:
    from tests.conftest import RepoBuilder


def test_figures_are_those_of_the_ledger(saga: RepoBuilder) -> None:
    """The components of the italic line sum up to its total, and metrics are the ledger's figures."""
    for path in (saga.path / "episodes").glob("episode_*.json"):
        page = load_page(path)
        view = make_view(page, load_cast())
        total, *parts = re.findall(r"\d[\d,]*(?= files? adjusted)|(?<=\()\d+(?=\))", view["files_line"]) or ["0"]
        assert int(total) == sum(map(int, parts)) == page.dossier.ledger.number("change.files")
        metrics = {row.label: row.cell for row in view["metrics"]}
        assert metrics["Lines Added"] == page.dossier.ledger["change.insertions"].figure
        assert metrics["Commit Type"] == page.dossier.ledger.string("commit.type")


def test_earlier_episodes_are_linked(saga: RepoBuilder) -> None:
    """A hash whose commit has an episode leads there, and only then."""
    page = load_page(saga.path / "episodes/episode_008.json")
    undone = page.dossier.subject.base
    assert undone is not None
    linked = str(make_view(page, load_cast()))
    assert "](episode_007.md)" in linked
    assert "](episode_007.md)" not in str(make_view(replace(page, links=Links()), load_cast()))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, "`{short}`"),
        ("https://github.com/a/b", "[`{short}`](https://github.com/a/b/commit/{sha})"),
        ("https://gitlab.example.org/a/b", "[`{short}`](https://gitlab.example.org/a/b/-/commit/{sha})"),
    ],
)
def test_commit_links(saga: RepoBuilder, url: str | None, expected: str) -> None:
    """A commit is a code span, and a link in the forge's form where a forge is configured."""
    page = replace(load_page(saga.path / "episodes/episode_003.json"), repo_url=url)
    sha = page.dossier.subject.commits[0]
    view = make_view(page, load_cast())
    assert view["commit"] == expected.format(short=sha[:7], sha=sha)
    assert ("](https://" in view["subject"]) == (url is not None)


def test_voices_speak_in_their_order(saga: RepoBuilder) -> None:
    """Each voice has one line of the roundtable, its words in quotation marks, no two the same."""
    for path in (saga.path / "episodes").glob("episode_*.json"):
        rows = make_view(load_page(path), load_cast())["roundtable"]
        labels = [row.label for row in rows]
        assert labels == [name for name in ("Banterpacks", "ChatGPT", "Claude", "Gemini") if name in labels]
        assert all(row.cell.endswith('"') and row.cell.count('"') >= 2 for row in rows)


def test_fill() -> None:
    """Slots take their phrases and the sentence a capital, unless it begins with code."""
    assert fill("{files} in {place}.", {"files": "two files", "place": "`a`"}) == "Two files in `a`."
    assert fill("{place} has {files}.", {"files": "two files", "place": "`a`"}) == "`a` has two files."


def test_file_names() -> None:
    """Numbers have three digits, more when they need them."""
    assert (file_name(2), file_name(1234)) == ("episode_002.md", "episode_1234.md")


@pytest.mark.parametrize(("persona", "shown"), [("Banterpacks", "Banterpacks'"), ("Gemini", "Gemini's")])
def test_whose_deep_dive_it_is(persona: str, shown: str) -> None:
    """A name that ends in s gets an apostrophe, any other one an s as well."""
    assert possessive(persona) == shown


def test_files_that_were_not_read(saga: RepoBuilder) -> None:
    """Rows that tell of a part of the files say of how many they do not tell."""
    for path in sorted((saga.path / "episodes").glob("*.json")):
        page = load_page(path)
        unread = [
            Fact(key, number, "file", str(number), f"{number} files", Source.GIT, "true")
            for key, number in (("rewrite.files_left_out", 1), ("symbol.files_left_out", 1200), ("symbol.unread", 1))
        ]
        ledger = Ledger([*page.dossier.ledger.values(), *unread])
        values = make_view(replace(page, dossier=replace(page.dossier, ledger=ledger)), load_cast())
        rows = {row.label: row.cell for row in [*values["glance"], *values["symbols"]]}
        if {"Rewrites", "Functions"} <= rows.keys():
            assert rows["Rewrites"].endswith(" (1 file not read)")
            assert rows["Functions"].endswith(" (1,201 files not read)")
            return
    pytest.fail("no page has both rows")
