"""Whether history has the steps that a page says it tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.errors import ChroniclesError

if TYPE_CHECKING:
    from chronicles.dossier import SubjectKey
    from chronicles.evidence.build import Workshop

__all__ = ["missing_step"]


def missing_step(workshop: Workshop, key: SubjectKey) -> str:
    """The first thing that a subject names and history does not have."""
    if not key.commits or not all(re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", sha) for sha in key.commits):
        return "no commit"
    if key.kind != "range" and (key.kind == "commit") != (len(key.commits) == 1):
        return f"{len(key.commits)} commits as a {key.kind}"
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
    if workshop.parent(oldest) != key.base:
        return f"{str(key.base)[:7]} as the commit before {key.commits[-1][:7]}"
    return ""
