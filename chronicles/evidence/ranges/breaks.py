"""What stops working for those who take a range over (family `broken`).

Each kind of evidence has a module of its own: the public Python API (`surface`), files that others use by their path
(`public_files`), the command line (`command_line`, `declared`), settings (`options`), requirements (`needs`), and what
authors say (`marked`). All but the last compare the two trees, so that what was added and taken away inside the range,
or undone in it, is no break. What is asked for otherwise and stops nobody by itself is listed with the breaks it stands
beside, and is no part of their count. Facts are made here, one entry for each break, and those that belong under one
line of the document stand together; of more than forty under one line the rest is a number.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.dossier import Source
from chronicles.evidence.ranges.broken import Broken, Note, Part
from chronicles.evidence.ranges.command_line import find_command_breaks
from chronicles.evidence.ranges.declared import find_declared_breaks
from chronicles.evidence.ranges.marked import find_marked
from chronicles.evidence.ranges.needs import find_need_breaks
from chronicles.evidence.ranges.options import find_setting_breaks
from chronicles.evidence.ranges.public_files import find_file_breaks
from chronicles.evidence.ranges.surface import find_api_breaks
from chronicles.markdown import code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.span import Span
    from chronicles.history.commit import Commit

__all__ = ["add_break_facts"]

_SHOWN = 40
"""Breaks named under one line."""
_WORDS = 300
"""Characters of an author's sentence."""


def add_break_facts(book: FactBook, span: Span) -> None:
    """Add each break: what broke, what it was and what it is now, and what shows it."""
    found = [
        *find_api_breaks(span),
        *find_file_breaks(span),
        *find_command_breaks(span),
        *find_declared_breaks(span),
        *find_setting_breaks(span),
        *find_need_breaks(span),
        *find_marked(_standing(span)),
    ]
    order = {part: place for place, part in enumerate(Part)}
    found.sort(key=lambda one: (order[one.part], not one.breaking))
    number = 0
    for _, line in groupby(found, key=_line):
        breaks = list(line)
        for broken in breaks[:_SHOWN]:
            number += 1
            _add(book, f"broken.{number}", broken)
        if breaks[_SHOWN:]:
            book.count(f"broken.{number}.more", len(breaks[_SHOWN:]), "more", "more")
    _count(book, found)


def _standing(span: Span) -> Iterator[Commit]:
    """The commits of the range that were not undone in it, and of which something comes with it."""
    out = {work.sha for pair in span.fates.undone for work in pair}
    out |= {work.sha for breaks in span.fates.absent.values() for work in breaks}
    return (commit for commit in span.commits if commit.sha not in out)


def _line(broken: Broken) -> tuple[object, ...]:
    """What breaks of one line of the document have in common."""
    if broken.part is Part.MARKED:
        return (broken.commit,)
    ends = (broken.before, broken.after) if broken.kind in ("import path changed", "module moved") else ()
    notes = () if broken.part is Part.NEEDS else broken.notes
    return broken.part, broken.kind, broken.within, notes, ends, broken.breaking


def _count(book: FactBook, found: list[Broken]) -> None:
    """Count what the trees show, and apart from it what authors say: the same break may be in both."""
    seen = Counter(broken.part for broken in found if broken.breaking and not broken.unsure)
    others = Counter(broken.part for broken in found if not broken.breaking)
    for place, part in enumerate((part for part in Part if seen[part] or others[part]), 1):
        noun = "marked commit" if part is Part.MARKED else "break"
        book.add(f"broken.part.{place}.name", part.value, "text", text=part.value)
        if seen[part]:
            book.count(f"broken.part.{place}.count", seen[part], noun)
        if others[part]:
            book.count(f"broken.part.{place}.changes", others[part], "other change" if seen[part] else "change")
    shown, marked = seen.total() - seen[Part.MARKED], seen[Part.MARKED]
    if shown:
        book.count("broken.count", shown, "breaking change")
    elif marked:
        book.count("broken.count", marked, "commit marked as breaking", "commits marked as breaking")


def _add(book: FactBook, entry: str, broken: Broken) -> None:
    book.add(f"{entry}.part", broken.part.value, "part", text=broken.part.value)
    book.add(f"{entry}.kind", broken.kind, "kind", text=broken.kind)
    if not broken.breaking:
        book.add(f"{entry}.breaking", "no", "text", text="no")
    if broken.part is Part.MARKED:
        book.words(f"{entry}.name", broken.name, limit=_WORDS)
        if said := " / ".join(note.words for note in broken.notes):
            book.words(f"{entry}.detail", said, "quotation", limit=_WORDS)
    else:
        name = book.clean(broken.name) or "(empty)"
        short = code(book.clean(broken.short)) if broken.short else code(name)
        book.add(f"{entry}.name", name, "name", text=code(name), figure=short)
        if broken.notes:
            plain, shown = (
                "; ".join(_said(book, note, marked=marked) for note in broken.notes) for marked in (False, True)
            )
            book.add(f"{entry}.detail", plain, "text", text=shown)
    for what, value in (("module", broken.within), ("before", broken.before), ("after", broken.after)):
        if value:
            book.name(f"{entry}.{what}", value)
    if broken.path:
        book.path(f"{entry}.path", broken.path)
    if broken.commit:
        book.sha(f"{entry}.commit", broken.commit, source=Source.GIT)


def _said(book: FactBook, note: Note, *, marked: bool) -> str:
    """A note as a phrase, its names as code where it is for a page."""
    names = [code(book.clean(name)) if marked else book.clean(name) for name in note.names]
    if note.words.count("{}") != len(names):
        names = [phrases.joined(names)] if names else []
    return note.words.format(*names)
