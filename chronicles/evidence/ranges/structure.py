"""The tree after a range, and the files that are new in it (families `tree` and `new`).

The tree is told where the range changed it: its top folders, and below them the way to every folder that is new, as
deep as a reader can take in. A new folder is described by the first words of its own README or docstring.

New files are those that came and were not moved there. Among them are files that people put into the folders of our
own output, such as a README beside run records; what this tool itself writes there is none of them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from chronicles.evidence.kinds import FileKind, classify
from chronicles.evidence.ranges.about import describe, describe_folder
from chronicles.evidence.ranges.folders import count_files, folders_of, is_for_tests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.span import Span

__all__ = ["add_structure_facts"]

_SHOWN_FOLDERS = 40
_DEEPEST = 6
_TOP_FOLDERS = 25
_MANY_TOP = 2
_SHOWN_GONE = 8
_SHOWN_FILES = 25
"""New files of one group that are named; beyond them folders are counted."""
_SHOWN_TESTS = 10
"""The same of tests and what they read."""
_OURS = re.compile(r"(?:^|/)(?:\.gitkeep|(?:episode|patch)_\d+\.(?:md|json|svg)|removed\.json|[^/]+\.json)$")
"""What this tool writes into its folders."""
_GROUPS: Mapping[FileKind, str] = {
    FileKind.DOCS: "documentation",
    FileKind.SOURCE: "code",
    FileKind.TEST: "tests",
}


def add_structure_facts(book: FactBook, span: Span) -> None:
    """Add the rows of the tree, and the new files by group."""
    _add_tree(book, span)
    _add_new(book, span)


def _add_tree(book: FactBook, span: Span) -> None:
    before, after = count_files(span.before), count_files(span.after)
    new = {folder for folder in after if folder not in before}
    gone = {folder for folder in before if folder not in after}
    # A folder of nothing but tests and what they read is no new structure.
    other = (path for path in span.after if not is_for_tests(path) and span.changes.kinds.get(path) != FileKind.TEST)
    told = new.intersection(folder for path in other for folder in folders_of(path))
    lost = sorted(folder for folder in gone if _parent(folder) not in gone and not is_for_tests(folder))
    if not told and not lost:
        return
    shown = _shown(after, told)
    for number, folder in enumerate(shown, 1):
        entry = f"tree.{number}"
        book.path(f"{entry}.path", folder)
        book.count(f"{entry}.files", after[folder], "file")
        if folder in new:
            book.add(f"{entry}.state", "new", "state", text="new")
            about, path = describe_folder(folder, span.read)
            if about:
                book.words(f"{entry}.about", about, "quotation")
                book.path(f"{entry}.about_path", path)
    hidden = len(told - set(shown))
    if hidden:
        book.count("tree.left_out", hidden, "further new folder")
    for number, folder in enumerate(lost[:_SHOWN_GONE], 1):
        book.path(f"tree.gone.{number}", folder)
    if len(lost) > _SHOWN_GONE:
        book.count("tree.gone_left_out", len(lost) - _SHOWN_GONE, "further folder")


def _parent(folder: str) -> str:
    return folder.rstrip("/").rpartition("/")[0] + "/"


def _shown(after: Counter[str], new: set[str]) -> list[str]:
    """The folders to show, in the order of the tree: the top, and the ways to what is new, the shallow ones first."""
    top = [folder for folder in after if _depth(folder) == 1]
    top.sort(key=lambda one: (one not in new, -after[one], one))
    # One new folder is no new structure: the others of the top are shown where the top itself changed.
    chosen = set(top[:_TOP_FOLDERS]) if len(new & set(top)) >= _MANY_TOP else new & set(top)
    for folder in sorted(new, key=lambda one: (_depth(one), -after[one], one)):
        way = {*folders_of(folder)}
        if _depth(folder) <= _DEEPEST and len(chosen | way) <= _SHOWN_FOLDERS:
            chosen |= way
    return sorted(chosen, key=lambda one: one.split("/"))


def _depth(folder: str) -> int:
    return folder.count("/")


def _add_new(book: FactBook, span: Span) -> None:
    arrived = {move.new for move in span.moves}
    kinds = {change.path: span.changes.kinds[change.path] for change in span.of_status("A")}
    kinds |= {path: classify(path) for path in span.own_new if not _OURS.search(path)}
    groups: dict[str, list[str]] = defaultdict(list)
    for path, kind in kinds.items():
        if path not in arrived:
            groups[_group(path, kind)].append(path)
    for group, paths in sorted(groups.items()):
        _add_group(book, span, group, sorted(paths))
    if groups:
        book.count("new.count", sum(map(len, groups.values())), "file")


def _group(path: str, kind: FileKind) -> str:
    if is_for_tests(path):
        return "tests"
    if path.rpartition("/")[2].upper().startswith("README"):
        return "documentation"
    return _GROUPS.get(kind, "organization")


def _add_group(book: FactBook, span: Span, group: str, paths: Sequence[str]) -> None:
    book.count(f"new.{group}.files", len(paths), "file")
    most = _SHOWN_TESTS if group == "tests" else _SHOWN_FILES
    if len(paths) > most:
        # Whoever upgrades looks for tests no deeper than this.
        depth = 2 if group == "tests" else None
        folders = Counter("/".join(path.split("/")[:-1][:depth]) + "/" if "/" in path else "./" for path in paths)
        ordered = sorted(folders.items(), key=lambda item: (-item[1], item[0]))
        for number, (folder, files) in enumerate(ordered[:most], 1):
            book.path(f"new.{group}.folder.{number}.path", folder)
            book.count(f"new.{group}.folder.{number}.files", files, "file")
        if len(ordered) > most:
            rest = sum(files for _, files in ordered[most:])
            book.count(f"new.{group}.left_out", rest, "further file")
        return
    for number, path in enumerate(paths, 1):
        book.path(f"new.{group}.file.{number}.path", path)
        if about := describe(path, span.read_any(path)):
            book.words(f"new.{group}.file.{number}.about", about, "quotation")
