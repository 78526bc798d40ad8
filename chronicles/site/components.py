"""Components: each with its episodes and its churn over time.

All of them stand on one page, since a commit touches several and would otherwise have a page of each made anew. The
busiest have a drawing and their newest episodes; all episodes of a component are one click away, in the timeline.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.documents.frontmatter import render_front_matter
from chronicles.markdown import code, escape
from chronicles.site.entries import attribute, filtered, month_name
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
_MOST_ROWS = 24
_FEWEST_MONTHS = 6
"""A story of fewer is drawn by its episodes."""
_RUNS = 60
"""Bars of such a story."""
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
    churn: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Lines added and removed, by the place of their time on the scale."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """What each bar of a drawing stands for."""

    names: tuple[str, ...]
    places: dict[int, int]
    """The place of each episode, by its number."""


def components_key(stock: Stock) -> str:
    """Says all that the page is made of."""
    told = [(one.card.number, one.card.title, one.card.at[:10], one.card.parts) for one in stock.episodes]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def components(stock: Stock) -> str:
    """The page of all components."""
    lines = [render_front_matter({"title": "Components", "hide": ["navigation"]}), "# Components", ""]
    scale = _scale(stock.episodes)
    found = _found(stock.episodes, scale)
    if not found:
        lines += ["No episode tells of a component yet: `chronicles generate --all` writes them.", ""]
        return "\n".join(lines)
    number = phrases.count(len(found), "component")
    lines += [
        f"{number[0].upper()}{number[1:]}, {_ABOUT}",
        "",
    ]
    for at, component in enumerate(found[:_DRAWN], 1):
        lines += _section(component, at, scale)
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


def _found(sources: Sequence[Source], scale: _Scale) -> list[_Component]:
    """The components, those of most episodes first."""
    found: dict[str, _Component] = {}
    for source in sorted(sources, key=lambda one: (one.card.at[:10], one.card.number), reverse=True):
        for part in source.card.parts:
            component = found.setdefault(part.name, _Component(part.name))
            component.told.append(source)
            component.added += part.insertions
            component.removed += part.deletions
            place = scale.places[source.card.number]
            added, removed = component.churn.get(place, (0, 0))
            component.churn[place] = (added + part.insertions, removed + part.deletions)
    return sorted(found.values(), key=lambda one: (-len(one.told), -(one.added + one.removed), one.name))


def _section(component: _Component, place: int, scale: _Scale) -> Iterator[str]:
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
    yield from _drawing(component, scale)
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


def _drawing(component: _Component, scale: _Scale) -> Iterator[str]:
    rows = [(name, *component.churn.get(place, (0, 0))) for place, name in enumerate(scale.names)]
    busiest = max(rows, key=lambda one: one[1] + one[2], default=("", 0, 0))
    drawn = bars(
        rows, f"Lines of {component.name} over time, most in {busiest[0]}; the numbers stand in the table below"
    )
    if not drawn or len(rows) < 2:  # noqa: PLR2004 - one bar says nothing
        return
    yield '<figure class="churn-figure">'
    yield from drawn
    yield f"<figcaption><span>{attribute(rows[0][0])}</span><span>{attribute(rows[-1][0])}</span></figcaption>"
    yield "</figure>"
    yield ""
    yield from _numbers([row for row in rows if row[1] or row[2]])


def _numbers(rows: Sequence[tuple[str, int, int]]) -> Iterator[str]:
    """The drawing in numbers, folded; months of many years by the year."""
    summed: dict[str, tuple[int, int]] = {}
    by_year = len(rows) > _MOST_ROWS and not rows[0][0].startswith("Episode")
    for name, added, removed in rows:
        key = name.rpartition(" ")[2] if by_year else name
        before = summed.get(key, (0, 0))
        summed[key] = (before[0] + added, before[1] + removed)
    yield '<details class="series" markdown="1">'
    yield "<summary>In numbers</summary>"
    yield ""
    yield "| when | added | removed |"
    yield "|---|---:|---:|"
    for name, (added, removed) in summed.items():
        yield f"| {name} | {added:,} | {removed:,} |"
    yield ""
    yield "</details>"
    yield ""


def _scale(sources: Sequence[Source]) -> _Scale:
    """Months, or quarters or years where there would be too many; in a young story equal runs of episodes."""
    dated = [source for source in sources if source.card.month != "undated"]
    at = {source.card.number: _month(source.card.month) for source in dated}
    first, last = min(at.values(), default=0), max(at.values(), default=0)
    if last - first < _FEWEST_MONTHS:
        return _by_episodes(sources)
    size = next(one for one in (1, _QUARTER, _YEAR) if (last - first) / one < _MOST_BARS or one == _YEAR)
    begin = first - first % size
    names = tuple(_period(month, size) for month in range(begin, last + 1, size))
    places = {source.card.number: (at.get(source.card.number, first) - begin) // size for source in sources}
    return _Scale(names, places)


def _by_episodes(sources: Sequence[Source]) -> _Scale:
    size = max(1, -(-len(sources) // _RUNS))
    parts = [sources[at : at + size] for at in range(0, len(sources), size)]
    ends = [(part[0].card.number, part[-1].card.number) for part in parts]
    names = tuple(f"Episode {low}" if low == high else f"Episodes {low} to {high}" for low, high in ends)
    return _Scale(names, {source.card.number: place for place, part in enumerate(parts) for source in part})


def _month(month: str) -> int:
    """A month as a number, so that months can be counted."""
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _period(month: int, size: int) -> str:
    year, place = divmod(month, 12)
    if size == 1:
        return month_name(f"{year:04d}-{place + 1:02d}")
    return f"Q{place // _QUARTER + 1} {year}" if size == _QUARTER else f"{year}"


def _filtered(component: _Component) -> str:
    """The timeline, filtered by a component."""
    return filtered("component", component.name, "episodes/")
