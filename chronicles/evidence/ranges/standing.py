"""Whether what a commit brought stands in a tree still, whoever worked there since.

Words are not asked: a release takes a fix back by a revert, by `git rm`, or in passing within another commit. A file
that a commit made must be there with half of its lines, one that it removed must not, and of one that it changed the
lines must be as the commit left them: those that it brought are there as often as it wrote them, those that it took out
are not. Lines that a file had before as well as after, such as a lone brace, say little: they are asked only of a
change that has no others. A file without lines to read must be the very one.

So a change that was worked on until none of its lines is left counts as one that does not stand. Who asks tells it
then, which loses nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chronicles.evidence.ranges.span import Span
    from chronicles.history.commit import FileChange
    from chronicles.history.repository import TreeEntry

__all__ = ["stands"]


def stands(changes: Iterable[FileChange], tree: Mapping[str, TreeEntry], span: Span) -> bool:
    """Whether each change of a commit stands in a tree; what the range does not tell is not asked.

    Args:
        changes: What the commit changed.
        tree: The files that the range tells, by path.
        span: The range.
    """
    return all(_stands(one, tree, span) for one in changes if any(map(span.counts, one.names)))


def _stands(change: FileChange, tree: Mapping[str, TreeEntry], span: Span) -> bool:
    gone = change.path if change.status.value == "D" else change.old_path if change.status.value == "R" else None
    if gone is not None and gone in tree:
        return False
    if change.status.value == "D" or not span.counts(change.path):
        return True
    entry = tree.get(change.path)
    if entry is None or (change.old_mode != change.new_mode != entry.mode):
        return False
    if change.new_blob in (entry.object_id, change.old_blob):
        return True
    before, after, now = (span.text(blob) for blob in (change.old_blob, change.new_blob, entry.object_id))
    if after is None or now is None or (before is None and change.status.value != "A"):
        return False
    ends = (Counter(text.split("\n")) for text in (before or "", after, now))
    return (_most_stands if change.status.value == "A" else _lines_stand)(*ends)


def _most_stands(_before: Counter[str], after: Counter[str], now: Counter[str]) -> bool:
    return 2 * (after & now).total() >= after.total()


def _lines_stand(before: Counter[str], after: Counter[str], now: Counter[str]) -> bool:
    """Whether the lines that came and went between two texts are so in a third one."""
    changed = {line for line in before | after if before[line] != after[line]}
    telling = {line for line in changed if not before[line] or not after[line]} or changed
    come = all(now[line] >= after[line] for line in telling if after[line] > before[line])
    return bool(telling) and come and all(now[line] <= after[line] for line in telling if after[line] < before[line])
