"""Components: each with its episodes and its churn over time.

All of them stand on one page, since a commit touches several and would otherwise have a page of each made anew. The
busiest have a drawing and their newest episodes; all episodes of a component are one click away, in the timeline.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from chronicles import phrases
from chronicles.documents.frontmatter import render_front_matter
from chronicles.markdown import cell, code, escape
from chronicles.site.entries import month_name
from chronicles.site.facts import inert
from chronicles.site.plots import bars
from chronicles.site.shelf import slug

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.site.shelf import Source
    from chronicles.site.stock import Stock

__all__ = ["components", "components_key"]

_ABOUT = (
    "as episodes tell them: top-level folders and files, or what the settings name. The drawings show lines added above"
    " the line and lines removed below it, as roots, so that one big import does not hide the years after it."
)
_TABLE = ("| component | episodes | added | removed |", "|---|---:|---:|---:|")
_DRAWN = 16
"""Components with a drawing; the others stand in a table."""
_NEWEST = 6
_MOST_BARS = 150
_QUARTER, _YEAR = 3, 12
"""Months that a bar may stand for, where there would be too many."""


@dataclass(slots=True)
class _Component:
    """What episodes tell of one component."""

    name: str
    told: list[Source] = field(default_factory=list)
    """Newest first."""
    added: int = 0
    removed: int = 0
    months: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Lines added and removed, by month."""


def components_key(stock: Stock) -> str:
    """Says all that the page is made of."""
    told = [(one.card.number, one.card.title, one.card.at[:10], one.card.parts) for one in stock.episodes]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def components(stock: Stock) -> str:
    """The page of all components."""
    lines = [render_front_matter({"title": "Components", "hide": ["navigation"]}), "# Components", ""]
    found = _found(stock.episodes)
    if not found:
        lines += ["No episode tells of a component yet: `chronicles generate --all` writes them.", ""]
        return "\n".join(lines)
    number = phrases.count(len(found), "component")
    lines += [
        f"{number[0].upper()}{number[1:]}, {_ABOUT}",
        "",
    ]
    first, last = found[0].told[-1].card.month, found[0].told[0].card.month
    for component in found:
        first = min(first, component.told[-1].card.month)
        last = max(last, component.told[0].card.month)
    periods = _periods(first, last)
    for at, component in enumerate(found[:_DRAWN], 1):
        lines += _section(component, at, periods)
    if rest := found[_DRAWN:]:
        lines += [
            "## All others {: #others }",
            "",
            "| component | episodes | added | removed |",
            "|---|---:|---:|---:|",
        ]
        lines += [
            f"| {inert(code(one.name))} | [{phrases.figure(len(one.told))}]({_filtered(one)}) | {one.added:,} |"
            f" {one.removed:,} |"
            for one in rest
        ]
        lines.append("")
    return "\n".join(lines)


def _found(sources: Sequence[Source]) -> list[_Component]:
    """The components, those of most episodes first."""
    found: dict[str, _Component] = {}
    for source in sorted(sources, key=lambda one: (one.card.at[:10], one.card.number), reverse=True):
        for part in source.card.parts:
            component = found.setdefault(part.name, _Component(part.name))
            component.told.append(source)
            component.added += part.insertions
            component.removed += part.deletions
            added, removed = component.months.get(source.card.month, (0, 0))
            component.months[source.card.month] = (added + part.insertions, removed + part.deletions)
    return sorted(found.values(), key=lambda one: (-len(one.told), -(one.added + one.removed), one.name))


def _section(component: _Component, place: int, periods: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    told = component.told
    yield f"## {inert(code(component.name))} {{: #component-{place}-{slug(component.name)} }}"
    yield ""
    episodes = phrases.count(len(told), "episode")
    ends = [month_name(one.card.month) for one in (told[-1], told[0])]
    span = f"in {ends[0]}" if ends[0] == ends[1] else f"from {ends[0]} to {ends[1]}"
    yield (
        f"{episodes[0].upper()}{episodes[1:]} {span}: {phrases.count(component.added, 'line')} added,"
        f" {phrases.figure(component.removed)} removed."
    )
    yield ""
    yield from _drawing(component, periods)
    for source in told[:_NEWEST]:
        card = source.card
        yield (
            f"- [{inert(escape(card.title))}](episodes/{source.page.name})"
            f' <span class="where">Episode {card.number}, {card.at[:10]}</span>'
        )
    yield ""
    if len(told) > _NEWEST:
        yield f"[All {phrases.figure(len(told))} episodes]({_filtered(component)})"
        yield ""


def _drawing(component: _Component, periods: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    summed = [
        (
            name,
            sum(component.months.get(month, (0, 0))[0] for month in months),
            sum(component.months.get(month, (0, 0))[1] for month in months),
        )
        for name, months in periods
    ]
    busiest = max(summed, key=lambda one: one[1] + one[2], default=("", 0, 0))
    drawn = bars(summed, f"Lines of {component.name} over time; most in {busiest[0]}")
    if not drawn or len(periods) < 2:  # noqa: PLR2004 - one bar says nothing
        return
    yield '<figure class="churn-figure">'
    yield from drawn
    yield f"<figcaption><span>{periods[0][0]}</span><span>{periods[-1][0]}</span></figcaption>"
    yield "</figure>"
    yield ""
    yield from _years(component)


def _years(component: _Component) -> Iterator[str]:
    """The drawing in numbers, by year, folded; by month where there is one year only."""
    years = {month[:4] for month in component.months}
    rows: dict[str, tuple[int, int]] = {}
    for month, (added, removed) in sorted(component.months.items()):
        name = month if len(years) == 1 else month[:4]
        before = rows.get(name, (0, 0))
        rows[name] = (before[0] + added, before[1] + removed)
    yield '<details class="series" markdown="1">'
    yield f"<summary>{phrases.count(len(rows), 'row')} in numbers</summary>"
    yield ""
    yield "| when | added | removed |"
    yield "|---|---:|---:|"
    for name, (added, removed) in rows.items():
        yield f"| {cell(month_name(name))} | {added:,} | {removed:,} |"
    yield ""
    yield "</details>"
    yield ""


def _periods(first: str, last: str) -> list[tuple[str, list[str]]]:
    """What each bar stands for: months; where they are too many quarters, and years where these are."""
    if "undated" in (first, last):
        return []
    ends = [int(month[:4]) * 12 + int(month[5:7]) - 1 for month in (first, last)]
    size = next(one for one in (1, _QUARTER, _YEAR) if (ends[1] - ends[0]) / one < _MOST_BARS or one == _YEAR)
    begin = ends[0] - ends[0] % size
    found = []
    for at in range(begin, ends[1] + 1, size):
        months = [f"{one // 12:04d}-{one % 12 + 1:02d}" for one in range(at, at + size)]
        name = {1: month_name(months[0]), _QUARTER: f"{months[0]} to {months[-1]}", _YEAR: months[0][:4]}[size]
        found.append((name, months))
    return found


def _filtered(component: _Component) -> str:
    """The timeline, filtered by a component."""
    return f"episodes/index.md?component={quote(component.name, safe='')}"
