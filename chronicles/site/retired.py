"""A retired episode as the site shows it: what it told is gone, and the page says so before anything else.

Its number may be quoted somewhere, so its address stays, out of search. What people wrote on it stands below, as in the
folder.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.documents.frontmatter import render_front_matter, split_front_matter
from chronicles.site.facts import inert, prose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.documents.series import Entry

__all__ = ["retired_page"]

_TITLE = re.compile(r'# (?P<series>.*) - Episode (?P<number>\d+): "(?P<title>.*)"')
_NUMBER = re.compile(r"### 📊 Episode \d+ of The .* Chronicles")


def retired_page(entry: Entry) -> str:
    """A retired episode: what is left of it, out of search.

    Raises:
        PageError: If its front matter cannot be read.
    """
    values, body = split_front_matter(entry.page.read_text("utf-8"), entry.page)
    title = f"Episode {entry.number}: {values.get('title', 'Retired')}"
    lines = body.strip("\n").split("\n")
    shown = [inert(line) if plain else line for line, plain in zip(lines, prose(lines), strict=True)]
    head = {"title": title, "search": {"exclude": True}}
    return "\n".join([render_front_matter(head), *_laid_out(shown), ""])


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
