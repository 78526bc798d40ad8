"""Feeds: valid by other people's validators, the same from run to run, and text whatever a commit says."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import atoma
import feedparser
import jsonfeedvalidator
import pytest

from chronicles.personas import load_cast
from chronicles.site import feeds
from chronicles.site.address import Address
from chronicles.site.edition import Edition, Layout
from chronicles.site.shelf import Card, Part, Source
from chronicles.site.stock import Stock

if TYPE_CHECKING:
    from collections.abc import Sequence

ADDRESS = Address("https://site.example/sub/path")
CARD = Card(
    number=1,
    file="episode_001.md",
    title="The Beginning",
    at="2024-05-01T10:00:00+02:00",
    sha="a" * 40,
    subject="feat: begin with `a.py` \\*",
    kind="feat",
    author="Ada",
    files=1,
    insertions=3,
    deletions=0,
    verdicts=("slower",),
    news="It is [`abc1234`](episode_001.md) again.",
    writer="plain",
    facts=9,
    commits=1,
    parts=(Part("docs", 1, 1, 0), Part("src & co", 1, 2, 0)),
)
HOSTILE = (
    "<script>pwn()</script>",
    "]]> <![CDATA[",
    "&lt;b&gt; & \x00\x0b\ufffe\ud800",
    "\u202eevil\u202c",
    "{{ config }}",
)


def source(card: Card, file: str | None = None) -> Source:
    """An episode, of which feeds need its card and the name of its page."""
    return Source(Path(file or f"episode_{card.number:03d}.md"), Path("x.json"), "stamp", card)


def stock(episodes: Sequence[Source], patches: Sequence[Source] = (), name: str = "Saga") -> Stock:
    """What pages are made of, as far as feeds look."""
    nobody: Any = Layout(lambda: None)
    return Stock(Edition(name, load_cast(None, ()), nobody, nobody), tuple(episodes), tuple(patches))


def written(one: Stock, address: Address = ADDRESS) -> dict[str, str]:
    """The three feeds."""
    entries = feeds.entries_of(one, address)
    name = one.edition.name
    return {
        "rss": feeds.rss(name, address, entries),
        "atom": feeds.atom(name, address, entries),
        "json": feeds.json_feed(name, address, entries),
    }


def check(found: dict[str, str]) -> list[Any]:
    """Hold the feeds to validators, and give the entries of RSS and Atom as they were read."""
    read = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the parsers' own making
        for kind, version in (("rss", "rss20"), ("atom", "atom10")):
            feed = feedparser.parse(found[kind].encode())
            assert not feed.bozo, feed.get("bozo_exception")
            assert feed.version == version
            read.append(feed.entries)
        strict = atoma.parse_atom_bytes(found["atom"].encode())
        assert strict.updated is not None
        assert all(entry.updated and (entry.authors or strict.authors) and entry.links for entry in strict.entries)
        items = atoma.parse_rss_bytes(found["rss"].encode()).items
        assert all(item.guid and item.pub_date and item.link for item in items)
        assert jsonfeedvalidator.validate_feed(json.loads(found["json"])) == []
    assert len(items) == len(strict.entries) == len(read[0])
    return read


def test_feeds_are_valid() -> None:
    """RSS, Atom and JSON hold to their forms, and tell the same."""
    pages = [source(replace(CARD, number=at, sha=f"{at:040d}")) for at in range(1, 4)]
    found = written(stock(pages, [source(CARD, "patch_1.md")]))
    for entries in check(found):
        assert {entry.title for entry in entries} == {f"Episode {at}: The Beginning" for at in (1, 2, 3)} | {
            "Patch 1: The Beginning"
        }
        first = next(entry for entry in entries if entry.title.startswith("Episode 1"))
        assert first.link == "https://site.example/sub/path/episodes/episode_001/"
        assert [tag.term for tag in first.tags] == ["episode", "feat", "slower", "src & co", "docs"]
        assert first.summary.startswith("feat: begin with a.py *\n\nOne file, three lines added, zero removed.")
        assert first.summary.endswith("It is abc1234 again.")
    item = json.loads(found["json"])["items"][0]
    assert item["attachments"][0]["url"] == "https://site.example/sub/path/patches/patch_1.json"


def test_feeds_without_entries_are_valid() -> None:
    """A site without episodes has feeds, whose date is no clock's."""
    found = written(stock([]))
    check(found)
    assert "1970-01-01T00:00:00+00:00" in found["atom"]


def test_feeds_hold_the_newest_by_the_commits_dates() -> None:
    """Fifty entries, those of the newest commits first, whatever zone their dates are in."""
    pages = [source(replace(CARD, number=at, at=f"2024-01-01T00:{at:02d}:00+00:00")) for at in range(1, 60)]
    late = replace(CARD, number=60, at="2024-01-01T01:30:00+01:00")  # earlier than it looks
    entries = feeds.entries_of(stock([*pages, source(late)]), ADDRESS)
    assert len(entries) == 50
    assert [entry.title.partition(":")[0] for entry in entries[:2]] == ["Episode 59", "Episode 58"]
    assert entries[29].title.startswith("Episode 60")


def test_an_entry_is_known_wherever_the_site_is() -> None:
    """A site that moves does not show readers its entries again; another commit of the same number is another entry."""
    here, there = (
        feeds.entries_of(stock([source(CARD)]), Address(at)) for at in ("https://a.example", "https://b.example/c/")
    )
    assert here[0].id == there[0].id
    assert here[0].url != there[0].url
    other = feeds.entries_of(stock([source(replace(CARD, sha="b" * 40))]), ADDRESS)
    assert other[0].id != here[0].id


@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_a_commit_says_is_text(words: str) -> None:
    """Words that act in HTML or XML are shown by readers, and leave the feed valid."""
    card = replace(CARD, title=words, kind=words, author="\\" + words, parts=(Part(words, 1, 1, 0),))
    found = written(stock([source(card)], name=words))
    for entries in check(found):
        assert "script" not in entries[0].summary_detail.get("value", "").lower().replace("&lt;script", "")
    for kind in ("rss", "atom"):
        root = ET.fromstring(found[kind])  # noqa: S314 - our own
        assert {element.tag.rpartition("}")[2] for element in root.iter()}.isdisjoint({"script", "b", "img"})
    assert "<script" not in found["rss"]
    assert "<script" not in found["atom"]


def test_a_description_is_text_in_html_too() -> None:
    """RSS readers take a description for HTML: what a commit says stands in it as text."""
    card = replace(CARD, subject="&lt;img src=x onerror=pwn()&gt;")
    description = ET.fromstring(written(stock([source(card)]))["rss"]).findtext("channel/item/description")  # noqa: S314 - our own
    assert description is not None
    assert description.startswith("&lt;img src=x onerror=pwn()&gt;")


def test_a_page_of_several_authors_is_nobodys() -> None:
    """Where a page has no single author, an entry names none, and the feed's own stands for it."""
    found = written(stock([source(replace(CARD, author=""))]))
    assert "dc:creator>" not in found["rss"]
    assert found["atom"].count("<author>") == 1
    assert "author" not in json.loads(found["json"])["items"][0]
    check(found)
    assert written(stock([source(CARD)]))["atom"].count("<author>") == 2


def test_without_an_address_feeds_are_relative() -> None:
    """Where it is not known where the site is, addresses are those from its top."""
    entries = feeds.entries_of(stock([source(CARD)]), Address())
    assert entries[0].url == "episodes/episode_001/"
    assert Address().page("index.md") == "./"
