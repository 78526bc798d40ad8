"""Rewritten history: have the pages of the published branch follow it.

`generate` does it by itself, and the hook's worker calls the same function. Only the published branch is followed, and
only where it is checked out: what another branch has or lacks says nothing about the pages, and during a rebase there
is no branch at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.commands.subjects import Wanted, division
from chronicles.documents.following import Following, find_following
from chronicles.documents.line import PublishedLine
from chronicles.documents.moving import Followed, follow, pretend
from chronicles.history.worktrees import published_branch
from chronicles.hook.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chronicles.commands.session import Session
    from chronicles.documents.series import Series
    from chronicles.documents.telling import Press

__all__ = ["follow_history", "foresee_history", "known_pairs"]


def follow_history(
    session: Session,
    press: Press,
    pairs: Iterable[tuple[str, str]] = (),
    *,
    wanted: Wanted | None = None,
    jobs: int = 1,
    step: Callable[[int, int], None] | None = None,
) -> Followed:
    """Have pages follow their commits, and retire those whose commits are gone.

    It does nothing where HEAD is not on the published branch, and costs a look-up for each page where nothing was
    rewritten. It takes its turns at the folder by itself. Pages of commits that a merge brought in give way to the
    merge's page once that is there: while `waiting` names merges, follow again when they are told.

    Args:
        session: Open on the checkout of the published branch.
        press: Of its episodes; no model is asked, whatever its writer is.
        pairs: Old and new commits as git's post-rewrite hook names them, in the order of the rewritings. They may be
            forgotten when this returns.
        wanted: How somebody asked for steps to be grouped; as the settings have it by default.
        jobs: How many processes build dossiers.
        step: Called after each page that was made anew, with how many there are in all.
    """
    if not len(press.series) and not press.series.removed:
        return Followed()
    return follow(press, _finder(session, list(pairs), wanted or Wanted()), jobs=jobs, step=step)


def foresee_history(session: Session, press: Press, pairs: Iterable[tuple[str, str]], wanted: Wanted) -> None:
    """Have the press know which page will tell what, for a run that writes nothing."""
    if len(press.series):
        find = _finder(session, list(pairs), wanted)
        pretend(press, session.look(lambda: find(press.series)))


def known_pairs(session: Session) -> list[tuple[str, str]]:
    """The pairs of rewritten commits that the hook has kept and no worker has used yet."""
    return [pair for pairs in State(session.repository.git_dir).rewritten().values() for pair in pairs]


def _finder(session: Session, pairs: list[tuple[str, str]], wanted: Wanted) -> Callable[[Series], Following]:
    """What finds the pages that have to follow, as history and the folder are when it is called."""

    def find(series: Series) -> Following:
        if not _on_published_branch(session):
            return Following()
        tip = session.repository.resolve("HEAD")
        depth = session.follow(tip)
        line = PublishedLine(session.workshop, tip)
        return find_following(series, line, pairs, division(session, wanted, depth))

    return find


def _on_published_branch(session: Session) -> bool:
    installed = State(session.repository.git_dir).installed()
    branch = session.repository.head_branch()
    return branch is not None and branch == published_branch(
        session.repository,
        configured=session.settings.hook.branch,
        remembered=installed.branch if installed else "",
    )
