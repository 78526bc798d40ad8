"""Small drawings, as SVG in the page: what they show is in their text too."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.markdown import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chronicles.dossier import Ledger

__all__ = ["Bar", "bars", "diffstat"]

_SHOWN = 8
"""Rows; the others are summed in one more."""
_LEAST = 0.8
"""Per cent of the width that any line at all has, so that it is seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: a name, and how many lines it has gained and lost."""

    name: str
    added: int
    removed: int
    entries: tuple[str, ...] = ()
    """Prefixes of the facts that say so; several where it is a sum."""


def bars(ledger: Ledger) -> tuple[str, list[Bar]]:
    """What a change touched, and of what kind the rows are: components where there are several, else files."""
    names = [
        key.removeprefix("component.").removesuffix(".files")
        for key in ledger
        if key.startswith("component.") and key.endswith(".files")
    ]
    if len(names) > 1:
        return "component", [_bar(ledger, name, f"component.{name}") for name in names]
    return "file", [_bar(ledger, ledger.string(f"{one}.path"), one) for one in ledger.numbered("file")]


def _bar(ledger: Ledger, name: str, entry: str) -> Bar:
    return Bar(name, int(ledger.number(f"{entry}.insertions")), int(ledger.number(f"{entry}.deletions")), (entry,))


def diffstat(kind: str, rows: Sequence[Bar], number: Callable[..., str] | None, *, whole: bool = True) -> list[str]:
    """Lines added and removed, a bar each; nothing where there are not two rows with lines to compare.

    Args:
        kind: What a row is of.
        rows: The rows.
        number: Makes a text a link to facts, which it gets by their ids; None where a table of the page has the
            numbers, and the drawing has them only for who cannot see it.
        whole: Whether the rows are all that there is, so that those without a bar of their own may be summed.
    """
    there = sorted((row for row in rows if row.added + row.removed), key=lambda row: -(row.added + row.removed))
    if len(there) < 2:  # noqa: PLR2004 - nothing to compare
        return []
    rest = there[_SHOWN:]
    shown = there[:_SHOWN]
    if rest and whole:
        added, removed = sum(row.added for row in rest), sum(row.removed for row in rest)
        shown.append(Bar("others", added, removed, tuple(entry for row in rest for entry in row.entries)))
    most = max(row.added + row.removed for row in shown)
    return [
        '<figure class="diffstat">',
        f"<figcaption>Lines added and removed by {kind}</figcaption>",
        "<ul>",
        *(_row(row, most, number) for row in shown),
        "</ul>",
        "</figure>",
    ]


def _row(row: Bar, most: int, number: Callable[..., str] | None) -> str:
    added, removed = (_width(lines, most) for lines in (row.added, row.removed))
    name = html.escape(" ".join(visible(row.name).split())).replace("{", "&#123;")
    figures = [f"+{phrases.figure(row.added)}", f"−{phrases.figure(row.removed)}"]
    if number:
        ends = ("insertions", "deletions")
        figures = [
            number(text, *(f"{entry}.{end}" for entry in row.entries)) for end, text in zip(ends, figures, strict=True)
        ]
    quiet = "sum" if number else "sum unseen"
    return (
        f'<li><code class="of"><bdi>{name}</bdi></code>'
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect class="added" width="{added}" height="8"/>'
        f'<rect class="removed" x="{added}" width="{removed}" height="8"/></svg>'
        f'<span class="{quiet}">{" ".join(figures)}</span></li>'
    )


def _width(lines: int, most: int) -> float:
    """A share of the width; the widths of one row may be a trifle more than it has, where both have the least."""
    return round(max(_LEAST, 100 * lines / most), 1) if lines else 0
