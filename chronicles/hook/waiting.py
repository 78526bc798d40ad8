"""What keeps pages from being written now: an operation that somebody has begun on the published branch.

While a rebase, merge, cherry-pick, revert or bisect is under way the branch is not what it will be, and its checkout
is in the hands of a person. In the midst of a rebase or bisect a checkout is on no branch at all; what it will return
to is in git's own notes. Operations of other checkouts on other branches keep nobody waiting.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.history.worktrees import under_way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.history.worktrees import Worktree

__all__ = ["Waiting", "waits_for"]

_RETURNS_TO = ("rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START")
"""Where git notes the branch that an operation without one returns to."""
_HEADS = "refs/heads/"
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that has to end first."""

    what: str
    """As the object of "waits for"."""
    remedy: str
    """What somebody has to do about it."""
    passing: bool = True
    """Whether it may well pass while a worker looks."""


def waits_for(checkouts: Sequence[Worktree], branch: str) -> Waiting | None:
    """What the pages of a branch wait for; None when they can be written.

    Args:
        checkouts: All of the repository.
        branch: The published one.
    """
    for one in checkouts:
        if branch in (one.branch, *_returns_to(one)) and (operation := under_way(one)):
            article = "an" if operation[0] in "aeiou" else "a"
            return Waiting(
                f"{article} {operation} in {one.path} to end",
                f"finish or abort the {operation} in {one.path}, then `chronicles hook drain`",
            )
    if all(one.branch != branch for one in checkouts):
        return Waiting(
            f"the branch {branch} to be checked out",
            f"`git switch {branch}` in a checkout, then `chronicles hook drain`",
            passing=False,
        )
    return None


def _returns_to(checkout: Worktree) -> list[str]:
    """The branches that an operation under way in a checkout returns to."""
    found = []
    for name in _RETURNS_TO:
        with suppress(OSError), (checkout.git_dir / name).open("rb") as stream:
            found.append(stream.read(_MOST_BYTES).decode("utf-8", "surrogateescape").strip().removeprefix(_HEADS))
    return found
