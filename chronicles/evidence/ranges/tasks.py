"""What is left to do after a range, as far as the repository itself says so (family `task`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.evidence.messages import parse_message

if TYPE_CHECKING:
    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.span import Span

__all__ = ["add_task_facts"]


def add_task_facts(book: FactBook, span: Span) -> None:
    """Add the trailers that name a next step."""
    number = 0
    for commit in span.commits:
        for trailer in parse_message(commit.message, ()).trailers:
            if trailer.key.lower() == "next":
                number += 1
                book.words(f"task.{number}.text", trailer.value, limit=200)
                book.sha(f"task.{number}.commit", commit.sha)
