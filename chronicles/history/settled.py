"""Whether anybody is at work in a checkout, as far as files and processes tell.

Between the moment a `git commit` reads HEAD and the moment it moves it, nobody else may move it: git refuses the
person's commit then ("cannot lock ref 'HEAD'"). An editor may be open all that time, or a slow pre-commit hook run, and
git keeps no lock that says so. So several signs are read, each for what the others do not show:

- what an operation that takes several commands leaves in the git directory (`worktrees.under_way`);
- `index.lock`, which `git commit -a` and `git commit FILE` hold from their first milliseconds to their end, editor and
  hooks included, and every other command while it writes;
- COMMIT_EDITMSG newer than the last entry of HEAD's log: a message is being written, or was given up;
- a process of git in this checkout that is going to move HEAD or the index. Linux tells where each works; elsewhere
  `ps` names the commands of all, and one anywhere counts.

What a plain `git commit` is about to commit stands in the index, which is for `committing` to look at. Times of files
are compared with each other and never with the clock, which may step.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chronicles.history.worktrees import under_way

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.history.worktrees import Worktree

__all__ = ["NotNow", "Patience", "Traces", "obstacle", "running", "settle", "traces"]

Traces = tuple[tuple[int, int, int] | None, ...]
"""Time, size and inode of each file that whoever works in a checkout touches; None for one that is not there."""

_TOUCHED = ("index", "HEAD", "COMMIT_EDITMSG", "logs/HEAD")
_MOVERS = frozenset(
    (
        *("am", "bisect", "checkout", "cherry-pick", "commit", "filter-branch", "merge", "pull", "rebase", "reset"),
        *("revert", "stash", "switch", "update-ref"),
    )
)
"""Commands of git that move HEAD, or what it is compared with."""
_WITH_VALUE = frozenset(("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"))
"""Options of git itself whose value is a word of its own."""
_TICK_SEC = 0.1


class NotNow(Exception):
    """Why something has to wait for the next time; its text is a clause such as "a rebase is under way"."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for people."""

    quiet_sec: float = 1.0
    """So long nothing may have been touched: a script that commits is not to be met between two commits."""
    wait_sec: float = 15.0
    """After which to give up."""


def settle(worktree: Worktree, patience: Patience) -> Traces:
    """Wait until nobody has been at work in a checkout for a moment.

    Returns:
        The traces as they are then, for a caller to see that they are still the same when it acts.

    Raises:
        NotNow: When that does not come about in time.
    """
    deadline = time.monotonic() + patience.wait_sec
    seen, since = traces(worktree), time.monotonic()
    while True:
        why = obstacle(worktree)
        now = traces(worktree)
        if why or now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since >= patience.quiet_sec:
            return seen
        if time.monotonic() >= deadline:
            raise NotNow(why or "somebody is at work in the checkout")
        time.sleep(_TICK_SEC)


def obstacle(worktree: Worktree) -> str:
    """What keeps HEAD from being moved in a checkout right now, as a clause; empty when nothing does."""
    if operation := under_way(worktree):
        return f"a {operation} is under way"
    if (worktree.git_dir / "index.lock").exists():
        return f"{worktree.git_dir / 'index.lock'} is there: git is at work, or was killed"
    if _message_open(worktree.git_dir):
        return "a commit message is being written, or was given up since the last commit"
    if command := running(worktree):
        return f"`git {command}` is running"
    return ""


def traces(worktree: Worktree) -> Traces:
    """What somebody at work in a checkout leaves at once."""
    return tuple(_trace(worktree.git_dir / name) for name in _TOUCHED)


def _trace(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _message_open(git_dir: Path) -> bool:
    message, moved = _trace(git_dir / "COMMIT_EDITMSG"), _trace(git_dir / "logs" / "HEAD")
    # Without a log of HEAD nothing tells when it moved last; the other signs have to do.
    return message is not None and moved is not None and message[0] > moved[0]


def running(worktree: Worktree) -> str:
    """The command of a running git that will move HEAD or the index of a checkout, such as `commit`; "" for none."""
    places = {worktree.path.resolve(), worktree.git_dir.resolve()}
    here = _by_proc(places) if sys.platform == "linux" else _by_ps()
    return next((name for words in here if (name := _command(words)) in _MOVERS), "")


def _by_proc(places: set[Path]) -> Iterator[list[str]]:
    """The words of each git that works in one of some folders."""
    for entry in os.listdir("/proc"):  # noqa: PTH208 - a process's folder may go
        if not entry.isdecimal():
            continue
        process = Path("/proc", entry)
        with suppress(OSError):  # it has ended, or belongs to somebody else
            if (process / "comm").read_bytes().startswith(b"git"):
                folder = (process / "cwd").readlink()
                if places.intersection((folder, *folder.parents)):
                    yield os.fsdecode((process / "cmdline").read_bytes()).split("\0")


def _by_ps() -> Iterator[list[str]]:
    """The words of each git anywhere; none where there is no `ps`."""
    try:
        done = subprocess.run(("ps", "-A", "-o", "args="), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError:
        return
    for line in os.fsdecode(done.stdout).splitlines():
        yield line.split()


def _command(words: Sequence[str]) -> str:
    """What a git was asked to do: `commit` of `/usr/bin/git -C /x commit -m y`; "" where it is no git."""
    program = os.path.basename(words[0]) if words else ""  # noqa: PTH119 - a word, and no path of ours
    program = program.removesuffix(".exe")
    if program.startswith("git-"):
        return program.removeprefix("git-")
    rest = iter(words[1:] if program == "git" else ())
    for word in rest:
        if word in _WITH_VALUE:
            next(rest, "")
        elif not word.startswith("-"):
            return word
    return ""
