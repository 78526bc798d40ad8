"""What can go wrong, as one tree.

    ChroniclesError
    ├── UsageError                 exit 2: the request cannot be carried out as asked
    │   ├── NotARepository
    │   ├── EmptyRepository
    │   ├── IncompleteRepository   shallow or partial clone: facts would depend on what is missing
    │   ├── UnknownRevision
    │   ├── RangeError             a range that no document can tell
    │   ├── ConfigError
    │   ├── PageError              a page or sidecar that cannot be read as one
    │   └── RunError               run records that cannot be read, though something is there
    └── EnvironmentFault           exit 2: the machine refuses
        ├── GitFailed
        ├── OutputError            a folder that is read-only, full or not a folder
        └── Busy                   another `chronicles` writes to the same folder

Each error keeps its facts as attributes and makes its message from them: what failed, where, and the next
step. The core raises these; only `chronicles.cli` turns them into a message and an exit code. They may be raised in
another process, so each remembers what it was made of.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Busy",
    "ChroniclesError",
    "ConfigError",
    "EmptyRepository",
    "EnvironmentFault",
    "GitFailed",
    "IncompleteRepository",
    "NotARepository",
    "OutputError",
    "PageError",
    "RangeError",
    "RunError",
    "UnknownRevision",
    "UsageError",
]


class ChroniclesError(Exception):
    """The base of all errors that this package raises on purpose."""

    exit_code = 2
    _made_of: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - what each subclass takes
        """Keep what the error is made of: `args` will hold only the message."""
        self = super().__new__(cls, *args)
        self._made_of = (args, kwargs)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the call that makes the error anew; Exception would call with the message alone."""
        args, kwargs = self._made_of
        return partial(type(self), *args, **kwargs), (), self.__dict__


class UsageError(ChroniclesError):
    """The request cannot be carried out as asked."""


class EnvironmentFault(ChroniclesError):
    """The machine refuses what the request needs."""


class NotARepository(UsageError):
    """No git repository at a path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"not a git repository: '{path}'. Run this inside one, or `git init` it first.")


class EmptyRepository(UsageError):
    """A repository without a commit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"the repository at {path} has no commit yet. Commit something, then run this again.")


class IncompleteRepository(UsageError):
    """A repository that lacks part of its history or contents."""

    def __init__(self, path: Path, kind: str, remedy: str) -> None:
        self.path = path
        self.kind = kind
        self.remedy = remedy
        super().__init__(
            f"{path} is a {kind}: facts of its history would depend on what is missing. Complete it with `{remedy}`."
        )


class UnknownRevision(UsageError):
    """A revision that names no commit."""

    def __init__(self, revision: str, path: Path) -> None:
        self.revision = revision
        self.path = path
        super().__init__(f"no commit is named {revision!r} in {path}. `git log --oneline` lists those there are.")


class RangeError(UsageError):
    """A range of commits that no document can tell."""

    def __init__(self, revision: str, problem: str, remedy: str) -> None:
        self.revision = revision
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{revision}: {problem}. {remedy}.")


class ConfigError(UsageError):
    """A setting that cannot be used."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


class PageError(UsageError):
    """A page or its sidecar that cannot be read as one."""

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        self.path = path
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{path}: {problem}. {remedy}")


class RunError(UsageError):
    """Run records that cannot be read."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}. Mend or move it, or name another folder with the setting `reports`.")


class GitFailed(EnvironmentFault):
    """A git command that ended with an error."""

    def __init__(self, arguments: tuple[str, ...], status: int, stderr: str) -> None:
        self.arguments = arguments
        self.status = status
        self.stderr = stderr
        super().__init__(
            f"`git {' '.join(arguments[:4])}` ended with status {status}: {stderr.strip() or 'no message'}"
        )


class OutputError(EnvironmentFault):
    """A place that cannot be written to."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"cannot write {path}: {reason}. Nothing was half written; free the place and run this again.")


class Busy(EnvironmentFault):
    """Another run holds the output folder."""

    def __init__(self, path: Path, holder: str) -> None:
        self.path = path
        self.holder = holder
        super().__init__(f"{path} is being written by {holder}. Wait for it to end, then run this again.")
