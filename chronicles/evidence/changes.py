"""Facts of what changed: files, lines, components, kinds of file and moves (families `change` to `move`).

Output folders of this tool are left out of every count, and the page says how many of their files a change
touched. Generated and vendored files count as files, since git changed them, but are told apart, because a
lock file of 9,000 lines is not 9,000 lines of anybody's work.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.dossier import Source
from chronicles.evidence.complexity import complexity_score
from chronicles.evidence.facts import FactBook, clean, diff_command, shown_path
from chronicles.evidence.kinds import FileKind
from chronicles.history.commit import FileChange, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Changes", "add_change_facts"]

_SHOWN_FILES = 10
_SHOWN_MOVES = 12
_SMALL = 10
"""Lines below which a file is touched rather than changed."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The file changes of a subject with what is known of each path."""

    files: tuple[FileChange, ...]
    """Without output folders, in git's order."""
    left_out: int
    """Files of output folders that changed as well."""
    kinds: Mapping[str, FileKind]
    """Kind by path, for new and old names."""
    component: Callable[[str], str]

    def of_kind(self, *kinds: FileKind) -> list[FileChange]:
        """The changes to files of the given kinds."""
        return [change for change in self.files if self.kinds[change.path] in kinds]

    @property
    def by_size(self) -> list[FileChange]:
        """Written by hand before generated, text before binary, the biggest first, names breaking ties."""
        made = (FileKind.GENERATED, FileKind.VENDORED, FileKind.LOCK)
        return sorted(self.files, key=lambda c: (self.kinds[c.path] in made, c.binary, -c.churn, c.path))


def add_change_facts(book: FactBook, changes: Changes) -> None:
    """Add the facts of sizes, components, kinds and moves."""
    _add_totals(book, changes)
    _add_components(book, changes)
    _add_kinds(book, changes)
    _add_files(book, changes)
    _add_spread(book, changes.files)
    _add_moves(book, changes.files)


def _add_totals(book: FactBook, changes: Changes) -> None:
    files = len(changes.files)
    added = sum(change.insertions or 0 for change in changes.files)
    removed = sum(change.deletions or 0 for change in changes.files)

    def sum_of(column: int) -> str:
        return diff_command(book.key, book.excluded, "--numstat", f" | awk '{{s += ${column}}} END {{print s + 0}}'")

    book.count("change.files", files, "file", source=Source.GIT, derive=_lines(book, "--raw"))
    book.count("change.insertions", added, "line", source=Source.GIT, derive=sum_of(1))
    book.count("change.deletions", removed, "line", source=Source.GIT, derive=sum_of(2))
    book.count("change.churn", added + removed, "changed line", source=Source.GIT)
    binary = sum(change.binary for change in changes.files)
    book.count("change.binary_files", binary, "binary file", source=Source.GIT)
    # Of no file and of no line there is no mean and no share: the facts are there, and their value is not known.
    per_file = added / files if files else None
    shown = "unknown" if per_file is None else phrases.decimal(per_file)
    value = None if per_file is None else round(per_file, 4)
    book.add("change.lines_per_file", value, "line/file", text=f"{shown} lines per file", figure=shown)
    shown = phrases.percent(added, added + removed) if added + removed else "unknown"
    value = round(100 * added / (added + removed), 4) if added + removed else None
    book.add("change.additive_percent", value, "percent", text=f"{shown} additive", figure=shown)
    score = complexity_score(files, added + removed)
    book.add("change.complexity_score", score, "point", text=f"a complexity score of {score}", figure=str(score))
    if changes.left_out:
        book.count("change.left_out", changes.left_out, "file of our own output", "files of our own output")


def _lines(book: FactBook, form: str) -> str:
    return diff_command(book.key, book.excluded, form, " | wc -l")


def _add_components(book: FactBook, changes: Changes) -> None:
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for change in changes.files:
        # The name becomes part of an id, where no one would look for a secret.
        total = totals[clean(shown_path(changes.component(change.path)))]
        total[0] += 1
        total[1] += change.insertions or 0
        total[2] += change.deletions or 0
    # Of equals, folders and files known by their whole name (`Dockerfile`) stand before those with an ending.
    for name, (files, added, removed) in sorted(
        totals.items(), key=lambda item: (-item[1][0], "." in item[0][1:], item[0])
    ):
        prefix = f"component.{name}"
        book.count(f"{prefix}.files", files, "file")
        book.count(f"{prefix}.insertions", added, "line")
        book.count(f"{prefix}.deletions", removed, "line")
    book.count("change.components", len(totals), "component")


def _add_kinds(book: FactBook, changes: Changes) -> None:
    files: Counter[str] = Counter()
    added: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    for change in changes.files:
        kind = changes.kinds[change.path].value
        files[kind] += 1
        added[kind] += change.insertions or 0
        removed[kind] += change.deletions or 0
    for kind in sorted(files):
        book.count(f"kind.{kind}.files", files[kind], "file")
        book.count(f"kind.{kind}.insertions", added[kind], "line")
        book.count(f"kind.{kind}.deletions", removed[kind], "line")
    statuses = Counter(change.status for change in changes.files)
    for status, noun in (
        (Status.ADDED, "new file"),
        (Status.DELETED, "deleted file"),
        (Status.RENAMED, "renamed file"),
    ):
        if statuses[status]:
            book.count(f"change.{status.name.lower()}_files", statuses[status], noun, source=Source.GIT)
    modes = sum(change.status is Status.MODIFIED and change.old_mode != change.new_mode for change in changes.files)
    if modes:
        book.count("change.mode_files", modes, "file with a new mode", "files with new modes", source=Source.GIT)


def _add_files(book: FactBook, changes: Changes) -> None:
    churn = sum(change.churn for change in changes.files)
    for number, change in enumerate(changes.by_size[:_SHOWN_FILES], 1):
        prefix = f"file.{number}"
        book.path(f"{prefix}.path", change.path)
        book.add(
            f"{prefix}.status", change.status.name.lower().replace("_", " "), "status", text=change.status.name.lower()
        )
        book.add(f"{prefix}.kind", changes.kinds[change.path].value, "kind", text=changes.kinds[change.path].value)
        book.count(f"{prefix}.insertions", change.insertions or 0, "line")
        book.count(f"{prefix}.deletions", change.deletions or 0, "line")
        if change.old_path:
            book.path(f"{prefix}.old_path", change.old_path)
        if churn and change.churn:
            shown = phrases.percent(change.churn, churn)
            book.add(
                f"{prefix}.share",
                round(100 * change.churn / churn, 4),
                "percent",
                text=f"{shown} of the lines",
                figure=shown,
            )


def _add_spread(book: FactBook, files: Sequence[FileChange]) -> None:
    """How unevenly the lines lie: the fewest files that hold half of them, and the files with next to none."""
    sizes = sorted((change.churn for change in files if change.churn), reverse=True)
    half, seen = 0, 0
    while 2 * seen < sum(sizes):
        seen += sizes[half]
        half += 1
    if half:
        book.count("spread.half", half, "file")
        book.count("spread.small", sum(size < _SMALL for size in sizes), "file")


def _add_moves(book: FactBook, files: Sequence[FileChange]) -> None:
    together: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for change in files:
        if change.old_path is not None:
            together[_moved(change.old_path, change.path)].append((change.old_path, change.path))
    # A folder is only said to move where more than one file of it did.
    moves = Counter({place if len(pairs) > 1 else pairs[0]: len(pairs) for place, pairs in together.items()})
    for number, ((old, new), times) in enumerate(sorted(moves.items(), key=lambda item: (-item[1], item[0])), 1):
        if number > _SHOWN_MOVES:
            book.count("move.left_out", len(moves) - _SHOWN_MOVES, "further move", "further moves")
            break
        book.path(f"move.{number}.from", old)
        book.path(f"move.{number}.to", new)
        book.count(f"move.{number}.files", times, "file")
    kept = sum(change.similarity == 100 for change in files if change.old_path)
    if moves and kept:
        book.count("move.unchanged", kept, "file", source=Source.GIT)


def _moved(old: str, new: str) -> tuple[str, str]:
    """What a rename says as a move: folder to folder when the name stayed, else file to file.

    The folders lose the part that both paths end with: `a/x/f.py` to `b/x/f.py` is the move of `a/` to `b/`.
    """
    before, after = old.split("/"), new.split("/")
    if before[-1] != after[-1]:
        return old, new
    while len(before) > 1 and len(after) > 1 and before[-1] == after[-1]:
        before.pop()
        after.pop()
    if before[-1] == after[-1]:  # one of them ran out: `f.py` to `lib/f.py`
        return ("/".join(before[:-1]) + "/" if before[:-1] else "./"), (
            "/".join(after[:-1]) + "/" if after[:-1] else "./"
        )
    return "/".join(before) + "/", "/".join(after) + "/"
