"""Where the hook's telling begins, as history is now: the last commit that it does not tell.

That is the published branch's newest commit when the hook was installed. When somebody rewrites history below it, that
commit is no step of the branch any more, and what begins there has to be found again: the commit that it became, as git
told it; the one of the same author, time and subject; the last step that both histories have; the newest commit that
has a page. Where nothing of all this is there, only the tip is told, since somebody who has rewritten everything has
not asked for a page of every commit. What was found in the last two ways is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chronicles.commands.session import Session
    from chronicles.documents.series import Series
    from chronicles.history.commit import Commit

__all__ = ["Beginning", "find_beginning"]

_MOST = 5_000
"""Steps among which the beginning is looked for by author, time and subject."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the telling begins."""

    since: str | None
    """The last commit that is not told; None where all are."""
    note: str = ""
    """What there is to say of how it was found."""


def find_beginning(
    session: Session,
    series: Series,
    tip: str,
    *,
    since: str | None,
    lost: bool = False,
    pairs: Iterable[tuple[str, str]] = (),
) -> Beginning:
    """Find where the telling begins.

    Args:
        session: Of the checkout of the published branch.
        series: Its pages.
        tip: The branch's newest commit.
        since: Where it began.
        lost: Whether nobody knows where it began.
        pairs: Rewritten commits, old and new.
    """
    if since is None and not lost:
        return Beginning(None)
    depth = session.follow(tip)
    if since is not None:
        if session.workshop.index.depth(since) is not None:
            return Beginning(since)
        found = _rewritten(session, since, depth, pairs)
        if found is not None:
            return Beginning(found)
    index = session.workshop.index
    depths = (index.depth(entry.commits[0]) for entry in series if entry.commits)
    newest = max((one for one in depths if one is not None and one <= depth), default=None)
    told = index.step(newest) if newest is not None else None
    at = told.sha if told else session.workshop.parent(depth)
    why = "nobody knows any more where it began" if lost else "the commit that it began after is gone"
    where = f"after {told.sha[:12]}, the newest commit that has a page" if told else f"with {tip[:12]}, the newest"
    return Beginning(at, f"the telling begins {where}, since {why}")


def _rewritten(session: Session, since: str, depth: int, pairs: Iterable[tuple[str, str]]) -> str | None:
    """What the beginning became, or the last step that both histories have; None where there is no such step."""
    index, repository = session.workshop.index, session.repository
    became: Mapping[str, str] = dict(pairs)
    seen, at = {since}, since
    while (at := became.get(at, "")) and at not in seen:
        seen.add(at)
        place = index.depth(at)
        if place is not None and place <= depth:
            return at
    if not repository.find_tree(since):
        return None
    first = session.first_after(since, depth)
    if first > depth:
        return since  # the branch was set back to before it, and may come again
    candidates = index.steps(max(first, depth - _MOST), depth)
    old, *steps = repository.commits([since, *(step.sha for step in candidates)], changes=False)
    alike = [one.sha for one in steps if _origin(one) == _origin(old)]
    return alike[0] if len(alike) == 1 else session.workshop.parent(first)


def _origin(commit: Commit) -> tuple[object, ...]:
    """What a commit keeps when it is rewritten."""
    return commit.author, commit.authored_at, commit.subject
