"""Git, read into commits: the one place that runs git.

    for commit in iter_commits("."):
        print(commit.sha, commit.subject, len(commit.changes))

`Repository` answers everything else: steps of a branch, diffs, patches, blobs, blame. What is imported from here is
loaded when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chronicles.history.commit import Commit, FileChange, Person, Status
    from chronicles.history.repository import Repository, iter_commits

__all__ = ["Commit", "FileChange", "Person", "Repository", "Status", "iter_commits"]

_HOMES = {"Repository": "repository", "iter_commits": "repository"}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 -- the import is late by purpose

    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'commit')}"), name)
