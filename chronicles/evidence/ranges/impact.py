"""What is gone after a range and what stayed (family `impact`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.span import Span

__all__ = ["add_impact_facts"]


def add_impact_facts(book: FactBook, span: Span) -> None:
    """Add the lines that went with deleted files, and those that were moved."""
    deleted = span.of_status("D")
    if deleted:
        book.count("impact.deleted_files", len(deleted), "file")
        book.count("impact.deleted_lines", sum(change.deletions or 0 for change in deleted), "line")
