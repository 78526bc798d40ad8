"""Checkouts, branches and hooks: what a repository's users see of it, beside its history.

A repository may have several checkouts, each with its own HEAD and its own operation under way; they share the
branches and the hooks. Where hooks lie is the user's choice (`core.hooksPath`, of any scope), so that one question is
asked with the user's own configuration, as git itself would answer it before it runs a hook.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chronicles.errors import GitFailed
from chronicles.history.spawn import TRUST, run_git

if TYPE_CHECKING:
    from chronicles.history.location import Location
    from chronicles.history.repository import Repository

__all__ = ["HooksFolder", "Worktree", "hooks_folders", "published_branch", "under_way", "worktrees"]

_USUAL = ("main", "master", "trunk", "develop")
"""Names that a published branch has where nothing says which it is."""
_HEADS = "refs/heads/"
_NO_SUCH_KEY = 1
"""What `git config` ends with when nothing is set."""
_UNDER_WAY = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "sequencer": "cherry-pick or revert",
    "BISECT_LOG": "bisect",
}
"""What git keeps in a checkout's directory while an operation is under way."""


@dataclass(frozen=True, slots=True)
class Worktree:
    """One checkout."""

    path: Path
    git_dir: Path
    """The git directory of this checkout alone, where its HEAD is."""
    branch: str | None
    """The branch that is checked out; None while HEAD is detached, as it is during a rebase."""


@dataclass(frozen=True, slots=True)
class HooksFolder:
    """Where git looks for the hooks of a checkout."""

    path: Path
    """It need not exist."""
    scope: str
    """Of the setting `core.hooksPath` that says so: `local`, `worktree`, `global`…; "" for the usual place."""
    top: Path
    """The checkout; a relative setting counts from there."""
    shared: bool
    """Whether other repositories may be served by it as well."""


def worktrees(location: Location) -> list[Worktree]:
    """The checkouts of a repository that are there, the one that it was opened by first."""
    listing = _ask(location, "worktree", "list", "--porcelain").decode("utf-8", "surrogateescape")
    found = []
    for block in listing.split("\n\n"):
        lines = dict(line.partition(" ")[::2] for line in block.split("\n") if line)
        if "worktree" not in lines or "bare" in lines:
            continue
        branch = lines.get("branch", "")
        name = branch.removeprefix(_HEADS) if branch.startswith(_HEADS) else None
        path = Path(lines["worktree"])
        git_dir = _git_dir(path)
        if git_dir is None and _same(path, location.common_dir) and location.git_dir == location.common_dir:
            # Of a submodule git lists the git directory, since it knows no other place.
            path, git_dir = location.worktree_dir or path, location.git_dir
        if git_dir is not None:
            found.append(Worktree(path, git_dir, name))
    return sorted(found, key=lambda one: not _same(one.git_dir, location.git_dir))


def under_way(worktree: Worktree) -> str | None:
    """The operation that somebody has begun in a checkout and not finished, such as `rebase`; None for none."""
    return next((name for mark, name in _UNDER_WAY.items() if (worktree.git_dir / mark).exists()), None)


def published_branch(repository: Repository, *, configured: str = "", remembered: str = "") -> str | None:
    """The branch whose history is told: configured, remembered, the remote's default, a usual name, or HEAD's.

    None where HEAD is detached and nothing else says.
    """
    if configured or remembered:
        return configured or remembered
    location = repository.location
    try:
        named = _ask(location, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD").decode("utf-8", "surrogateescape")
    except GitFailed:
        named = ""
    names = [named.strip().removeprefix("refs/remotes/origin/"), *_USUAL]
    listing = _ask(location, "for-each-ref", "--format=%(refname)", _HEADS).decode("utf-8", "surrogateescape")
    heads = {line.removeprefix(_HEADS) for line in listing.split("\n")}
    return next((name for name in names if name and name in heads), None) or repository.head_branch()


def hooks_folders(location: Location) -> list[HooksFolder]:
    """Where git looks for hooks, of every checkout that is there: of the given one first, and each folder once."""
    found: dict[Path, HooksFolder] = {}
    checkouts = [(one.path, one.git_dir) for one in worktrees(location)] or [(location.root, location.git_dir)]
    homes = [location.common_dir.resolve(), *(path.resolve() for path, _ in checkouts)]
    for top, git_dir in checkouts:
        folder = _hooks_folder(location, top, git_dir, homes)
        found.setdefault(folder.path.resolve(), folder)
    return list(found.values())


def _hooks_folder(location: Location, top: Path, git_dir: Path, homes: list[Path]) -> HooksFolder:
    """Where git looks for the hooks of one checkout."""
    try:
        answer = run_git(
            (
                *TRUST,
                f"--git-dir={git_dir}",
                *("config", "--show-scope", "--null", "--type=path", "--get", "core.hooksPath"),
            ),
            cwd=top,
            personal=True,
        )
    except GitFailed as failure:
        if failure.status != _NO_SUCH_KEY:
            raise
        path, scope, everywhere = location.common_dir / "hooks", "", False
    else:
        scope, _, value = answer.decode("utf-8", "surrogateescape").rstrip("\0").partition("\0")
        path = top / value
        # Absolute and not of this repository, it serves them all, even where it lies in this one's checkout.
        everywhere = Path(value).is_absolute() and scope not in {"local", "worktree"}
    inside = any(path.resolve().is_relative_to(home) for home in homes)
    return HooksFolder(path, scope, top, shared=everywhere or not inside)


def _ask(location: Location, *arguments: str) -> bytes:
    return run_git((*TRUST, f"--git-dir={location.git_dir}", *arguments), cwd=location.git_dir)


def _git_dir(path: Path) -> Path | None:
    """The git directory of a checkout; None where there is none."""
    git = path / ".git"
    if git.is_dir():
        return git
    try:
        named = git.read_text("utf-8", "surrogateescape").removeprefix("gitdir:").strip()
    except OSError:
        return None
    return path / named


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()
