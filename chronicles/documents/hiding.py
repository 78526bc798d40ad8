"""What a person's line could do to our lines around it: hide them, or pass for one of them.

A signature makes a sentence a person's own; it must not take ours off the page. A tag that is left open hides all that
comes after it wherever pages are shown as they are written, and a site's template tags do the same; a line right below
a row of a table becomes a row of it, whatever it says; and the dagger says that a model wrote what stands before it and
that the gate let it, which is true of no line that a person wrote. Readers of Markdown differ, so a tag counts as code
only where line, paragraph and table cell all read it so, and a backslash before it saves nothing, since not all of them
know that escape.
"""

from __future__ import annotations

import re
from html import unescape
from itertools import groupby
from typing import TYPE_CHECKING

from chronicles.documents.mentions import code_spans
from chronicles.documents.regions import Region
from chronicles.documents.speech import MARK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

__all__ = ["find_hiding"]

_COMMENT = re.compile(r"<!--(?!-?>)[^<>]*-->")
"""A comment that every reader ends at the same place."""
_AUTOLINK = re.compile(r"<(?:(?:https?|mailto):[^\s<>]*|[\w.+-]+@[\w.-]+)>")
_TAG = re.compile(r"<[A-Za-z/?!][^<>]*>?|\{(?:[%{#]|::)")
"""The beginning of a tag, which may end on a later line; or of a tag of a site's templates."""


def find_hiding(
    lines: Sequence[str], kinds: Sequence[Region], mine: Collection[int], *, rows_only: bool = False
) -> dict[int, tuple[str, str]]:
    """Find the lines of a person's that could hide ours, or pass for a row of ours.

    Args:
        lines: The page.
        kinds: What each line belongs to.
        mine: The numbers of the person's lines, from 1.
        rows_only: Whether they are lines of ours that the person put there: they may hold anything, and be no row.

    Returns:
        By number: what stands there, and why it cannot.
    """
    found = {}
    for block in _blocks(lines):
        rows = [number for number in block if number not in mine and lines[number - 1].lstrip().startswith("|")]
        paragraph = "\n".join(lines[number - 1] for number in block)
        start = 0
        for number in block:
            line = lines[number - 1]
            if number in mine and kinds[number - 1] is Region.PROSE:
                if not rows_only and (tag := _tag(line, paragraph, start)) is not None:
                    found[number] = tag, "raw HTML could hide what stands here; write it as code"
                elif not rows_only and MARK in unescape(line):
                    found[number] = line, f"{MARK} marks what a model wrote, and a person wrote this; take it off"
                elif rows and (number > rows[0] or line.lstrip().startswith("|")):
                    found[number] = line, "a line here becomes a row of the table, and its rows are the repository's"
            start += len(line) + 1
    return found


def _blocks(lines: Sequence[str]) -> Iterator[list[int]]:
    """The numbers of lines that follow each other without a blank one."""
    for blank, numbers in groupby(range(1, len(lines) + 1), lambda number: not lines[number - 1].strip()):
        if not blank:
            yield list(numbers)


def _tag(line: str, paragraph: str, start: int) -> str | None:
    """The first tag of a line that some reader does not take for code."""
    blanked = [_blanked(line), _blanked(paragraph)[start : start + len(line)]]
    blanked.append("|".join(_blanked(cell) for cell in line.split("|")))
    hits = [hit for text in blanked if (hit := _TAG.search(text))]
    return line[hits[0].start() : hits[0].end()] if hits else None


def _blanked(text: str) -> str:
    """A text of the same length without its code spans, comments and plain links."""
    parts, place = [], 0
    for start, end, _ in code_spans(text):
        parts += [text[place:start], " " * (end - start)]
        place = end
    bare = "".join([*parts, text[place:]])
    return _AUTOLINK.sub(_spaces, _COMMENT.sub(_spaces, bare))


def _spaces(hit: re.Match[str]) -> str:
    return " " * len(hit[0])
