"""What a commit changes, as one digest that does not know where: the same for a commit and its cherry-picked copy.

It is the digest of the patch without the numbers of lines and the ids of blobs, over all files in git's order, as
`git patch-id --verbatim` has it. We make it ourselves for two reasons. Releases of git differ in what they hash (of
binary files, of changed modes), and a page must not depend on which one there is. And `git patch-id` by default takes
no notice of white space: to indent a block and to indent it once more would be one change.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chronicles.history.git import DIFF_OPTIONS
from chronicles.history.streams import ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chronicles.history.git import Git

__all__ = ["diff_patch_id", "patch_ids"]

_PATCH = ("-p", "--full-index", "--src-prefix=a/", "--dst-prefix=a/", *DIFF_OPTIONS)
"""The same prefix on both sides, since the way back has them the other way round."""
_LOG = ("log", "--no-walk=unsorted", "--stdin", "--no-notes", "--diff-merges=first-parent", "--format=%x00%H", *_PATCH)


class _Digest:
    """The digest of one patch, line by line."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._index = b""

    def feed(self, line: bytes) -> None:
        if line.startswith(b"index "):
            self._index = line
        elif line.startswith(b"Binary files "):
            # Nothing else says which content it is.
            self._hash.update(self._index + b"\n" + line + b"\n")
        elif line.startswith(b"@@ "):
            self._hash.update(b"@@\n")
        elif not line.startswith((b"similarity index ", b"dissimilarity index ")):
            self._hash.update(line + b"\n")

    def __str__(self) -> str:
        return self._hash.hexdigest()


def patch_ids(
    git: Git, shas: Iterable[str], pathspecs: Sequence[str], *, context: int = 3, back: bool = False
) -> dict[str, str]:
    """The patch ids of commits, merges against their first parent; of those that change nothing there, none.

    Args:
        git: The repository.
        shas: Full hashes.
        pathspecs: Where to look.
        context: Unchanged lines around a change that belong to it.
        back: Of the way back: what an exact revert of each commit would have.
    """
    found: dict[str, _Digest] = {}
    command = (*_LOG, f"-U{context}", "--inter-hunk-context=0", *(("-R",) if back else ()))
    digest = _Digest()
    for line in ask(git, command, dict.fromkeys(shas), pathspecs):
        if line.startswith(b"\0"):
            digest = found[line[1:].decode("ascii")] = _Digest()
        elif line:  # git parts a commit from its patch by an empty line; a line of a file is never one
            digest.feed(line)
    return {sha: str(one) for sha, one in found.items()}


def diff_patch_id(git: Git, base: str, tip: str, pathspecs: Sequence[str]) -> str:
    """The patch id of the difference of two commits, as if it were one commit's."""
    digest = _Digest()
    options = (*_PATCH, "-U3", "--inter-hunk-context=0")
    for line in git.run("diff-tree", "-r", *options, base, tip, "--", *pathspecs).split(b"\n"):
        if line:
            digest.feed(line)
    return str(digest)
