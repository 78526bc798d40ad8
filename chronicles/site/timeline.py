"""The timeline: a page a month, and one with filters over all of them.

Months are pages of their own that need no script. The page with the filters names nothing that a commit changes: its
script reads a data file, which is published beside the pages, so that a new commit does not stage it again. A month of
very many episodes is divided from its beginning, so that only its last part still grows.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from chronicles import phrases
from chronicles.documents.frontmatter import render_front_matter
from chronicles.site.entries import SIZES, day_name, month_name, row_line, size_of
from chronicles.site.figures import figures_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.documents.series import Entry
    from chronicles.site.address import Address
    from chronicles.site.shelf import Source
    from chronicles.site.stock import Stock

__all__ = ["DATA", "ending_of", "filter_data", "month_pages", "months_of", "timeline", "timeline_key"]

DATA = "data/episodes.json"
"""Where the filters' data is published, from the top of the site."""

_SCHEMA = "chronicles.episodes/1"
_PART = 200
"""So many episodes at most stand on one page of a month."""
_COLUMNS = (
    *("number", "page", "day", "title", "subject", "type", "size"),
    *("verdicts", "components", "added", "removed"),
)
_ABOUT = (
    "An episode tells one commit of the branch, or the small ones of a day. Each month has"
    " [a page of its own](../index.md#months)."
)
_STILL = "The filters need a script and a web server. Without them, choose a month."
_FILTERS = (("type", "Type"), ("size", "Size"), ("verdict", "Verdict"), ("component", "Component"))


def months_of(sources: Sequence[Source]) -> dict[str, list[Source]]:
    """The episodes of each month, newest month first, each month's newest episode first."""
    found: dict[str, list[Source]] = {}
    for source in reversed(sources):
        found.setdefault(source.card.month, []).append(source)
    return {month: _by_day(found[month]) for month in sorted(found, reverse=True)}


def _by_day(told: Sequence[Source]) -> list[Source]:
    """The episodes of a month, newest first: clocks of authors need not go with the order of commits."""
    return sorted(told, key=lambda one: (one.card.at[:10], one.card.number), reverse=True)


# -- months -----------------------------------------------------------------------------------------------------


def month_pages(sources: Sequence[Source]) -> Iterator[tuple[str, list[Source], str]]:
    """The pages of all months: path, the episodes of each, newest first, and its text is for `month_page` to make.

    Yields:
        Path, the episodes on it, and the path of the page before it.
    """
    pages = [page for month, told in months_of(sources).items() for page in _divided(month, told)]
    for at, (path, told) in enumerate(pages):
        yield path, told, pages[at + 1][0] if at + 1 < len(pages) else ""


def _divided(month: str, told: Sequence[Source]) -> Iterator[tuple[str, list[Source]]]:
    """The parts of a month, newest first; the newest has the month's own name."""
    oldest_first = list(reversed(told))
    parts = [oldest_first[at : at + _PART] for at in range(0, len(oldest_first), _PART)]
    for number, part in reversed(list(enumerate(parts, 1))):
        ending = "" if number == len(parts) else f"-part-{number}"
        yield f"episodes/{month}{ending}.md", part[::-1]


def month_page(path: str, told: Sequence[Source], before: str) -> str:
    """The page of a month, or of a part of it.

    Args:
        path: Of the page.
        told: Its episodes, newest first.
        before: The path of the page before it; empty for the first.
    """
    title = _title(path)
    number = phrases.count(len(told), "episode")
    lines = [
        render_front_matter({"title": title, "hide": ["navigation"]}),
        f"# {title}",
        "",
        f"{number[0].upper()}{number[1:]}. [All months](../index.md#months) · [Filters](index.md)"
        + (f" · [{_title(before)}]({before.removeprefix('episodes/')})" if before else ""),
        "",
    ]
    for day, entries in groupby(told, key=lambda one: one.card.at[:10]):
        rows = [row_line(source, "") for source in entries]
        lines += [f"## {day_name(day)}", "", '<div class="episode-list" markdown="1">', "", *rows, "", "</div>", ""]
    return "\n".join(lines)


def _title(path: str) -> str:
    """What a month's page is called: `episodes/2026-05-part-2.md` is May 2026, part 2."""
    month, _, part = path.removeprefix("episodes/").removesuffix(".md").partition("-part-")
    return month_name(month) + (f", part {part}" if part else "")


# -- filters ----------------------------------------------------------------------------------------------------


def timeline_key(stock: Stock) -> str:
    """Says all that the page with the filters is made of."""
    retired = [(one.number, one.commits, one.retired_into) for one in stock.retired]
    return f"timeline {bool(stock.episodes)} {retired}"


def timeline(stock: Stock) -> str:
    """The page with the filters."""
    lines = [render_front_matter({"title": "Episodes", "hide": ["navigation", "toc"]}), "# Episodes", ""]
    if not stock.episodes and not stock.retired:
        lines += ["No episode has been written yet: `chronicles generate --all` writes them.", ""]
        return "\n".join(lines)
    lines += [
        _ABOUT,
        "",
        '<form class="episode-filters" data-chronicles-filters hidden>',
        *(
            f'<label>{label}<select name="{name}"><option value="">any</option></select></label>'
            for name, label in _FILTERS
        ),
        '<button type="reset">Clear</button>',
        "</form>",
        f'<p class="episode-count" data-chronicles-count role="status">{_STILL}</p>',
        '<div class="calendar" data-chronicles-months></div>',
        '<div class="episode-list" data-chronicles-results></div>',
        "",
        *_retired(stock.retired),
    ]
    return "\n".join(lines)


def filter_data(stock: Stock, address: Address) -> str:
    """What the filters work on, newest first, and the figures of the story, as JSON.

    A row an episode, its columns named once; types, verdicts and components stand in lists of their own, since ten
    thousand rows would say them ten thousand times.

    Args:
        stock: What the pages were made of.
        address: Where the site is.
    """
    kinds, verdicts, components = _Names(), _Names(), _Names()
    rows: list[list[Any]] = []
    for source in reversed(stock.episodes):
        card = source.card
        parts = sorted(card.parts, key=lambda one: -(one.insertions + one.deletions))
        rows.append(
            [
                card.number,
                source.page.name.removesuffix(".md"),
                card.at[:10],
                card.title,
                card.headline,
                kinds.place(card.kind),
                size_of(card),
                [verdicts.place(word) for word in card.verdicts],
                [components.place(part.name) for part in parts],
                card.insertions,
                card.deletions,
            ]
        )
    value = {
        "schema": _SCHEMA,
        "ending": ending_of(address),
        "columns": _COLUMNS,
        "types": kinds.names,
        "sizes": [label for _, label in SIZES],
        "verdicts": verdicts.names,
        "components": components.names,
        "figures": figures_of(stock).to_json(),
        "episodes": rows,
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def ending_of(address: Address) -> str:
    """What a builder puts behind the name of an episode's page."""
    return address.place("episodes/-.md").removeprefix("episodes/-").removesuffix("index.html")


class _Names:
    """Names by the place at which each first came up."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, name: str) -> int:
        """The place of a name."""
        return self._places.setdefault(name, len(self._places))

    @property
    def names(self) -> list[str]:
        """All of them, by place."""
        return list(self._places)


# -- retired pages ----------------------------------------------------------------------------------------------


def _retired(entries: Sequence[Entry]) -> Iterator[str]:
    """The retired episodes, folded: their numbers stay, since they may be quoted somewhere."""
    if not entries:
        return
    number = phrases.count(len(entries), "episode")
    verb = "is" if len(entries) == 1 else "are"
    yield '<details class="retired-list" markdown="1">'
    yield f"<summary>{number[0].upper()}{number[1:]} {verb} retired: history was rewritten under them</summary>"
    yield ""
    for entry in entries:
        shas = [f"`{sha[:7]}`" for sha in entry.commits[:3]]
        more = f" and {len(entry.commits) - len(shas)} more" if len(entry.commits) > len(shas) else ""
        into = f", now part of `{entry.retired_into[:7]}`" if entry.retired_into else ""
        yield f"- [Episode {entry.number}]({entry.page.name}) told {phrases.joined(shas)}{more}{into}"
    yield ""
    yield "</details>"
    yield ""
