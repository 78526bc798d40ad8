"""The pages of the site, one pure function of what lies in the folders.

Each page says what it is made of before it is made (`key`), so that a page of which nothing has changed is not made
again. Builders are given finished Markdown; what they need beyond that is in mkdocs.yml, and nothing in a plugin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from chronicles.documents.frontmatter import render_front_matter
from chronicles.markdown import escape
from chronicles.site.assets import ASSETS, asset, digest
from chronicles.site.episode import episode, with_neighbours
from chronicles.site.patch import patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from chronicles.site.shelf import Source
    from chronicles.site.stock import Stock

__all__ = ["StagedPage", "site_pages"]

VERSION = "1"
_NEWEST = 6


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
    name = edition.name
    newest_first = list(reversed(stock.episodes))
    yield _page("index.md", newest_first[:_NEWEST], lambda: _home(name, newest_first))
    months: dict[str, list[Source]] = {}
    for source in newest_first:
        months.setdefault(source.card.month, []).append(source)
    yield StagedPage("episodes/index.md", " ".join([VERSION, *months]), lambda: _months(newest_first))
    for month, told in months.items():
        yield _page(f"episodes/{month}.md", told, lambda month=month, told=told: _month(month, told))  # type: ignore[misc]
    for source, near in with_neighbours(stock.episodes):
        yield _apart(f"episodes/{source.page.name}", source, partial(episode, source, edition, near), str(near))
    for file in ASSETS:
        yield StagedPage(f"assets/{file}", digest(file), partial(asset, file))
    for source in stock.patches:
        yield _apart(f"patches/{source.page.name}", source, partial(patch, source, edition))


def _page(path: str, sources: Sequence[Source], make: Callable[[], str]) -> StagedPage:
    return StagedPage(path, " ".join([VERSION, *(one.stamp for one in sources)]), make)


def _apart(path: str, source: Source, make: Callable[[], str], around: str = "") -> StagedPage:
    return StagedPage(path, f"{VERSION} {source.stamp} {around}", make, apart=True, source=source.sidecar)


def _home(name: str, newest_first: Sequence[Source]) -> str:
    lines = [render_front_matter({"title": f"The {name} Chronicles", "hide": ["navigation", "toc"]})]
    lines += [f"# The {escape(name)} Chronicles", ""]
    if not newest_first:
        lines += ["No episode has been written yet. `chronicles generate` writes the first.", ""]
    for source in newest_first[:_NEWEST]:
        lines += [*_entry(source, "episodes/"), ""]
    return "\n".join(lines)


def _months(newest_first: Sequence[Source]) -> str:
    lines = [render_front_matter({"title": "Episodes"}), "# Episodes", ""]
    months = dict.fromkeys(source.card.month for source in newest_first)
    lines += [f"- [{month}]({month}.md)" for month in months]
    return "\n".join([*lines, ""])


def _month(month: str, told: Sequence[Source]) -> str:
    lines = [render_front_matter({"title": month}), f"# {month}", ""]
    for source in told:
        lines += [*_entry(source, ""), ""]
    return "\n".join(lines)


def _entry(source: Source, folder: str) -> list[str]:
    card = source.card
    return [
        f"### [{escape(card.title)}]({folder}{card.file})",
        "",
        f"Episode {card.number} · {card.at[:10]} · {escape(card.kind)} · +{card.insertions:,} -{card.deletions:,}",
        "",
        card.subject,
    ]
