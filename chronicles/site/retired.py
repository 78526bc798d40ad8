"""A retired episode as the site shows it: what it told is gone, and the page says so before anything else.

Its number may be quoted somewhere, so its address stays, out of search. What people wrote on it stands below, as in the
folder. Nothing tells their lines from ours once the story is gone, and nothing has to: all of the page is held to what
a person's lines are held to anywhere on the site.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.documents.frontmatter import render_front_matter
from chronicles.documents.page import load_page
from chronicles.documents.remedies import write_anew
from chronicles.errors import PageError
from chronicles.site.facts import inert
from chronicles.site.rewriting import rewritten
from chronicles.site.shelf import document_text
from chronicles.site.soundness import forged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.documents.series import Entry
    from chronicles.site.leads import Leads

__all__ = ["retired_page"]

_TITLE = re.compile(r'# (?P<series>.*) - Episode (?P<number>\d+): "(?P<title>.*)"')
_NUMBER = re.compile(r"### 📊 Episode \d+ of The .* Chronicles")


def retired_page(entry: Entry, leads: Leads) -> str:
    """A retired episode: what is left of it, out of search.

    Args:
        entry: The episode.
        leads: Where its links lead.

    Raises:
        PageError: If it cannot be read, or its sidecar is not that of a retired episode.
    """
    page = load_page(entry.sidecar)
    if problem := forged(page) or ("" if page.retired else "it is of no retired episode"):
        remedy = f"Restore it from version control, or write it anew with {write_anew(entry.sidecar)}"
        raise PageError(entry.sidecar, f"was not written by chronicles: {problem}", remedy)
    values, body = document_text(entry.page)
    title = f"Episode {entry.number}: {values.get('title', 'Retired')}"
    resolve = leads.from_page(entry.page, "episodes")
    shown = rewritten("\n".join(map(inert, body.strip("\n").split("\n"))), resolve)
    head = {"title": title, "search": {"exclude": True}}
    return "\n".join([render_front_matter(head), *_laid_out(shown.split("\n")), ""])


def _laid_out(lines: Sequence[str]) -> Iterator[str]:
    """The title as other episodes have it, and the paragraph that says what became of the commits in a block."""
    title = _TITLE.fullmatch(lines[0])
    if title is None:
        yield from lines
        return
    yield f'# <span class="kicker">{title["series"]} · Episode {title["number"]}</span> {title["title"]}'
    rest = [line for line in lines[1:] if not _NUMBER.fullmatch(line)]
    start = next((at for at, line in enumerate(rest) if line.strip()), len(rest))
    end = next((at for at in range(start, len(rest)) if not rest[at].strip()), len(rest))
    yield from ["", '<div class="retired" markdown="1">', "", *rest[start:end], "", "</div>", *rest[end:]]
