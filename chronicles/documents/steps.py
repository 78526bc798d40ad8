"""Whether history has the steps that a page says it tells, and which steps a range has.

The steps of a range are those of its tip's first-parent line that its base does not have. The base need not lie on
that line: a release branch that was merged back ends in a tag beside it, and what lies between is `base..tip` all the
same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.documents.scope import is_scope_path
from chronicles.errors import ChroniclesError

if TYPE_CHECKING:
    from chronicles.dossier import SubjectKey
    from chronicles.evidence.build import Workshop

__all__ = ["first_after", "missing_step"]

_FULL_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def first_after(workshop: Workshop, base: str | None, depth: int) -> int:
    """Depth of the first step of `base..tip`, of the line that ends at a depth: the first that `base` does not have."""
    if base is None:
        return 0
    known = workshop.index.depth(base)
    return known + 1 if known is not None else _fork(workshop, base, depth)


def _fork(workshop: Workshop, base: str, depth: int) -> int:
    """Depth of the first step that is no ancestor of a commit beside the line; found by halving."""
    low, high = 0, depth + 1
    while low < high:
        middle = (low + high) // 2
        step = workshop.index.step(middle)
        assert step is not None, middle
        if workshop.repository.is_ancestor(step.sha, base):
            low = middle + 1
        else:
            high = middle
    return low


def missing_step(workshop: Workshop, key: SubjectKey) -> str:
    """The first thing that a subject names and history does not have."""
    return _misshapen(key) or _untrue(workshop, key)


def _misshapen(key: SubjectKey) -> str:
    """What no subject of any history is."""
    if not key.commits or not all(map(_FULL_ID.fullmatch, key.commits)):
        return "no commit"
    if key.kind != "range" and (key.kind == "commit") != (len(key.commits) == 1):
        return f"{len(key.commits)} commits as a {key.kind}"
    if key.paths and (key.kind != "range" or not all(map(is_scope_path, key.paths))):
        return f"the paths {', '.join(key.paths)} of a {key.kind}"
    return ""


def _untrue(workshop: Workshop, key: SubjectKey) -> str:
    """What this history does not have."""
    index = workshop.index
    if index.depth(key.commits[0]) is None:
        try:
            index.follow(workshop.repository.resolve(key.commits[0]))
        except ChroniclesError:
            return f"commit {key.commits[0][:7]}, which this repository does not have"
    depths = [index.depth(sha) for sha in key.commits]
    newest = depths[0]
    for offset, (sha, depth) in enumerate(zip(key.commits, depths, strict=True)):
        if newest is None or depth != newest - offset:
            return f"{sha[:7]} as a step right before {key.commits[max(0, offset - 1)][:7]}"
    oldest = depths[-1]
    assert oldest is not None, key
    if workshop.parent(oldest) != key.base and not (key.kind == "range" and _starts_after(workshop, key, oldest)):
        return f"{str(key.base)[:7]} as the commit before {key.commits[-1][:7]}"
    return ""


def _starts_after(workshop: Workshop, key: SubjectKey, oldest: int) -> bool:
    """Whether a range starts after a base beside the line: an ancestor of the tip that has all steps before it."""
    base = key.base
    if base is None or not _FULL_ID.fullmatch(base):
        return False
    try:
        return workshop.repository.is_ancestor(base, key.commits[0]) and _fork(workshop, base, oldest) == oldest
    except ChroniclesError:
        return False
