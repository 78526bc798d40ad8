"""What is gone after a range, what stayed elsewhere, and what nobody asks for any more (family `impact`).

Gone are files that were deleted and not moved. A moved file keeps the lines that git found again in its new place.
A module is unreferenced when a module of the tree before imported it and none of the tree after does: read from the
imports of both trees, so what is loaded by name at run time is not seen, and the document says `imported` for that.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from chronicles.evidence.imports import imported_modules, places_of
from chronicles.evidence.kinds import FileKind
from chronicles.history.commit import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.span import Span
    from chronicles.history.commit import FileChange

__all__ = ["add_impact_facts"]

_SHOWN_COMPONENTS = 10
_SHOWN_FILES = 12
_MOST_MODULES = 1_500
"""Modules of a tree beyond which nobody is asked who imports what."""
_CODE = (".py", ".pyi", ".js", ".jsx", ".ts", ".tsx", ".mjs", ".go")


def add_impact_facts(book: FactBook, span: Span) -> None:
    """Add what went by component, what moved files kept, and modules that nothing imports any longer."""
    _add_gone(book, span)
    _add_kept(book, span)
    _add_unreferenced(book, span)


def _add_gone(book: FactBook, span: Span) -> None:
    moved = {move.old for move in span.moves}
    gone = [change for change in span.of_status("D") if change.path not in moved]
    if not gone:
        return
    book.count("impact.gone_files", len(gone), "file")
    book.count("impact.gone_lines", sum(change.deletions or 0 for change in gone), "line")
    by_component: dict[str, list[FileChange]] = defaultdict(list)
    for change in gone:
        by_component[span.changes.component(change.path)].append(change)
    ordered = sorted(by_component.items(), key=lambda item: (-sum(one.deletions or 0 for one in item[1]), item[0]))
    for number, (name, changes) in enumerate(ordered[:_SHOWN_COMPONENTS], 1):
        entry = f"impact.gone.{number}"
        book.path(f"{entry}.component", name)
        book.count(f"{entry}.files", len(changes), "file")
        book.count(f"{entry}.lines", sum(change.deletions or 0 for change in changes), "line")
        biggest = sorted(changes, key=lambda change: (-(change.deletions or 0), change.path))
        for place, change in enumerate(biggest[:_SHOWN_FILES], 1):
            book.path(f"{entry}.file.{place}", change.path)
        if len(changes) > _SHOWN_FILES:
            book.count(f"{entry}.left_out", len(changes) - _SHOWN_FILES, "further file")
    if len(ordered) > _SHOWN_COMPONENTS:
        book.count("impact.gone_left_out", len(ordered) - _SHOWN_COMPONENTS, "further component")


def _add_kept(book: FactBook, span: Span) -> None:
    """The lines that moved files brought along."""
    kept = files = 0
    for change in span.of_status("R"):
        text = span.text(change.new_blob)
        if text is not None and change.insertions is not None:
            kept += max(0, text.count("\n") + bool(text and not text.endswith("\n")) - change.insertions)
            files += 1
    if files:
        book.count("impact.kept_files", files, "moved file")
        book.count("impact.kept_lines", kept, "line")


def _add_unreferenced(book: FactBook, span: Span) -> None:
    modules = [path for path in span.after if path.endswith(_CODE)]
    if len(modules) > _MOST_MODULES or len(span.before) == 0:
        return
    lost = _lost(span)
    if not lost:
        return
    places = places_of(frozenset(span.after))
    for path in modules:
        text = span.read(path) or ""
        if lost and any(_stem(one) in text for one in lost):
            lost -= {places[name] for name in imported_modules(path, text) if name in places} - {path}
    for number, path in enumerate(sorted(lost)[:_SHOWN_FILES], 1):
        book.path(f"impact.unreferenced.{number}", path)
    if len(lost) > _SHOWN_FILES:
        book.count("impact.unreferenced_left_out", len(lost) - _SHOWN_FILES, "further module")


def _lost(span: Span) -> set[str]:
    """Files of code, in the tree after, that a changed file imported before and does not import now."""
    moved = {move.old: move.new for move in span.moves}
    old_places, new_places = places_of(frozenset(span.before)), places_of(frozenset(span.after))
    lost: set[str] = set()
    for change in span.changes.files:
        old_path = change.old_path or change.path
        if change.status is Status.ADDED or not old_path.endswith(_CODE):
            continue
        before = imported_modules(old_path, span.text(change.old_blob) or "")
        after = imported_modules(change.path, span.text(change.new_blob) or "")
        then = {moved.get(path, path) for path in _files(before, old_places)}
        lost |= then - set(_files(after, new_places)) - {change.path}
    return {path for path in lost if path in span.after and _is_module(span, path)}


def _files(modules: Iterable[str], places: dict[str, str]) -> list[str]:
    return [places[name] for name in modules if name in places]


def _is_module(span: Span, path: str) -> bool:
    """Whether a file is there to be imported: no test, no start of a program."""
    name = path.rpartition("/")[2].partition(".")[0]
    kind = span.changes.kinds.get(path)
    return name not in ("__init__", "__main__", "conftest", "index", "main") and kind is not FileKind.TEST


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]
