"""Episodes in lists: a card on the first page, a row in a month, and the words that lists share.

What a commit says stands here as the Markdown of its fact, which is escaped already, with braces made inert: attributes
would otherwise be read out of a subject.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import quote

from chronicles.markdown import code, escape, visible
from chronicles.site.facts import inert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chronicles.site.shelf import Card, Source

__all__ = [
    "SIZES",
    "attribute",
    "card_lines",
    "day_name",
    "filtered",
    "month_name",
    "row_line",
    "signed",
    "size_of",
    "verdict_class",
]

SIZES = ((5, "under 5 lines"), (50, "5 to 49 lines"), (500, "50 to 499 lines"), (None, "500 lines and more"))
"""Upper ends of the sizes that a list can be filtered by, in changed lines, and what each is called."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PARTS = 3
"""Components that a row names."""
_BLOCKS = 5
"""Squares that show how much of a change was added."""


def month_name(month: str) -> str:
    """A month as people write it: `2026-05` is May 2026."""
    year, _, number = month.partition("-")
    known = number.isdecimal() and 1 <= int(number) <= len(_MONTHS)
    return f"{_MONTHS[int(number) - 1]} {year}" if known else month


def day_name(at: str) -> str:
    """A day as people write it: `2026-05-23T…` is 23 May 2026."""
    day = at[8:10].lstrip("0")
    return f"{day} {month_name(at[:7])}" if day.isdecimal() else at[:10]


def size_of(card: Card) -> int:
    """The place of a change's size among `SIZES`."""
    return next(at for at, (end, _) in enumerate(SIZES) if end is None or card.churn < end)


def verdict_class(word: str) -> str:
    """The class of a verdict's word; a word that is none of ours has none of its own."""
    known = ("slower", "faster", "higher", "lower", "no change seen", "undecided", "no baseline")
    return f"verdict-{word.replace(' ', '-')}" if word in known else "verdict-other"


def attribute(text: str) -> str:
    """Text as the value of an HTML attribute, inert for whatever reads the page before HTML does."""
    return html.escape(" ".join(visible(text).split())).replace("{", "&#123;").replace("`", "&#96;")


def signed(card: Card) -> str:
    """Lines added and removed."""
    return f"+{card.insertions:,} −{card.deletions:,}"


def card_lines(source: Source, folder: str) -> Iterator[str]:
    """An episode as a card of the first page.

    Args:
        source: The episode.
        folder: That its page lies in, as seen from the list.
    """
    card = source.card
    yield '<article class="episode-card" markdown="1">'
    yield ""
    yield (
        f'<p class="eyebrow"><span>Episode {card.number}</span>'
        f' <time datetime="{attribute(card.at)}">{day_name(card.at)}</time></p>'
    )
    yield ""
    yield f"### [{inert(escape(card.title))}]({folder}{card.file})"
    yield ""
    if card.subject:
        yield f'<p class="subject" markdown="1">{inert(card.subject)}</p>'
        yield ""
    if card.news:
        news = inert(card.news)
        said = f"**{inert(escape(card.voice))}:** “{news}”" if card.voice else news
        yield f'<p class="news" markdown="1">{said}</p>'
        yield ""
    yield f'<p class="chips" markdown="1">{"".join(_chips(card, folder))}</p>'
    yield ""
    yield "</article>"


def row_line(source: Source, folder: str) -> str:
    """An episode as an item of a list.

    Args:
        source: The episode.
        folder: That its page lies in, as seen from the list.
    """
    card = source.card
    names = [code(part.name) for part in sorted(card.parts, key=lambda one: -(one.insertions + one.deletions))]
    more = f" and {len(names) - _PARTS} more" if len(names) > _PARTS else ""
    where = f' <span class="where">{inert(", ".join(names[:_PARTS]))}{more}</span>' if names else ""
    return (
        f'- <span class="number">{card.number}</span> [{inert(escape(card.title))}]({folder}{card.file})'
        f' <span class="subject">{inert(card.subject)}</span>'
        f' <span class="chips">{"".join(_chips(card, folder))}{where}</span>'
    )


def _chips(card: Card, folder: str) -> Iterator[str]:
    """What a change is, each word a link to all that is likewise."""
    yield f"{_chip('type', card.kind, folder)}{{: .chip .kind }} "
    yield f'<span class="churn">{_blocks(card)}{signed(card)}</span>'
    for word in _told(card.verdicts):
        yield f" {_chip('verdict', word, folder)}{{: .chip .{verdict_class(word)} }}"


def _chip(name: str, value: str, folder: str) -> str:
    return f"[{inert(escape(value))}]({filtered(name, value, folder)})"


def filtered(name: str, value: str, folder: str) -> str:
    """The address of the timeline with a filter.

    Args:
        name: Of the filter.
        value: What it is set to.
        folder: That the timeline lies in, as seen from the page.
    """
    # A dot is spelled out: Zensical takes an address that ends in `.md` for that of a page.
    return f"{folder}index.md?{name}={quote(value, safe='').replace('.', '%2E')}"


def _told(verdicts: Iterable[str]) -> list[str]:
    """The verdicts that are news in a list: what changed, else that it was measured."""
    said = [word for word in verdicts if word in ("slower", "faster", "higher", "lower")]
    if said or not verdicts:
        return said
    return ["measured"]


def _blocks(card: Card) -> str:
    """How much of a change was added, in five squares; nothing for a change without lines."""
    if not card.churn:
        return ""
    added = round(_BLOCKS * card.insertions / card.churn)
    if card.insertions and card.deletions:
        added = min(max(added, 1), _BLOCKS - 1)
    squares = "".join(
        f'<rect class="{"added" if at < added else "removed"}" x="{at * 9}" width="8" height="8" rx="1"/>'
        for at in range(_BLOCKS)
    )
    return f'<svg class="blocks" viewBox="0 0 44 8" aria-hidden="true" focusable="false">{squares}</svg> '
