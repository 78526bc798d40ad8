"""The pages of the site, one pure function of what lies in the folders.

Each page says what it is made of before it is made (`key`), so that a page of which nothing has changed is not made
again. Builders are given finished Markdown; what they need beyond that is in mkdocs.yml, and nothing in a plugin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from chronicles.site.assets import ASSETS, asset, digest
from chronicles.site.documentation import document_pages
from chronicles.site.episode import episode, with_neighbours
from chronicles.site.lists import list_pages
from chronicles.site.patch import patch
from chronicles.site.patch_list import patch_list, patch_list_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chronicles.site.shelf import Source
    from chronicles.site.stock import Stock

__all__ = ["StagedPage", "site_pages"]

VERSION = "1"


@dataclass(frozen=True, slots=True)
class StagedPage:
    """A page of the site."""

    path: str
    """Where it stands, from the top of the site."""
    key: str
    """Says all that it is made of."""
    make: Callable[[], str | bytes]
    apart: bool = False
    """Whether another process can make it: `make` is then a `partial` of a function and of values that can be sent."""
    source: Path | None = None
    """The sidecar or file that it shows; without it the page is left out, and nothing else."""


def site_pages(stock: Stock) -> Iterator[StagedPage]:
    """All pages of the site."""
    edition = stock.edition
    for path, key, make in list_pages(stock):
        yield StagedPage(path, f"{VERSION} {key}", make)
    for source, near in with_neighbours(stock.episodes):
        yield _apart(f"episodes/{source.page.name}", source, partial(episode, source, edition, near), str(near))
    for name in ASSETS:
        yield StagedPage(f"assets/{name}", digest(name), partial(asset, name))
    for place, stamp, content, file in document_pages(stock):
        yield StagedPage(place, stamp, content, source=file)
    yield StagedPage("patches/index.md", patch_list_key(stock), partial(patch_list, stock))
    for source, near in with_neighbours(stock.patches):
        yield _apart(f"patches/{source.page.name}", source, partial(patch, source, edition, near), str(near))


def _apart(path: str, source: Source, make: Callable[[], str], around: str = "") -> StagedPage:
    return StagedPage(path, f"{VERSION} {source.stamp} {around}", make, apart=True, source=source.sidecar)
