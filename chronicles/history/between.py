"""What lies between two commits: how many there are, which of some commits is nearest, and which merges say more.

These are the questions of a range. Each is one walk of git's, whatever their number of commits: a repository may have
ten thousand tags, and a range as many merges.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.history.git import DIFF_OPTIONS
from chronicles.history.streams import ask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from chronicles.history.git import Git

__all__ = ["between", "count_between", "merges_with_own_lines", "nearest"]

_COMBINED = ("log", "--no-walk=unsorted", "--stdin", "--no-notes", "--format=%x00%H", "--cc", "-p", "-U0")
_HUNK = re.compile(rb"(@{3,}) ")
_WHOLE = (b"Binary files ", b"deleted file mode ", b"new file mode ")
"""Headers of files that the merge has otherwise than all of its parents, without lines to look at."""


def between(git: Git, base: str | None, tip: str, limit: int | None = None) -> Iterator[str]:
    """The commits that a commit has and another has not, newest first; without a base all that it has."""
    most = [] if limit is None else [f"--max-count={limit}"]
    return git.lines("rev-list", *most, tip, *([f"^{base}"] if base else []))


def count_between(git: Git, base: str | None, tip: str) -> int:
    """How many those are."""
    return int(git.run("rev-list", "--count", tip, *([f"^{base}"] if base else [])))


def nearest(git: Git, tip: str, candidates: Collection[str]) -> str | None:
    """The candidate from which the fewest commits lead to a tip; None where none is a proper ancestor of it.

    Only ancestors count, and of two of which one has the other, the younger is the nearer. Of two that are as near, one
    on the first-parent line goes first, then the one that git lists first.
    """
    wanted = set(candidates) - {tip}
    if not wanted:
        return None
    above = [sha for sha in git.lines("rev-list", tip) if sha in wanted]
    if not above:
        return None
    # What no other candidate has among its ancestors is a parent of what lies between: git calls it a boundary.
    asked = "".join((f"{tip}\n", *(f"^{sha}\n" for sha in above))).encode("ascii")
    listed = git.run("rev-list", "--boundary", "--stdin", stdin=asked).decode("ascii").split("\n")
    edges = {line[1:] for line in listed if line.startswith("-")}
    counts = {sha: count_between(git, sha, tip) for sha in above if sha in edges}
    fewest = min(counts.values())
    best = [sha for sha, count in counts.items() if count == fewest]
    if len(best) > 1:
        line = frozenset(git.lines("rev-list", "--first-parent", tip))
        best.sort(key=lambda sha: sha not in line)
    return best[0]


def merges_with_own_lines(git: Git, merges: Iterable[str], pathspecs: Sequence[str]) -> frozenset[str]:
    """The merges that have a line which none of their parents has, or lack one that all of them have.

    What git merges by itself, and a conflict that was resolved by keeping lines of the sides, is nobody's own. To look
    for renames is most of the work, so only merges that seem to have such a line without looking are asked again.

    Args:
        git: The repository.
        merges: Full hashes.
        pathspecs: Where to look.
    """
    seeming = list(_with_own_lines(git, merges, pathspecs, ("--no-renames",)))
    return frozenset(_with_own_lines(git, seeming, pathspecs, ()))


def _with_own_lines(git: Git, merges: Iterable[str], pathspecs: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    told = merge = ""
    parents = 0
    for line in ask(git, (*_COMBINED, *DIFF_OPTIONS, *options), merges, pathspecs):
        if line.startswith(b"\0"):
            merge, parents = line[1:].decode("ascii"), 0
        elif line.startswith(b"diff "):
            parents = 0
        elif hunk := _HUNK.match(line):
            parents = len(hunk[1]) - 1
        elif told != merge and _is_own(line, parents):
            told = merge
            yield merge


def _is_own(line: bytes, parents: int) -> bool:
    """Whether a line says that the merge differs from all parents; `parents` is 0 outside of a hunk."""
    return line[:parents] in (b"+" * parents, b"-" * parents) if parents else line.startswith(_WHOLE)
