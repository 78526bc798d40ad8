"""The first page: what this is, what is new, how the story stands, and where performance went.

Its figures are sums over the cards, so they change with every commit, as this page does anyway; pages that would change
for nothing else do not have them. Months are listed here and nowhere else for the same reason.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.documents.forge import Forge
from chronicles.documents.frontmatter import render_front_matter
from chronicles.markdown import escape
from chronicles.site.entries import card_lines, month_name
from chronicles.site.facts import inert
from chronicles.site.figures import Figures, figures_of
from chronicles.site.performance import overview_key, told_by
from chronicles.site.timeline import months_of
from chronicles.site.trend import drawing, news

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chronicles.site.stock import Stock

__all__ = ["home", "home_key"]

_NEWEST = 6
_LEAD = (
    "What happened in {name} since {since}, told {pace} at a time. **Every number on an episode is a link** to the"
    " fact behind it: its value, where it was read, and the command that derives it again. The voices are"
    " [fictional](cast.md); [the facts are not](method.md)."
)
_SHADES = (1, 5, 15, 40)
"""From how many episodes on a month is a shade darker."""
_SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def home_key(stock: Stock) -> str:
    """Says all that the first page is made of."""
    newest = [source.stamp for source in stock.episodes[-_NEWEST:]]
    months = {month: len(told) for month, told in months_of(stock.episodes).items()}
    about = (newest, months, figures_of(stock), overview_key(stock), stock.head)
    return hashlib.sha256(repr(about).encode()).hexdigest()


def home(stock: Stock) -> str:
    """The first page."""
    name = inert(escape(stock.edition.name))
    lines = [
        render_front_matter({"title": f"The {stock.edition.name} Chronicles", "hide": ["navigation", "toc"]}),
        f"# The {name} Chronicles",
        "",
    ]
    if not stock.episodes:
        return "\n".join([*lines, *_welcome(name)])
    figures = figures_of(stock)
    first = stock.episodes[0].card
    pace = "one commit" if all(source.card.commits == 1 for source in stock.episodes) else "a commit or a few"
    lines += [
        '<div class="lead" markdown="1">',
        "",
        _LEAD.format(name=name, since=month_name(first.month), pace=pace),
        "",
        "</div>",
        "",
        "## State of the story {: #state }",
        "",
        *_state(figures, stock),
        "",
        "## Newest episodes {: #newest }",
        "",
        '<div class="episode-cards" markdown="1">',
        "",
    ]
    for source in reversed(stock.episodes[-_NEWEST:]):
        lines += [*card_lines(source, "episodes/"), ""]
    lines += ["</div>", "", *_performance(stock), "## The story by month {: #months }", "", *_calendar(stock), ""]
    return "\n".join(lines)


def _welcome(name: str) -> Iterator[str]:
    """The first page of a story that has not begun."""
    yield "## The story has not begun {: #state }"
    yield ""
    yield f"The history of {name} has not been told yet. Its first page is one command away:"
    yield ""
    yield "```shell"
    yield "chronicles generate --all"
    yield "```"
    yield ""
    yield "That writes an episode for each commit of the branch into `episodes/`, with no network and no model. Then"
    yield "build this site again: `chronicles site serve` shows it, and goes on showing it as episodes are added."
    yield ""
    yield "- `chronicles generate` tells the newest commit alone."
    yield "- `chronicles hook install` has each new commit told as it is made."
    yield "- [Method](method.md) says how facts are derived and verified, and [Cast](cast.md) who will speak."
    yield ""


def _state(figures: Figures, stock: Stock) -> Iterator[str]:
    rows = [
        ("Episodes", phrases.figure(figures.episodes), ""),
        ("Patch documents", phrases.figure(figures.patches), ""),
        ("Commits", phrases.figure(figures.commits), ""),
        ("Facts", phrases.figure(figures.facts), ""),
    ]
    yield '<dl class="state">'
    for label, value, note in rows:
        yield f"<div><dt>{label}</dt><dd>{value}{note}</dd></div>"
    yield "</dl>"
    yield ""
    yield f"{_verified(figures, stock)} {_told_to(stock)}"


def _verified(figures: Figures, stock: Stock) -> str:
    """How many facts were derived again, at which commit, by which command; only of files that are still the same."""
    if not figures.verified:
        return "Not verified here since the pages were written: `chronicles verify` derives every fact again."
    at = Forge(stock.repo_url).commit(stock.verified.commit)
    if figures.verified == figures.facts:
        return f"**All {phrases.figure(figures.facts)} facts verified** at {at} by `chronicles verify`."
    rest = phrases.figure(figures.facts - figures.verified)
    return (
        f"**{phrases.figure(figures.verified)} facts verified** at {at} by `chronicles verify`; {rest} are not, since"
        " their pages were written later or did not pass."
    )


def _told_to(stock: Stock) -> str:
    newest = stock.episodes[-1].card
    said = f"The story is told up to {Forge(stock.repo_url).commit(newest.sha)}"
    if stock.head and stock.head not in stock.episodes[-1].commits:
        said += f"; {Forge(stock.repo_url).commit(stock.head)} is checked out"
    return f"{said}."


def _performance(stock: Stock) -> list[str]:
    drawn = drawing(stock.measured.suites) if stock.measured.digest else []
    if not drawn:
        return []
    verdicts = news(stock.measured.suites, told_by(stock, "episodes/"))
    more = "[All measurements](performance/index.md)"
    return ["## Where performance went {: #performance }", "", *drawn, "", *verdicts, "", more, ""]


def _calendar(stock: Stock) -> Iterator[str]:
    """Every month of the story as a table of links, newest year first."""
    months = {month: len(told) for month, told in months_of(stock.episodes).items()}
    yield '<div class="calendar" markdown="1">'
    yield ""
    yield f"| Year | {' | '.join(_SHORT)} |"
    yield f"|---|{'---|' * len(_SHORT)}"
    for year in sorted({month[:4] for month in months}, reverse=True):
        yield f"| {year} | {' | '.join(_cell(f'{year}-{number:02d}', months) for number in range(1, 13))} |"
    yield ""
    yield "</div>"


def _cell(month: str, months: Mapping[str, int]) -> str:
    number = months.get(month, 0)
    if not number:
        return " "
    shade = sum(number >= least for least in _SHADES)
    label = f"{month_name(month)}: {phrases.count(number, 'episode')}"
    return f'[{phrases.figure(number)}](episodes/{month}.md){{: .shade-{shade} title="{label}" }}'
