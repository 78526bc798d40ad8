"""The title of a patch document, built from what its range comes to.

A name that a person gives wins over all of these. The words are few, since whoever looks for a release reads numbers:
what moved, what broke, what was measured, how much there is. No title calls anything good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.dossier import Ledger

__all__ = ["patch_titles"]

_LENGTH = 60
_MANY_MOVES = 8
_BIG = 10
"""Commits from which on a range is told by their number."""


def patch_titles(ledger: Ledger) -> tuple[str, ...]:
    """The titles that a range may have, the aptest first, no two alike."""
    return tuple(dict.fromkeys(title for title in _titles(ledger) if len(title) <= _LENGTH)) or ("A Range of Commits",)


def _titles(ledger: Ledger) -> Iterator[str]:
    moved = int(ledger.number("moved.1.files")) if "moved.1.to" in ledger and "moved.1.reach" not in ledger else 0
    broken = int(ledger.number("broken.count"))
    home = ledger.string("moved.1.to")
    within = "range.touching" in ledger
    commits = int(ledger.number("range.touching" if within else "range.commits"))
    authors = int(ledger.number("range.touching_authors" if within else "range.authors"))
    if moved >= _MANY_MOVES and home != "./":
        yield f"{moved} Files Move to {home}"
    if broken:
        yield f"{_count(broken, 'Breaking Change')} in {_count(commits, 'Commit')}"
    if commits >= _BIG:
        yield f"{_count(commits, 'Commit')} by {_count(authors, 'Author')}"
    if moved:
        yield f"{_count(moved, 'File')} Moved"
    if new := int(ledger.number("new.count")):
        yield f"{_count(new, 'New File')} in {_count(commits, 'Commit')}"
    yield f"{_count(commits, 'Commit')} by {_count(authors, 'Author')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
