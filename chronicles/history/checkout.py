"""The files of one commit in a folder of their own, as a repository that knows nothing of ours but its objects.

A worktree of git's would do less: it shares hooks, filters, configuration and refs with the repository, so that what
runs in it can change all of these, and it leaves an entry behind when its maker is killed. A checkout made here borrows
the objects (`objects/info/alternates`) and holds copies of the branches and tags, which is what tools such as
`git describe` ask for. Whatever is done in it, it ends with its folder.

Submodules are empty folders, as in any fresh clone, and files of Git LFS are their pointers.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.errors import GitFailed, OutputError
from chronicles.history.spawn import TRUST, run_git

if TYPE_CHECKING:
    from pathlib import Path

    from chronicles.history.location import Location

__all__ = ["Checkout", "check_out"]

_COPIED = ("refs/heads", "refs/tags", "refs/remotes")
_FILES = {"GIT_DEFAULT_REF_FORMAT": "files"}
"""Refs are copied as the one file that this format has for them."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A commit, checked out."""

    folder: Path
    """Where its files are."""
    git_dir: Path
    """A copy of its git directory as it was, out of reach of what runs in the folder."""

    def changed(self) -> int | None:
        """How many files of the commit are no longer as they were; None where git cannot tell."""
        git = (*TRUST, f"--git-dir={self.git_dir}", f"--work-tree={self.folder}")
        with suppress(GitFailed):  # it ends so when a file has changed
            run_git((*git, "update-index", "-q", "--refresh"), cwd=self.git_dir)
        try:
            output = run_git((*git, "diff-files", "--name-only", "--ignore-submodules=all", "-z"), cwd=self.git_dir)
        except GitFailed:
            return None
        return output.count(b"\0")


def check_out(location: Location, commit: str, within: Path) -> Checkout:
    """Check a commit out.

    Args:
        location: The repository that has it.
        commit: Its full hash.
        within: A folder that is there; checkout and git directory are made in it.

    Raises:
        GitFailed: When git cannot, as on a full disk.
        OutputError: When we cannot.
    """
    checkout = Checkout(within / "tree", within / "git")
    git_dir = checkout.folder / ".git"
    made = f"--object-format={location.object_format}"
    refs = ("for-each-ref", "--format=%(objectname) %(refname)", *_COPIED)
    try:
        checkout.folder.mkdir()
        run_git(("init", "--quiet", "--template=", made), cwd=checkout.folder, env=_FILES)
        (git_dir / "objects" / "info").mkdir(exist_ok=True)
        objects = str(location.objects).encode("utf-8", "surrogateescape")
        (git_dir / "objects" / "info" / "alternates").write_bytes(_quoted(objects) + b"\n")
        (git_dir / "packed-refs").write_bytes(run_git((*TRUST, f"--git-dir={location.git_dir}", *refs), cwd=within))
        run_git(("update-ref", "--no-deref", "HEAD", commit), cwd=checkout.folder)
        run_git(("reset", "--quiet", "--hard"), cwd=checkout.folder)
        shutil.copytree(git_dir, checkout.git_dir)
    except OSError as error:
        raise OutputError(within, _reason(error)) from error
    return checkout


def _reason(error: OSError) -> str:
    """Why, in a few words: of a whole tree that could not be copied, what came of its first file."""
    if isinstance(error, shutil.Error) and isinstance(failed := error.args[0], list):
        # The words of the first: [Errno 28] No space left on device: '/to/HEAD'
        return str(failed[0][-1]).partition("] ")[2].partition(":")[0].lower() or "its files cannot be copied"
    return (error.strerror or str(error)).lower()


def _quoted(path: bytes) -> bytes:
    r"""A line of an alternates file: a path as it is, or in quotes where it would read as something else."""
    if b"\n" not in path and not path.startswith((b'"', b"#")):
        return path
    escaped = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'
