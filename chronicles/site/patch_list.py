"""The page that lists patch documents, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.documents.frontmatter import render_front_matter
from chronicles.markdown import link
from chronicles.site.entries import day_name, signed
from chronicles.site.facts import inert

if TYPE_CHECKING:
    from chronicles.site.stock import Stock

__all__ = ["patch_list", "patch_list_key"]

_ABOUT = """\
What changed between two points, for people who upgrade: what broke, what moved where, which checks ran, and where every
commit of the range went."""


def patch_list_key(stock: Stock) -> str:
    """Says all that the page is made of."""
    return " ".join(source.stamp for source in stock.patches)


def patch_list(stock: Stock) -> str:
    """The page that lists patch documents."""
    lines = [
        render_front_matter({"title": "Patches", "hide": ["navigation", "toc"]}),
        "# Patches",
        "",
        _ABOUT,
        "",
    ]
    if not stock.patches:
        lines += ["None has been written yet. `chronicles patch v1.0..v1.1` writes one.", ""]
    for source in reversed(stock.patches):
        card = source.card
        size = [phrases.count(card.commits, "commit"), phrases.count(card.files, "file"), signed(card)]
        lines += [f"## {inert(link(f'Patch {card.number}: {card.title}', source.page.name))}", ""]
        lines += [f"{day_name(card.at)} · {' · '.join(size)}", ""]
        lines += [inert(card.news), ""] if card.news else []
    return "\n".join(lines)
