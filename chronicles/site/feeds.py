"""Feeds: the newest pages as RSS, Atom and JSON, with categories to choose by.

One list of entries, written three ways. They hold text and no HTML: what a commit says goes into the windows of feed
readers, which are many, and few of them have a policy for scripts. An entry is known by what it tells, its commit and
its number, so that a site that moves does not show readers all of its entries again. Its dates are the commits'.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, uuid5
from xml.etree import ElementTree as ET

from chronicles.documents.tracing import capital
from chronicles.markdown import visible
from chronicles.phrases import count, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chronicles.site.address import Address
    from chronicles.site.shelf import Card, Source
    from chronicles.site.stock import Stock

__all__ = ["FEEDS", "Entry", "atom", "entries_of", "json_feed", "plain", "rss"]

FEEDS = {
    "feed.xml": ("application/rss+xml", "RSS"),
    "atom.xml": ("application/atom+xml", "Atom"),
    "feed.json": ("application/feed+json", "JSON"),
}
"""Type and name of each feed, by its file at the top of the site."""
_NEWEST = 50
"""Entries of a feed."""
_COMPONENTS = 12
"""Components of a page that are categories, those with the most changed lines first."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAG = re.compile(r"<[^>]*>")
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without an entry was brought up to date: no clock stands in it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page as feeds tell it; everything is plain text."""

    id: str
    """A `urn:uuid:` that is the same wherever the site is."""
    url: str
    data: str
    """The address of its dossier."""
    title: str
    summary: str
    author: str
    """Empty where there is no single one; readers then have the feed's."""
    at: datetime
    categories: tuple[str, ...]


def entries_of(stock: Stock, address: Address) -> list[Entry]:
    """The newest pages, episodes and patch documents, newest first."""
    found = [
        *(_entry(one, "episodes", address) for one in stock.episodes[-_NEWEST:]),
        *(_entry(one, "patches", address) for one in stock.patches[-_NEWEST:]),
    ]
    return sorted(found, key=lambda entry: (entry.at, entry.url), reverse=True)[:_NEWEST]


def rss(name: str, address: Address, entries: Sequence[Entry]) -> str:
    """The feed as RSS 2.0."""
    root = ET.Element(
        "rss",
        {
            "version": "2.0",
            "xmlns:atom": "http://www.w3.org/2005/Atom",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        },
    )
    channel = ET.SubElement(root, "channel")
    _add(channel, "title", _title(name))
    _add(channel, "link", address.page("index.md"))
    _add(channel, "description", _about(name))
    link = {"rel": "self", "type": FEEDS["feed.xml"][0], "href": address.file("feed.xml")}
    ET.SubElement(channel, "atom:link", link)
    _add(channel, "lastBuildDate", format_datetime(_newest(entries)))
    for entry in entries:
        item = ET.SubElement(channel, "item")
        _add(item, "title", entry.title)
        _add(item, "link", entry.url)
        _add(item, "guid", entry.id, isPermaLink="false")
        _add(item, "pubDate", format_datetime(entry.at))
        if entry.author:
            _add(item, "dc:creator", entry.author)
        # Readers take a description for HTML, so the text is escaped for that, and once more for XML.
        _add(item, "description", html.escape(entry.summary, quote=False))
        for category in entry.categories:
            _add(item, "category", category)
    return _xml(root)


def atom(name: str, address: Address, entries: Sequence[Entry]) -> str:
    """The feed as Atom 1.0."""
    root = ET.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom"})
    _add(root, "title", _title(name))
    _add(root, "subtitle", _about(name))
    _add(root, "id", _urn("feed", name))
    _add(root, "updated", _newest(entries).isoformat())
    _add(ET.SubElement(root, "author"), "name", _title(name))
    ET.SubElement(root, "link", {"rel": "self", "type": FEEDS["atom.xml"][0], "href": address.file("atom.xml")})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": address.page("index.md")})
    for entry in entries:
        item = ET.SubElement(root, "entry")
        _add(item, "title", entry.title)
        _add(item, "id", entry.id)
        _add(item, "published", entry.at.isoformat())
        _add(item, "updated", entry.at.isoformat())
        if entry.author:
            _add(ET.SubElement(item, "author"), "name", entry.author)
        ET.SubElement(item, "link", {"rel": "alternate", "type": "text/html", "href": entry.url})
        ET.SubElement(item, "link", {"rel": "related", "type": "application/json", "href": entry.data})
        for category in entry.categories:
            ET.SubElement(item, "category", {"term": _text(category)})
        _add(item, "summary", entry.summary)
    return _xml(root)


def json_feed(name: str, address: Address, entries: Sequence[Entry]) -> str:
    """The feed as JSON Feed 1, which readers of 1.1 read too."""
    value = {
        "version": "https://jsonfeed.org/version/1",
        "title": _title(name),
        "description": _about(name),
        "home_page_url": address.page("index.md"),
        "feed_url": address.file("feed.json"),
        "items": [
            {
                "id": entry.id,
                "url": entry.url,
                "title": entry.title,
                "content_text": entry.summary,
                "date_published": entry.at.isoformat(),
                **({"author": {"name": entry.author}} if entry.author else {}),
                "tags": list(entry.categories),
                "attachments": [{"url": entry.data, "mime_type": "application/json", "title": "dossier"}],
            }
            for entry in entries
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def plain(markdown: str) -> str:
    """What a reader sees of a line of Markdown, without links and signs."""
    from markdown import markdown as to_html  # noqa: PLC0415 - comes with the builders, and only publishing needs it

    return " ".join(html.unescape(_TAG.sub("", to_html(markdown))).split())


def _entry(source: Source, folder: str, address: Address) -> Entry:
    card = source.card
    subject, news = plain(card.subject), plain(card.news)
    size = f"{count(card.files, 'file')}, {count(card.insertions, 'line')} added, {words(card.deletions)} removed."
    stem = source.page.name.removesuffix(".md")
    return Entry(
        id=_urn(folder, card.sha, str(card.number)),
        url=address.page(f"{folder}/{source.page.name}"),
        data=address.file(f"{folder}/{stem}.json"),
        title=_text(f"{_KINDS[folder]} {card.number}: {card.title}"),
        summary=_text("\n\n".join(filter(None, [subject, capital(size), news]))),
        author=_text(plain(card.author)),
        at=datetime.fromisoformat(card.at),
        categories=tuple(dict.fromkeys(map(_text, _categories(card, folder)))),
    )


_KINDS = {"episodes": "Episode", "patches": "Patch"}


def _categories(card: Card, folder: str) -> Iterable[str]:
    """The kind of page and of change, what measurements say, and the components."""
    yield _KINDS[folder].lower()
    yield from filter(None, [card.kind, *card.verdicts])
    parts = sorted(card.parts, key=lambda part: (-(part.insertions + part.deletions), part.name))
    yield from (part.name for part in parts[:_COMPONENTS])


def _title(name: str) -> str:
    return _text(f"The {name} Chronicles")


def _about(name: str) -> str:
    return _text(f"Dossiers of the history of {name}, in which every number can be derived again.")


def _newest(entries: Sequence[Entry]) -> datetime:
    return max((entry.at for entry in entries), default=_BEGINNING)


def _urn(*parts: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_OID, chr(0).join(['chronicles', *map(visible, parts)]))}"


def _text(value: str) -> str:
    return _NO_XML.sub("\ufffd", "\n\n".join(visible(part) for part in value.split("\n\n")))


def _add(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = text


def _xml(root: ET.Element) -> str:
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'
