"""Commits and file changes, as git has them.

Values only: nothing here runs git. Paths and messages are text; bytes that are not UTF-8 are kept by
surrogate escapes, so that a path read here can be handed back to git unchanged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Commit", "FileChange", "Person", "Status", "issues_of", "path_of", "raw"]

_ISSUE = re.compile(r"(?<![\w&/#])#\d{1,9}\b")


class Status(StrEnum):
    """What happened to one path, in git's letters."""

    ADDED = "A"
    DELETED = "D"
    MODIFIED = "M"
    RENAMED = "R"
    TYPE_CHANGED = "T"


@dataclass(frozen=True, slots=True)
class Person:
    """A name and an address as the commit spells them."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """One path in one change."""

    path: str
    """The path after the change; for a deletion, the path that went."""
    old_path: str | None
    """The rename source; None unless `status` is `RENAMED`."""
    status: Status
    insertions: int | None
    """Lines added; None for a binary file."""
    deletions: int | None
    """Lines removed; None for a binary file."""
    old_mode: int
    """File mode before, as an octal number such as 0o100644; 0 where there was no file."""
    new_mode: int
    """File mode after; 0 where there is no file."""
    old_blob: str
    """Object id before, in full; zeros where there was no file."""
    new_blob: str
    """Object id after, in full; zeros where there is no file."""
    similarity: int | None
    """Percent of the content kept by a rename; None otherwise."""

    @property
    def binary(self) -> bool:
        """Whether git counts no lines in it."""
        return self.insertions is None

    @property
    def names(self) -> tuple[str, ...]:
        """The path, and the one it came from by a rename."""
        return (self.path,) if self.old_path is None else (self.path, self.old_path)

    @property
    def churn(self) -> int:
        """Lines added plus lines removed; 0 for a binary file."""
        return (self.insertions or 0) + (self.deletions or 0)


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit with what it changed against its first parent."""

    sha: str
    parents: tuple[str, ...]
    author: Person
    authored_at: datetime
    """The author's time with the author's UTC offset; the epoch where the commit object holds none that can be read."""
    committer: Person
    committed_at: datetime
    message: str
    """The message whole, decoded; undecodable bytes become U+FFFD."""
    changes: tuple[FileChange, ...]

    @property
    def subject(self) -> str:
        """The first paragraph of the message on one line, as git shows it."""
        return " ".join(self.message.lstrip("\n").split("\n\n", 1)[0].split("\n")).strip()

    @property
    def headline(self) -> str:
        """The first line of the message, with an ellipsis where its paragraph goes on: what a list of commits tells."""
        lines = self.message.strip().split("\n", 2)
        more = " …" if len(lines) > 1 and lines[1].strip() else ""
        return f"{lines[0].strip()}{more}"

    @property
    def body(self) -> str:
        """The message after its first paragraph."""
        _, _, rest = self.message.lstrip("\n").partition("\n\n")
        return rest.strip("\n")

    @property
    def is_merge(self) -> bool:
        """Whether it has more than one parent."""
        return len(self.parents) > 1


def issues_of(text: str) -> tuple[str, ...]:
    """The issues that a text names, as `#12`; neither those of another repository (`a/b#12`) nor entities (`&#39;`)."""
    return tuple(dict.fromkeys(_ISSUE.findall(text)))


def raw(path: str) -> bytes:
    """The bytes of a path as git has them, whatever encoding the machine's own files have."""
    return path.encode("utf-8", "surrogateescape")


def path_of(octets: bytes) -> str:
    """The path that some bytes of git are."""
    return octets.decode("utf-8", "surrogateescape")
