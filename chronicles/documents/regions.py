"""Which lines of a page are prose, and which are front matter, code or comment.

Readers of people's pages need it: a mark cannot be put behind a line of code, and a number in a comment is said
by nobody. It follows CommonMark line by line and looks at no more than it must; code by indentation is told from a
continued list item by whether a list came before.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Region", "regions"]

_QUOTE = re.compile(r"(?: {0,3}> ?)*")
_FENCE = re.compile(r"\s*(?:[-*+] +|\d+[.)] +)?(?P<run>`{3,}|~{3,})(?P<info>.*)")
_LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])(?:\s|$)")
_FRONT = re.compile(r"\ufeff?---[ \t]*\r?")


class Region(Enum):
    """What a line belongs to."""

    PROSE = auto()
    FRONT_MATTER = auto()
    """The block at the head, its two rules included."""
    FENCE = auto()
    """A block of code between fences, these included."""
    INDENTED = auto()
    """A block of code by indentation."""
    COMMENT = auto()
    """Any line that an HTML comment of several lines touches."""


def regions(lines: Sequence[str]) -> list[Region]:
    """Tell for each line of a page what it belongs to.

    Args:
        lines: The whole page, without line ends.
    """
    head = _front_matter(lines)
    return [*([Region.FRONT_MATTER] * head), *_body(lines[head:])]


def _front_matter(lines: Sequence[str]) -> int:
    """Count the lines of the front matter; 0 when none is opened and closed."""
    if not lines or not _FRONT.fullmatch(lines[0]):
        return 0
    return next((number for number, line in enumerate(lines[1:], 2) if line.rstrip() in ("---", "...")), 0)


def _body(lines: Iterable[str]) -> Iterator[Region]:
    fence = ""
    commented = in_list = False
    before_is_blank = before_is_code = True
    for line in lines:
        bare = line[_quoted(line) :]
        if fence:
            yield Region.FENCE
            stripped = bare.strip()
            if len(stripped) >= len(fence) and not stripped.strip(fence[0]):
                fence = ""
            continue
        if commented:
            yield Region.COMMENT
            commented = "<!--" in bare.rpartition("-->")[2] if "-->" in bare else True
            continue
        opening = _FENCE.match(bare) if "```" in bare or "~~~" in bare else None
        if opening is not None and not (opening["run"][0] == "`" and "`" in opening["info"]):
            fence = opening["run"]
            before_is_blank = before_is_code = False
            yield Region.FENCE
            continue
        code = _is_indented(bare) and not in_list and (before_is_blank or before_is_code)
        if bare.strip() and not _is_indented(bare):
            in_list = bool(_LIST_ITEM.match(bare)) or (in_list and not before_is_blank)
        before_is_blank, before_is_code = not bare.strip(), code
        commented = not code and "<!--" in bare.rpartition("-->")[2]
        if code:
            yield Region.INDENTED
        else:
            yield Region.COMMENT if commented else Region.PROSE


def _quoted(line: str) -> int:
    match = _QUOTE.match(line) if ">" in line else None
    return 0 if match is None else match.end()


def _is_indented(line: str) -> bool:
    return line.startswith(("    ", "\t", " \t", "  \t", "   \t")) and bool(line.strip())
