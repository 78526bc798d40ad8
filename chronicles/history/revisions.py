"""From names to hashes.

Names are looked up in the real git directory, where branches, reflogs and the HEAD of a worktree are; what they lead
to is read through the shadow, where ancestry is as the objects have it. A name is the one thing here that a person
or a file types, so it is refused before git sees it when git could take it for an option or a range.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.errors import EmptyRepository, GitFailed, UnknownRevision

if TYPE_CHECKING:
    from chronicles.history.git import Git

__all__ = ["branch_tip", "head_branch", "merge_base", "resolve", "resolve_range", "tags"]

_FULL_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NOT_FOUND = (1, 128)
_RANGE = re.compile(r"(?P<left>.*?)(?P<dots>\.{2,3})(?P<right>.*)", re.DOTALL)


def resolve(git: Git, revision: str) -> str:
    """The full hash of the commit that a revision names, tags peeled.

    Raises:
        EmptyRepository: When there is no commit to name.
        UnknownRevision: When it names none, or something that is no commit.
    """
    root = git.location.root
    if not revision or revision.startswith(("-", "^")) or not revision.isprintable():
        raise UnknownRevision(revision, root)
    try:
        named = _one_line(git.run("rev-parse", "--verify", "--quiet", "--end-of-options", revision, outside=True))
        if _FULL_HASH.fullmatch(named):
            return _one_line(git.run("rev-parse", "--verify", "--quiet", f"{named}^{{commit}}"))
    except GitFailed as failure:
        if failure.status not in _NOT_FOUND:
            raise
        if not git.run("rev-list", "--all", "--max-count=1", outside=True):
            raise EmptyRepository(root) from failure
    raise UnknownRevision(revision, root)


def resolve_range(git: Git, text: str) -> tuple[str | None, str]:
    """Base and tip of `A..B`, of `A...B` (the base is where they parted) or of `B` alone (no base).

    A side left out is HEAD. The base is None where there is none, or where the empty tree stands for it: the whole
    history up to the tip.

    Raises:
        EmptyRepository: When there is no commit to name.
        UnknownRevision: When a side names no commit.
    """
    parts = _RANGE.fullmatch(text)
    if parts is None:
        return None, resolve(git, text)
    left, right = parts["left"], parts["right"]
    if not left and not right:
        raise UnknownRevision(text, git.location.root)
    if left == git.empty_tree:
        return None, resolve(git, right or "HEAD")
    base, tip = resolve(git, left or "HEAD"), resolve(git, right or "HEAD")
    return (base if parts["dots"] == ".." else merge_base(git, base, tip)), tip


def merge_base(git: Git, one: str, other: str) -> str | None:
    """Where two commits parted; None when they share no history."""
    try:
        return _one_line(git.run("merge-base", one, other))
    except GitFailed as failure:
        if failure.status == 1:
            return None
        raise


def head_branch(git: Git) -> str | None:
    """The branch that HEAD is on, born or not; None when it is detached."""
    try:
        return _one_line(git.run("symbolic-ref", "--quiet", "--short", "HEAD", outside=True))
    except GitFailed as failure:
        if failure.status == 1:
            return None
        raise


def branch_tip(git: Git, name: str) -> str | None:
    """The full hash of a local branch's newest commit; None for a branch that is not born."""
    try:
        return _one_line(git.run("rev-parse", "--verify", "--quiet", f"refs/heads/{name}^{{commit}}", outside=True))
    except GitFailed as failure:
        if failure.status not in _NOT_FOUND:
            raise
        return None


def tags(git: Git) -> list[tuple[str, str]]:
    """Names of the tags that lead to a commit, sorted, with the commit's hash."""
    listing = git.run("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/tags", outside=True)
    lines = listing.decode("utf-8", "surrogateescape").split("\n")[:-1]
    pairs = [(name, target) for target, _, name in (line.partition(" ") for line in lines)]
    question = "".join(f"{target}^{{commit}}\n" for _, target in pairs).encode("ascii")
    answers = git.run("cat-file", "--batch-check=%(objectname)", stdin=question).decode("ascii").split("\n")
    return [(name, sha) for (name, _), sha in zip(pairs, answers, strict=False) if _FULL_HASH.fullmatch(sha)]


def _one_line(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape").partition("\n")[0]
