"""What stops working for those who take a range over (family `broken`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.evidence.messages import parse_message

if TYPE_CHECKING:
    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.span import Span

__all__ = ["add_break_facts"]


def add_break_facts(book: FactBook, span: Span) -> None:
    """Add each break: what broke, what it was and what it is now, and what shows it."""
    marked = [commit for commit in span.commits if parse_message(commit.message, ()).breaking_marked]
    for number, commit in enumerate(marked, 1):
        entry = f"broken.{number}"
        book.add(f"{entry}.kind", "marked", "kind", text="marked in the message")
        book.words(f"{entry}.name", commit.subject or "(no message)", limit=200)
        book.sha(f"{entry}.commit", commit.sha)
    if marked:
        book.count("broken.count", len(marked), "breaking change")
