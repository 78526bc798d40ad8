"""What authors say breaks: commits whose message marks them so, with `!` or a footer.

Every commit of the range is asked, merged ones too. A merge that repeats the subject of what it brought in says the
same thing once; so does a commit that was picked twice. What was undone inside the range, and that of which nothing
comes with it, is left out by whoever gives the commits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.evidence.messages import parse_message
from chronicles.evidence.ranges.broken import Broken, Note, Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chronicles.history.commit import Commit

__all__ = ["find_marked"]

_BANG = re.compile(r"[A-Za-z][\w-]{0,30}(?:\([^()\n]{1,60}\))?!:\s+(?P<what>\S.*)")
"""A `!` marks a break whatever the type is called."""
_FOOTER = re.compile(
    r"^BREAKING[ -]CHANGES?:[ \t]*(?P<note>\S.*(?:\n(?!BREAKING[ -]CHANGES?:)[^\n]*\S[^\n]*)*)", re.MULTILINE
)
_TRAILER = re.compile(r"\n[A-Za-z][\w-]*(?:: | #)")
_LONGEST = 200_000


def find_marked(commits: Iterable[Commit]) -> Iterator[Broken]:
    """Tell the marked ones, oldest last as they are given, with what their footers say."""
    told: set[tuple[str, tuple[Note, ...]]] = set()
    for commit in commits:
        notes = tuple(Note(note) for note in _notes(commit.message))
        bang = _BANG.match(commit.headline)
        if not bang and not notes:
            continue
        what = parse_message(commit.headline, reasons=False).description
        what = re.sub(r"(?: \(#\d+\))+(?=$| …$)", "", bang["what"] if bang else what)
        if (what, notes) in told or (not notes and any(one == what for one, _ in told)):
            continue
        told.add((what, notes))
        yield Broken(Part.MARKED, "marked", what.strip() or "(no message)", notes=notes, commit=commit.sha)


def _notes(message: str) -> Iterator[str]:
    """What each footer says, on one line; further trailers after it are not its text."""
    _, _, rest = message[:_LONGEST].replace("\r\n", "\n").partition("\n\n")
    for found in _FOOTER.finditer(rest):
        yield " ".join(_TRAILER.split(found["note"])[0].split())
