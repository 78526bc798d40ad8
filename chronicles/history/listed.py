"""Which files of a work tree are the repository's: those that git tracks, and those that it would on the next `add`.

What a person has told git to ignore, in the repository or for all of theirs, is nobody else's. So the question is asked
with the user's own configuration, where such rules may lie too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.history.spawn import TRUST, run_git

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["listed_files"]


def listed_files(root: Path, *, below: Iterable[str] = (), named: Iterable[str] = ()) -> list[str]:
    """List the files that git tracks or would track, by their paths from the top, sorted.

    A tracked file that was deleted is listed too, and so is a link.

    Args:
        root: The top of the work tree.
        below: Files or folders, letter by letter.
        named: Files at the top, in any case.

    Raises:
        GitFailed: If git cannot tell.
    """
    # A literal dot is no folder to git.
    wanted = [":/" if path == "." else f":(top,literal){path}" for path in below]
    wanted += [f":(top,icase,literal){name}" for name in named]
    if not wanted:
        return []
    command = (*TRUST, "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *wanted)
    output = run_git(command, cwd=root, personal=True)
    # One that is in conflict is listed once a side.
    return sorted({name.decode("utf-8", "surrogateescape") for name in output.split(b"\0") if name})
