"""Asking git about many commits at once, and reading its answer line by line.

The hashes go in by standard input, since a command line has an end, and all of them before the first line is read: git
reads them all before it answers, so neither waits for the other.
"""

from __future__ import annotations

import subprocess
import tempfile
from itertools import islice
from typing import TYPE_CHECKING

from chronicles.errors import GitFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chronicles.history.git import Git

__all__ = ["ask"]

_AT_ONCE = 4000


def ask(git: Git, command: Sequence[str], shas: Iterable[str], pathspecs: Sequence[str] = ()) -> Iterator[bytes]:
    """The lines of a command that reads commits from its standard input, without their ends.

    Args:
        git: The repository.
        command: What follows `git`, with `--stdin`.
        shas: Full hashes; without any git is not asked.
        pathspecs: What it is limited to.

    Raises:
        GitFailed: When git ends by itself with another status than 0.
    """
    source = iter(shas)
    while chunk := list(islice(source, _AT_ONCE)):
        yield from _answer(git, (*command, *(("--", *pathspecs) if pathspecs else ())), chunk)


def _answer(git: Git, command: tuple[str, ...], shas: Sequence[str]) -> Iterator[bytes]:
    with (
        tempfile.TemporaryFile() as complaints,
        git.spawn(*command, stdin=subprocess.PIPE, stderr=complaints) as process,
    ):
        told_all = False
        try:
            assert process.stdin is not None, command
            assert process.stdout is not None, command
            process.stdin.write("".join(f"{sha}\n" for sha in shas).encode("ascii"))
            process.stdin.close()
            for line in process.stdout:
                yield line.removesuffix(b"\n")
            told_all = True
        finally:
            if not told_all:
                process.kill()
        if process.wait():
            complaints.seek(0)
            raise GitFailed(command, process.returncode, complaints.read().decode("utf-8", "replace"))
