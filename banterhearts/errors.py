"""What can go wrong in the engine, as one tree.

    BanterheartsError
    ├── UsageError                 exit 2: the request cannot be carried out as asked
    │   ├── SuiteError             a suite that is not declared, or declared wrongly
    │   ├── RecordError            a file that is no run record, with its path and line
    │   ├── NotComparable          two runs between which no ratio has a meaning
    │   └── RepositoryError        no repository, no such commit, a tree with changes in it
    └── EnvironmentFault           exit 2: the machine refuses
        ├── Missing                a library, a server, a model or a device that is not there
        └── OutputError            a folder that is read-only, full or not a folder

A benchmark that fails is none of these: it is a run record with a status and an error. Each error keeps its facts as
attributes and makes its message from them: what failed, where, and the next step. The core raises these; only
`banterhearts.cli` turns them into a message and an exit code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "BanterheartsError",
    "EnvironmentFault",
    "Missing",
    "NotComparable",
    "OutputError",
    "RecordError",
    "RepositoryError",
    "SuiteError",
    "UsageError",
]


class BanterheartsError(Exception):
    """The base of all errors that this package raises on purpose."""

    exit_code = 2


class UsageError(BanterheartsError):
    """The request cannot be carried out as asked."""


class SuiteError(UsageError):
    """A suite that is not declared, or declared wrongly."""

    def __init__(self, suite: str, problem: str, where: Path | None = None) -> None:
        self.suite = suite
        self.problem = problem
        self.where = where
        place = f" in {where}" if where else ""
        super().__init__(f"suite {suite!r}{place}: {problem}")


class RecordError(UsageError):
    """A file that cannot be read as a run record."""

    def __init__(self, path: Path, problem: str, line: int | None = None) -> None:
        self.path = path
        self.problem = problem
        self.line = line
        super().__init__(f"{path}{f':{line}' if line else ''}: {problem}")


class NotComparable(UsageError):
    """Two runs between which no ratio has a meaning."""

    def __init__(self, run: str, baseline: str, problem: str) -> None:
        self.run = run
        self.baseline = baseline
        self.problem = problem
        super().__init__(f"run {run} cannot be compared with {baseline}: {problem}")


class RepositoryError(UsageError):
    """What was asked of a repository that it does not have, or of none."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


class EnvironmentFault(BanterheartsError):
    """The machine refuses."""


class Missing(EnvironmentFault):
    """A library, a server, a model or a device that is not there."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")


class OutputError(EnvironmentFault):
    """A place that cannot be written."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"cannot write {path}: {problem}")
