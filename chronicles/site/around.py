"""What a document's page has around its text: links to other documents, and which commits its evidence is of."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.markdown import escape
from chronicles.site.facts import inert

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.documents.page import Page
    from chronicles.site.shelf import Source

__all__ = [
    "ALONE",
    "KEPT",
    "MEASURED",
    "Near",
    "Other",
    "closed",
    "derived_from",
    "link",
    "links_around",
    "neighbours",
    "table_in",
    "under_title",
    "with_neighbours",
]

KEPT = "\0"
"""Stands for a line of a page in what the site shows instead."""
MEASURED = "| measure | baseline | before | after | ratio | blocks | verdict |"
"""How the table of measurements begins."""
_MOST_COMMITS = 200
"""Full ids that a page names."""
_CLOSING, _ESCAPED = re.compile(r"(?<!\\)\]"), r"\\]"


@dataclass(frozen=True, slots=True)
class Other:
    """Another document of the series, as a link says it."""

    number: int
    file: str
    title: str


@dataclass(frozen=True, slots=True)
class Near:
    """The documents around one; they stand on its page, so they belong into its key."""

    earlier: Other | None = None
    next: Other | None = None


ALONE = Near()
"""No document around it."""


def with_neighbours(sources: Sequence[Source]) -> Iterator[tuple[Source, Near]]:
    """Each document with those around it."""
    others = [Other(one.card.number, one.page.name, one.card.title) for one in sources]
    for source, earlier, later in zip(sources, [None, *others], [*others[1:], None], strict=False):
        yield source, Near(earlier, later)


def under_title(parts: Sequence[str]) -> list[str]:
    """One line of what identifies a document: each part finished Markdown that does not break."""
    return [
        '<div class="meta" markdown="1">',
        "",
        inert(" ".join(f"<span>{one}</span>" for one in parts)),
        "",
        "</div>",
    ]


def table_in(raw: Sequence[str], head: str, name: str) -> Iterator[tuple[int, str]]:
    """What begins and ends a block around the table that begins with a line, by place; nothing where there is none."""
    if head in raw:
        start = raw.index(head)
        end = next((at for at in range(start, len(raw)) if not raw[at].strip()), len(raw)) - 1
        yield start, f'<div class="{name}" markdown="1">\n\n{KEPT}'
        yield end, f"{KEPT}\n\n</div>"


def neighbours(kind: str, near: Near) -> Iterator[str]:
    """The items of the links to the documents around one."""
    for label, other in (("Earlier", near.earlier), ("Next", near.next)):
        if other:
            yield f"- **{label}** {link(f'{kind} {other.number}: {escape(other.title)}', other.file)}"


def links_around(kind: str, items: Sequence[str]) -> list[str]:
    """A block of links, below the text; nothing where there are none."""
    if not items:
        return []
    head = f'<nav class="around" aria-label="{kind} around this one" markdown="1">'
    return [head, "", *map(inert, items), "", "</nav>", ""]


def link(label: str, file: str) -> str:
    """A link whose label no bracket of a title or a subject ends."""
    return f"[{closed(label)}]({file})"


def closed(label: str) -> str:
    """A label that no bracket of its own ends."""
    return _CLOSING.sub(_ESCAPED, label)


def derived_from(page: Page, source: Source) -> Iterator[str]:
    """Which commits the evidence is of, by their full ids, and what derives all of it again; HTML."""
    commits = page.dossier.subject.commits
    ids = ", ".join(f"<code>{html.escape(sha)}</code>" for sha in commits[:_MOST_COMMITS])
    more = f" and {phrases.count(len(commits) - _MOST_COMMITS, 'other')}" if len(commits) > _MOST_COMMITS else ""
    name = html.escape(f"{source.page.parent.name}/{source.page.name}")
    yield f"<p>Derived from {ids}{more}; <code>chronicles verify {name}</code> derives all of it again.</p>"
