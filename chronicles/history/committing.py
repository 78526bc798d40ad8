"""Staging and committing files of ours beside a person who works in the same checkout.

Nothing that a person has staged may get into our commit, no commit of theirs may fail or wait, and no hook of theirs
runs. So the new index is made beside theirs, from a copy, by as many commands as it takes; theirs is replaced by it
in one step, with `index.lock` held for some microseconds, and only if it is what it was when the copy was made. A
commit is made of that same copy, with plumbing that runs no hook, and moves the branch by git's own transaction:
prepared first, which locks the branch for a millisecond or two (git itself waits 100 ms for such a lock), then the last
look at what people do, then the index, then the branch.

A commit is made only where nothing at all is staged. A plain `git commit` that is under way, with its editor open or
its hooks running, has something staged, or there would be nothing for it to commit; `settled` sees the other kinds.
What is left is a window of some milliseconds at the beginning of a `git commit -a`, `--amend`, `--allow-empty` or
`git commit FILE`: between its reading HEAD and its first trace. A commit that falls into it with ours is refused by
git, with nothing lost, and succeeds when it is repeated.

It is the user's own commit: their name, address, filters, ignored files and line ends hold. It is never signed, since a
signature may ask for a passphrase, and not made where the configuration demands one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.errors import GitFailed
from chronicles.history.settled import NotNow, Patience, Traces, obstacle, settle, traces
from chronicles.history.spawn import run_git, spawn_git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from chronicles.history.worktrees import Worktree

__all__ = ["Kept", "commit", "differing", "ignored", "stage"]

_OPTIONS = ("-c", f"core.hooksPath={os.devnull}", "-c", "user.useConfigOnly=true")
"""No hook runs, and nobody is called `root@localhost` in a commit because git guessed so."""
_PREFIX = "chronicles-index-"
"""How our copies of the index are called; each lies beside the index, so that it can be moved over it."""
_YES = "true"
_DIFFERENT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of files."""

    commit: str = ""
    """The full hash of the commit that was made; "" for none."""
    left: str = ""
    """Why nothing was done, as a clause; empty when all was done or nothing had to be."""


def differing(worktree: Worktree, folders: Sequence[str]) -> dict[str, str]:
    """The files below some folders that are new to git, or that differ from the index; ignored ones are none.

    Args:
        worktree: The checkout.
        folders: From its top, with slashes.

    Returns:
        How each differs, as git abbreviates it: `?` for a new file, `M` for a changed one, `D` for one that is gone.

    Raises:
        GitFailed: When git does not answer.
    """
    options = ("--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=all")
    listing = _ask(worktree, "--literal-pathspecs", "status", *options, "--", *folders).decode(
        "utf-8", "surrogateescape"
    )
    # `?? episodes/episode_001.md`, ` M episodes/episode_002.md`, `A  episodes/staged.md`
    return {line[3:]: line[1] for line in listing.split("\0") if line[1:2].strip() and not line.endswith("/")}


def ignored(worktree: Worktree, paths: Sequence[str]) -> set[str]:
    """Those of some paths that git is told to ignore and does not have.

    Raises:
        GitFailed: When git does not answer.
    """
    here = "./"  # before which nothing is magic; this command knows no option for it
    try:
        found = _ask(worktree, "check-ignore", "-z", "--stdin", stdin=_listed([here + path for path in paths]))
    except GitFailed as failure:
        if failure.status != _DIFFERENT:
            raise
        return set()
    listing = found.decode("utf-8", "surrogateescape")
    return {path.removeprefix(here) for path in listing.split("\0") if path}


def stage(worktree: Worktree, branch: str, paths: Sequence[str], *, patience: Patience | None = None) -> Kept:
    """Add files, as they are or are gone, to the index of the checkout that has a branch.

    Args:
        worktree: The checkout.
        branch: What has to be checked out there.
        paths: From its top, with slashes.
        patience: How long to wait for people.
    """
    return _kept(worktree, lambda seen: _stage(worktree, branch, paths, seen), patience)


def commit(
    worktree: Worktree, branch: str, paths: Sequence[str], message: str, *, patience: Patience | None = None
) -> Kept:
    """Commit files, as they are or are gone, and nothing else, to the branch that a checkout has.

    Args:
        worktree: The checkout.
        branch: What has to be checked out there.
        paths: From its top, with slashes.
        message: The commit's.
        patience: How long to wait for people.
    """
    return _kept(worktree, lambda seen: _commit(worktree, branch, paths, message, seen), patience)


def _kept(worktree: Worktree, work: Callable[[Traces], str], patience: Patience | None) -> Kept:
    """Do something once nobody is at work in a checkout; what stands in its way is told, and is no error."""
    try:
        _clear_away(worktree)
        return Kept(commit=work(settle(worktree, patience or Patience())))
    except NotNow as reason:
        return Kept(left=str(reason))
    except GitFailed as failure:
        return Kept(left=_told(failure))
    except OSError as error:
        return Kept(left=f"{worktree.git_dir} cannot be written to: {(error.strerror or str(error)).lower()}")


def _stage(worktree: Worktree, branch: str, paths: Sequence[str], seen: Traces) -> str:
    _expect_branch(worktree, branch)
    with _copy_of_index(worktree) as copy:
        _add(worktree, copy, paths)
        _put_index(worktree, copy, seen)
    return ""


def _commit(worktree: Worktree, branch: str, paths: Sequence[str], message: str, seen: Traces) -> str:
    head = _expect_branch(worktree, branch)
    _expect_unsigned(worktree)
    with _copy_of_index(worktree) as copy:
        if not _is_tree(worktree, copy, head):
            raise NotNow("something is staged, so that a commit may be under way")
        _add(worktree, copy, paths)
        if _is_tree(worktree, copy, head):
            return ""
        tree = _line(_ask(worktree, "write-tree", index=copy))
        made = _line(_ask(worktree, "commit-tree", tree, "-p", head, stdin=message.encode("utf-8")))
        if why := obstacle(worktree):
            raise NotNow(why)
        with _moving(worktree, f"refs/heads/{branch}", head, made, message.partition("\n")[0]):
            _put_index(worktree, copy, seen)
    return made


def _expect_branch(worktree: Worktree, branch: str) -> str:
    """The full hash of HEAD, which has to be on a branch.

    Raises:
        NotNow: When it is elsewhere, or has no commit.
    """
    try:
        name = _line(_ask(worktree, "symbolic-ref", "--quiet", "HEAD"))
    except GitFailed as failure:
        if failure.status != _DIFFERENT:
            raise
        raise NotNow("HEAD is on no branch") from failure
    if name != f"refs/heads/{branch}":
        raise NotNow(f"another branch than {branch} is checked out")
    try:
        return _line(_ask(worktree, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"))
    except GitFailed as failure:
        raise NotNow(f"{branch} has no commit yet") from failure


def _expect_unsigned(worktree: Worktree) -> None:
    with suppress(GitFailed):  # not set at all
        if _line(_ask(worktree, "config", "--type=bool", "--get", "commit.gpgSign")) == _YES:
            raise NotNow("commit.gpgSign is set, and a signature may ask for a passphrase")


@contextmanager
def _copy_of_index(worktree: Worktree) -> Iterator[Path]:
    """A copy of the index beside it, for git to change.

    The copy keeps the index's own time: git takes a file for unchanged if it is older than the index, so a younger copy
    would hide what changed in the moment that the index was written.
    """
    index = worktree.git_dir / "index"
    if not index.exists():
        raise NotNow("there is no index, so that everything counts as staged")
    copy = index.with_name(f"{_PREFIX}{os.getpid()}")
    try:
        shutil.copy2(index, copy)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _clear_away(worktree: Worktree) -> None:
    """Remove what a killed run of ours has left: copies, and a lock that is one of them by another name."""
    lock = _lock(worktree)
    for stale in worktree.git_dir.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if lock.exists() and stale.samefile(lock):
                lock.unlink()
            stale.unlink()


def _add(worktree: Worktree, copy: Path, paths: Sequence[str]) -> None:
    _ask(worktree, "update-index", "--add", "--remove", "-z", "--stdin", index=copy, stdin=_listed(paths))


def _is_tree(worktree: Worktree, copy: Path, commit: str) -> bool:
    """Whether nothing is staged in a copy of the index, beside a commit."""
    options = ("--cached", "--quiet", "--ita-invisible-in-index", "--ignore-submodules=none")
    try:
        _ask(worktree, "diff-index", *options, commit, "--", index=copy)
    except GitFailed as failure:
        if failure.status != _DIFFERENT:
            raise
        return False
    return True


def _put_index(worktree: Worktree, copy: Path, seen: Traces) -> None:
    """Have a copy replace the index, which must be as it was when the copy was made.

    The lock is the copy itself, by a second name: it comes with its content and goes by being moved over the index.

    Raises:
        NotNow: When somebody has been at work since.
    """
    lock = _lock(worktree)
    try:
        lock.hardlink_to(copy)
    except FileExistsError as error:
        raise NotNow("git has begun to write the index") from error
    try:
        _expect_quiet(worktree, seen)
        lock.replace(worktree.git_dir / "index")
    except BaseException:
        if lock.exists() and lock.samefile(copy):
            lock.unlink()
        raise


def _expect_quiet(worktree: Worktree, seen: Traces) -> None:
    if traces(worktree) != seen:
        raise NotNow("somebody has been at work in the checkout meanwhile")


@contextmanager
def _moving(worktree: Worktree, ref: str, old: str, new: str, subject: str) -> Iterator[None]:
    """Move a branch once the block has ended well; it is locked meanwhile, and found where it is expected.

    Raises:
        GitFailed: When it is elsewhere, or cannot be locked.
    """
    command = (*_OPTIONS, "update-ref", "-m", f"commit: {subject}", "--stdin")
    with spawn_git(command, cwd=worktree.path, stdin=subprocess.PIPE, personal=True) as process:
        assert process.stdin is not None, command
        assert process.stdout is not None, command
        assert process.stderr is not None, command
        for step in ("start", f"update {ref} {new} {old}\nprepare", "commit"):
            if step == "commit":
                yield
            with suppress(BrokenPipeError):
                process.stdin.write(f"{step}\n".encode())
                process.stdin.flush()
            if not process.stdout.readline().endswith(b": ok\n"):
                raise GitFailed(command, process.wait(), process.stderr.read().decode("utf-8", "replace"))


def _lock(worktree: Worktree) -> Path:
    return worktree.git_dir / "index.lock"


def _ask(worktree: Worktree, *arguments: str, index: Path | None = None, stdin: bytes | None = None) -> bytes:
    env = {"GIT_INDEX_FILE": str(index)} if index else None
    return run_git((*_OPTIONS, *arguments), cwd=worktree.path, env=env, stdin=stdin, personal=True)


def _listed(paths: Sequence[str]) -> bytes:
    return b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)


def _line(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape").rstrip("\n")


def _told(failure: GitFailed) -> str:
    lines = [line for line in failure.stderr.splitlines() if line.startswith(("error: ", "fatal: "))]
    return f"git says {lines[0]!r}" if lines else f"git ended with status {failure.status}"
