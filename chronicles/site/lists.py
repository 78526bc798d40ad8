"""The pages that list: first page, timeline and months, components, performance, cast and method.

Each comes with a key that says all that it is made of. A new commit changes the first page, its month and components;
the others have nothing on them that it could change.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chronicles.documents.verified import stamp_of
from chronicles.site.cast import cast_key, cast_page
from chronicles.site.components import components, components_key
from chronicles.site.home import home, home_key
from chronicles.site.method import METHOD, method_page
from chronicles.site.performance import overview, overview_key, suite_page, suite_pages
from chronicles.site.retired import retired_page
from chronicles.site.timeline import month_page, month_pages, timeline, timeline_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chronicles.site.stock import Stock

    Listed = tuple[str, str, Callable[[], str]]
    """Path, key, and what makes the text."""

__all__ = ["list_pages"]


def list_pages(stock: Stock) -> Iterator[Listed]:
    """All pages that list: path, key, and what makes the text."""
    yield "index.md", home_key(stock), partial(home, stock)
    yield "episodes/index.md", timeline_key(stock), partial(timeline, stock)
    for path, told, before in month_pages(stock.episodes):
        key = " ".join([before, *(source.stamp for source in told)])
        yield path, key, partial(month_page, path, told, before)
    for entry in stock.retired:
        yield (
            f"episodes/{entry.page.name}",
            stamp_of(entry.page, entry.sidecar),
            partial(retired_page, entry, stock.edition.leads),
        )
    yield "components.md", components_key(stock), partial(components, stock)
    measured = overview_key(stock)
    yield "performance/index.md", measured, partial(overview, stock)
    if stock.measured.digest:
        for path, suite in suite_pages(stock.measured.suites).items():
            yield path, measured, partial(suite_page, suite, stock)
    yield "cast.md", cast_key(stock.edition.cast), partial(cast_page, stock.edition.cast)
    yield "method.md", METHOD, method_page
