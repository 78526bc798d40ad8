"""What one break is, whatever finds it: the noun that the modules beside `breaks` share.

A break says what a caller, a user or a packager can no longer do. Its texts are the repository's and untreated; they
are redacted and escaped where facts are made of them, in `breaks` and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Broken", "Note", "Part"]


class Part(StrEnum):
    """Who meets a break, in the order of the document."""

    API = "public API"
    """Who imports the code."""
    FILES = "public files"
    """Who uses a file by its path: a header, an interface description."""
    COMMANDS = "command line"
    """Who types commands, or loads entry points."""
    SETTINGS = "settings"
    """Who configures."""
    NEEDS = "requirements"
    """Who installs."""
    MARKED = "marked by their authors"
    """Who was told by the author of a commit."""


@dataclass(frozen=True, slots=True)
class Note:
    """A few fixed words about a break, with what they are about: `no longer takes {}` and the parameters."""

    words: str
    """`{}` stands for the names, or one for each of them."""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """One break."""

    part: Part
    kind: str
    """A few fixed words: `removed`, `changed`, `import path changed`, `minimum raised`, ..."""
    name: str
    """What broke, by the name that its users have for it."""
    within: str = ""
    """The module, command or project that it is listed under; empty for none."""
    short: str = ""
    """Its name inside that; empty where it is the same."""
    before: str | None = None
    after: str | None = None
    notes: tuple[Note, ...] = ()
    path: str | None = None
    """The file that shows it."""
    breaking: bool = True
    """Whether it stops somebody by itself; what does not is listed, and counted apart from breaks."""
    unsure: bool = False
    """Whether it may be no break after all; said so where it is told, and not counted."""
    commit: str | None = None
    """Hash of the commit that says so."""
