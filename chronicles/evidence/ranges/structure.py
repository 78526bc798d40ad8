"""The tree after a range and what is new in it (families `tree` and `new`)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chronicles.evidence.kinds import FileKind

if TYPE_CHECKING:
    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.span import Span

__all__ = ["add_structure_facts"]

_SHOWN = 30


def add_structure_facts(book: FactBook, span: Span) -> None:
    """Add the top folders of the tree, and the files that were added."""
    folders = Counter(path.partition("/")[0] + "/" for path in span.after if "/" in path)
    for number, (folder, files) in enumerate(sorted(folders.items()), 1):
        book.path(f"tree.{number}.path", folder)
        book.count(f"tree.{number}.files", files, "file")
    added = span.of_status("A")
    for number, change in enumerate(added[:_SHOWN], 1):
        book.path(f"new.{number}.path", change.path)
        group = "documentation" if span.changes.kinds[change.path] is FileKind.DOCS else "organization"
        book.add(f"new.{number}.group", group, "group", text=group)
    if added:
        book.count("new.count", len(added), "file")
