"""What lies elsewhere after a range, by where it went (family `moved`).

A move is known by content, never by message: it is a rename between the two trees. Moves are grouped by their new home,
the topmost folder on the way to the new path that was not there before; where all folders were, the one that holds
the file. Within a home one line says from which folder to which how many files went.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.span import Span
    from chronicles.history.commit import FileChange

__all__ = ["add_move_facts"]

_SHOWN_FILES = 60
"""Files named under one line."""


def add_move_facts(book: FactBook, span: Span) -> None:
    """Add the moves by home and by line."""
    homes: dict[str, list[FileChange]] = defaultdict(list)
    folders = _folders(span)
    for change in span.of_status("R"):
        homes[_home(change.path, folders)].append(change)
    for number, (home, changes) in enumerate(sorted(homes.items(), key=lambda item: (-len(item[1]), item[0])), 1):
        entry = f"moved.{number}"
        book.path(f"{entry}.to", home)
        book.count(f"{entry}.files", len(changes), "file")
        lines: dict[tuple[str, str], list[FileChange]] = defaultdict(list)
        for change in changes:
            assert change.old_path is not None, change
            lines[_folder(change.old_path), _folder(change.path)].append(change)
        ordered = sorted(lines.items(), key=lambda item: (-len(item[1]), item[0]))
        for place, ((old, new), files) in enumerate(ordered, 1):
            line = f"{entry}.line.{place}"
            book.path(f"{line}.from", old)
            book.path(f"{line}.to", new)
            book.count(f"{line}.files", len(files), "file")
            if len(files) > 1:
                for at, change in enumerate(files[:_SHOWN_FILES], 1):
                    book.path(f"{line}.file.{at}", change.path.removeprefix(new))


def _folders(span: Span) -> frozenset[str]:
    """Every folder of the tree before, with its slash."""
    found: set[str] = set()
    for path in span.before:
        parts = path.split("/")[:-1]
        found.update("/".join(parts[:depth]) + "/" for depth in range(1, len(parts) + 1))
    return frozenset(found)


def _home(path: str, folders: frozenset[str]) -> str:
    """The topmost folder of a path that was not there before, else the folder it lies in."""
    parts = path.split("/")[:-1]
    ways = ["/".join(parts[:depth]) + "/" for depth in range(1, len(parts) + 1)]
    return next((way for way in ways if way not in folders), ways[-1] if ways else "./")


def _folder(path: str) -> str:
    """The folder of a path, with its slash."""
    folder, slash, _ = path.rpartition("/")
    return folder + slash or "./"
