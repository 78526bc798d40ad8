"""What is left to do after a range, as far as the repository itself says so (family `task`).

Three things say so: a note to self (`TODO`, `FIXME`) in a line that the range added and the tree still has, a trailer
`Next:` or `Refs:` of one of its commits, and an unchecked box of a roadmap. Each is quoted with its place, and nothing
is concluded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.history.commit import issues_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.span import Span

__all__ = ["add_task_facts"]

_SHOWN = 15
"""Tasks of each kind that are told; the rest is counted."""
_LONGEST = 160
_NOTE = re.compile(r"(?:^|\s)(?:#|//|/\*|\*|<!--|;|--|%)\s*(?P<what>(?:TODO|FIXME)\b.*)")
_NOTE_END = re.compile(r"\s*(?:\*/|-->)\s*$")
_BOX = re.compile(r"\s*[-*+] \[ \] (?P<what>\S.*)")
_ROADMAP = re.compile(r"(?:^|/)(?:roadmap|todo|next)[^/]*\.(?:md|markdown|rst|txt)$", re.IGNORECASE)
_TRAILER = re.compile(r"(?:(?P<key>Refs)|Next|Next-Steps?|Follow-Up): *(?P<what>\S.*)", re.IGNORECASE)


def add_task_facts(book: FactBook, span: Span) -> None:
    """Add the notes, the trailers and the boxes."""
    number = 0
    for kind, found in (("trailer", _trailers(span)), ("box", _boxes(span)), ("note", _notes(span))):
        tasks = list(found)
        for text, place, line in tasks[:_SHOWN]:
            number += 1
            entry = f"task.{number}"
            book.add(f"{entry}.kind", kind, "kind", text=kind)
            book.words(f"{entry}.text", text, "quotation", limit=_LONGEST)
            if kind == "trailer":
                book.sha(f"{entry}.commit", place)
            else:
                book.path(f"{entry}.path", place)
                book.add(f"{entry}.line", line, "line number", text=f"line {line}", figure=str(line))
        if len(tasks) > _SHOWN:
            noun = {"trailer": "further trailer", "box": "further open box", "note": "further note"}[kind]
            plural = "further open boxes" if kind == "box" else None
            book.count(f"task.left_out_{kind}", len(tasks) - _SHOWN, noun, plural)


def _trailers(span: Span) -> Iterator[tuple[str, str, int]]:
    """Next steps that messages name, oldest first."""
    for commit in reversed(span.commits):
        for line in commit.message.rstrip().rpartition("\n\n")[2].splitlines():
            found = _TRAILER.fullmatch(line.strip())
            # Who refers to a commit names what is done.
            if found and not (found["key"] and not issues_of(found["what"])):
                key = f"{found['key']}: " if found["key"] else ""
                yield f"{key}{found['what']}", commit.sha, 0


def _boxes(span: Span) -> Iterator[tuple[str, str, int]]:
    """Open boxes of roadmap files."""
    for path in sorted(span.after):
        if _ROADMAP.search(path):
            for number, line in enumerate((span.read(path) or "").splitlines(), 1):
                if found := _BOX.match(line):
                    yield found["what"], path, number


def _notes(span: Span) -> Iterator[tuple[str, str, int]]:
    """Notes to self in lines that were added."""
    for patch in sorted(span.patches, key=lambda one: one.path):
        kind = span.changes.kinds.get(patch.path)
        if patch.deleted or kind is None or not kind.written_here:
            continue
        for hunk in patch.hunks:
            for number, line in enumerate(hunk.added, hunk.new_start):
                if found := _NOTE.search(line):
                    yield _NOTE_END.sub("", found["what"]).strip(), patch.path, number
