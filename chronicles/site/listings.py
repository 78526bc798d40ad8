"""What programs find the pages by: a site map with the commits' dates, and llms.txt.

A site map is read by search engines, which come again by its dates: those are of the newest commit that a page tells,
and pages that tell none, such as documentation, have no date rather than that of a checkout. llms.txt names the pages
that others are found from and the newest ones, each with the dossier beside it; ten thousand lines would be read by
nobody, so older ones are left to their months.
"""

from __future__ import annotations

import gzip
from datetime import datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape as escape_xml

from chronicles.markdown import escape, link
from chronicles.site.feeds import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chronicles.site.address import Address
    from chronicles.site.shelf import Source
    from chronicles.site.stock import Stock

__all__ = ["llms", "packed", "site_map"]

_NEWEST = 100
"""Episodes that llms.txt names one by one."""
_GUIDE = {
    "index.md": ("Home", "what this is, the newest episodes and the state of the story"),
    "method.md": ("Method", "how facts are derived and verified"),
    "episodes/index.md": ("Episodes", "all months, with filters"),
    "components.md": ("Components", "for each part of the repository, its episodes"),
    "performance/index.md": ("Performance", "what was measured, over commits"),
    "patches/index.md": ("Patches", "what changed between releases"),
    "docs/index.md": ("Documentation", "documentation"),
}
"""Pages that others are found from, with their titles and what they hold."""
_ABOUT = """\
> The history of a repository, told a commit at a time. Every number on a page is bound to a fact that git derives anew.

The voices on the pages are fictional, and what they say is bound to facts all the same. Beside each page lies its
dossier as JSON (`chronicles.dossier/1`): facts with values, sources and the commands that derive them, and claims."""


def site_map(pages: Iterable[str], stock: Stock, address: Address) -> str:
    """The site map; without an address of the site it lists nothing, since it can hold no relative ones."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">']
    dates = _dates(stock)
    newest = max(dates.values(), key=datetime.fromisoformat, default="")
    for page in sorted(pages) if address.base else ():
        told = "" if page.startswith("docs/") else dates.get(page, newest)
        at = f"<lastmod>{escape_xml(told)}</lastmod>" if told else ""
        lines.append(f"<url><loc>{escape_xml(address.page(page))}</loc>{at}</url>")
    return "\n".join([*lines, "</urlset>", ""])


def packed(text: str) -> bytes:
    """A text as gzip has it, the same from run to run."""
    return gzip.compress(text.encode(), mtime=0)


def llms(pages: Iterable[str], stock: Stock, address: Address) -> str:
    """What a program should know of the site, as llmstxt.org proposes it."""
    there = set(pages)
    name = escape(stock.edition.name)
    lines = [f"# The {name} Chronicles", "", _ABOUT, "", "## Pages", ""]
    lines += [f"- {link(title, address.page(page))}: {what}" for page, (title, what) in _GUIDE.items() if page in there]
    months = dict.fromkeys(source.card.month for source in reversed(stock.episodes))
    for title, told in (
        ("Patch documents", list(_documents(reversed(stock.patches), "patches", address))),
        ("Newest episodes", list(_documents(stock.episodes[: -_NEWEST - 1 : -1], "episodes", address))),
        ("Optional", [f"- {link(month, address.page(f'episodes/{month}.md'))}: episodes" for month in months]),
    ):
        lines += ["", f"## {title}", "", *told] if told else []
    return "\n".join([*lines, ""])


def _documents(sources: Iterable[Source], folder: str, address: Address) -> Iterator[str]:
    for source in sources:
        card = source.card
        page = address.page(f"{folder}/{source.page.name}")
        data = address.file(f"{folder}/{source.page.name.removesuffix('.md')}.json")
        subject = escape(plain(card.subject))
        yield f"- {link(card.title, page)}: {card.at[:10]}, {subject} ({link('dossier', data)})"


def _dates(stock: Stock) -> dict[str, str]:
    """When the newest commit that a page tells was authored, by the page."""
    found: dict[str, str] = {}
    for folder, sources in (("episodes", stock.episodes), ("patches", stock.patches)):
        for source in sources:
            at = source.card.at
            found[f"{folder}/{source.page.name}"] = at
            if folder == "episodes":
                month = f"episodes/{source.card.month}.md"
                found[month] = max(found.get(month, at), at, key=datetime.fromisoformat)
    return found
