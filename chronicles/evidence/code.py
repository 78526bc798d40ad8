"""Facts read from file contents: public API, dependencies, imports, notes to self, the hunk and the epigraph.

Families `api`, `dependency`, `import`, `todo`, `hunk` and `epigraph`; functions and classes have a module of their own,
`definitions`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from chronicles.evidence.api import Break, BreakKind, public_breaks, public_names
from chronicles.evidence.definitions import SymbolReader, add_definition_facts
from chronicles.evidence.dependencies import DependencyChange, dependency_changes
from chronicles.evidence.epigraph import find_epigraph
from chronicles.evidence.imports import import_edges, imported_modules, module_name
from chronicles.evidence.kinds import FileKind
from chronicles.history.commit import FileChange, Status
from chronicles.markdown import code

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chronicles.evidence.changes import Changes
    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.patches import FilePatch, Hunk

__all__ = ["TextReader", "add_code_facts", "add_manifest_facts", "add_patch_facts"]

_FILES = 200
_SHOWN = 8
_HUNK_LINES = 12
_TODO = re.compile(r"(?:^|\s)(?:#|//|/\*|\*|<!--|;|--|%)\s*(?:TODO|FIXME|XXX|HACK)\b")
"""A note opens a comment: the word in a string, a table or a pattern is no note."""


class TextReader(Protocol):
    """Gives the text of a blob, or None where it is none: binary, too big, a submodule."""

    def __call__(self, object_id: str, /) -> str | None:
        """Read a blob by its id."""


class TreePaths(Protocol):
    """Gives all paths of the tree after the change; asked only where an import may be news."""

    def __call__(self) -> frozenset[str]:
        """List the tree."""


def add_manifest_facts(book: FactBook, changes: Changes, text: TextReader) -> None:
    """Add which dependencies came, went or moved, both values read."""
    found: list[DependencyChange] = []
    elsewhere: set[str] = set()
    for change in changes.of_kind(FileKind.MANIFEST)[:50]:
        before, after = text(change.old_blob), text(change.new_blob)
        moves = _without_regrouped(dependency_changes(change.path, before, after))
        elsewhere |= {move.name for move in moves if _stays_elsewhere(move, before or "", after or "")}
        found += moves
    for number, moved in enumerate(sorted(found, key=_dependency_order)[:20], 1):
        prefix = f"dependency.{number}"
        book.name(f"{prefix}.name", moved.name)
        book.add(f"{prefix}.ecosystem", moved.ecosystem, "ecosystem", text=moved.ecosystem)
        what = "regrouped" if moved.name in elsewhere else _dependency_change(moved)
        book.add(f"{prefix}.change", what, "change", text=what)
        if moved.before is not None:
            book.name(f"{prefix}.before", moved.before or "any version")
        if moved.after is not None:
            book.name(f"{prefix}.after", moved.after or "any version")
    if found:
        book.count("dependency.count", len(found), "dependency change")


def _without_regrouped(changes: Sequence[DependencyChange]) -> list[DependencyChange]:
    """Leave out what only went from one group of a manifest to another: it was neither added nor removed."""
    gone = {change.name for change in changes if change.after is None}
    come = {change.name for change in changes if change.before is None}
    return [change for change in changes if change.name not in gone & come or (change.before and change.after)]


def _stays_elsewhere(change: DependencyChange, before: str, after: str) -> bool:
    """Whether what came to one group of a manifest, or left it, stands in another group all along.

    Judged by the bare name in the text of the other side: better no news than news that is not so.
    """
    other = before if change.before is None else after if change.after is None else ""
    name = "[-_.]+".join(map(re.escape, re.split(r"[-_.]+", change.name)))
    return re.search(rf"(?<![\w.-]){name}(?![\w-])", other, re.IGNORECASE) is not None


def _dependency_order(change: DependencyChange) -> tuple[bool, str, str, str]:
    return (not change.runtime, change.ecosystem, change.name, change.group)


def _dependency_change(change: DependencyChange) -> str:
    if change.runtime:
        # A language is no dependency that joins or leaves: its least version is stated, raised or lowered.
        return "minimum" if change.before is not None and change.after is not None else "stated"
    if change.before is None:
        return "added"
    if change.after is None:
        return "removed"
    return "major" if change.major else "updated"


def add_code_facts(
    book: FactBook, changes: Changes, text: TextReader, symbols: SymbolReader, tree_paths: TreePaths
) -> None:
    """Add what analysis of source and test files shows: symbols, public names, imports between components."""
    files = [c for c in changes.by_size if changes.kinds[c.path] in (FileKind.SOURCE, FileKind.TEST) and not c.binary]
    if not files:
        return
    beyond = len(files[_FILES:])
    files = files[:_FILES]
    add_definition_facts(book, changes, files, symbols, beyond=beyond)
    source = [change for change in files if changes.kinds[change.path] is FileKind.SOURCE]
    _add_breaks(book, source, text)
    _add_imports(book, source, text, tree_paths)


def _add_breaks(book: FactBook, files: Sequence[FileChange], text: TextReader) -> None:
    breaks: list[Break] = []
    names: set[str] = set()
    python = [change for change in files if change.path.endswith(".py")]
    homes = {module_name(change.path): change for change in python if change.status is not Status.DELETED}
    for change in python:
        old_path = change.old_path or change.path
        before = text(change.old_blob) if change.status is not Status.ADDED else None
        # Callers import modules, not paths: what lies elsewhere under the same name has not gone.
        home = homes.get(module_name(old_path))
        after = text(home.new_blob) if home else None
        if home is not None and after is None:
            continue  # too big or no text: nothing can be said of it
        breaks += [one for one in public_breaks(old_path, before, after) if not _may_inherit(one, after or "")]
        if before is not None and after is not None:
            names |= public_names(change.path, after) - public_names(change.path, before)
    # A method that became a function of its class loses `self`, which no caller ever passed.
    breaks = [broken for broken in breaks if broken.detail not in ("self", "cls")]
    for number, broken in enumerate(breaks[:_SHOWN], 1):
        prefix = f"api.{number}"
        gone = broken.kind in (BreakKind.NAME_REMOVED, BreakKind.MODULE_REMOVED)
        kind = "removed" if gone else "changed"
        book.add(f"{prefix}.kind", kind, "kind", text=kind)
        book.name(f"{prefix}.name", broken.name)
        detail = f"{broken.kind.value}, {code(book.clean(broken.detail))}" if broken.detail else broken.kind.value
        book.add(f"{prefix}.detail", detail, "text", text=detail)
    if breaks:
        book.count("api.breaks", len(breaks), "public break")
    for number, name in enumerate(sorted(names)[:_SHOWN], 1):
        book.name(f"api.added.{number}.name", name)


def _may_inherit(broken: Break, after: str) -> bool:
    """Whether a name that is gone from a class may still be had from a base of it: an override that was dropped."""
    parts = broken.name.split(".")
    if broken.kind is not BreakKind.NAME_REMOVED or len(parts) < 2:
        return False
    return re.search(rf"^[ \t]*class\s+{re.escape(parts[-2])}\s*\(\s*[^)\s]", after, re.MULTILINE) is not None


def _add_imports(book: FactBook, files: Sequence[FileChange], text: TextReader, tree_paths: TreePaths) -> None:
    """Add which source files reach into a component that they did not reach into before."""
    fresh: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    for change in files:
        old = text(change.old_blob) if change.status is not Status.ADDED else None
        new = text(change.new_blob) if change.status is not Status.DELETED else None
        before = imported_modules(change.path, old) if old else frozenset()
        after = imported_modules(change.path, new) if new else frozenset()
        if after - before:
            fresh[change.path] = before, after
    if not fresh:
        return
    tree = tree_paths()
    found = []
    for path, (before, after) in fresh.items():
        edges = import_edges({path: after}, tree) - import_edges({path: before}, tree)
        found += [(path, imported) for importer, imported in edges if importer != imported]
    for number, (path, imported) in enumerate(sorted(found)[:_SHOWN], 1):
        book.path(f"import.{number}.from", path)
        book.path(f"import.{number}.to", imported)


def add_patch_facts(book: FactBook, changes: Changes, patches: Sequence[FilePatch]) -> None:
    """Add what the lines of the patch themselves show: notes to self, one hunk that carries the news, the epigraph."""
    by_hand = [p for p in patches if p.path in changes.kinds and changes.kinds[p.path].written_here]
    added = sum(bool(_TODO.search(line)) for patch in by_hand for hunk in patch.hunks for line in hunk.added)
    removed = sum(bool(_TODO.search(line)) for patch in by_hand for hunk in patch.hunks for line in hunk.removed)
    if added:
        book.count("todo.added", added, "TODO note")
    if removed:
        book.count("todo.removed", removed, "TODO note")
    _add_hunk(book, changes, by_hand)
    epigraph = find_epigraph(by_hand, changes.kinds)
    if epigraph:
        book.words("epigraph.text", epigraph.text, "quotation")
        book.path("epigraph.path", epigraph.path)


_HUNK_KINDS = (FileKind.SOURCE, FileKind.CONFIG, FileKind.MANIFEST, FileKind.CI, FileKind.DOCS, FileKind.TEST)


def _add_hunk(book: FactBook, changes: Changes, patches: Iterable[FilePatch]) -> None:
    """Choose the biggest hunk that is short enough, of the most telling kind of file; most changes have none."""
    choices = [
        (_HUNK_KINDS.index(changes.kinds[patch.path]), -_weight(hunk), patch.path, hunk.new_start, hunk)
        for patch in patches
        if changes.kinds[patch.path] in _HUNK_KINDS
        for hunk in patch.hunks
        if 0 < len(hunk.removed) + len(hunk.added) <= _HUNK_LINES and not hunk.left_out
    ]
    total = sum(change.churn for change in changes.files)
    if not choices:
        return
    _, weight, path, _, hunk = min(choices, key=lambda choice: choice[:4])
    # A hunk is shown where it is the news: a good part of a small change. In a big one it would be an anecdote.
    if -weight * 5 < total:
        return
    lines = _shown_lines(book, "-", hunk.removed) + _shown_lines(book, "+", hunk.added)
    if len(lines) != len(hunk.removed) + len(hunk.added):
        return
    book.path("hunk.path", path)
    book.add("hunk.line", hunk.new_start, "line number", text=f"line {hunk.new_start}", figure=str(hunk.new_start))
    for number, line in enumerate(lines, 1):
        book.add(f"hunk.lines.{number}", line, "diff", text=code(line))


def _shown_lines(book: FactBook, sign: str, lines: Sequence[str]) -> list[str]:
    """One side of a hunk as it is shown; nothing where a secret is in it, or where its lines are not what they seem.

    A key goes over lines, so they are read as one text, before the signs come in between.
    """
    secrets = book.redactions
    shown = book.clean("\n".join(line.removesuffix("\r").expandtabs(4) for line in lines)).split("\n")
    if book.redactions != secrets or len(shown) != len(lines):
        return []
    return [f"{sign}{line}"[:160] for line in shown]


def _weight(hunk: Hunk) -> int:
    return sum(bool(line.strip()) for line in (*hunk.removed, *hunk.added))


def by_path(patches: Iterable[FilePatch]) -> Mapping[str, FilePatch]:
    """Patches by the path after the change."""
    return {patch.path: patch for patch in patches}
