"""Where a repository is, and whether all of it is there.

One `git rev-parse` (3 ms) answers for subfolders, worktrees, submodules and bare repositories alike, with or without
a configuration file, and for ref storages that did not exist when this was written.

A shallow clone lacks history and a partial clone lacks contents. Facts of either would differ from those of a full
clone, and a partial one would fetch object by object while it is read: both are refused with the command that mends
them.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from chronicles.errors import GitFailed, IncompleteRepository, NotARepository
from chronicles.history.spawn import TRUST, run_git

__all__ = ["Location", "locate"]

_NO_REPOSITORY = 128
_NO_MATCH = 1


@dataclass(frozen=True, slots=True)
class Location:
    """The folders of one repository."""

    git_dir: Path
    """The git directory of this worktree, where its HEAD is."""
    common_dir: Path
    """The git directory that all worktrees share; the same unless this is a linked worktree."""
    worktree_dir: Path | None
    """The checkout; None for a bare repository."""
    object_format: str
    """`sha1` or `sha256`."""

    @property
    def objects(self) -> Path:
        """The folder of the objects."""
        return self.common_dir / "objects"

    @property
    def root(self) -> Path:
        """The checkout, or the git directory of a bare repository."""
        return self.worktree_dir or self.git_dir


def locate(path: Path) -> Location:
    """Find the repository that a path lies in.

    Raises:
        NotARepository: When there is none.
        IncompleteRepository: When it is shallow or partial.
    """
    folder = path if path.is_dir() else path.parent
    if not path.exists():
        raise NotARepository(path)
    questions = ("--git-dir", "--git-common-dir", "--show-object-format", "--is-bare-repository")
    absolute = "--path-format=absolute"
    try:
        answers = _rev_parse(folder, absolute, *questions).split("\n")
        if len(answers) != len(questions):  # a folder with a line break in its name; each question alone is unambiguous
            answers = [_rev_parse(folder, absolute, question) for question in questions]
    except GitFailed as failure:
        if failure.status == _NO_REPOSITORY:
            raise NotARepository(path) from failure
        raise
    git_dir, common_dir, object_format, bare = answers
    location = Location(
        git_dir=Path(git_dir),
        common_dir=Path(common_dir),
        worktree_dir=None if bare == "true" else _worktree(folder, Path(git_dir)),
        object_format=object_format,
    )
    _refuse_incomplete(location)
    return location


def _rev_parse(folder: Path, *arguments: str) -> str:
    answer = run_git((*TRUST, "rev-parse", *arguments), cwd=folder)
    return answer.decode("utf-8", "surrogateescape").removesuffix("\n")


def _worktree(folder: Path, git_dir: Path) -> Path | None:
    """The checkout around a folder; git names none to who stands inside `.git`."""
    try:
        return Path(_rev_parse(folder, "--show-toplevel"))
    except GitFailed:
        return git_dir.parent if git_dir.name == ".git" else None


def _refuse_incomplete(location: Location) -> None:
    """Raise IncompleteRepository for a shallow or partial clone."""
    shallow = location.common_dir / "shallow"
    if shallow.is_file() and shallow.stat().st_size:
        raise IncompleteRepository(location.root, "shallow clone", "git fetch --unshallow")
    # Git marks each pack that came from a promisor, so only who has such a pack pays for reading the configuration.
    if any((location.objects / "pack").glob("*.promisor")) and (keys := _promisor_keys(location)):
        raise IncompleteRepository(location.root, "partial clone", _refetch(keys))


def _promisor_keys(location: Location) -> list[str]:
    """The configuration keys that make a repository a partial clone, in the order of the file."""
    pattern = r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$"
    question = ("config", "--null", "--name-only", "--get-regexp", pattern)
    try:
        answer = run_git((*TRUST, f"--git-dir={location.git_dir}", *question), cwd=location.git_dir)
    except GitFailed as failure:
        if failure.status == _NO_MATCH:
            return []
        raise
    return list(dict.fromkeys(answer.decode("utf-8", "surrogateescape").rstrip("\0").split("\0")))


def _refetch(keys: list[str]) -> str:
    """The command that completes a partial clone (git 2.36 or newer).

    Fetching all objects is half of it: while the keys stand, git goes on to treat the repository as partial.
    """
    remotes = dict.fromkeys(key.split(".", 1)[1].rpartition(".")[0] for key in keys if key.startswith("remote."))
    fetches = [f"git fetch --refetch --no-filter {shlex.quote(remote)}" for remote in remotes or ("origin",)]
    return " && ".join([*fetches, *(f"git config --unset-all {shlex.quote(key)}" for key in keys)])
