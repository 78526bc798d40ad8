"""What became of commits that are no steps of a line: merged into it, kept beside it, left behind, or not here at all.

Rewriting history leaves the old commits where they were, reachable by nothing but reflogs, until git clears them away;
another clone never had them. So a commit that a page tells and a line lacks may still be somebody's work on another
branch, and only one that nothing leads to any more is lost.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from chronicles.errors import GitFailed

if TYPE_CHECKING:
    from collections.abc import Collection

    from chronicles.history.git import Git

__all__ = ["Fate", "fates"]

_COMMIT = re.compile(rb"^([0-9a-f]{40,64}) commit \d+$", re.MULTILINE)
_REFS = ("--branches", "--remotes", "--tags")
_AT_ONCE = 500
"""Hashes on one command line: `--not` and standard input mean different things to different releases of git."""


class Fate(StrEnum):
    """Where a commit is."""

    MERGED = "merged"
    """Among the ancestors of the line's tip."""
    HELD = "held"
    """A branch, a remote's branch or a tag leads to it."""
    LOST = "lost"
    """It is stored, and no name leads to it."""
    MISSING = "missing"
    """It is not stored here."""


def fates(git: Git, shas: Collection[str], tip: str) -> dict[str, Fate]:
    """Tell what became of some commits.

    Args:
        git: The repository.
        shas: Full hashes.
        tip: The end of the line.
    """
    if not shas:
        return {}
    answer = git.run("cat-file", "--batch-check", "--buffer", stdin="".join(f"{sha}\n" for sha in shas).encode("ascii"))
    stored = [found.decode("ascii") for found in _COMMIT.findall(answer)]
    merged = _merged(git, stored, tip)
    held = _held(git, [sha for sha in stored if sha not in merged])

    def fate(sha: str) -> Fate:
        if sha in merged:
            return Fate.MERGED
        return Fate.HELD if sha in held else Fate.LOST

    known = {sha: fate(sha) for sha in stored}
    return {sha: known.get(sha, Fate.MISSING) for sha in shas}


def _merged(git: Git, shas: Collection[str], tip: str) -> set[str]:
    """Those that are ancestors of a tip."""
    if not shas:
        return set()
    asked = "".join(f"{sha}\n" for sha in (*shas, f"^{tip}")).encode("ascii")
    try:
        return set(shas).difference(git.run("rev-list", "--stdin", stdin=asked).decode("ascii").split())
    except GitFailed:
        # Of a lost commit git may have cleared away the parents already; the tip has all of its own.
        return set(shas).intersection(git.lines("rev-list", tip))


def _held(git: Git, shas: list[str]) -> set[str]:
    """Those that some name leads to."""
    held = set(shas)
    for start in range(0, len(shas), _AT_ONCE):
        some = shas[start : start + _AT_ONCE]
        try:
            lost = git.run("rev-list", "--ignore-missing", *some, "--not", *_REFS, outside=True)
        except GitFailed:
            return set(shas).intersection(git.run("rev-list", *_REFS, outside=True).decode("ascii").split())
        held.difference_update(lost.decode("ascii").split())
    return held
