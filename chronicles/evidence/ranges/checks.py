"""Which checks ran at the end of a range, and how they ended (family `check`).

A check is a command that the repository's owner configured. What is told of it comes from a stored record of a run
on the very tree; a check without such a record has not run, and the fact says so. The last line of its output is shown
as it is, in quotation marks: it is the tool's sentence, and what it counts is not ours to prove.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.dossier import Source
from chronicles.markdown import code, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.dossier import CheckRun
    from chronicles.evidence.facts import FactBook

__all__ = ["add_check_facts"]

_TENTHS = 10
"""Seconds from which on tenths of them tell nobody anything."""
_MINUTES = 120
"""Seconds from which on minutes are told."""


def add_check_facts(book: FactBook, checks: Sequence[CheckRun]) -> None:
    """Add each configured check with its result."""
    for number, check in enumerate(checks, 1):
        entry = f"check.{number}"
        book.name(f"{entry}.name", check.name)
        book.add(f"{entry}.command", command := book.clean(check.command), "command", text=code(command))
        book.add(f"{entry}.result", check.result, "result", text=check.result, source=Source.CHECK)
        if check.exit is not None:
            figure = phrases.figure(check.exit)
            book.add(f"{entry}.exit", check.exit, "code", text=f"exit {figure}", figure=figure, source=Source.CHECK)
        if check.seconds is not None:
            text = _seconds(check.seconds)
            book.add(f"{entry}.seconds", check.seconds, "s", text=text, source=Source.CHECK)
        if check.last:
            last = book.clean(check.last)
            book.add(f"{entry}.last", last, "text", text=escape(last), source=Source.CHECK)
        if check.wrote:
            book.count(f"{entry}.wrote", check.wrote, "file", source=Source.CHECK)


def _seconds(seconds: float) -> str:
    """A duration as people say it: "0.4 s", "41 s", "10 min 5 s"."""
    if seconds < 1 / _TENTHS:
        return "under 0.1 s"
    if seconds < _TENTHS:
        return f"{phrases.decimal(seconds)} s"
    whole = int(seconds)
    if whole < _MINUTES:
        return f"{whole} s"
    return f"{phrases.figure(whole // 60)} min {whole % 60} s"
