"""Small drawings, as SVG in the page: what they show is in their text too."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chronicles.site.shelf import Card

__all__ = ["diffstat"]

_WIDTH = 240
_ROW = 22
_SHOWN = 6


def diffstat(card: Card) -> list[str]:
    """Lines added and removed by component, as bars; nothing for a change without lines."""
    parts = sorted(card.parts, key=lambda part: -(part.insertions + part.deletions))[:_SHOWN]
    most = max((part.insertions + part.deletions for part in parts), default=0)
    if not most:
        return []
    rows = []
    for at, part in enumerate(parts):
        added = round(_WIDTH * part.insertions / most, 1)
        removed = round(_WIDTH * part.deletions / most, 1)
        y = at * _ROW
        name = html.escape(part.name)
        rows.append(
            f'<text x="0" y="{y + 15}">{name}</text>'
            f'<rect class="added" x="160" y="{y + 4}" width="{added}" height="12"/>'
            f'<rect class="removed" x="{160 + added}" y="{y + 4}" width="{removed}" height="12"/>'
            f'<text x="{166 + added + removed}" y="{y + 15}">+{part.insertions:,} -{part.deletions:,}</text>'
        )
    height = len(parts) * _ROW
    return [
        '<figure class="diffstat">',
        f'<svg viewBox="0 0 {_WIDTH + 260} {height}" role="img" aria-label="Lines by component">',
        *rows,
        "</svg>",
        "</figure>",
    ]
