"""Publishing: what goes beside the built pages and no builder has to read.

Feeds, the site map, the dossiers of pages and what scripts load would cost a builder time on every build, and a new
commit would stage each of them anew. So they are written straight into the built site, by the plugin of MkDocs and by
`chronicles site` for both builders, and the staged pages stay few. A builder empties the folder before it builds, so
everything is written each time; what is left of a page that is gone cannot stay behind.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.errors import OutputError, PageError
from chronicles.files import write_atomic
from chronicles.site import feeds, listings, timeline
from chronicles.site.policy import NO_PAGE, headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from chronicles.site.address import Address
    from chronicles.site.shelf import Source
    from chronicles.site.stock import Stock

__all__ = ["Published", "publish", "published_files"]

_DOSSIER = b'\n"dossier": '
_AFTER_DOSSIER = b',\n"sentences": '
"""Between these lines of a sidecar, as we write it, lies its dossier: no string of JSON holds a line end."""
_HEAD_END = "</head>"


@dataclass(frozen=True, slots=True)
class Published:
    """A file that is published beside the pages."""

    path: str
    """Where it stands, from the top of the site."""
    make: Callable[[], str | bytes]


def published_files(stock: Stock, pages: Iterable[str], address: Address) -> Iterator[Published]:
    """All that is published beside the pages.

    Args:
        stock: What the pages were made of.
        pages: The staged pages, by their paths.
        address: Where the site is.
    """
    pages = sorted(pages)
    name = stock.edition.name
    entries = feeds.entries_of(stock, address)
    yield Published("feed.xml", lambda: feeds.rss(name, address, entries))
    yield Published("atom.xml", lambda: feeds.atom(name, address, entries))
    yield Published("feed.json", lambda: feeds.json_feed(name, address, entries))
    yield Published(timeline.DATA, lambda: timeline.filter_data(stock, address))
    yield Published("llms.txt", lambda: listings.llms(pages, stock, address))
    plan = listings.site_map(pages, stock, address)
    yield Published("sitemap.xml", lambda: plan)
    yield Published("sitemap.xml.gz", lambda: listings.packed(plan))
    for folder, sources in (("episodes", stock.episodes), ("patches", stock.patches)):
        for source in sources:
            path = f"{folder}/{source.page.name.removesuffix('.md')}.json"
            yield Published(path, lambda source=source: dossier_of(source))  # type: ignore[misc]


def publish(built: Path, stock: Stock, pages: Iterable[str], address: Address) -> int:
    """Write what goes beside the pages into a built site, and name the feeds in the head of its first page.

    Args:
        built: The folder of the built site.
        stock: What the pages were made of.
        pages: The staged pages, by their paths.
        address: Where the site is.

    Returns:
        How many files were published.

    Raises:
        OutputError: The folder cannot be written to, or holds no built site.
        PageError: A sidecar has gone since.
    """
    pages = [page for page in pages if page.endswith(".md")]
    count = 0
    for file in published_files(stock, pages, address):
        place = built / file.path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            content = file.make()
            # The builder emptied this folder and nobody reads it yet: a whole file is put there at once, cheaply.
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        except OSError as error:
            raise OutputError(place, (error.strerror or str(error)).lower()) from error
        count += 1
    _name_feeds(built / "index.html", stock.edition.name)
    if (built / NO_PAGE).is_file():
        write_atomic(built / "_headers", headers(built, map(address.place, pages)))
        count += 1
    return count


def dossier_of(source: Source) -> bytes:
    """The dossier of a page as its sidecar has it.

    Raises:
        PageError: If the sidecar cannot be read any more.
    """
    try:
        text = source.sidecar.read_bytes()
        begin, end = text.find(_DOSSIER), text.find(_AFTER_DOSSIER)
        if 0 <= begin < end:
            return text[begin + len(_DOSSIER) : end] + b"\n"
        # Whoever laid the file out anew has it read whole.
        return json.dumps(json.loads(text)["dossier"], ensure_ascii=False).encode() + b"\n"
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise PageError(
            source.sidecar, f"cannot be read any more: {error}", "Stage and build the site again"
        ) from error


def _name_feeds(home: Path, name: str) -> None:
    """Have browsers and feed readers find the feeds: by links in the head, where no Markdown reaches."""
    links = "".join(
        f'<link rel="alternate" type="{kind}" title="{html.escape(f"{name} ({label})")}" href="{file}">'
        for file, (kind, label) in feeds.FEEDS.items()
    )
    try:
        text = home.read_text("utf-8")
    except OSError as error:
        raise OutputError(home, "no site was built there") from error
    if links not in text:
        write_atomic(home, text.replace(_HEAD_END, links + _HEAD_END, 1))
