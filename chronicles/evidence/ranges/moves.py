"""What lies elsewhere after a range, by where it went (family `moved`).

A move is known by content, never by message: it is a rename between the two trees, or a chain of renames from commit
to commit where a file was rewritten on the way so far that the trees alone show a deletion and an addition. Moves are
grouped by their new home, the topmost folder on the way to the new path that was not there before; where all folders
were, the one that holds the file. Within a home one line says from which folder to which how many files went. A file
with a new name in its old folder is no move; it is told as renamed.

Why things were moved is told only in the words of the home's own README, or of the commit that moved most of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chronicles.dossier import Source
from chronicles.evidence.kinds import FileKind, classify
from chronicles.evidence.ranges.about import describe, purpose
from chronicles.evidence.ranges.folders import count_files, folders_of, is_for_tests
from chronicles.evidence.reasons import find_reason
from chronicles.history.commit import Status

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.span import Span
    from chronicles.history.commit import Commit, FileChange

__all__ = ["Move", "add_move_facts", "find_moves", "split_doubtful"]

_IN_PLACE = ""
"""Stands for the home of files that lie where they lay, under another name."""
_TRIVIAL = 40
"""Characters below which a file holds next to nothing."""
_SHOWN_HOMES = 25
_SHOWN_LINES = 14
"""Lines of a home beyond which folders are told by their common root, and then left out."""
_SHOWN_FILES = 40
"""Files named under one line."""
_FOLLOWED = 300
"""So many deleted files are followed from commit to commit."""
_ROUNDS = 6
"""So often a file may have moved on."""
_REASONED = 6
"""Homes that are asked why."""


@dataclass(frozen=True, slots=True)
class Move:
    """One file that lies elsewhere."""

    old: str
    new: str
    rewritten: bool = False
    """Whether too little of it stayed for the two trees to show it."""


def find_moves(span: Span) -> tuple[Move, ...]:
    """Every file of the tree before that lies elsewhere in the tree after, sorted by its new path."""
    renamed = [Move(str(change.old_path), change.path) for change in span.of_status("R")]
    followed = _follow(span)
    return tuple(sorted([*renamed, *followed], key=lambda move: (move.new, move.old)))


def split_doubtful(span: Span) -> Iterator[FileChange]:
    """The changes of a range, a rename that chance paired as the deletion and the addition that it is.

    Git pairs files of equal content, so any two empty ones: `a/__init__.py` with `fixtures/x/__init__.py`. A file that
    holds next to nothing has moved only where files that hold something went the same way.
    """
    renamed = [change for change in span.changes.files if change.status is Status.RENAMED]
    doubtful = [change for change in renamed if _is_trivial(span.text(change.new_blob))]
    ways = {_way(change) for change in renamed if change not in doubtful}
    alone = {change.path for change in doubtful if _way(change) not in ways}
    for change in span.changes.files:
        if change.status is not Status.RENAMED or change.path not in alone:
            yield change
            continue
        assert change.old_path is not None, change
        lines = (span.text(change.old_blob) or "").count("\n")
        none = "0" * len(change.old_blob)
        yield replace(
            change,
            path=change.old_path,
            old_path=None,
            status=Status.DELETED,
            insertions=0,
            deletions=lines,
            new_mode=0,
            new_blob=none,
            similarity=None,
        )
        yield replace(change, old_path=None, status=Status.ADDED, old_mode=0, old_blob=none, similarity=None)


def _is_trivial(text: str | None) -> bool:
    """Whether a file holds next to nothing; what is no text holds something."""
    return text is not None and len(text.strip()) < _TRIVIAL


def _way(change: FileChange) -> tuple[str, str]:
    assert change.old_path is not None, change
    return _folder(change.old_path), _folder(change.path)


def add_move_facts(book: FactBook, span: Span) -> None:
    """Add the moves by home and by line."""
    moves = span.moves
    homes: dict[str, list[Move]] = defaultdict(list)
    folders = count_files(span.before)
    for move in moves:
        in_place = _folder(move.old) == _folder(move.new)
        homes[_IN_PLACE if in_place else _home(move.new, folders)].append(move)
    # Files that only have another name are no move, and stand last.
    inner = {home for home, found in homes.items() if _is_inner(found, renamed=home == _IN_PLACE)}
    ordered = sorted(homes.items(), key=lambda item: (item[0] in inner, item[0] == _IN_PLACE, -len(item[1]), item[0]))
    for number, (home, found) in enumerate(ordered[:_SHOWN_HOMES], 1):
        entry = f"moved.{number}"
        if home != _IN_PLACE:
            book.path(f"{entry}.to", home, source=Source.ANALYSIS)
        book.count(f"{entry}.files", len(found), "file")
        if _is_inner(found, renamed=home == _IN_PLACE):
            book.add(f"{entry}.reach", "inner", "reach", text="inner")
        if number <= _REASONED and home != _IN_PLACE:
            _add_reason(book, span, entry, home, found)
        _add_lines(book, span, entry, found)
    if moves:
        book.count("moved.count", len(moves), "file")
        rewritten = sum(move.rewritten for move in moves)
        if rewritten:
            book.count("moved.rewritten", rewritten, "file")
    if len(ordered) > _SHOWN_HOMES:
        rest = sum(len(found) for _, found in ordered[_SHOWN_HOMES:])
        book.count("moved.left_out", rest, "further moved file")


def _is_inner(moves: Sequence[Move], *, renamed: bool) -> bool:
    """Whether nobody outside finds files elsewhere: those of tests, or texts that have another name in their folder."""
    kinds = {FileKind.TEST if is_for_tests(move.new) else classify(move.new) for move in moves}
    return kinds <= {FileKind.TEST} or (renamed and FileKind.SOURCE not in kinds)


def _add_lines(book: FactBook, span: Span, entry: str, found: Sequence[Move]) -> None:
    lines = _lines(found)
    for place, ((old, new), moves) in enumerate(lines[:_SHOWN_LINES], 1):
        line = f"{entry}.line.{place}"
        if len(moves) == 1:
            old, new = moves[0].old, moves[0].new  # noqa: PLW2901 - one file is told by its own name
        book.path(f"{line}.from", old, source=Source.ANALYSIS)
        book.path(f"{line}.to", new, source=Source.ANALYSIS)
        book.count(f"{line}.files", len(moves), "file")
        named = moves[:_SHOWN_FILES] if len(moves) > 1 else []
        for at, move in enumerate(named, 1):
            book.path(f"{line}.file.{at}", move.new.removeprefix(new), source=Source.ANALYSIS)
            if about := describe(move.new, span.read(move.new)):
                book.words(f"{line}.about.{at}", about, "quotation")
        if len(moves) > _SHOWN_FILES:
            book.count(f"{line}.left_out", len(moves) - _SHOWN_FILES, "further file")
    if len(lines) > _SHOWN_LINES:
        rest = sum(len(moves) for _, moves in lines[_SHOWN_LINES:])
        book.count(f"{entry}.left_out", rest, "further file")


def _lines(found: Sequence[Move]) -> list[tuple[tuple[str, str], list[Move]]]:
    """Moves by the folders they went from and to, the most first; by their common roots where there are too many."""
    for place in (_between_folders, _between_roots):
        lines: dict[tuple[str, str], list[Move]] = defaultdict(list)
        for move in found:
            lines[place(move)].append(move)
        if len(lines) <= _SHOWN_LINES:
            break
    return sorted(lines.items(), key=lambda item: (-len(item[1]), item[0]))


def _between_folders(move: Move) -> tuple[str, str]:
    """The folders of a move; a file of the top, or one with a new name, is told by itself."""
    old, new = _folder(move.old), _folder(move.new)
    named_anew = move.old.rpartition("/")[2] != move.new.rpartition("/")[2]
    return (move.old, move.new) if named_anew or not old else (old, new)


def _between_roots(move: Move) -> tuple[str, str]:
    """The folders of a move less the part that both end with: `a/x/` to `b/x/` is the move of `a/` to `b/`."""
    old, new = move.old.split("/")[:-1], move.new.split("/")[:-1]
    while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
        old.pop()
        new.pop()
    return "/".join(old) + "/" if old else "./", "/".join(new) + "/" if new else "./"


def _add_reason(book: FactBook, span: Span, entry: str, home: str, moves: Sequence[Move]) -> None:
    """Quote why, where the home's README or the message of the move says so."""
    readme = f"{home}README.md"
    if found := purpose(span.read(readme)):
        book.words(f"{entry}.reason", found, "quotation")
        book.path(f"{entry}.reason_path", readme)
        return
    commit = _mover(span, moves)
    reason = find_reason(commit.body, subject=commit.subject) if commit else None
    if commit and reason and reason.states_cause:
        book.words(f"{entry}.reason", reason.text, "quotation")
        book.sha(f"{entry}.reason_commit", commit.sha)


def _mover(span: Span, moves: Sequence[Move]) -> Commit | None:
    """The commit that moved the first of some files."""
    if len(span.commits) == 1:
        return span.commits[0]
    touching = span.repository.touching(span.base, span.tip, [moves[0].old])
    found = list(span.repository.commits(touching[:1], changes=False))
    return found[0] if found else None


def _follow(span: Span) -> Iterator[Move]:
    """Files that went and came again under another name, as the renames of single commits show."""
    gone = {change.path for change in span.of_status("D")}
    come = {change.path for change in span.of_status("A")}
    if not gone or not come or len(span.commits) == 1:
        return
    wanted = {path: path for path in sorted(gone)[:_FOLLOWED]}
    for _ in range(_ROUNDS):
        if not wanted:
            return
        renames = _renames(span, wanted)
        onward: dict[str, str] = {}
        for now, began in wanted.items():
            after = renames.get(now)
            if after in come:
                come.discard(after)
                yield Move(began, after, rewritten=True)
            elif after is not None and after != now:
                onward[after] = began
        wanted = onward


def _renames(span: Span, paths: Mapping[str, str]) -> dict[str, str]:
    """What single commits of a range renamed some paths to, the newest saying it."""
    found: dict[str, str] = {}
    for work in reversed(span.works):
        for old, new in work.renames:
            if old in paths:
                found.setdefault(old, new)
    return found


def _home(path: str, folders: Container[str]) -> str:
    """The topmost folder of a path that was not there before, else the folder it lies in."""
    ways = folders_of(path)
    return next((way for way in ways if way not in folders), ways[-1] if ways else "./")


def _folder(path: str) -> str:
    """The folder of a path, with its slash; empty for a path of the top."""
    folder, slash, _ = path.rpartition("/")
    return folder + slash
