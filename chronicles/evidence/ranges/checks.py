"""Which checks ran at the end of a range, and how they ended (family `check`).

A check is a command that the repository's owner configured. What is told of it comes from a stored record of a run
on the very tree; a check without such a record has not run, and the fact says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.dossier import Source
from chronicles.markdown import code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.dossier import CheckRun
    from chronicles.evidence.facts import FactBook

__all__ = ["add_check_facts"]


def add_check_facts(book: FactBook, checks: Sequence[CheckRun]) -> None:
    """Add each configured check with its result."""
    for number, check in enumerate(checks, 1):
        entry = f"check.{number}"
        book.name(f"{entry}.name", check.name)
        book.add(f"{entry}.command", check.command, "command", text=code(book.clean(check.command)))
        result = check.result
        book.add(f"{entry}.result", result, "result", text=result, source=Source.CHECK)
