"""Which range a patch document tells.

Asked for nothing, or for a tip, it tells what is new there: all since the last tag or the last completed or released
patch document, whichever is nearer by ancestry. Nearer is the one from which fewer commits lead to the tip; a tag on a
side branch that was never merged is no ancestor, so it does not count, and neither does a tag on the tip itself, which
names what the document is about. `A..B` is exactly that.

To commit a document is no news either: asked for nothing, the range ends with the newest step that changed anything
but what this tool wrote and what the ignore file covers, so that a draft stays as it is once it is committed. Steps of
a break, and the end of a document that there is, are not passed.

A range whose base is no ancestor of its tip has no document: `B` does not come after `A` then, and "what changed"
would tell what `A` alone has as removed. Such a request, an empty one and a misspelt one end with an error that names
the commit or the command that was probably meant.
"""

from __future__ import annotations

import shlex
from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from chronicles.documents.page import load_page
from chronicles.documents.scope import Scope
from chronicles.documents.steps import first_after
from chronicles.dossier import SubjectKey
from chronicles.errors import PageError, RangeError, UnknownRevision
from chronicles.evidence.ranges.ignoring import Ignored
from chronicles.evidence.ranges.works import adds_nothing
from chronicles.history.git import EMPTY_TREES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chronicles.documents.series import Series
    from chronicles.evidence.build import Workshop
    from chronicles.history.repository import Repository

__all__ = ["choose_range"]

_WHOLE = Scope()
_FINISHED = ("completed", "released")
"""States of a document that say that its range has been told."""
_NEAREST = 3
"""Tags that an error names."""


class _Ends(NamedTuple):
    """The two ends of a range."""

    base: str | None
    tip: str


def choose_range(
    workshop: Workshop,
    series: Series,
    revision: str | None,
    scope: Scope = _WHOLE,
    *,
    follow: Callable[[str], int] | None = None,
) -> SubjectKey:
    """The subject of the patch document that somebody asks for.

    Args:
        workshop: Over the repository.
        series: The patch documents that there are.
        revision: `A..B`, a tip, or nothing for HEAD.
        scope: What part of the repository it tells.
        follow: Has the index hold the line that ends at a commit; by default it grows.

    Raises:
        EmptyRepository: When there is no commit.
        RangeError: When there is no such range, or nothing in it.
    """
    repository = workshop.repository
    asked = revision or "HEAD"
    if ".." in asked:
        ends = _named(repository, asked)
    else:
        tip = _resolved(repository, asked, asked)
        tip = tip if revision else _newest_work(workshop, series, scope, tip)
        ends = _Ends(_last_told(repository, series, scope, tip), tip)
        _hold_to_tags(repository, ends, scope)
        _hold_to_news(workshop, asked, ends, scope)
    _hold_to_paths(repository, asked, ends, scope)
    depth = (follow or workshop.index.follow)(ends.tip)
    steps = workshop.index.steps(first_after(workshop, ends.base, depth), depth)
    return SubjectKey("range", tuple(reversed([step.sha for step in steps])), ends.base, paths=scope.paths)


# -- ranges that are named --------------------------------------------------------------------------------------------


def _named(repository: Repository, asked: str) -> _Ends:
    """The ends of `A..B`."""
    if "..." in asked:
        raise _not_symmetric(repository, asked)
    left, _, right = asked.partition("..")
    if not left and not right:
        raise RangeError(asked, "names no commit", "Name one end at least: `chronicles patch v1.0..`")
    tip = _resolved(repository, right or "HEAD", asked)
    if left in EMPTY_TREES.values():
        return _Ends(None, tip)
    base = _resolved(repository, left or "HEAD", asked)
    if base == tip:
        one = left or "HEAD"
        problem = f"is empty: {one} and {right or 'HEAD'} both name commit {tip[:7]}"
        raise RangeError(asked, problem, f"`chronicles patch {one}` tells what led to it")
    if not repository.is_ancestor(base, tip):
        raise _no_ancestor(repository, asked, base, tip)
    return _Ends(base, tip)


def _not_symmetric(repository: Repository, asked: str) -> RangeError:
    left, _, right = asked.partition("...")
    one, other = (_resolved(repository, side or "HEAD", asked) for side in (left, right))
    base = repository.merge_base(one, other)
    problem = "three dots name what either side has and the other has not, which is no range"
    if base is None:
        return RangeError(asked, problem, f"The two share no history; `chronicles patch {right}` tells the second")
    return RangeError(
        asked, problem, f"They parted at {base[:7]}: run `chronicles patch {base[:7]}..{right or 'HEAD'}`"
    )


def _no_ancestor(repository: Repository, asked: str, base: str, tip: str) -> RangeError:
    left, _, right = asked.partition("..")
    left, right = left or "HEAD", right or "HEAD"
    parted = repository.merge_base(base, tip)
    if parted == tip:
        problem = f"is empty: {left} comes after {right}"
        return RangeError(asked, problem, f"The other way round it is `chronicles patch {right}..{left}`")
    problem = f"{left} ({base[:7]}) is no ancestor of {right} ({tip[:7]})"
    if parted is None:
        return RangeError(asked, f"{problem}, and they share no history", f"`chronicles patch {right}` tells {right}")
    return RangeError(asked, f"{problem}: they parted at {parted[:7]}", f"Run `chronicles patch {parted[:7]}..{right}`")


def _resolved(repository: Repository, name: str, asked: str) -> str:
    try:
        return repository.resolve(name)
    except UnknownRevision as error:
        near = get_close_matches(name, [tag for tag, _ in repository.tags()], 1)
        meant = f"Did you mean {near[0]}? " if near else ""
        remedy = f"{meant}`git tag --list` lists the tags there are, `git fetch --tags` brings those of the remote"
        raise RangeError(asked, f"no commit is named {name!r} in {repository.root}", remedy) from error


# -- the range that is next -------------------------------------------------------------------------------------------


def _last_told(repository: Repository, series: Series, scope: Scope, tip: str) -> str | None:
    """The tag or document that a tip follows; None where there is none."""
    tagged = {sha for name, sha in repository.tags() if scope.has_tag(name)}
    return repository.nearest(tip, tagged | set(_finished(series, scope)))


def _newest_work(workshop: Workshop, series: Series, scope: Scope, head: str) -> str:
    """The newest step that changed anything but what this tool wrote, or that a document ends with; else the head."""
    repository = workshop.repository
    folders, ignored = workshop.rules.excluded, Ignored.at(repository, head)
    ends = {one.commits[0] for one in series if one.kind == "range" and one.commits and one.paths == scope.paths}

    def is_ours(sha: str) -> bool:
        # One by one, since mostly the head is news, and reading ahead would read hundreds.
        made = (commit for one in (sha, *repository.brought_in(sha)) for commit in repository.commits([one]))
        return all(adds_nothing(commit, folders, ignored) for commit in made)

    return next((sha for sha in repository.steps(head) if sha in ends or not is_ours(sha)), head)


def _finished(series: Series, scope: Scope) -> Iterator[str]:
    """The tips of documents of the same scope that somebody has called finished."""
    for entry in series:
        if entry.kind == "range" and entry.commits and entry.paths == scope.paths:
            with suppress(PageError):
                patch = load_page(entry.sidecar).patch
                if patch is not None and patch.status in _FINISHED:
                    yield entry.commits[0]


def _hold_to_tags(repository: Repository, ends: _Ends, scope: Scope) -> None:
    """Refuse a glob that no tag matches where nothing else is a beginning: misspelt, it would tell all there is."""
    tags = repository.tags()
    if ends.base or scope.is_any_tag or not tags or any(scope.has_tag(name) for name, _ in tags):
        return
    near: list[str] = []
    left, at = {sha for _, sha in tags}, ends.tip
    while len(near) < _NEAREST and (at := repository.nearest(at, left) or ""):
        near.append(next(name for name, sha in tags if sha == at))
        left.discard(at)
    near = near or [name for name, _ in tags[:_NEAREST]]
    others = " among others" if len(tags) > len(near) else ""
    problem = f"no tag matches it, though there {'is' if len(tags) == 1 else 'are'} {', '.join(near)}{others}"
    empty = EMPTY_TREES[repository.object_format]
    remedy = f"Leave it out, name a glob that matches, or tell all from the beginning: `chronicles patch {empty}..`"
    raise RangeError(f"--tags {scope.tags!r}", problem, remedy)


def _hold_to_news(workshop: Workshop, asked: str, ends: _Ends, scope: Scope) -> None:
    """Refuse a range that nobody named and in which nothing has changed but what this tool wrote."""
    repository = workshop.repository
    if ends.base is None or repository.diff(ends.base, ends.tip, workshop.rules.excluded, scope.paths):
        return
    names = [name for name, sha in repository.tags() if sha == ends.base and scope.has_tag(name)]
    since = f"tag {names[0]}" if names else "the last patch document"
    where = f" below {', '.join(scope.paths)}" if scope.paths else ""
    problem = f"nothing has changed{where} since {since} ({ends.base[:7]}) but what this tool wrote itself"
    remedy = f"Commit something, or name the range: `chronicles patch A..{asked}`"
    raise RangeError(asked, problem, remedy)


def _hold_to_paths(repository: Repository, asked: str, ends: _Ends, scope: Scope) -> None:
    """Refuse paths that neither end has, which are misspelt, and those of which there is nothing to tell."""
    missing = set(scope.paths)
    for sha in (ends.tip, ends.base):
        if missing and sha:
            there = [entry.path for entry in repository.list_tree(sha)]
            missing -= {path for path in missing if any(one == path or one.startswith(f"{path}/") for one in there)}
    if missing:
        remedy = (
            f"`git ls-tree --name-only {ends.tip[:7]}` lists what is there; paths go from the top of the repository"
        )
        raise RangeError(asked, f"neither end has a file at {', '.join(sorted(missing))}", remedy)
    if scope.paths and not repository.touching(ends.base, ends.tip, scope.paths):
        listed = " ".join(shlex.quote(path) for path in scope.paths)
        remedy = f"`git log --oneline -- {listed}` lists the commits that do"
        raise RangeError(asked, f"no commit of it touches {', '.join(scope.paths)}", remedy)
