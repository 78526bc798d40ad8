"""Facts of functions and classes: what a change defines, drops and edits, and how complex it is (family `symbol`)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from chronicles.evidence.kinds import FileKind
from chronicles.evidence.symbols import FileSymbols, Function, compare_symbols
from chronicles.history.commit import FileChange, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.evidence.changes import Changes
    from chronicles.evidence.facts import FactBook

__all__ = ["SymbolReader", "add_definition_facts"]

_SHOWN, _SHOWN_CLASSES, _SHOWN_TESTS = 8, 5, 3
_UNREAD = FileSymbols(skipped="no text, or too much of it")


class SymbolReader(Protocol):
    """Gives the symbols of a blob that lies at a path."""

    def __call__(self, path: str, object_id: str, /) -> FileSymbols | None:
        """Analyse a blob as the file at a path."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A function with the file it stands in."""

    path: str
    function: Function
    before: Function | None = None
    overloaded: bool = False
    """Whether its name stands there another number of times than before: which of them is which cannot be told."""


@dataclass(slots=True)
class _Found:
    """What a change did to the definitions of all its files."""

    added: list[_Placed] = field(default_factory=list)
    removed: list[_Placed] = field(default_factory=list)
    changed: list[_Placed] = field(default_factory=list)
    classes_added: list[tuple[str, str]] = field(default_factory=list)
    """Path and name."""
    classes_removed: set[str] = field(default_factory=set)
    files: int = 0
    """Files in which functions were seen, before or after."""
    unread: int = 0
    """Files with changes of which a version has no reader, or none that could read it."""
    complexity_delta: int = 0
    """Of the code, tests left out."""


def add_definition_facts(
    book: FactBook, changes: Changes, files: Sequence[FileChange], symbols: SymbolReader, *, beyond: int = 0
) -> None:
    """Add the facts of definitions: counts, complexity, and the most telling functions and classes by name.

    Args:
        book: Where to.
        changes: All of the change.
        files: Those of its files to be read.
        symbols: What reads them.
        beyond: How many more there would have been to read.
    """
    found = _Found()
    for change in files:
        _compare(found, change, symbols, code=changes.kinds[change.path] is FileKind.SOURCE)
    added = _without_moved(found.added, found.removed)
    found.removed = _without_moved(found.removed, found.added)
    found.added = added
    book.count("symbol.files", found.files, "file with functions", "files with functions")
    book.count("symbol.unread", found.unread + beyond, "unread file of code", "unread files of code")
    _add_counts(book, changes, found)
    sign = f"{found.complexity_delta:+,}" if found.complexity_delta else "0"
    text = f"{sign} in cyclomatic complexity"
    book.add("symbol.complexity_delta", found.complexity_delta, "1", text=text, figure=sign)
    for what, places in (("new", found.added), ("gone", found.removed)):
        own = [place for place in places if _is_code(changes, place) and not place.overloaded]
        _add_functions(book, f"symbol.{what}", sorted(own, key=_by_length))
    own = [place for place in found.changed if _is_code(changes, place)]
    _add_functions(book, "symbol.changed", sorted(own, key=partial(_by_delta, changes)))
    tests = sorted((place for place in found.added if place.function.is_test), key=_by_length)
    for number, place in enumerate(tests[:_SHOWN_TESTS], 1):
        book.name(f"symbol.test.{number}.name", place.function.name)
    made = [(path, name) for path, name in found.classes_added if name not in found.classes_removed]
    of_code = [(path, name) for path, name in made if changes.kinds[path] is FileKind.SOURCE]
    for number, (path, name) in enumerate(of_code[:_SHOWN_CLASSES], 1):
        book.name(f"symbol.class.{number}.name", name)
        book.path(f"symbol.class.{number}.path", path)


def _compare(found: _Found, change: FileChange, symbols: SymbolReader, *, code: bool) -> None:
    """Add what a change did to the definitions of one file."""
    path = change.path
    before = symbols(change.old_path or path, change.old_blob) or _UNREAD if change.status is not Status.ADDED else None
    after = symbols(path, change.new_blob) or _UNREAD if change.status is not Status.DELETED else None
    there = compare_symbols(before, after)
    again = _overloaded(before, after)
    found.unread += there.skipped is not None and change.old_blob != change.new_blob
    found.files += any(side is not None and side.functions for side in (before, after))
    if code and not there.skipped:
        found.complexity_delta += _complexity(after) - _complexity(before)
    found.added += [_Placed(path, one, overloaded=one.name in again) for one in there.added]
    found.removed += [_Placed(path, one, overloaded=one.name in again) for one in there.removed]
    found.changed += [
        _Placed(path, pair.after, None if pair.after.name in again else pair.before) for pair in there.changed
    ]
    found.classes_added += [(path, klass.name) for klass in there.classes_added]
    found.classes_removed.update(klass.name for klass in there.classes_removed)


def _add_functions(book: FactBook, prefix: str, places: Sequence[_Placed]) -> None:
    for number, place in enumerate(places[:_SHOWN], 1):
        _add_function(book, f"{prefix}.{number}", place)


def _overloaded(before: FileSymbols | None, after: FileSymbols | None) -> set[str]:
    """The names that stand in both versions of a file, another number of times: overloads came or went."""
    old, new = (Counter(one.name for one in side.functions) if side else Counter[str]() for side in (before, after))
    return {name for name in old.keys() & new.keys() if old[name] != new[name]}


def _without_moved(places: list[_Placed], others: list[_Placed]) -> list[_Placed]:
    """Leave out functions that went from one file to another unchanged: they are neither new nor gone."""
    known = {(other.function.name, other.function.digest) for other in others}
    return [place for place in places if (place.function.name, place.function.digest) not in known]


def _is_code(changes: Changes, place: _Placed) -> bool:
    """Whether a function is part of the code: not a test, and no helper that lives among the tests."""
    return not place.function.is_test and changes.kinds[place.path] is FileKind.SOURCE


def _add_counts(book: FactBook, changes: Changes, found: _Found) -> None:
    for what, places in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        # An overload that came or went is one more or less signature of a function that was there and still is.
        book.count(f"symbol.{what}", sum(_is_code(changes, p) and not p.overloaded for p in places), "function")
        book.count(f"symbol.tests_{what}", sum(p.function.is_test for p in places), "test")
    touched = (*found.added, *found.removed, *found.changed)
    helpers = sum(not p.function.is_test and not _is_code(changes, p) for p in touched)
    if helpers:
        book.count("symbol.helpers", helpers, "helper of the tests", "helpers of the tests")
    source = [p for p in touched if changes.kinds[p.path] is FileKind.SOURCE]
    if source:
        book.count("symbol.source_changed", len(source), "function")


def _complexity(side: FileSymbols | None) -> int:
    """The sum over the functions of a version of a file, tests left out."""
    return sum(one.complexity for one in side.functions if not one.is_test) if side else 0


def _by_length(place: _Placed) -> tuple[int, str, str]:
    return (place.function.start - place.function.end, place.path, place.function.name)


def _by_delta(changes: Changes, place: _Placed) -> tuple[bool, int, int, str, str]:
    """Functions of the code before tests, the greatest change in complexity first, then the most complex."""
    before = place.before or place.function
    delta = abs(place.function.complexity - before.complexity)
    return (not _is_code(changes, place), -delta, -place.function.complexity, place.path, place.function.name)


def _add_function(book: FactBook, prefix: str, place: _Placed) -> None:
    function = place.function
    book.name(f"{prefix}.name", function.name)
    book.path(f"{prefix}.path", place.path)
    figure = str(function.complexity)
    book.add(
        f"{prefix}.complexity", function.complexity, "1", text=f"a cyclomatic complexity of {figure}", figure=figure
    )
    book.count(f"{prefix}.length", function.end - function.start + 1, "line")
    if place.before is not None:
        old, new = place.before.complexity, function.complexity
        text = f"from {old} to {new} in cyclomatic complexity"
        book.add(f"{prefix}.step", new - old, "1", text=text, figure=f"{old} → {new}" if old != new else figure)
