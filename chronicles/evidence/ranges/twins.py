"""The same change made twice: cherry-picks, rebased copies, and squashes of what was merged as well.

Two commits are twins when they are the same patch (`chronicles.history.patch_ids`). A patch is only read where the
commit changes the same files by the same numbers of lines as another, so a range without copies reads none.

What a range's base already has is no news either, though it came by another commit: a fix on the main line that was
cherry-picked to the release before. To be found it must lie beside the line that led to the commit: a change that an
ancestor made, and that is made once more, was undone in between and is news again. And what it brought must stand in
the base's tree still: a release may take back what it picked, in whatever words (see `standing`).

A squash is one commit that is the same patch as a branch from where it began, and it is known where that branch was
merged too, which then changed nothing more.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from chronicles.evidence.ranges.standing import stands
from chronicles.evidence.ranges.works import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chronicles.evidence.ranges.span import Span
    from chronicles.evidence.ranges.works import Work
    from chronicles.history.commit import Commit

__all__ = ["find_copies", "find_known", "find_squash"]

_LOOKED_AT = 5000
"""Commits of the base that are held against the range, the newest first."""


def find_copies(span: Span, works: Sequence[Work]) -> dict[int, tuple[int, ...]]:
    """To each commit that is the same patch as others, the places of all of them; merges are no copies."""
    alike: dict[bytes, list[Work]] = defaultdict(list)
    for work in works:
        if work.shape and not work.commit.is_merge:
            alike[work.shape].append(work)
    asked = [work for group in alike.values() if len(group) > 1 for work in group]
    patches = span.repository.patch_ids([work.sha for work in asked], span.excluded)
    same: dict[tuple[bytes, str], list[int]] = defaultdict(list)
    for work in asked:
        # What has no patch (an empty file, a mode) is all in its shape.
        same[work.shape, patches.get(work.sha, "")].append(work.at)
    return {at: tuple(group) for group in same.values() if len(group) > 1 for at in group}


def find_known(span: Span, works: Sequence[Work]) -> frozenset[int]:
    """The places of the commits that are the same patch as one that stands in the base, beside what led to them."""
    beside = _beside(span, works)
    marks = {mark for work in works for mark in _marks(work.commit)} if beside else set()
    likely = [commit.sha for commit in beside if marks.intersection(_marks(commit))]
    shapes: dict[bytes, list[Commit]] = {work.shape: [] for work in works if work.shape and not work.commit.is_merge}
    for commit in span.repository.commits(likely):
        if (shape := _shape(span, commit)) in shapes:
            shapes[shape].append(commit)
    asked = [work for work in works if shapes.get(work.shape) and not work.commit.is_merge]
    alike = (commit.sha for work in asked for commit in shapes[work.shape])
    theirs = span.repository.patch_ids(alike, span.excluded)
    ours = span.repository.patch_ids((work.sha for work in asked), span.excluded)

    def is_known(work: Work) -> bool:
        same = [commit for commit in shapes[work.shape] if theirs.get(commit.sha) == ours.get(work.sha)]
        beside = (commit for commit in same if not span.repository.is_ancestor(commit.sha, work.sha))
        return any(stands(commit.changes, span.before, span) for commit in beside)

    return frozenset(work.at for work in asked if is_known(work))


def _beside(span: Span, works: Sequence[Work]) -> list[Commit]:
    """The newest commits of the base; none where all of the range was made after it."""
    own = {work.sha for work in works}
    edges = {parent for work in works for parent in work.commit.parents} - own
    if span.base is None or edges == {span.base}:
        return []
    newest = span.repository.between(None, span.base, limit=_LOOKED_AT)
    return [commit for commit in span.repository.commits(newest, changes=False) if not commit.is_merge]


def _marks(commit: Commit) -> tuple[object, ...]:
    """What a copy has in common with its original: its author and time, or its subject."""
    return (commit.author, commit.authored_at), commit.subject


def _shape(span: Span, commit: Commit) -> bytes:
    return shape_of(one for one in commit.changes if not all(map(span.is_output, one.names)))


def find_squash(span: Span, merge: Work, works: Iterable[Work]) -> Work | None:
    """The commit that is the same patch as the branch which a merge brought in; None where there is none.

    Args:
        span: The range.
        merge: A merge of two that changed nothing.
        works: Where to look.
    """
    first, *others = merge.commit.parents
    if len(others) != 1 or (begun := span.repository.merge_base(first, others[0])) is None:
        return None
    shape = shape_of(span.repository.diff(begun, others[0], span.excluded))
    alike = [work for work in works if shape and work.shape == shape and not work.commit.is_merge]
    if not alike:
        return None
    patch = span.repository.diff_patch_id(begun, others[0], span.excluded)
    patches = span.repository.patch_ids((work.sha for work in alike), span.excluded)
    return next((work for work in alike if patches.get(work.sha, "") == patch), None)
