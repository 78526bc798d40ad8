"""What the Markdown of a document says of itself: its title, its first sentence, and the ids of its headings.

Forges and builders make ids of headings by different rules, so a link that was written for the one is translated for
the other. Nothing here follows CommonMark further than a list of documents and a link to a section need it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from chronicles.documents.regions import Region, regions
from chronicles.markdown import visible
from chronicles.site.guard import guarded

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["anchors", "first_heading", "first_sentence", "shortened"]

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_SIGNS = re.compile(r"[`*]|<[^<>]*>|\{[\w:-]+\}(?=`)")
"""Those of MyST, which Sphinx reads, among them: the role before a code span."""
_NO_PARAGRAPH = re.compile(r"[#|>!<{-]|[*+] |\d+[.)] |\[!\[|\[[^\]]+\]:|\([^()\s]+\)=$")
_LONGEST = 200
"""Characters of a title, or of what a list says of a document."""
_ENDS = re.compile(r"(?<=[^.][.!?])\s")


def first_heading(body: str) -> str:
    """The words of the first heading; nothing where there is none."""
    return shortened(_plain(next(_headings(body), "")))


def first_sentence(body: str) -> str:
    """The first sentence of the first paragraph; nothing where there is none."""
    lines = body.split("\n")
    words: list[str] = []
    for line, kind in zip(lines, regions(lines), strict=True):
        told = line.strip() if kind is Region.PROSE else ""
        if words and not told:
            break
        if told and (words or not _NO_PARAGRAPH.match(told)):
            words.append(told)
    return shortened(_ENDS.split(" ".join(_plain(" ".join(words)).split()), maxsplit=1)[0])


def anchors(body: str) -> dict[str, str]:
    """The ids that headings have at a forge, with the ids that builders give them."""
    found: dict[str, str] = {}
    at_forge: Counter[str] = Counter()
    built: Counter[str] = Counter()
    for heading in _headings(body):
        text = _plain(heading)
        forge = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        own = _slug(text)
        if guarded(f"# {heading}") != f"# {heading}":
            continue  # it gets an id of no meaning
        found[f"{forge}-{at_forge[forge]}" if at_forge[forge] else forge] = f"{own}_{built[own]}" if built[own] else own
        at_forge[forge] += 1
        built[own] += 1
    return found


def shortened(text: str) -> str:
    """Text in one line, no longer than a list has room for."""
    line = " ".join(visible(text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _headings(body: str) -> Iterator[str]:
    lines = body.split("\n")
    for line, kind in zip(lines, regions(lines), strict=True):
        if kind is Region.PROSE and (found := _HEADING.match(line)):
            yield found[1].rstrip(" \t").rstrip("#").rstrip(" \t")


def _plain(text: str) -> str:
    """Text without the signs of Markdown, those in a link's label too; a picture may be the label of a link."""
    return _SIGNS.sub("", _LINK.sub(r"\1", _LINK.sub(r"\1", text)))


def _slug(text: str) -> str:
    """An id as the table of contents of Python-Markdown makes it."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", ascii_only).strip().lower())
